"""Folders of pictures are fixed when a run begins, and nothing in them is trusted."""

from __future__ import annotations

import os
import struct
import zlib

import pytest
from made import exr_header, photo, radiance

from synth.errors import UsageError
from synth.recipe import Recipe, parse_recipe
from synth.scenes.assets import SceneAsset, scene_assets
from synth.scenes.folder import Listing, license_of, read_listing
from synth.scenes.hdri import judge_hdri
from synth.scenes.photographs import judge_photo
from synth.scenes.prepare import find_listing, prepare_scene, scene_options


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "holiday"
    photo(made / "b.jpg")
    photo(made / "sub" / "a.png", (10, 20, 200))
    (made / "notes.txt").write_text("not a picture")
    (made / ".hidden.jpg").write_bytes(b"nothing")
    return made


def recipe(folder, section="photos", **more) -> Recipe:
    given = {"folder": str(folder), **more}
    return Recipe.model_validate({"name": "mine", "samples": 8, "heads": {"count": 1}, "scene": {section: given}})


def test_a_run_fixes_names_and_checksums_and_no_path_gets_into_the_recipe(folder, tmp_path):
    prepared = prepare_scene(recipe(folder), tmp_path / "cache")
    photos = prepared.scene.photos
    assert photos.folder == "holiday"
    assert photos.license == "NOASSERTION"
    listing = read_listing(tmp_path / "cache", photos.sha256)
    assert [file.name for file in listing.files] == ["b.jpg", "sub/a.png"]
    assert str(tmp_path) not in prepared.model_dump_json()


def test_prepared_again_it_is_the_same_recipe_wherever_the_folder_lies(folder, tmp_path):
    once = prepare_scene(recipe(folder), tmp_path / "cache")
    moved = folder.rename(tmp_path / "elsewhere")
    (tmp_path / "new").mkdir()
    moved = moved.rename(tmp_path / "new" / "holiday")
    assert prepare_scene(recipe(moved), tmp_path / "other") == once


def test_a_recipe_without_folders_is_left_as_it_is(tmp_path):
    plain = parse_recipe("name: mine\nsamples: 3\n", "r.yaml")
    assert prepare_scene(plain, tmp_path) is plain
    assert scene_options(plain) == {}
    assert scene_assets(plain, tmp_path) == []


@pytest.mark.parametrize("change", ["another picture", "one more", "one less", "renamed"])
def test_a_folder_that_has_changed_is_refused_where_the_recipe_states_its_checksum(folder, tmp_path, change):
    sha256 = prepare_scene(recipe(folder), tmp_path).scene.photos.sha256
    assert prepare_scene(recipe(folder, sha256=sha256), tmp_path).scene.photos.sha256 == sha256
    if change == "another picture":
        photo(folder / "b.jpg", (1, 2, 3))
    elif change == "one more":
        photo(folder / "c.jpg")
    elif change == "one less":
        (folder / "b.jpg").unlink()
    else:
        (folder / "b.jpg").rename(folder / "z.jpg")
    with pytest.raises(UsageError, match=r"scene\.photos\.sha256: .*checksum.*recipe wants.*Put the folder back"):
        prepare_scene(recipe(folder, sha256=sha256), tmp_path)


def test_workers_find_the_listing_without_reading_the_folder_or_read_it_anew(folder, tmp_path):
    prepared = prepare_scene(recipe(folder), tmp_path / "cache")
    options = scene_options(recipe(folder))
    where, kept = find_listing(prepared, "photos", options, tmp_path / "cache")
    assert where == folder.resolve()
    _, anew = find_listing(prepared, "photos", options, tmp_path / "empty")
    assert anew == kept
    next((tmp_path / "cache" / "scenes").iterdir()).write_text("[]")  # somebody wrote into the cache
    assert find_listing(prepared, "photos", options, tmp_path / "cache")[1] == kept
    photo(folder / "c.jpg")
    with pytest.raises(UsageError, match="checksum"):
        find_listing(prepared, "photos", options, tmp_path / "empty")


def test_every_place_between_0_and_1_is_a_file_and_all_come_equally_often(folder, tmp_path):
    sha256 = prepare_scene(recipe(folder), tmp_path).scene.photos.sha256
    listing: Listing = read_listing(tmp_path, sha256)
    names = [listing.at(k / 1000).name for k in range(1000)]
    assert names.count("b.jpg") == names.count("sub/a.png") == 500
    assert listing.at(0.999999999999).name == "sub/a.png"


# --- licences


def test_the_licence_is_the_recipes_else_the_first_line_of_the_folders_file(folder, tmp_path):
    (folder / "LICENSE").write_text("\n# CC-BY-4.0\nby me\n")
    assert prepare_scene(recipe(folder), tmp_path).scene.photos.license == "CC-BY-4.0"
    assert prepare_scene(recipe(folder, license="CC0-1.0"), tmp_path).scene.photos.license == "CC0-1.0"


