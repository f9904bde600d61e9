"""`synth heads show` and `synth heads stats`, without Blender."""

from __future__ import annotations

import json

import cv2
import numpy as np
import pytest
from known_pack import known_heads, record, write_pack

from synth.heads.pack import load_pack


@pytest.fixture
def known(tmp_path):
    return write_pack(tmp_path / "known", known_heads())


@pytest.fixture
def asked(monkeypatch):
    """The portraits that were asked for: (slot, yaw); each is a red picture."""
    found = []

    def portraits(path, *, yaw_deg, slots, progress):
        for done, slot in enumerate(slots, start=1):
            found.append((slot, yaw_deg))
            progress(done, len(slots))
            yield load_pack(path).heads[slot], np.full((64, 64, 3), (255, 0, 0), np.uint8)

    monkeypatch.setattr("synth.render.portrait.portraits", portraits)
    return found


def reds(path):
    return int((cv2.imread(str(path)) == (0, 0, 255)).all(axis=-1).sum()) / 220**2


def test_show_draws_each_head(synth, tmp_path, known, asked):
    done = synth("heads", "show", known, "--out", tmp_path / "sheet.png", "--count", 3)
    assert done.exit_code == 0, done.stderr
    assert reds(tmp_path / "sheet.png") == 3
    assert asked == [(0, 20.0), (1, 20.0), (2, 20.0)]
    assert done.stdout == f"contact sheet  {tmp_path / 'sheet.png'}\n"


def test_show_draws_the_heads_that_are_named_or_meet_a_condition(synth, tmp_path, known, asked):
    synth("heads", "show", known, "--out", tmp_path / "a.png", "--only", "m3, m1")
    synth("heads", "show", known, "--out", tmp_path / "b.png", "--where", "age_years > 40")
    both = synth("heads", "show", known, "--out", tmp_path / "c.png", "--only", "m1,f1", "--where", 'sex == "female"')
    assert both.exit_code == 0, both.stderr
    assert [slot for slot, _ in asked] == [0, 3, 1, 3, 1]


def test_show_turns_heads_as_often_as_asked(synth, tmp_path, known, asked):
    done = synth("heads", "show", known, "--out", tmp_path / "a.png", "--only", "m1", "--yaw", -50, "--yaw", 50)
    assert done.exit_code == 0, done.stderr
    assert asked == [(0, -50.0), (0, 50.0)]
    assert reds(tmp_path / "a.png") == 2
    assert json.loads(done.stderr.splitlines()[-1]) == {"event": "portraits", "done": 2, "total": 2}


def test_many_heads_go_onto_pages(synth, tmp_path, known, asked):
    done = synth("heads", "show", known, "--out", tmp_path / "p.png", "--page-size", 3)
    assert [reds(tmp_path / f"p-{page}.png") for page in (1, 2)] == [3, 1]
    assert len(done.stdout.splitlines()) == 2
    asked.clear()
    synth("heads", "show", known, "--out", tmp_path / "q.png", "--page-size", 3, "--page", 2)
    assert asked == [(3, 20.0)]
    assert not (tmp_path / "q-1.png").exists()


def test_stats_prints_a_table_and_draws_a_picture(synth, tmp_path, known):
    done = synth("heads", "stats", known, "--out", tmp_path / "stats.png")
    assert done.exit_code == 0, done.stderr
    rows = {line[:20].strip(): line[20:] for line in done.stdout.splitlines()}
    assert rows["pack"].startswith("known: 4 heads")
    assert rows["sex"] == "male 3, female 1"
    assert rows["age"] == "7 to 81 years, median 42, mean 43"
    assert rows["mask"] == "none 3, surgical 1"
    assert cv2.imread(str(tmp_path / "stats.png")).shape[1] > 1000


def test_stats_as_json(synth, tmp_path, known):
    done = synth("heads", "stats", known, "--out", tmp_path / "stats.png", "--json")
    found = json.loads(done.stdout)
    assert found["census"]["words"]["sex"] == {"male": 3, "female": 1}
    assert found["census"]["numbers"]["skin_tone"]["known"] == 4
    assert found["diversity"] is None
    assert found["picture"] == str(tmp_path / "stats.png")


def test_stats_of_real_heads_names_the_pairs_most_alike(synth, tmp_path):
    done = synth("heads", "stats", "demo8", "--out", tmp_path / "stats.png", "--nearest", 2)
    assert done.exit_code == 0, done.stderr
    lines = [line for line in done.stdout.splitlines() if " mm  " in line]
    assert len(lines) == 2
    assert lines[0].startswith("most alike")
    found = json.loads(synth("heads", "stats", "demo8", "--out", tmp_path / "s.png", "--nearest", 1, "--json").stdout)
    assert found["diversity"]["compared"] == 8
    assert len(found["diversity"]["nearest_mm"]) == 8


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["show", "--only", "m9"], "There is no head 'm9'"),
        (["show", "--where", "age_years > 300"], "None of the 4 heads"),
        (["show", "--page", "2"], "Give 1 to 1"),
        (["show", "--out", "sheet.gif"], ".png"),
        (["stats", "--out", "sheet.gif"], ".png"),
        (["stats", "--nearest", "0"], "--nearest"),
    ],
)
def test_a_users_mistake_is_answered_and_nothing_is_drawn(synth, known, asked, arguments, said):
    done = synth("heads", arguments[0], known, *arguments[1:])
    assert done.exit_code == 2
    assert said in done.stderr
    assert asked == []


def test_shapes_of_imported_heads_cannot_be_compared(synth, tmp_path):
    pack = write_pack(tmp_path / "scans", [record("a", rig="none"), record("b", rig="none")])
    done = synth("heads", "stats", pack, "--out", tmp_path / "s.png", "--nearest", 3)
    assert done.exit_code == 2
    assert "0 of its heads can be compared" in done.stderr
