"""Extracted files: read back by OpenCV and the csv module, they are what the dataset holds."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from stored import files_of, stored_samples

from synth.errors import DatasetError, UsageError
from synth.shard.dataset import open_dataset
from synth.shard.encode import JPEG_QUALITY, encode_rgb
from synth.share.extract import extract


def rows_of(folder: Path) -> list[dict[str, str]]:
    with (folder / "labels.csv").open(encoding="ascii", newline="") as file:
        return list(csv.DictReader(file))


def picture(path: Path) -> np.ndarray[Any, Any]:
    found = cv2.imread(str(path), cv2.IMREAD_COLOR_RGB)
    assert found is not None
    return found


@pytest.mark.parametrize("clean", [False, True])
def test_a_png_holds_exactly_what_a_reader_gets(tiny: Path, tmp_path: Path, clean: bool):
    made = extract(tiny, tmp_path / "out", clean=clean)
    dataset = open_dataset(tiny, noise=not clean)
    rows = rows_of(tmp_path / "out")
    assert [int(row["id"]) for row in rows] == dataset.ids.tolist()
    for row, item in zip(rows, dataset, strict=True):
        np.testing.assert_array_equal(picture(tmp_path / "out" / row["file"]), item.rgb)
    assert made.files == {"rgb": 24, "depth": 24}
    assert made.noise == ("none" if clean else "as labelled")


def test_a_clean_jpeg_is_the_stored_one(tiny: Path, tmp_path: Path):
    extract(tiny, tmp_path / "out", picture_format="jpeg", clean=True)
    stored = stored_samples(tiny)
    assert (tmp_path / "out/rgb/000007.jpg").read_bytes() == stored[7][0]


def test_a_noisy_jpeg_is_the_noisy_picture_encoded_like_the_stored_ones(tiny: Path, tmp_path: Path):
    extract(tiny, tmp_path / "out", picture_format="jpeg")
    noisy = open_dataset(tiny).by_id(7).rgb
    assert (tmp_path / "out/rgb/000007.jpg").read_bytes() == encode_rgb(noisy, JPEG_QUALITY)


def test_maps_are_the_stored_files_in_their_units(full: Path, tmp_path: Path):
    made = extract(full, tmp_path / "out", clean=True)
    stored, rows = stored_samples(full), rows_of(tmp_path / "out")
    assert made.files == {"rgb": 12, "depth": 12, "normals": 12, "parts": 12, "alpha": 6}
    for row in rows:
        sample = stored[int(row["id"])]
        assert (tmp_path / "out" / row["depth_file"]).read_bytes() == sample[1]
        for kind in ("normals", "parts"):
            assert (tmp_path / "out" / row[f"{kind}_file"]).read_bytes() == sample[2][kind]
        assert (row["alpha_file"] == "") is (int(row["id"]) % 2 == 1)
    steps = cv2.imread(str(tmp_path / "out" / rows[3]["depth_file"]), cv2.IMREAD_UNCHANGED)
    assert steps.dtype == np.uint16
    np.testing.assert_allclose(steps * 0.1, open_dataset(full).by_id(3).range_mm, atol=1e-3)


def test_the_table_holds_every_label_to_the_last_digit(full: Path, tmp_path: Path):
    extract(full, tmp_path / "out", clean=True)
    dataset = open_dataset(full)
    for row, item in zip(rows_of(tmp_path / "out"), dataset, strict=True):
        assert [float(row[n]) for n in ("pitch_deg", "yaw_deg", "roll_deg")] == item.euler_deg.tolist()
        assert [float(row[f"R_camera_from_head_{i}_{j}"]) for i in range(3) for j in range(3)] == (
            item.R_camera_from_head.ravel().tolist()
        )
        assert np.float32(row["landmarks_mm_67_2"]) == item.landmarks_mm[67, 2]
        assert (row["subject"], row["sex"]) == (item.subject, item.labels["sex"])
        assert (row["age_years"] == "") is bool(np.isnan(item.labels["age_years"]))
        assert row["sharpness_near"] == "0.5"
        assert row["sharpness_far"] == ""


def test_a_page_says_what_it_is_and_whose(full: Path, tmp_path: Path):
    extract(full, tmp_path / "out")
    about = json.loads((tmp_path / "out/about.json").read_text())
    assert (about["license"], about["samples"], about["noise"]) == ("CC-BY-4.0", 12, "as labelled")
    assert about["heads"] == [{"name": "bought", "sha256": "1" * 64, "license": "CC-BY-4.0"}]
    assert about["pictures"]["depth"]["scale_mm"] == 0.1
    assert {"name": "t_mm", "unit": "mm"}.items() <= next(c for c in about["labels"] if c["name"] == "t_mm").items()


def test_noise_that_is_in_the_pictures_is_said_to_be_and_not_put_on_twice(make: Any, tmp_path: Path):
    make(tmp_path / "baked", samples=2, noise_baked=True)
    made = extract(tmp_path / "baked", tmp_path / "out")
    assert made.noise == "baked into the stored pictures"
    np.testing.assert_array_equal(
        picture(tmp_path / "out/rgb/000000.png"), open_dataset(tmp_path / "baked", noise=False)[0].rgb
    )


def test_a_dataset_without_pictures_gives_its_range_maps(make: Any, tmp_path: Path):
    make(tmp_path / "maps", samples=2, rgb=False)
    assert extract(tmp_path / "maps", tmp_path / "out").files == {"depth": 2}
    assert "file" not in rows_of(tmp_path / "out")[0]


def test_a_label_with_the_name_of_a_column_of_ours_is_renamed(make: Any, tmp_path: Path):
    from synth.shard.columns import Column

    make(tmp_path / "odd", samples=1, further_columns=[Column("file", "<i4")], file=77)
    extract(tmp_path / "odd", tmp_path / "out")
    (row,) = rows_of(tmp_path / "out")
    assert (row["file"], row["label_file"]) == ("rgb/000000.png", "77")


def test_the_same_dataset_gives_the_same_files(tiny: Path, tmp_path: Path):
    extract(tiny, tmp_path / "one")
    extract(tiny, tmp_path / "two")
    assert files_of(tmp_path / "one") == files_of(tmp_path / "two")


def test_a_damaged_dataset_gives_no_files(tiny: Path, tmp_path: Path):
    (tiny / "shard-00004.h5").unlink()
    with pytest.raises(DatasetError, match="missing"):
        extract(tiny, tmp_path / "out")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["tiny"]


def test_an_unknown_format_is_refused(tiny: Path, tmp_path: Path):
    with pytest.raises(UsageError, match="png or jpeg"):
        extract(tiny, tmp_path / "out", picture_format="gif")  # type: ignore[arg-type]
