"""Datasets in other stacks' formats: labels that are right for the exported picture, whole folders, nothing outside."""

from __future__ import annotations

import json
import tarfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import scipy.io
from PIL import Image
from stored import files_of, stored_samples

from synth.convert.convert import FORMATS, convert
from synth.convert.face_points import mean_face_px
from synth.convert.sample import How, plain_samples
from synth.data.readers.wlp300 import open_wlp300
from synth.data.shards import ShardSource
from synth.errors import ShardError, UsageError
from synth.geometry.camera import project
from synth.geometry.pose import geodesic_deg, rotation_from_euler
from synth.shard.columns import Column
from synth.shard.dataset import open_dataset
from synth.shard.encode import JPEG_QUALITY, encode_rgb
from synth.shard.manifest import HeadPackEntry, write_manifest
from synth.shard.read_manifest import read_manifest
from synth.share.derive import split
from synth.share.source import open_source

Floats = np.ndarray[Any, np.dtype[np.float64]]
WITHOUT_PYARROW = tuple(name for name in FORMATS if name != "huggingface")


def json_of(tar_path: Path) -> dict[str, dict[str, Any]]:
    with tarfile.open(tar_path) as tar:
        names = [name for name in tar.getnames() if name.endswith(".json")]
        return {name: json.load(tar.extractfile(name)) for name in names}  # type: ignore[arg-type]


def member(tar_path: Path, name: str) -> bytes:
    with tarfile.open(tar_path) as tar:
        file = tar.extractfile(name)
        assert file is not None
        return file.read()


def picture(data: bytes) -> np.ndarray[Any, Any]:
    found = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB)
    assert found is not None
    return found


# --- the labels of an exported picture


def test_boxes_and_points_are_in_pixels_of_the_exported_picture(full: Path):
    dataset = open_dataset(full)
    for sample, item in zip(plain_samples(open_source(full), How()), dataset, strict=True):
        corner = item.crop_box_px[:2]
        np.testing.assert_allclose(sample.labels["landmarks_px"], item.landmarks_px - corner, atol=1e-4)
        np.testing.assert_allclose(sample.labels["head_box_px"], item.head_box_px - np.tile(corner, 2), atol=1e-4)
        np.testing.assert_array_equal(sample.labels["crop_box_px"], item.crop_box_px)  # says where it was cut


def test_k_projects_the_landmarks_in_space_onto_those_in_the_exported_picture(full: Path):
    for sample in plain_samples(open_source(full), How()):
        projected = project(sample.labels["K"], sample.labels["landmarks_mm"])
        np.testing.assert_allclose(projected, sample.labels["landmarks_px"], atol=0.01)
        assert picture(sample.picture).shape == (sample.height_px, sample.width_px, 3)


def test_a_box_of_a_label_that_is_not_known_here_is_moved_too(tmp_path: Path, make: Any):
    mask = Column("mask_box_px", "<f4", (4,), "pixel", "full frame, pixel centres at integer + 0.5", "x0, y0, x1, y1")
    make(tmp_path / "in", samples=2, further_columns=[mask], mask_box_px=[300.0, 230.0, 310.0, 240.0])
    sample = next(iter(plain_samples(open_source(tmp_path / "in"), How())))
    x0, y0 = sample.labels["crop_box_px"][:2]
    np.testing.assert_allclose(sample.labels["mask_box_px"], [300 - x0, 230 - y0, 310 - x0, 240 - y0])


def test_the_pose_along_the_ray_is_the_one_that_training_uses(tiny: Path):
    want = ShardSource(tiny).table
    for row, sample in enumerate(plain_samples(open_source(tiny), How())):
        np.testing.assert_allclose(sample.euler_along_ray_deg, want.euler_deg[row], atol=1e-9)


# --- noise


def test_by_default_the_noise_that_the_labels_promise_is_in_the_picture(tiny: Path, tmp_path: Path):
    convert(tiny, tmp_path / "out", "webdataset")
    noisy = open_dataset(tiny).by_id(7).rgb
    assert member(tmp_path / "out/samples-000000.tar", "000007.jpg") == encode_rgb(noisy, JPEG_QUALITY)
    assert json_of(tmp_path / "out/samples-000000.tar")["000007.json"]["noise_in_picture"] is True


