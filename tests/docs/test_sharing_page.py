"""The page on sharing: its commands run one after the other, and what it states is what the code has."""

from __future__ import annotations

import re
import shlex
from importlib.util import find_spec
from pathlib import Path

import pytest
from click.testing import CliRunner
from commands import ROOT
from tiny_dataset import make_tiny_dataset

from synth.cli import main
from synth.shard.columns import OPTIONAL_COLUMNS, REQUIRED_COLUMNS
from synth.shard.verify import verify_dataset
from synth.share.labels import value_names
from synth.share.provenance import Origin, Step, read_steps
from synth.share.where import Condition
from synth.share.where_syntax import FUNCTIONS, MAX_CHARACTERS, MAX_DEPTH
from synth.view.report.columns import MOST_SAMPLES
from synth.view.report.report import MOST_BYTES

PAGE = (ROOT / "docs" / "sharing.md").read_text(encoding="utf-8")
FLAT = " ".join(PAGE.split())
COLUMNS = REQUIRED_COLUMNS + OPTIONAL_COLUMNS


@pytest.fixture
def demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small dataset at the place that the page speaks of."""
    make_tiny_dataset(tmp_path / "datasets/demo", samples=24, shard_samples=5, gaze_deg=(0.0, 0.0))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_commands_on_the_page_run_as_they_stand(demo: Path):
    block, *_ = re.findall(r"^```sh\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    for line in block.splitlines():
        if find_spec("pyarrow") is None and ("synth card" in line or "huggingface" in line):
            continue
        done = CliRunner().invoke(main, shlex.split(line)[1:], catch_exceptions=False)
        assert done.exit_code == 0, f"{line}\n{done.output}"
    assert sorted(path.name for path in (demo / "datasets").iterdir()) == ["both", "demo", "frontal", "packed", "parts"]
    for name in ("frontal", "both", "packed", "parts/train", "parts/validation", "parts/test"):
        assert verify_dataset(demo / "datasets" / name, deep=True) == []
    assert (demo / "demo_files/rgb/000012.png").is_file()
    assert (demo / "demo_files/depth/000012.png").is_file()


def test_the_fault_on_the_page_is_shown_as_it_stands(demo: Path):
    line, shown = re.findall(r"^\$ (synth .*)\n((?:.*\n)*?)```", PAGE, re.MULTILINE)[0]
    assert CliRunner().invoke(main, shlex.split(line)[1:]).stderr == shown


def test_every_condition_on_the_page_is_one():
    table = PAGE.split("| compare |")[1].split("\n\n")[0]
    conditions = [text for text in re.findall(r"`([^`]+)`", table) if " " in text and "(x" not in text]
    conditions += ["known(age_years)", 'starts_with(condition, "blur")', 'sex == ""', "noise_sigma == 2.3"]
    assert len(conditions) >= 6
    for text in conditions:
        assert f"`{text}`" in PAGE
        Condition(text, COLUMNS)


def test_every_function_and_every_name_of_a_value_is_there():
    assert not [name for name in FUNCTIONS if f"`{name}(" not in PAGE]
    names = value_names(COLUMNS)
    rows = re.findall(r"^\| `(\w+)` \| (.*) \|$", PAGE.split("## Parts")[0], re.MULTILINE)
    assert len(rows) == 4
    for column, values in rows:
        assert re.findall(r"`(\w+)`", values) == [value.name for value in names.values() if value.column == column]


def test_limits_and_fields_are_those_of_the_code(demo: Path):
    assert f"{MAX_CHARACTERS:,} characters and {MAX_DEPTH} levels" in FLAT
    fields = [*Step.__dataclass_fields__, *Origin.__dataclass_fields__]
    assert not [field for field in fields if f"`{field}`" not in PAGE]
    assert read_steps(demo / "datasets/demo") == ()
    assert f"of more than {MOST_SAMPLES:,} so many" in FLAT
    assert f"never passes {MOST_BYTES // 10**6} MB" in FLAT
