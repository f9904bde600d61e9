"""docs/comparators.md states what the code has, and its example runs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from ellipsoid_heads import HeadSource, poses

from synth.evaluate.comparators import COMPARATORS
from synth.evaluate.comparators.fanelli_forest import FanelliForest
from synth.evaluate.comparators.forest_tree import TreeSettings
from synth.evaluate.comparators.gllim import GLLiM
from synth.evaluate.comparators.networks import AhnCNN, AlexNetClassifier
from synth.evaluate.comparators.template_ranking import TemplateRanking

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "comparators.md").read_text(encoding="utf-8")
ROWS = dict(re.findall(r"^\| `(\w+)` \| ([^|]+ \| \w+) \|", PAGE, re.MULTILINE))


def test_the_table_lists_every_comparator_with_its_input():
    expected = {}
    for name, kind in COMPARATORS.items():
        content = "RGB" if kind.input.content == "rgb" else kind.input.content
        expected[name] = f"{kind.input.size_px}×{kind.input.size_px} {content} | {kind.estimates}"
    assert expected == ROWS
    margins = {name: kind.input.margin for name, kind in COMPARATORS.items()}
    assert margins.pop("fanelli_forest") == 1.5
    assert set(margins.values()) == {1.2}


def test_the_numbers_on_the_page_are_the_codes():
    tree = TreeSettings()
    for number in (
        f"{GLLiM().components} components",
        f"{GLLiM.default_steps} iterations of EM",
        f"each {TemplateRanking().cell_deg:g}° of pitch and yaw",
        f"{AlexNetClassifier.default_steps:,} steps of {AlexNetClassifier.batch_size}",
        f"{AhnCNN.default_steps:,} steps of {AhnCNN.batch_size}",
        f"{FanelliForest.default_steps} trees of depth {tree.max_depth}",
        f"{tree.tests * tree.thresholds:,} random splits",
        f"take {GLLiM.default_samples:,} of them",
    ):
        assert number in " ".join(PAGE.split()), number


def test_the_example_runs(tmp_path, monkeypatch, capsys):
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    code = code.replace('ShardSource("datasets/demo")', "SOURCE")
    monkeypatch.chdir(tmp_path)
    scope = {"SOURCE": HeadSource(poses(64, seed=1))}
    exec(compile(code, "page", "exec"), scope)  # noqa: S102
    assert len(re.findall(r"-?\d+\.\d+", capsys.readouterr().out)) == 3
    assert sorted(path.name for path in Path("training/gllim").iterdir()) == [
        "comparator.json",
        "comparator.safetensors",
        "fit.csv",
    ]


@pytest.mark.parametrize("name", COMPARATORS)
def test_what_is_approximate_is_said(name):
    kind = COMPARATORS[name]
    assert kind.approximate