def test_a_png_holds_exactly_what_the_datasets_own_reader_gives(tiny: Path, tmp_path: Path):
    convert(tiny, tmp_path / "out", "coco", how=How("png"))
    for item in open_dataset(tiny):
        data = (tmp_path / f"out/images/{item.id:06d}.png").read_bytes()
        np.testing.assert_array_equal(picture(data), item.rgb)


@pytest.mark.parametrize("to", WITHOUT_PYARROW)
def test_clean_pictures_are_the_stored_bytes_and_say_that_they_have_no_noise(tiny: Path, tmp_path: Path, to: str):
    made = convert(tiny, tmp_path / "out", to, how=How(clean=True))
    stored = {sample[0] for sample in stored_samples(tiny).values()}
    if to == "webdataset":
        found = {member(tmp_path / "out/samples-000000.tar", f"{n:06d}.jpg") for n in range(24)}
        assert not any(labels["noise_in_picture"] for labels in json_of(tmp_path / "out/samples-000000.tar").values())
    else:
        found = {path.read_bytes() for path in (tmp_path / "out").rglob("*.jpg")}
    assert found == stored
    assert made.noise == "none"
    assert "**not** in them" in (tmp_path / "out/README.md").read_text(encoding="utf-8")


def test_noise_that_is_baked_in_is_not_put_in_twice(tmp_path: Path, make: Any):
    make(tmp_path / "in", noise_baked=True)
    convert(tmp_path / "in", tmp_path / "out", "webdataset", how=How(clean=True))
    assert member(tmp_path / "out/samples-000000.tar", "000003.jpg") == stored_samples(tmp_path / "in")[3][0]
    assert json_of(tmp_path / "out/samples-000000.tar")["000003.json"]["noise_in_picture"] is True


# --- folders


@pytest.mark.parametrize("to", WITHOUT_PYARROW)
def test_equal_datasets_give_equal_bytes(full: Path, tmp_path: Path, to: str):
    for name in ("one", "two"):
        convert(full, tmp_path / name, to)
    assert files_of(tmp_path / "one") == files_of(tmp_path / "two")


def test_texts_of_strangers_do_nothing_in_the_page(tmp_path: Path, make: Any):
    strange = Column("strange", "<f4", (2,), "<img src=x>", order="a | <b>")
    make(tmp_path / "in", samples=2, further_columns=[strange], strange=[1.0, 2.0])
    heads = (HeadPackEntry("pack", "1" * 64, "<i>"),)
    write_manifest(tmp_path / "in", replace(read_manifest(tmp_path / "in"), heads=heads))
    convert(tmp_path / "in", tmp_path / "out", "coco")
    text = (tmp_path / "out/README.md").read_text(encoding="utf-8")
    assert not [tag for tag in ("<img", "<b>", "<i>", "a | ") if tag in text]


@pytest.mark.parametrize("to", WITHOUT_PYARROW)
def test_each_folder_says_its_licence_its_origin_and_what_every_label_means(full: Path, tmp_path: Path, to: str):
    convert(full, tmp_path / "out", to)
    about = json.loads((tmp_path / "out/about.json").read_bytes())
    assert about["license"] == "CC-BY-4.0"
    assert about["source"]["dataset_id"] == open_source(full).manifest.dataset_id
    assert {label["name"] for label in about["labels"]} == {column.name for column in open_source(full).columns}
    frames = {label["name"]: label["frame"] for label in about["labels"]}
    assert frames["landmarks_px"].startswith("exported picture")
    assert frames["crop_box_px"].startswith("full frame")
    assert "| bought | CC-BY-4.0 |" in (tmp_path / "out/NOTICE.md").read_text(encoding="utf-8")
    assert "https://spdx.org/licenses/CC-BY-4.0.html" in (tmp_path / "out/LICENSE").read_text(encoding="utf-8")


def test_tars_hold_as_many_samples_as_are_asked_for(tiny: Path, tmp_path: Path):
    made = convert(tiny, tmp_path / "out", "webdataset", shard_samples=10)
    counts = [len(json_of(path)) for path in sorted((tmp_path / "out").glob("*.tar"))]
    assert counts == [10, 10, 4]
    assert made.files == {"jpg": 24, "depth.png": 24, "json": 24, "tar": 3}


