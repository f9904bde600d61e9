"""docs/training.md against the code."""

from __future__ import annotations

from pathlib import Path

from synth.train.loop import BEST, LAST
from synth.train.presets import PRESETS, load_settings
from synth.train.resume import RESUME_FILE

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "training.md").read_text(encoding="utf-8")
ROWS = {
    cells[0].strip(): [cell.strip() for cell in cells[1:4]]
    for line in PAGE.splitlines()
    if len(cells := line.strip("|").split("|")) == 4
}


def test_the_page_shows_every_preset_as_it_is():
    assert [cell.split("`")[1] for cell in ROWS[""]] == list(PRESETS)
    paper, c2f = load_settings("paper"), load_settings("c2f")
    assert f"{paper.steps:,} × {paper.batch}" in ROWS["steps × batch"]
    assert f"{c2f.steps:,} × {c2f.batch}" in ROWS["steps × batch"]
    assert ROWS["input"][:2] == [f"{s.input.size_px} px {s.input.content}" for s in (paper, c2f)]
    assert f"of {paper.network.head_width}," in ROWS["regressors"][0]
    assert f"of {c2f.network.head_width}," in ROWS["regressors"][1]
    assert ROWS["learns across borders"][1].startswith(f"{c2f.network.margin_deg:g}°")
    assert f"SGD {paper.optimiser.lr:g}, momentum {paper.optimiser.momentum:g}" in ROWS["optimiser"][0]
    direct = load_settings("direct6d")
    same = ("input", "optimiser", "data", "steps", "batch")
    assert all(getattr(direct, name) == getattr(c2f, name) for name in same)


def test_the_page_names_every_file_of_a_training():
    assert all(f"`{name}`" in PAGE for name in (BEST, LAST, "curves.csv", "curves.png", "settings.json", RESUME_FILE))
