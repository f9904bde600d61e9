"""Ask an independent model of faces, which has never seen our renders, where our heads look.

It runs in an environment of its own, since MediaPipe (Apache-2.0) brings packages that don't go with Blender's:

    synth render --recipe rgb_310k --count 1000 --out faces --set heads.block=3 --set pose.pitch_deg=[-40,40] \
        --set scene.environments=[city,courtyard,forest,sunrise,sunset]
    synth extract faces --out faces_files
    python3.11 -m venv judge && judge/bin/pip install mediapipe==0.10.14 scipy
    judge/bin/python benchmarks/judge_faces.py faces_files --face canonical_face_model.obj --pack PACK/pack.json

`canonical_face_model.obj` is MediaPipe's (mediapipe/modules/face_geometry/data in its repository; it isn't in the
wheel). The model's landmarks are turned rigidly onto it, with the weights that MediaPipe's own face geometry uses; a
picture and its mirror are averaged. On real photographs with |yaw| <= 50 the model errs by about 3.6/2.5/1.2 degrees
(pitch/yaw/roll), so smaller differences mean nothing. Printed: faces found, mean absolute error, slope of read against
true angle, bias; for all, for bands of |yaw|, and, with --pack, by what the pack says of the heads.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("GLOG_minloglevel", "3")
import cv2
import mediapipe
import numpy as np
from scipy.spatial.transform import Rotation

# Landmarks that expressions move least, and their weights: MediaPipe's face geometry, `procrustes_landmark_basis`.
_BASIS = {
    4: 0.0709,
    6: 0.0321,
    10: 0.0084,
    33: 0.0587,
    54: 0.0077,
    67: 0.0091,
    117: 0.0098,
    119: 0.0146,
    121: 0.0186,
    127: 0.0052,
    129: 0.1206,
    132: 0.0056,
    133: 0.0533,
    136: 0.0669,
    143: 0.0148,
    147: 0.0143,
    198: 0.0255,
    205: 0.0473,
    263: 0.0587,
    284: 0.0077,
    297: 0.0091,
    346: 0.0098,
    348: 0.0146,
    350: 0.0186,
    356: 0.0052,
    358: 0.1206,
    361: 0.0056,
    362: 0.0533,
    365: 0.0669,
    372: 0.0148,
    376: 0.0143,
    420: 0.0255,
    425: 0.0473,
}
_IDS, _WEIGHTS = np.array(list(_BASIS)), np.array(list(_BASIS.values()))
_OPENCV = np.diag([1.0, -1.0, -1.0])  # y up and z to the viewer -> y down and z forward
_MIRROR = np.diag([-1.0, 1.0, 1.0])
_LONGER_SIDE_PX = 384  # small pictures are enlarged to this
_ALIKE_DEG = 25.0  # a picture and its mirror that differ by more aren't averaged
_ANGLES = ("pitch", "yaw", "roll")


class Judge:
    """Reads R_camera_from_head, (3, 3), off a picture."""

    def __init__(self, face: Path) -> None:
        lines = face.read_text(encoding="ascii").splitlines()
        self._face = np.array([[float(x) for x in line.split()[1:4]] for line in lines if line.startswith("v ")])[_IDS]
        options = {"static_image_mode": True, "max_num_faces": 1, "refine_landmarks": True}
        self._mesh = mediapipe.solutions.face_mesh.FaceMesh(min_detection_confidence=0.15, **options)

    def read(self, bgr: np.ndarray) -> np.ndarray | None:
        """(3, 3), or None where no face is found in (H, W, 3) uint8 BGR."""
        rgb = bgr[:, :, ::-1]
        if (scale := _LONGER_SIDE_PX / max(rgb.shape[:2])) > 1:
            rgb = cv2.resize(rgb, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
        plain, mirrored = self._rotation(rgb), self._rotation(rgb[:, ::-1])
        if mirrored is None:
            return plain
        mirrored = _MIRROR @ mirrored @ _MIRROR
        if plain is None:
            return mirrored
        apart = np.degrees(Rotation.from_matrix(plain.T @ mirrored).magnitude())
        return plain if apart > _ALIKE_DEG else Rotation.from_matrix([plain, mirrored]).mean().as_matrix()

    def _rotation(self, rgb: np.ndarray) -> np.ndarray | None:
        height, width = rgb.shape[:2]
        found = self._mesh.process(np.ascontiguousarray(rgb)).multi_face_landmarks
        if not found:
            return None
        landmarks = found[0].landmark
        points = np.array([[landmarks[i].x * width, -landmarks[i].y * height, -landmarks[i].z * width] for i in _IDS])
        turned, _ = Rotation.align_vectors(_centred(points), _centred(self._face), weights=_WEIGHTS)
        return np.asarray(_OPENCV @ turned.as_matrix() @ _OPENCV)


def _centred(points: np.ndarray) -> np.ndarray:
    return points - np.average(points, axis=0, weights=_WEIGHTS)


def _euler_deg(rotation: np.ndarray) -> np.ndarray:
    down, yaw, roll = Rotation.from_matrix(rotation).as_euler("XYZ", degrees=True)
    return np.array([-down, yaw, roll])


def main() -> None:
    """Read the pictures of a folder that `synth extract` wrote, print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="what `synth extract` wrote")
    parser.add_argument("--face", type=Path, required=True, help="canonical_face_model.obj")
    parser.add_argument("--pack", type=Path, help="the heads' pack.json")
    parser.add_argument("--out", type=Path, help="a CSV of what was read, sample by sample")
    asked = parser.parse_args()
    rows = list(csv.DictReader((asked.folder / "labels.csv").open(encoding="ascii")))
    judge = Judge(asked.face)
    true = np.array([[float(row[f"{angle}_deg"]) for angle in _ANGLES] for row in rows])
    read = np.array([_read(judge, asked.folder / row["file"]) for row in rows])
    heads = {head["id"]: head for head in json.loads(asked.pack.read_text())["heads"]} if asked.pack else {}
    for group, chosen in _groups(true, [heads.get(row["subject"]) for row in rows]):
        print(_line(group, true[chosen], read[chosen]))
    if asked.out:
        with asked.out.open("w", newline="") as file:
            table = csv.writer(file)
            table.writerow(["id", "subject", *_ANGLES, *(f"read_{angle}" for angle in _ANGLES)])
            for row, truth, seen in zip(rows, true, read, strict=True):
                table.writerow([row["id"], row["subject"], *truth.round(3), *seen.round(3)])


