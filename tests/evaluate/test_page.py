"""docs/evaluation.md says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from synth.evaluate.breakdowns import BORDER_DEG, REGION_STEP_DEG
from synth.evaluate.judge import judge
from synth.evaluate.nominal import PROTOCOL_TEXT
from synth.evaluate.report import FORMAT, TABLES
from synth.evaluate.tables import FRONTAL

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "evaluation.md").read_text(encoding="utf-8")
WORDS = " ".join(PAGE.split())


def test_the_page_lists_the_tables_in_the_order_in_which_they_are_shown():
    listed = re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)
    assert listed == list(TABLES)


@pytest.mark.parametrize(
    "text",
    [f"within {BORDER_DEG:g}° of pitch = 0", f"cells of {REGION_STEP_DEG:g}°", PROTOCOL_TEXT, FRONTAL, f'"{FORMAT}"'],
)
def test_the_page_has_the_numbers_and_names_of_the_code(text):
    assert text in WORDS


def test_the_example_in_python_runs(make_checkpoint, dataset, tmp_path, monkeypatch):
    (example,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "training").mkdir()
    make_checkpoint().rename(tmp_path / "training" / "rgb_310k-c2f")
    dataset.rename(dataset.with_name("rgb_310k"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("synth.evaluate.judge.judge", lambda *words: judge(*words, time_batches=(1,)))
    exec(compile(example, "docs/evaluation.md", "exec"), {})  # noqa: S102  # it is this page's own
    assert (tmp_path / "results" / "results.md").read_text().startswith("# Results")
