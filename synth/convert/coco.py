"""COCO: `images/000012.jpg` and one `annotations.json` with boxes, key points and a `head_pose` of each head."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from synth.convert.plain import json_text, plain_pose_along_ray, plain_value
from synth.convert.sample import PlainSample
from synth.share.pictures import SUFFIX, PictureFormat

ANNOTATIONS_NAME = "annotations.json"
CATEGORY = 1
_LABELLED, _VISIBLE = 1, 2  # COCO's v; 0 = not labelled
_LINES = ((0, 17), (17, 22), (22, 27), (27, 31), (31, 36))
_RINGS = ((36, 42), (42, 48), (48, 60), (60, 68))
_POSE_LABELS = ("R_camera_from_head", "euler_deg", "t_mm", "distance_mm", "head_box_px", "face_box_px")
_IMAGE_LABELS = ("K", "crop_box_px", "noise_sigma", "condition")
_PERSON_LABELS = ("subject", "age_years", "sex", "skin_tone")


def write_coco(
    folder: Path, samples: Iterable[PlainSample], pictures: PictureFormat, digits: int, info: dict[str, Any]
) -> dict[str, int]:
    """The pictures and maps, and the annotations; how many files of each kind.

    The annotations are written as they come, so that memory doesn't limit how many there are.
    """
    files: dict[str, int] = {}
    with _spool(folder) as images, _spool(folder) as annotations:
        for number, sample in enumerate(samples):
            names = _write_files(folder, sample, pictures, digits)
            for kind in names:
                files[kind] = files.get(kind, 0) + 1
            comma = ",\n" if number else ""
            images.write(comma + json_text(_image(sample, names)))
            annotations.write(comma + json_text(_annotation(sample)))
        head = json_text({**info, "categories": [_category()]}).removesuffix("}")
        with (folder / ANNOTATIONS_NAME).open("w", encoding="ascii") as out:
            out.write(f'{head}, "images": [\n')
            _append(out, images)
            out.write('\n], "annotations": [\n')
            _append(out, annotations)
            out.write("\n]}\n")
    return files


def _spool(folder: Path) -> Any:
    """A nameless file on the same disk; what goes after the rest waits in it."""
    return tempfile.TemporaryFile("w+", encoding="ascii", dir=folder)


def _append(out: Any, part: Any) -> None:
    part.seek(0)
    shutil.copyfileobj(part, out)


def _write_files(folder: Path, sample: PlainSample, pictures: PictureFormat, digits: int) -> dict[str, str]:
    """The names of the sample's files by kind."""
    stem = f"{sample.id:0{digits}d}"
    contents = {"images": (SUFFIX[pictures], sample.picture)} | {k: (".png", d) for k, d in sample.maps.items()}
    names = {}
    for kind, (suffix, data) in contents.items():
        (folder / kind).mkdir(exist_ok=True)
        names[kind] = f"{stem}{suffix}" if kind == "images" else f"{kind}/{stem}{suffix}"
        (folder / kind / f"{stem}{suffix}").write_bytes(data)
    return names


def _image(sample: PlainSample, names: dict[str, str]) -> dict[str, Any]:
    """`file_name` is below images/, as with COCO's own; maps are named from the folder itself."""
    return {
        "id": sample.id,
        "file_name": names["images"],
        "width": sample.width_px,
        "height": sample.height_px,
        "license": 1,
        **{f"{kind}_file": name for kind, name in names.items() if kind != "images"},
        **_taken(sample, _IMAGE_LABELS),
        "noise_in_picture": sample.noise_in_picture,
    }


def _annotation(sample: PlainSample) -> dict[str, Any]:
    """One head. Its id is the image's + 1, for evaluation code takes an id of 0 for none."""
    x0, y0, x1, y1 = (float(v) for v in _inside(sample.labels["head_box_px"], sample))
    return {
        "id": sample.id + 1,
        "image_id": sample.id,
        "category_id": CATEGORY,
        "bbox": [x0, y0, x1 - x0, y1 - y0],
        "area": (x1 - x0) * (y1 - y0),
        "iscrowd": 0,
        **_keypoints(sample),
        "head_pose": {"convention": "300wlp", **_taken(sample, _POSE_LABELS), **plain_pose_along_ray(sample)},
        **_taken(sample, _PERSON_LABELS),
    }


def _taken(sample: PlainSample, names: Sequence[str]) -> dict[str, Any]:
    return {name: plain_value(np.asarray(sample.labels[name])) for name in names if name in sample.labels}


def _inside(box: Any, sample: PlainSample) -> Any:
    size = np.array([sample.width_px, sample.height_px] * 2, dtype=np.float64)
    return np.clip(np.asarray(box, dtype=np.float64), 0, size)


def _keypoints(sample: PlainSample) -> dict[str, Any]:
    """x, y, v of each landmark; 0, 0, 0 where it isn't known. A point outside the picture is there, but not visible."""
    if "landmarks_px" not in sample.labels or "landmarks_visible" not in sample.labels:
        return {}
    points, seen = sample.labels["landmarks_px"], sample.labels["landmarks_visible"]
    listed: list[float] = []
    for point, visible in zip(points, seen, strict=True):
        known = bool(np.isfinite(point).all())
        listed += [*plain_value(point), _VISIBLE if visible else _LABELLED] if known else [0, 0, 0]
    return {"keypoints": listed, "num_keypoints": sum(v > 0 for v in listed[2::3])}


def _category() -> dict[str, Any]:
    """The 68 points by iBUG's numbers, and COCO's skeleton: pairs of places, counted from 1."""
    skeleton = [[n + 1, n + 2] for start, end in (*_LINES, *_RINGS) for n in range(start, end - 1)]
    skeleton += [[end, start + 1] for start, end in _RINGS]
    names = [f"ibug_{n}" for n in range(68)]
    return {"id": CATEGORY, "name": "head", "supercategory": "person", "keypoints": names, "skeleton": skeleton}