def _read(judge: Judge, path: Path) -> np.ndarray:
    picture = cv2.imread(str(path))
    if picture is None:
        raise SystemExit(f"{path} can't be read")
    rotation = judge.read(picture)
    return np.full(3, np.nan) if rotation is None else _euler_deg(rotation)


def _groups(true: np.ndarray, heads: list[dict[str, Any] | None]) -> Iterator[tuple[str, np.ndarray]]:
    """Names and (N,) masks: all, bands of |yaw|, and groups by each of the heads' parameters."""
    yield "all", np.ones(len(true), bool)
    for low, high in ((0, 20), (20, 40), (40, 90)):
        yield f"|yaw| {low}-{high}", (abs(true[:, 1]) >= low) & (abs(true[:, 1]) < high)
    if None in heads:
        return
    for title, of in _PARAMETERS.items():
        values = np.array([of(head) for head in heads])
        for value in sorted(set(values)):
            yield f"{title} {value}", values == value


def _decade(age: float) -> str:
    edges = (3, 8, 13, 20, 35, 50, 65, 120)
    place = max(i for i, edge in enumerate(edges) if age >= edge)
    return f"{edges[place]:02d}-{edges[place + 1] - 1}"


_PARAMETERS: dict[str, Callable[[Any], str]] = {
    "sex": lambda head: head["sex"],
    "age": lambda head: _decade(head["age_years"]),
    "skin tone": lambda head: f"{min(int(head['skin_tone'] * 5), 4) / 5:.1f}+",
    "origin": lambda head: max(head["origin"], key=lambda name: head["origin"][name]),
    "hair": lambda head: head["hair_style"],
    "beard": lambda head: "full" if head["beard"] > 0.4 else "some" if head["beard"] > 0 else "none",
    "glasses": lambda head: head["glasses"],
    "hat": lambda head: head.get("hat") or "none",
    "mask": lambda head: head.get("mask") or "none",
}


def _line(group: str, true: np.ndarray, read: np.ndarray) -> str:
    found = ~np.isnan(read[:, 0])
    text = f"{group:>24}: {found.sum():5d} of {len(true):5d} found ({found.mean():6.1%})"
    if found.sum() < 3:
        return text
    t, r = true[found], read[found]
    error = (r - t + 180) % 360 - 180
    slopes = [np.polyfit(t[:, i], r[:, i], 1)[0] for i in range(3)]
    parts = (np.abs(error).mean(0), slopes, error.mean(0))
    mae, slope, bias = (
        "/".join(f"{value:{form}}" for value in part) for part, form in zip(parts, (".2f", ".2f", "+.1f"), strict=True)
    )
    return f"{text}  MAE {mae}  slope {slope}  bias {bias}"


if __name__ == "__main__":
    main()
