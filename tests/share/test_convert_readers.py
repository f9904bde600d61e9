"""Converted datasets read back by the libraries that they are for. Without such a library its tests are skipped.

pip install synth-heads[dev] brings them all.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from synth.convert.convert import convert
from synth.convert.sample import How
from synth.errors import UsageError
from synth.shard.dataset import Item, open_dataset

# Their warnings are theirs.
pytestmark = pytest.mark.filterwarnings("ignore")


def by_id(folder: Path) -> dict[int, Item]:
    return {item.id: item for item in open_dataset(folder)}


def assert_the_same_labels(found: dict[str, Any], item: Item) -> None:
    """As JSON or as rows of a table with nested lists: value by value what the dataset holds."""
    corner = item.crop_box_px[:2]
    np.testing.assert_allclose(found["R_camera_from_head"], item.R_camera_from_head, rtol=0, atol=0)
    np.testing.assert_allclose(found["K"], item.K, rtol=0, atol=0)
    np.testing.assert_allclose(found["landmarks_px"], item.landmarks_px - corner, atol=1e-4)
    assert found["subject"] == item.subject
    assert found["sex"] == (item.labels["sex"] or None)
    assert (found["age_years"] is None) == bool(np.isnan(item.labels["age_years"]))


# --- WebDataset


def test_webdataset_reads_pictures_maps_and_labels(full: Path, tmp_path: Path):
    webdataset = pytest.importorskip("webdataset")
    convert(full, tmp_path / "out", "webdataset", how=How("png"), shard_samples=5)
    urls = str(tmp_path / "out/samples-{000000..000002}.tar")
    items, seen = by_id(full), []
    for sample in webdataset.WebDataset(urls, shardshuffle=False).decode("rgb8"):
        labels = sample["json"]
        item = items[labels["id"]]
        seen.append(int(sample["__key__"]))
        np.testing.assert_array_equal(sample["png"], item.rgb)
        assert_the_same_labels(labels, item)
        assert ("alpha.png" in sample) == (item.alpha is not None)
    assert sorted(seen) == sorted(items)


def test_webdataset_gives_the_range_maps_bytes_as_they_are_stored(full: Path, tmp_path: Path):
    webdataset = pytest.importorskip("webdataset")
    convert(full, tmp_path / "out", "webdataset")
    items = by_id(full)
    for sample in webdataset.WebDataset(str(tmp_path / "out/samples-000000.tar"), shardshuffle=False):
        steps = cv2.imdecode(np.frombuffer(sample["depth.png"], np.uint8), cv2.IMREAD_UNCHANGED)
        np.testing.assert_allclose(steps * 0.1, items[int(sample["__key__"])].range_mm, atol=1e-3)


# --- COCO


def test_pycocotools_reads_boxes_points_and_poses(full: Path, tmp_path: Path):
    coco_module = pytest.importorskip("pycocotools.coco")
    convert(full, tmp_path / "out", "coco")
    coco = coco_module.COCO(str(tmp_path / "out/annotations.json"))
    items = by_id(full)
    assert sorted(coco.getImgIds()) == sorted(items)
    (category,) = coco.loadCats(coco.getCatIds())
    assert (category["name"], len(category["keypoints"])) == ("head", 68)
    for entry in coco.loadAnns(coco.getAnnIds(catIds=[category["id"]])):
        item, image = items[entry["image_id"]], coco.imgs[entry["image_id"]]
        with Image.open(tmp_path / "out/images" / image["file_name"]) as picture:
            assert picture.size == (image["width"], image["height"])
        x, y, width, height = entry["bbox"]
        corner = item.crop_box_px[:2]
        want = np.clip(item.head_box_px - np.tile(corner, 2), 0, [image["width"], image["height"]] * 2)
        np.testing.assert_allclose([x, y, x + width, y + height], want, atol=1e-3)
        np.testing.assert_allclose(entry["head_pose"]["R_camera_from_head"], item.R_camera_from_head, atol=0)
        np.testing.assert_allclose(image["K"], item.K, atol=0)
        points = np.array(entry["keypoints"]).reshape(68, 3)
        np.testing.assert_allclose(points[:, :2], item.landmarks_px - corner, atol=1e-4)
        np.testing.assert_array_equal(points[:, 2] == 2, item.landmarks_visible)


def test_cocos_own_evaluation_finds_a_perfect_detector_perfect(tiny: Path, tmp_path: Path, capsys: Any):
    coco_module = pytest.importorskip("pycocotools.coco")
    from pycocotools.cocoeval import COCOeval

    convert(tiny, tmp_path / "out", "coco")
    truth = coco_module.COCO(str(tmp_path / "out/annotations.json"))
    found = [
        {"image_id": a["image_id"], "category_id": a["category_id"], "bbox": a["bbox"], "score": 0.9}
        for a in truth.loadAnns(truth.getAnnIds())
    ]
    judge = COCOeval(truth, truth.loadRes(found), "bbox")
    judge.evaluate()
    judge.accumulate()
    judge.summarize()
    assert judge.stats[0] == pytest.approx(1.0)


# --- Hugging Face


@pytest.fixture
def hugging_face(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The library, with its cache in the test's folder and no network."""
    monkeypatch.setenv("HF_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_DATASETS_OFFLINE", "1")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    pytest.importorskip("pyarrow", exc_type=ImportError)
    return pytest.importorskip("datasets", exc_type=ImportError)