def test_an_error_half_way_leaves_nothing(tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def tears(*_: Any) -> bytes:
        raise ShardError("The stored bytes don't match their checksum.", where="shard-00002.h5")

    monkeypatch.setattr("synth.convert.sample.colour_picture", tears)
    with pytest.raises(ShardError):
        convert(tiny, tmp_path / "out", "coco")
    assert [path.name for path in tmp_path.iterdir()] == ["tiny"]


@pytest.mark.parametrize("to", WITHOUT_PYARROW)
@pytest.mark.parametrize(
    ("label", "value", "said"),
    [
        ("R_camera_from_head", np.zeros((3, 3)), "not a rotation"),
        ("K", np.zeros((3, 3)), "not an intrinsic matrix"),
        ("t_mm", np.array([0.0, 0.0, -900.0]), "distance_mm is not the length"),
        ("crop_box_px", np.array([0, 0, 48, 48]), "crop_box_px put the head centre outside"),
        ("crop_box_px", np.array([276, 196, 324, 243]), "has 48x48 pixels, its crop box 48x47"),
    ],
)
def test_labels_that_make_no_sense_are_refused(
    tmp_path: Path, make: Any, to: str, label: str, value: Any, said: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("synth.shard.record.Record._check_crop", lambda *_: None)  # as a stranger's writer might
    make(tmp_path / "in", samples=2, **{label: value})
    with pytest.raises(ShardError, match=said):
        convert(tmp_path / "in", tmp_path / "out", to)
    assert not (tmp_path / "out").exists()


def test_a_folder_that_is_taken_is_left_alone(tiny: Path, tmp_path: Path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out/mine.txt").write_text("mine")
    with pytest.raises(UsageError, match="not an empty folder"):
        convert(tiny, tmp_path / "out", "coco")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["mine.txt"]


@pytest.mark.parametrize("subject", ["../../escaped", "/etc/passwd", "a b;c", "..", "a/../../b", "x" * 64])
@pytest.mark.parametrize("to", WITHOUT_PYARROW)
def test_a_subject_with_a_path_in_its_name_leads_nowhere(tmp_path: Path, make: Any, subject: str, to: str):
    make(tmp_path / "in", samples=2, subject=subject)
    before = set(tmp_path.rglob("*"))
    convert(tmp_path / "in", tmp_path / "out", to)
    new = set(tmp_path.rglob("*")) - before
    assert all(path == tmp_path / "out" or (tmp_path / "out") in path.parents for path in new)
    for path in (tmp_path / "out").glob("*.tar"):
        with tarfile.open(path) as tar:
            assert all("/" not in name and not name.startswith(".") for name in tar.getnames())


@pytest.mark.parametrize("to", ["coco", "300wlp"])
def test_formats_about_pictures_refuse_a_dataset_without_colour(tmp_path: Path, make: Any, to: str):
    make(tmp_path / "in", rgb=False)
    with pytest.raises(UsageError, match="12 of 12 samples have no colour picture"):
        convert(tmp_path / "in", tmp_path / "out", to)


def test_a_dataset_without_colour_goes_into_tars(tmp_path: Path, make: Any):
    make(tmp_path / "in", rgb=False)
    assert convert(tmp_path / "in", tmp_path / "out", "webdataset").files == {"depth.png": 12, "json": 12, "tar": 1}


def test_300wlp_has_no_pngs_and_an_unknown_format_is_named(tiny: Path, tmp_path: Path):
    with pytest.raises(UsageError, match=r"looks for \.jpg"):
        convert(tiny, tmp_path / "out", "300wlp", how=How("png"))
    with pytest.raises(UsageError, match="Give one of webdataset, coco, huggingface, 300wlp"):
        convert(tiny, tmp_path / "out", "tfrecord")


# --- 300W-LP, read by our own reader of the real set and by SciPy as 6DRepNet does


@pytest.mark.parametrize("kind", ["tiny", "full"])
def test_our_reader_of_300wlp_reads_the_poses_that_training_on_the_shards_uses(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
):
    folder: Path = request.getfixturevalue(kind)
    convert(folder, tmp_path / "out", "300wlp")
    read, want = open_wlp300(tmp_path / "out"), ShardSource(folder)
    ids = [int(path.stem.rsplit("_", 1)[1]) for path in sorted((tmp_path / "out/AFW").glob("*.jpg"))]
    R = {int(k): R for k, R in zip(want.dataset.ids, want.table.R_camera_from_head, strict=True)}
    assert len(read) == len(want)
    found = geodesic_deg(read.table.R_camera_from_head, np.stack([R[k] for k in ids]))
    assert found.max() < 1e-5
    pictures = {item.id: item.rgb.shape for item in want.dataset if item.rgb is not None}
    assert [read[k].rgb.shape for k in range(len(ids))] == [pictures[k] for k in ids]  # type: ignore[union-attr]


def read_as_6drepnet_does(folder: Path, name: str, share: float) -> tuple[Image.Image, Floats, Floats]:
    """The steps by which the training code of 6DRepNet (and of Hopenet before it) reads one line of its list.

    The crop about the 68 points, `share` of their size larger, which it draws from 0.2 to 0.4; the rotation that it
    learns; the three angles in degrees. Written anew after its published code, which isn't a package on the index.
    """
    mat = scipy.io.loadmat(str(folder / f"{name}.mat"))
    points, (pitch, yaw, roll) = mat["pt2d"], mat["Pose_Para"][0][:3]
    (x0, y0), (x1, y1) = points.min(axis=1), points.max(axis=1)
    wide, high = x1 - x0, y1 - y0
    x0, y0 = x0 - 0.6 * share * wide, y0 - 2 * share * high
    box = (int(x0), int(y0), int(x1 + 0.6 * share * wide), int(y1 + 0.6 * share * high))
    picture = Image.open(folder / f"{name}.jpg").convert("RGB").crop(box)
    (cx, cy, cz), (sx, sy, sz) = np.cos([pitch, yaw, roll]), np.sin([pitch, yaw, roll])
    about_x = np.array([[1, 0, 0], [0, cx, -sx], [0, sx, cx]])
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_z = np.array([[cz, -sz, 0], [sz, cz, 0], [0, 0, 1]])
    return picture, about_z @ about_y @ about_x, np.degrees([pitch, yaw, roll])


@pytest.mark.parametrize("kind", ["tiny", "full"])
def test_what_6drepnets_training_reads_from_the_list_is_the_face_and_its_pose(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
):
    folder: Path = request.getfixturevalue(kind)
    convert(folder, tmp_path / "out", "300wlp")
    wanted = {sample.id: sample for sample in plain_samples(open_source(folder), How())}
    names = (tmp_path / "out/files.txt").read_text(encoding="ascii").splitlines()
    assert len(names) == len(wanted)
    to_ours, mirrored = np.diag([1.0, -1.0, -1.0]), np.diag([-1.0, 1.0, 1.0])
    for name in names:
        sample = wanted[int(name.rsplit("_", 1)[1])]
        picture, R, angles_deg = read_as_6drepnet_does(tmp_path / "out", name, share=0.3)
        assert min(picture.size) > 8
        np.testing.assert_allclose(to_ours @ R.T @ to_ours, sample.R_along_ray, atol=1e-9)
        np.testing.assert_allclose(angles_deg, sample.euler_along_ray_deg, atol=1e-9)
        assert np.abs(angles_deg).max() <= 99  # its bins
        # Half of the pictures it mirrors, with the signs of yaw and roll: that has to be the mirrored head's pose.
        flipped = rotation_from_euler(angles_deg * [1, -1, -1])
        np.testing.assert_allclose(flipped, mirrored @ sample.R_along_ray @ mirrored, atol=1e-9)


def test_its_crop_holds_the_head_where_no_points_were_labelled(tiny: Path, tmp_path: Path):
    """The tiny heads are bright balls before a dark ground, so that what is cropped can be told from what isn't."""
    convert(tiny, tmp_path / "out", "300wlp", how=How(clean=True))
    for item in open_dataset(tiny):
        picture, _, _ = read_as_6drepnet_does(tmp_path / "out", f"AFW/{item.subject}_{item.id}", share=0.2)
        assert item.range_mm is not None
        share = (np.asarray(picture).max(axis=2) > 0).mean()  # black is what lies beyond the stored picture
        assert share > 0.6
        assert picture.size[0] * picture.size[1] > 0.3 * (item.range_mm > 0).sum()


def test_one_persons_pictures_are_one_name_to_readers_that_go_by_it(tiny: Path, tmp_path: Path):
    convert(tiny, tmp_path / "out", "300wlp")
    assert len(set(open_wlp300(tmp_path / "out").table.subjects.tolist())) == 6


def test_the_list_names_every_picture_whose_angles_fit_and_its_files_exist(tiny: Path, tmp_path: Path):
    made = convert(tiny, tmp_path / "out", "300wlp")
    names = (tmp_path / "out/files.txt").read_text(encoding="ascii").splitlines()
    assert len(names) == made.files["listed"] == 24
    for name in names:
        assert (tmp_path / f"out/{name}.jpg").is_file()
        angles = np.degrees(scipy.io.loadmat(str(tmp_path / f"out/{name}.mat"))["Pose_Para"][0, :3])
        assert np.abs(angles).max() <= 99


def test_a_picture_with_an_angle_beyond_99_is_written_but_not_listed(tmp_path: Path, make: Any):
    turned = {"euler_deg": np.array([-120.0, 5.0, 0.0]), "R_camera_from_head": rotation_from_euler([-120.0, 5.0, 0.0])}
    make(tmp_path / "in", samples=2, **turned)
    made = convert(tmp_path / "in", tmp_path / "out", "300wlp")
    assert (made.files["mat"], made.files["listed"]) == (2, 0)


def test_points_are_the_heads_own_where_they_are_labelled(full: Path, tmp_path: Path):
    made = convert(full, tmp_path / "out", "300wlp")
    assert made.files["mean_face"] == 0
    for item in open_dataset(full):
        mat = scipy.io.loadmat(str(tmp_path / f"out/AFW/{item.subject}_{item.id}.mat"))
        np.testing.assert_allclose(mat["pt2d"].T, item.landmarks_px - item.crop_box_px[:2], atol=1e-4)
        assert mat["pt2d_of_this_head"] == 1


def test_points_of_a_mean_face_are_said_to_be_that(tiny: Path, tmp_path: Path):
    made = convert(tiny, tmp_path / "out", "300wlp")
    assert made.files["mean_face"] == 24
    mat = scipy.io.loadmat(str(next((tmp_path / "out/AFW").glob("*.mat"))))
    assert mat["pt2d_of_this_head"] == 0
    assert mat["pt2d"].shape == (2, 68)
    assert "mean face" in (tmp_path / "out/README.md").read_text(encoding="utf-8")


def test_the_mean_face_looks_where_the_head_looks():
    K, t = np.array([[500.0, 0, 100], [0, 500, 100], [0, 0, 1]]), np.array([0.0, 0, 1000])
    box = np.array([60.0, 43.5, 140, 156.5])  # 226 mm high at 1 m
    frontal = mean_face_px(np.eye(3), t, K, box)
    assert frontal[36, 0] < frontal[45, 0]  # the eye on the image's left comes first
    assert frontal[39, 1] < frontal[30, 1] < frontal[8, 1]  # eyes, nose, chin from above
    left = mean_face_px(rotation_from_euler([0, 40, 0]), t, K, box)
    assert left[30, 0] < frontal[30, 0] - 20  # yaw > 0: toward the image's left
    up = mean_face_px(rotation_from_euler([30, 0, 0]), t, K, box)
    assert up[30, 1] < frontal[30, 1] - 10
    half = mean_face_px(np.eye(3), t, K, (box - 100) / 2 + 100)
    np.testing.assert_allclose(np.ptp(half, axis=0), np.ptp(frontal, axis=0) / 2, rtol=0.1)


# --- what a split's part is called


def test_parts_of_a_split_keep_their_names(tiny: Path, tmp_path: Path):
    from synth.convert.convert import split_of

    split(tiny, tmp_path / "parts")
    assert split_of(open_source(tmp_path / "parts/validation")) == "validation"
    assert split_of(open_source(tiny)) == "train"
