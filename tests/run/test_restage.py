"""Variants of stored pictures: the same samples, changed as the condition says, by the same supervisor as renders."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from synth.effects.blur import gaussian_blur
from synth.errors import DatasetError, MismatchError, RecipeError, SynthError, UsageError
from synth.recipe.schema import Recipe
from synth.run.limits import Limits
from synth.run.restage import RESTAGER, make_restager, source_sha256
from synth.run.supervise import render_dataset
from synth.run.variant_sources import OfDataset, OfPictures, OfRecipe, find_source
from synth.run.variants import VariantJob, plan_variants
from synth.shard.dataset import open_dataset
from synth.shard.read_manifest import read_manifest
from synth.shard.verify import verify_dataset
from tests.tiny_dataset import make_tiny_dataset


def full_recipe(**more: Any) -> dict[str, Any]:
    fields = {"name": "tiny", "seed": 7, "samples": 12, "heads": {"count": 3}, "shards": {"samples": 4}, **more}
    return Recipe.model_validate(fields).model_dump(mode="json")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    make_tiny_dataset(tmp_path / "source", recipe=full_recipe())
    return tmp_path / "source"


def job(source: Path, kind: Any, *settings: str) -> VariantJob:
    found = find_source(str(source))
    assert isinstance(found, OfDataset)

    def prepare(recipe: Recipe) -> Any:
        raise AssertionError("stored pictures need no heads")

    return plan_variants(found, kind, settings, prepare=prepare, renderer="none", options={})


def make(job: VariantJob, out: Path, workers: int = 1) -> None:
    render_dataset(
        job.recipe, job.heads, out, workers=workers, renderer=job.renderer, renderer_options=job.options,
        license_name=job.license_name, limits=Limits(disk_reserve_bytes=0),
    )  # fmt: skip


def test_blurred_pictures_are_the_sources_blurred_and_keep_its_labels(source, tmp_path):
    make(job(source, "blur"), tmp_path / "out")
    assert verify_dataset(tmp_path / "out", deep=True) == []
    clean, blurred = open_dataset(source, noise=False), open_dataset(tmp_path / "out", noise=False)
    assert len(blurred) == 12
    for item in blurred:
        base = clean.by_id(item.labels["base_id"])
        assert item.id == base.id
        for name in ("R_camera_from_head", "t_mm", "K", "head_box_px", "crop_box_px", "subject", "skin_tone"):
            assert np.array_equal(item.labels[name], base.labels[name])
        sigma = item.labels["blur_sigma_px"]
        assert item.condition == f"blur=gaussian:{sigma:.2f}"
        expected = gaussian_blur(base.rgb, float(sigma)).astype(int)
        assert np.abs(item.rgb - expected).mean() < 1.5  # JPEG once more
        assert item.range_mm is None


def test_occluded_pictures_are_black_where_the_label_says_and_nowhere_else(source, tmp_path):
    make(
        job(source, "occlusion", "variants.occlusion.square_px=12", "variants.occlusion.shapes=[square]"),
        tmp_path / "out",
    )
    clean, covered = open_dataset(source, noise=False), open_dataset(tmp_path / "out", noise=False)
    for item, base in zip(covered, clean, strict=True):
        x0, y0, x1, y1 = item.labels["occluder_box_px"] - np.tile(item.crop_box_px[:2], 2)
        assert (x1 - x0, y1 - y0) == (12, 12)
        inside = np.zeros(item.rgb.shape[:2], bool)
        inside[max(y0, 0) : max(y1, 0), max(x0, 0) : max(x1, 0)] = True
        assert item.rgb[inside].mean() < 10
        grown = np.zeros_like(inside)
        grown[max(y0 - 8, 0) : max(y1 + 8, 0), max(x0 - 8, 0) : max(x1 + 8, 0)] = True  # JPEG's blocks
        assert np.abs(item.rgb.astype(int) - base.rgb)[~grown].mean() < 2
        hx0, hy0, hx1, hy1 = item.head_box_px
        bx0, by0, bx1, by1 = item.labels["occluder_box_px"]
        overlap = max(0, min(hx1, bx1) - max(hx0, bx0)) * max(0, min(hy1, by1) - max(hy0, by0))
        assert item.labels["covered_share"] == pytest.approx(overlap / ((hx1 - hx0) * (hy1 - hy0)), abs=0.03)
        assert item.labels["covered_share"] >= 0.05


def test_several_draws_of_a_shot_name_it_all(source, tmp_path):
    make(job(source, "blur", "variants.blur.per_shot=3", "samples=30"), tmp_path / "out")
    labels = open_dataset(tmp_path / "out").labels
    assert labels["base_id"].tolist() == [k // 3 for k in range(30)]
    assert labels["id"].tolist() == list(range(30))
    assert len(set(labels["condition"])) > 25


def test_samples_that_the_source_lacks_are_passed_over(tmp_path):
    make_tiny_dataset(tmp_path / "source", ids=[0, 2, 3, 7, 9], recipe=full_recipe())
    make(job(tmp_path / "source", "blur"), tmp_path / "out")
    assert open_dataset(tmp_path / "out").labels["base_id"].tolist() == [0, 2, 3, 7, 9]


def test_workers_and_a_second_start_change_no_byte(source, tmp_path):
    make(job(source, "blur"), tmp_path / "one")
    make(job(source, "blur"), tmp_path / "two", workers=2)
    first = {p.name: p.read_bytes() for p in (tmp_path / "one").glob("*.h5")}
    (tmp_path / "two" / "shard-00001.h5").unlink()
    make(job(source, "blur"), tmp_path / "two")
    assert {p.name: p.read_bytes() for p in (tmp_path / "two").glob("*.h5")} == first


def test_heads_and_licence_are_the_sources(source, tmp_path):
    make(job(source, "blur"), tmp_path / "out")
    ours, theirs = read_manifest(tmp_path / "out"), read_manifest(source)
    assert (ours.heads, ours.license) == (theirs.heads, theirs.license)
    assert ours.recipe["variants"]["source_sha256"] == source_sha256(theirs)


def test_noise_that_is_in_the_pictures_is_not_added_again(tmp_path, caplog):
    recipe = full_recipe(noise={"mode": "baked", "sigma_levels": [2, 2]})
    make_tiny_dataset(tmp_path / "source", recipe=recipe, noise_baked=True)
    make(job(tmp_path / "source", "blur"), tmp_path / "out")
    assert set(open_dataset(tmp_path / "out").labels["noise_sigma"]) == {0.0}
    assert "hold their noise already" in caplog.text


# ---------------------------------------------------------------- what can't be


def test_another_source_in_the_same_folder_is_refused(source, tmp_path):
    make(job(source, "blur"), tmp_path / "out")
    make_tiny_dataset(tmp_path / "other", recipe=full_recipe(), noise_sigma=1.0)
    with pytest.raises(MismatchError, match="source_sha256"):
        make(job(tmp_path / "other", "blur"), tmp_path / "out")


def test_the_renderer_refuses_a_dataset_that_is_not_the_one_it_began_with(source, tmp_path):
    begun = job(source, "blur")
    make_tiny_dataset(tmp_path / "other", recipe=full_recipe(), noise_sigma=1.0)
    assert begun.renderer == RESTAGER
    with pytest.raises(DatasetError, match="isn't the dataset that these variants were begun with"):
        make_restager(begun.recipe, {"source": str(tmp_path / "other")})


def test_a_dataset_without_pictures_is_refused(tmp_path):
    make_tiny_dataset(tmp_path / "source", recipe=full_recipe(outputs={"rgb": False, "depth": True}), rgb=False)
    with pytest.raises(DatasetError, match="It holds no pictures"):
        job(tmp_path / "source", "blur")


@pytest.mark.parametrize(
    ("recipe", "said"),
    [
        ({"name": "not a name"}, "can't be a dataset's name"),
        ({**full_recipe(), "future": 3}, "isn't one of this version: future"),
        ({**full_recipe(), "heads": {"pack": "p"}}, "can't be planned"),
    ],
)
def test_a_dataset_that_lacks_the_plan_is_refused(tmp_path, recipe, said):
    make_tiny_dataset(tmp_path / "source", recipe={"seed": 7, "samples": 12, **recipe})
    with pytest.raises(DatasetError, match=said):
        find_source(str(tmp_path / "source"))


def test_variants_of_variants_are_refused(source, tmp_path):
    make(job(source, "blur"), tmp_path / "out")
    with pytest.raises(UsageError, match="holds variants itself"):
        job(tmp_path / "out", "occlusion")


@pytest.mark.parametrize(
    ("kind", "setting", "error", "said"),
    [
        ("blur", "pose.yaw_deg=[1,2]", UsageError, "pose.yaw_deg can't be changed in pictures that are stored"),
        ("blur", "variants.blur.kind=turn", UsageError, "is rendered; it can't be put on stored pictures"),
        ("blur", "samples=13", UsageError, "12 samples, not 13"),
        ("blur", "variants.blur.kind=gausian", RecipeError, "Did you mean gaussian"),
        ("blur", "variants.occlusion={}", RecipeError, "both given"),
        ("occlusion", "variants.occlusion.square_px=481", RecipeError, "more than the frame of 640x480"),
        ("occlusion", "variants=null", UsageError, "Nothing is left to vary"),
    ],
)
def test_what_can_not_be_asked_of_stored_pictures_is_said_before_anything_is_written(
    source, kind, setting, error, said
):
    with pytest.raises(error, match=said):
        job(source, kind, setting)


def test_sources_are_told_apart(source, tmp_path, monkeypatch):
    assert isinstance(find_source(str(source)), OfDataset)
    recipe = find_source("demo")
    assert isinstance(recipe, OfRecipe)
    assert recipe.recipe.name == "demo"
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "labels.csv").write_text("file,pitch,yaw,roll\n")
    assert isinstance(find_source(str(tmp_path / "photos")), OfPictures)
    monkeypatch.chdir(tmp_path)
    default = find_source(None)
    assert isinstance(default, OfRecipe)
    assert default.recipe.name == "rgb_310k"
    make_tiny_dataset(tmp_path / "datasets" / "rgb_310k", recipe=full_recipe(name="rgb_310k"))
    assert isinstance(find_source(None), OfDataset)


def test_a_source_that_is_none_is_explained(tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "begun").mkdir()
    (tmp_path / "begun" / "ledger.jsonl").write_text("")
    for of, said in {
        tmp_path / "nosuch": "There is no such folder",
        tmp_path / "empty": "neither a dataset",
        tmp_path / "begun": "isn't finished",
        "rgb310k": "Did you mean rgb_310k",
        tmp_path / "nosuch.yaml": "there is no such file",
    }.items():
        with pytest.raises(SynthError, match=said):
            find_source(str(of))
