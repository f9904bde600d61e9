"""The commands on a dataset's card, typed in an empty folder with its recipes in it: the same shards come out."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from synth.shard.header import canonical_json
from synth.shard.read_manifest import read_manifest
from synth.view.contact_sheet import ContactSheet

FAKE = ("--renderer", "fake_renderer:make_fake", "--workers", "1", "--quiet")
MOTION = "variants.blur.kind=motion"
SMALL = "variants.occlusion.least_share=0.001"  # the stand-in's heads are a few pixels large

Steps = Sequence[Sequence[str]]
CHAINS: dict[str, Steps] = {
    "parts of parts, put together, blurred, and a part of that": [
        ["subset", "base", "--where", "id != 5", "--name", "most", "--shard-samples", "5", "--out", "most"],
        ["split", "most", "--by", "image", "--shares", "0.5,0.3,0.2", "--seed", "3", "--out", "parts"],
        ["merge", "parts/train", "parts/test", "--name", "whole", "--shard-samples", "3", "--out", "whole"],
        ["variants", "--blur", "--of", "whole", "--set", MOTION, "--count", "6", "--out", "blurred"],
        ["subset", "blurred", "--where", "id < 5", "--out", "last"],
    ],
    "a render alone": [["repack", "base", "--shard-samples", "12", "--out", "last"]],
    "two recipes, renumbered": [
        ["merge", "base", "other", "--renumber", "--redraw-noise", "--out", "last"],
    ],
    "occluded pictures of a render": [
        ["variants", "--occlusion", "--of", "base", "--set", SMALL, "--out", "last"],
    ],
    "other light, which is rendered from the plan": [
        ["variants", "--illumination", "--of", "base", "--count", "31", "--out", "last"],
    ],
}  # fmt: skip


def shards(folder: Path) -> list[tuple[str, str]]:
    return [(entry.name, entry.sha256) for entry in read_manifest(folder).shards]


def commands_of(card: Path) -> list[list[str]]:
    section = card.read_text(encoding="utf-8").split("## How it was made")[1].split("\n## ")[0]
    lines = section.split("```sh\n")[1].split("\n```")[0].splitlines()
    assert lines[0].startswith("pip install")
    return [shlex.split(line) for line in lines[1:]]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Drawing takes seconds, and pictures are looked at elsewhere."""
    blank = np.zeros((4, 4, 3), np.uint8)
    monkeypatch.setattr("synth.card.card.draw_contact_sheet", lambda *_: ContactSheet(blank, ()))
    monkeypatch.setattr("synth.card.card.histograms_png", lambda *_: b"PNG")
    monkeypatch.setattr("synth.card.card.axes_picture", lambda *_: blank)
    monkeypatch.setattr("synth.card.card.people_picture", lambda *_: blank)


@pytest.fixture
def type_in(synth, monkeypatch: pytest.MonkeyPatch, pack: Path) -> Callable[[Path, Sequence[str]], None]:
    """Types a command's words in a folder; whatever renders does it with the stand-in and the pack of this test."""

    def typed(folder: Path, words: Sequence[str]) -> None:
        monkeypatch.chdir(folder)
        more = FAKE if words[0] in ("render", "variants") else ("--quiet",)
        if words[0] == "render" or "--illumination" in words:
            more = (*more, "--set", f"heads.pack={pack}")
        done = synth(*words, *more)
        assert done.exit_code == 0, done.output

    return typed


def check(steps: Steps, type_in, tmp_path: Path, recipe: Path) -> None:
    made, again = tmp_path / "made", tmp_path / "again"
    made.mkdir()
    again.mkdir()
    type_in(made, ["render", "--recipe", str(recipe), "--out", "base"])
    if any("other" in words for words in steps):
        type_in(made, ["render", "--recipe", str(recipe), "--set", "name=other", "--set", "seed=2", "--out", "other"])
    for words in steps:
        type_in(made, words)
    type_in(made, ["card", "last", "--no-parquet"])
    for path in (made / "last").glob("recipe*.yaml"):
        shutil.copy(path, again)
    commands = commands_of(made / "last/README.md")
    for words in commands:
        assert words[0] == "synth"
        type_in(again, words[1:])
    out = again / commands[-1][-1]
    assert shards(out) == shards(made / "last")
    assert canonical_json(read_manifest(out).recipe) == canonical_json(read_manifest(made / "last").recipe)


def test_the_commands_on_a_card_make_the_same_shards_byte_for_byte(type_in, tmp_path, recipe):
    check(next(iter(CHAINS.values())), type_in, tmp_path, recipe)


@pytest.mark.slow
@pytest.mark.parametrize("name", [*CHAINS][1:])
def test_so_do_those_of_every_other_kind_of_dataset(name, type_in, tmp_path, recipe):
    check(CHAINS[name], type_in, tmp_path, recipe)


def test_variants_that_were_finished_by_an_older_program_are_not_said_to_be_renders(type_in, tmp_path, recipe):
    """Their manifest has no note of what they were made of."""
    from synth.shard.manifest import write_manifest

    type_in(tmp_path, ["render", "--recipe", str(recipe), "--out", "base"])
    type_in(tmp_path, ["variants", "--blur", "--of", "base", "--out", "blurred"])
    write_manifest(tmp_path / "blurred", read_manifest(tmp_path / "blurred"))
    type_in(tmp_path, ["card", "blurred", "--no-parquet"])
    section = (tmp_path / "blurred/README.md").read_text(encoding="utf-8").split("## How it was made")[1]
    assert "the manifest doesn't say which one that was" in section
    assert not re.search(r"synth render", section)


def test_variants_that_are_started_again_keep_their_note(type_in, tmp_path, recipe):
    type_in(tmp_path, ["render", "--recipe", str(recipe), "--out", "base"])
    for _ in range(2):
        type_in(tmp_path, ["variants", "--blur", "--of", "base", "--out", "blurred"])
        data = (tmp_path / "blurred/manifest.json").read_bytes()
        assert b'"operation": "variants"' in data