def loaded(hugging_face: Any, folder: Path, cache: Path, **options: Any) -> Any:
    return hugging_face.load_dataset(str(folder), cache_dir=str(cache), **options)


def test_datasets_loads_pictures_as_pictures_and_every_label(hugging_face: Any, full: Path, tmp_path: Path):
    made = convert(full, tmp_path / "out", "huggingface", how=How("png"), shard_samples=5)
    assert made.files == {"parquet": 3}
    rows = loaded(hugging_face, tmp_path / "out", tmp_path / "cache", split="train")
    items = by_id(full)
    assert sorted(rows["id"]) == sorted(items)
    for row in rows:
        item = items[row["id"]]
        np.testing.assert_array_equal(np.asarray(row["image"]), item.rgb)
        np.testing.assert_allclose(np.asarray(row["depth"], dtype=np.float64) * 0.1, item.range_mm, atol=1e-3)
        np.testing.assert_array_equal(np.asarray(row["parts"]), item.parts)
        assert (row["alpha"] is None) == (item.alpha is None)
        assert_the_same_labels(row, item)
        assert [row["pitch_deg"], row["yaw_deg"], row["roll_deg"]] == item.euler_deg.tolist()


def test_clean_jpegs_lie_in_the_parquet_as_they_are_stored(hugging_face: Any, tiny: Path, tmp_path: Path):
    convert(tiny, tmp_path / "out", "huggingface", how=How(clean=True))
    rows = loaded(hugging_face, tmp_path / "out", tmp_path / "cache", split="train")
    stored = {item.id: item.rgb for item in open_dataset(tiny, noise=False)}
    raw = rows.cast_column("image", hugging_face.Image(decode=False))
    assert not any(rows["noise_in_picture"])
    for row in raw:
        assert Image.open(io.BytesIO(row["image"]["bytes"])).format == "JPEG"
        assert np.asarray(Image.open(io.BytesIO(row["image"]["bytes"]))).shape == stored[row["id"]].shape


def test_equal_datasets_give_equal_parquet(tiny: Path, tmp_path: Path):
    pytest.importorskip("pyarrow", exc_type=ImportError)
    names = ("one", "two")
    for name in names:
        convert(tiny, tmp_path / name, "huggingface")
    one, two = ((tmp_path / name / "data/train-00000-of-00001.parquet").read_bytes() for name in names)
    assert one == two


def test_without_pyarrow_it_says_what_to_install_and_writes_nothing(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(UsageError, match=r"pip install synth-heads\[export\]"):
        convert(tiny, tmp_path / "out", "huggingface")
    assert not (tmp_path / "out").exists()
