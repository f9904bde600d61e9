"""Real pictures with a label file become pictures with a label file."""

from __future__ import annotations

import csv
from pathlib import Path

import cv2
import numpy as np
import pytest

from synth.effects.blur import gaussian_blur
from synth.errors import DatasetError, RecipeError, UsageError
from synth.run.picture_folder import pictures_recipe, read_pictures, vary_pictures

HEADER = "file,pitch,yaw,roll,x0,y0,x1,y1,who\n"


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    (folder / "deep").mkdir(parents=True)
    rows = []
    for k in range(4):
        random = np.random.default_rng(k)
        coarse = random.integers(60, 255, (6, 8, 3), dtype=np.uint8)
        picture = cv2.resize(coarse, (200 + k, 150), interpolation=cv2.INTER_LINEAR)
        name = f"deep/{k}.png"
        cv2.imwrite(str(folder / name), picture)
        rows.append(f"{name},{k},-{k}.5,0,60,40,130,120,Zoë {k}\n")
    (folder / "labels.csv").write_text(HEADER + "".join(rows), encoding="utf-8")
    return folder


def vary(photos: Path, out: Path, kind, *settings: str, workers: int = 1) -> list[dict[str, str]]:
    pictures = read_pictures(photos, photos / "labels.csv")
    vary_pictures(pictures, pictures_recipe(photos, pictures, kind, settings), out, workers=workers)
    with (out / "labels.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def rgb(path: Path):
    return cv2.imread(str(path))[..., ::-1]


def test_every_picture_is_blurred_as_its_line_says_and_keeps_its_labels(photos, tmp_path):
    rows = vary(photos, tmp_path / "out", "blur")
    assert [row["base_file"] for row in rows] == [f"deep/{k}.png" for k in range(4)]
    assert [(row["pitch"], row["yaw"], row["who"]) for row in rows][3] == ("3", "-3.5", "Zoë 3")
    for row in rows:
        source, made = rgb(photos / row["base_file"]), rgb(tmp_path / "out" / row["file"])
        expected = gaussian_blur(np.ascontiguousarray(source), float(row["blur_sigma_px"])).astype(int)
        assert made.shape == source.shape
        assert np.abs(made - expected).mean() < 2


def test_an_occluder_lies_where_its_line_says(photos, tmp_path):
    for row in vary(photos, tmp_path / "out", "occlusion", "variants.occlusion.shapes=[square]"):
        x0, y0, x1, y1 = (int(row[f"occluder_{edge}"]) for edge in ("x0", "y0", "x1", "y1"))
        made = rgb(tmp_path / "out" / row["file"])
        assert (x1 - x0, y1 - y0) == (60, 60)
        assert min(x0, y0) >= 0
        assert x1 <= made.shape[1]
        assert y1 <= made.shape[0]
        assert made[y0:y1, x0:x1].max() < 40
        assert float(row["covered_share"]) >= 0.05


def test_variants_of_variants_say_what_was_done_last_and_keep_what_was_said_before(photos, tmp_path):
    before = vary(photos, tmp_path / "blurred", "blur")
    for k, row in enumerate(vary(tmp_path / "blurred", tmp_path / "out", "occlusion")):
        assert row["condition"].startswith("occlusion=")
        assert (row["base_file"], row["base_condition"]) == (f"{k:06d}.jpg", before[k]["condition"])
        assert row["base_base_file"] == f"deep/{k}.png"


def test_the_same_again_and_with_more_workers(photos, tmp_path):
    vary(photos, tmp_path / "one", "occlusion", "variants.occlusion.per_shot=3")
    vary(photos, tmp_path / "two", "occlusion", "variants.occlusion.per_shot=3", workers=3)
    one, two = ({p.name: p.read_bytes() for p in (tmp_path / name).iterdir()} for name in ("one", "two"))
    assert one == two
    assert len(one) == 13


def test_without_head_boxes_there_is_blur_and_no_occlusion(photos, tmp_path):
    (photos / "labels.csv").write_text("file,pitch,yaw,roll\ndeep/0.png,1,2,3\n")
    assert len(vary(photos, tmp_path / "out", "blur")) == 1
    with pytest.raises(DatasetError, match=r"1 pictures have no head box, the first is deep/0\.png"):
        vary(photos, tmp_path / "other", "occlusion")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("file,pitch,yaw\n", "The column roll is missing"),
        ("file,pitch,yaw,roll\n", "It lists no pictures"),
        ("file,pitch,yaw,roll\nnosuch.png,1,2,3\n", r"line 2: there is no nosuch\.png"),
        ("file,pitch,yaw,roll\n../up.png,1,2,3\n", "isn't a file in the folder"),
        ("file,pitch,yaw,roll\n/etc/passwd,1,2,3\n", "isn't a file in the folder"),
        ("file,pitch,yaw,roll\ndeep/0.png,1,left,3\n", "line 2: yaw 'left' isn't a number of degrees"),
        ("file,pitch,yaw,roll\ndeep/0.png,1,nan,3\n", "line 2: yaw 'nan' isn't a number"),
        ("file,pitch,yaw,roll\ndeep/0.png,1\n", "line 2: yaw '' isn't a number"),
        ("file,pitch,yaw,roll\nlabels.csv,1,2,3\n", r"line 2: labels\.csv is no picture"),
        (HEADER + "deep/0.png,1,2,3,5,5,,,x\n", "the head's box 5, 5, ,  isn't four numbers"),
        (HEADER + "deep/0.png,1,2,3,500,5,600,9,x\n", "holds nothing of the picture of 200x150"),
    ],
)
def test_a_fault_of_the_label_file_is_named_with_its_line(photos, text, said):
    (photos / "labels.csv").write_text(text)
    with pytest.raises(DatasetError, match=said):
        read_pictures(photos, photos / "labels.csv")


def test_an_occluder_larger_than_the_smallest_picture_is_refused(photos, tmp_path):
    with pytest.raises(RecipeError, match="takes 151x151 px, more than the frame of 200x150"):
        vary(photos, tmp_path / "out", "occlusion", "variants.occlusion.square_px=151")
    assert not (tmp_path / "out").exists()


def test_a_picture_that_breaks_off_leaves_nothing_half_written(photos, tmp_path):
    data = (photos / "deep" / "2.png").read_bytes()
    (photos / "deep" / "2.png").write_bytes(data[:60])
    with pytest.raises(DatasetError, match=r"2\.png: The picture can't be decoded"):
        vary(photos, tmp_path / "out", "blur")
    assert [path.name for path in tmp_path.iterdir()] == ["photos"]


def test_what_is_there_is_not_touched(photos, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("mine")
    with pytest.raises(DatasetError, match="There is something already"):
        vary(photos, tmp_path / "out", "blur")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["mine.txt"]


@pytest.mark.parametrize(
    ("kind", "setting", "said"),
    [
        ("illumination", "seed=1", "Light can't be changed"),
        ("blur", "variants.blur.kind=turn", "is rendered"),
        ("blur", "pose.yaw_deg=3", "means nothing for real pictures"),
    ],
)
def test_what_can_not_be_done_to_real_pictures_is_said(photos, tmp_path, kind, setting, said):
    with pytest.raises(UsageError, match=said):
        vary(photos, tmp_path / "out", kind, setting)
