"""What the pages state is what the code has: fields, limits, exit codes; and their links lead somewhere."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest
from commands import PAGES, ROOT

from synth import errors
from synth.heads.build import BuildSpec
from synth.heads.foreign import limits as mesh_limits
from synth.heads.foreign.importing import _REFUSED
from synth.heads.foreign.inspect import READERS
from synth.heads.pack import HeadRecord, Origin, Source, _PackFile
from synth.heads.part import JOINTS
from synth.run.limits import GIB, Limits
from synth.run.progress import Progress

ALL = (*PAGES, ROOT / "CHANGELOG.md")
_LINK = re.compile(r"(?<!!)\[[^\]]+\]\(([^)\s]+)\)")


def text_of(name: str) -> str:
    """The page with its line breaks as blanks."""
    return " ".join((ROOT / "docs" / name).read_text(encoding="utf-8").split())


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub gives a page's headings."""
    titles = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", ALL, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path):
    for link in _LINK.findall(page.read_text(encoding="utf-8")):
        if link.startswith("https://"):
            continue
        file, _, anchor = link.partition("#")
        target = (page.parent / file).resolve() if file else page
        assert target.exists(), f"{page.name} links to {link}"
        assert not anchor or anchor in anchors(target), f"{page.name} links to {link}"


# ---------------------------------------------------------------- heads


def test_the_page_on_heads_names_every_field_of_a_pack():
    names = {name for model in (_PackFile, HeadRecord, Origin, Source) for name in model.model_fields}
    page = text_of("heads.md")
    assert not [field for field in sorted(names) if f"`{field}`" not in page]


def test_the_page_on_heads_names_every_joint_and_kind_of_file():
    page = text_of("heads.md")
    assert not [joint for joint in JOINTS if f"`{joint}`" not in page]
    names = {".gltf": "glTF", **{suffix: suffix[1:].upper() for suffix in READERS if suffix != ".gltf"}}
    assert not [name for name in names.values() if name not in page]
    assert {".blend", ".pt"} <= _REFUSED.keys()


def test_the_page_on_heads_shows_the_name_that_a_built_pack_gets():
    assert f"`{BuildSpec(200, 100, 2019, 1024).name}`" in text_of("heads.md")


def test_the_limits_of_meshes_are_those_of_the_code():
    page = text_of("heads.md")
    for text in (
        f"{mesh_limits.MIN_HEIGHT_MM:.0f} to {mesh_limits.MAX_HEIGHT_MM:.0f} mm high",
        f"more than {mesh_limits.MAX_TRIANGLES:,} triangles",
        f"files over {mesh_limits.MAX_FILE_BYTES >> 20} MiB",
        f"pictures over {mesh_limits.MAX_PICTURE_PX / 1e6:.0f} megapixels",
        f"more than {mesh_limits.MAX_TEXTURES} textures",
        f"more than {mesh_limits.MAX_FOLDER_FILES:,} files",
        f"at most {mesh_limits.MAX_TEXTURE_SIDE_PX} pixels a side",
    ):
        assert text in page


# ---------------------------------------------------------------- running


def test_the_page_on_running_lists_every_exit_code():
    codes = {value for name, value in vars(errors).items() if name.startswith("EXIT_")}
    page = (ROOT / "docs" / "running.md").read_text(encoding="utf-8")
    listed = {int(code) for row in re.findall(r"^\| ([\d, ]+) \|", page, re.MULTILINE) for code in row.split(",")}
    assert codes <= listed


def test_the_limits_on_the_page_on_running_are_the_defaults():
    page, limits = text_of("running.md"), Limits()
    words = {3: "three"}
    for text in (
        f"nothing for {limits.hang_floor_s:.0f} seconds or {limits.hang_medians:.0f} times the median",
        f"for {limits.startup_s:.0f} seconds. It is then killed",
        f"On a GPU it may take {limits.gpu_startup_s / 60:.0f} minutes to start",
        f"after {limits.failures_in_a_row} failures in a row",
        f"gone on for {limits.failing_for_s:.0f} seconds",
        f"after {words[limits.unfit_in_a_row]} renderers in a row",
        f"a shard fails {words[limits.shard_tries]} times",
        f"{limits.disk_margin} times the estimated",
        f"{limits.disk_reserve_bytes // GIB} GiB must be free",
    ):
        assert text in page
    assert limits.strikes == 2
    assert "hangs twice is given up" in page


def test_the_page_on_running_names_what_a_line_of_progress_holds():
    page = text_of("running.md")
    assert not [field.name for field in fields(Progress) if f"`{field.name}`" not in page]
