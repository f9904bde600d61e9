"""What heads can't do is said before a run, once for all that lack the same."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from edited_pack import edited_pack, without_actions, without_eyes, without_rig, without_smile

from synth.heads.abilities import abilities
from synth.heads.pack import bundled_packs, load_pack
from synth.recipe.schema import Recipe
from synth.run.left_out import left_out
from synth.run.prepare import prepare

ACTIONS = ("browInnerUp", "jawOpen", "mouthSmileLeft", "mouthSmileRight")


@pytest.fixture(autouse=True)
def few_actions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Recipes ask for these facial actions alone, whatever later versions ask for."""
    monkeypatch.setattr("synth.run.left_out.ACTIONS", ACTIONS)


def recipe(**changes: Any) -> Recipe:
    return Recipe.model_validate({"name": "r", "samples": 10, **changes})


def test_heads_of_our_own_can_do_all_that_is_asked() -> None:
    pack = load_pack(bundled_packs()["demo8"])
    assert left_out(pack, recipe(outputs={"landmarks": True, "parts": True})) == []
    found = abilities(pack, pack.heads[0])
    assert found is not None
    assert (found.neck, found.eyes) == (True, True)
    assert found.actions >= set(ACTIONS)


def test_each_lack_is_said_with_what_it_means(tmp_path: Path) -> None:
    pack = edited_pack(tmp_path / "p", {0: without_eyes, 2: without_actions, 3: without_rig, 5: without_smile})
    ids = [head.id for head in pack.heads]
    assert left_out(pack, recipe()) == [
        f"{ids[0]}: no eyes that turn: gaze left out",
        f"{ids[2]}: no facial actions: expression left out",
        f"{ids[3]}: no rig: turns as a whole; no eyes that turn: gaze left out",
        f"{ids[5]}: 2 of 4 facial actions missing (mouthSmileLeft, …): left out of expressions",
    ]


def test_heads_that_lack_the_same_are_said_in_one_line(tmp_path: Path) -> None:
    pack = edited_pack(tmp_path / "p", dict.fromkeys(range(5), without_eyes))
    ids = ", ".join(head.id for head in pack.heads[:3])
    assert left_out(pack, recipe()) == [f"5 of 8 heads ({ids}, …): no eyes that turn: gaze left out"]
    assert left_out(pack, recipe(heads={"count": 4})) == ["all 4 heads: no eyes that turn: gaze left out"]
    assert left_out(pack, recipe(heads={"count": 1})) == [f"{pack.heads[0].id}: no eyes that turn: gaze left out"]


def test_what_the_recipe_does_not_ask_for_is_not_missed(tmp_path: Path) -> None:
    pack = edited_pack(tmp_path / "p", {0: without_eyes, 1: without_actions})
    assert left_out(pack, recipe(person={"gaze_deg": 0, "expression": 0})) == []


def test_files_that_cannot_be_read_are_left_to_the_renderer(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(bundled_packs()["demo8"], tmp_path / "p"))
    pack = load_pack(folder)
    for head, data in zip(pack.heads, (b"", b"glTF", b"x" * 100, b"glTF" + b"\xff" * 60), strict=False):
        pack.path(head).write_bytes(data)
        assert abilities(pack, head) is None
    assert left_out(pack, recipe()) == []


def test_a_run_says_it_before_it_begins(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    pack = edited_pack(tmp_path / "p", {0: without_eyes})
    prepare(recipe(heads={"pack": str(pack.root)}))
    assert caplog.messages == [f"{pack.heads[0].id}: no eyes that turn: gaze left out"]