def test_a_licence_file_is_kept_to_one_printable_line(folder):
    (folder / "LICENSE").write_bytes(b"\xff\x00\x1b[31m" + 500 * b"x")
    found = license_of(folder)
    assert found.isprintable()
    assert len(found) <= 200


def test_every_picture_is_an_asset_with_its_licence_and_checksum(folder, tmp_path):
    prepared = prepare_scene(recipe(folder, license="CC-BY-4.0"), tmp_path)
    assets = scene_assets(prepared, tmp_path)
    assert [(a.name, a.kind, a.license) for a in assets] == [
        ("b.jpg", "photograph", "CC-BY-4.0"),
        ("sub/a.png", "photograph", "CC-BY-4.0"),
    ]
    assert all(len(a.sha256) == 64 for a in assets)
    whole = scene_assets(prepared, tmp_path / "empty")
    assert whole == [
        SceneAsset("holiday", "photographs", "CC-BY-4.0", "scene.photos.folder: holiday", prepared.scene.photos.sha256)
    ]


# --- hostile and wrong folders


def test_a_folder_that_is_not_there_or_holds_no_picture_is_refused_before_anything_is_rendered(tmp_path):
    with pytest.raises(UsageError, match=r"scene\.photos\.folder: There is no folder"):
        prepare_scene(recipe(tmp_path / "nowhere"), tmp_path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match=r"scene\.hdris\.folder: .*holds no pictures\. Put some in: \.exr, \.hdr"):
        prepare_scene(recipe(tmp_path / "empty", "hdris"), tmp_path)


@pytest.mark.parametrize("kind", ["file", "folder", "licence"])
def test_a_link_out_of_the_folder_is_refused(folder, tmp_path, kind):
    outside = photo(tmp_path / "outside" / "secret.jpg")
    if kind == "file":
        (folder / "c.jpg").symlink_to(outside)
    elif kind == "folder":
        (folder / "more").symlink_to(outside.parent)
    else:
        (folder / "LICENSE").symlink_to(outside)
    with pytest.raises(UsageError, match="leads out of the folder"):
        prepare_scene(recipe(folder), tmp_path)


def test_a_link_inside_the_folder_is_a_picture_like_any_other(folder, tmp_path):
    (folder / "c.jpg").symlink_to(folder / "b.jpg")
    sha256 = prepare_scene(recipe(folder), tmp_path).scene.photos.sha256
    assert len(read_listing(tmp_path, sha256).files) == 3


def test_what_is_no_plain_file_is_refused(folder, tmp_path):
    os.mkfifo(folder / "c.jpg")
    with pytest.raises(UsageError, match="isn't a plain file"):
        prepare_scene(recipe(folder), tmp_path)


def png(width: int, height: int) -> bytes:
    """A PNG of this size by its header, with next to no pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 10)) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "no picture that is read"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n", "no picture that is read"),
        (b"\xff\xd8\xff\xe0 and no more", "no picture that is read|damaged"),
        (png(9000, 9000), "megapixels"),
        (png(60000, 60000), "megapixels"),
        (png(400, 300), "damaged"),
        (png(8, 8), "too few"),
    ],
)
def test_a_file_that_is_no_photograph_or_too_large_is_named_with_the_mend(data, said):
    with pytest.raises(UsageError, match=rf"holiday/x\.jpg: .*({said}).*(Save|Scale|Take)"):
        judge_photo(data, "holiday/x.jpg")


def test_a_photograph_that_is_cut_off_is_found_when_the_run_begins(folder, tmp_path):
    data = photo(folder / "b.jpg", width=800, height=600).read_bytes()
    (folder / "b.jpg").write_bytes(data[: len(data) // 2])
    with pytest.raises(UsageError, match=r"b\.jpg: The picture is damaged.*Save it again"):
        prepare_scene(recipe(folder), tmp_path)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"no HDRI at all", "no HDRI that is read"),
        (exr_header(2048, 1024)[:20], "no HDRI that is read"),
        (exr_header(2048, 1024, version=2 | 0x800), "no HDRI that is read"),
        (exr_header(20000, 10000), "megapixels"),
        (exr_header(2048, 2048), "twice as wide"),
        (exr_header(-4, 8), "no HDRI that is read"),
        (b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 9000 +X 18000\n", "megapixels"),
        (b"#?RADIANCE\n\n-Y 100 +X 100\n", "twice as wide"),
        (b"#?RADIANCE\n\nno resolution", "no HDRI that is read"),
    ],
)
def test_a_file_that_is_no_panorama_or_too_large_is_named_with_the_mend(data, said):
    with pytest.raises(UsageError, match=rf"sky/x\.exr: .*{said}.*(Save|Scale|Convert)"):
        judge_hdri(data, "sky/x.exr")


def test_panoramas_of_any_size_are_taken(tmp_path):
    for name, width in (("a.hdr", 32), ("b.hdr", 500)):
        judge_hdri(radiance(tmp_path / name, width=width, height=width // 2).read_bytes(), name)
    judge_hdri(exr_header(8192, 4096), "c.exr")
