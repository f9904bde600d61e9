"""What the pages speak of and a user has: photographs, scans, skies, real sets in their makers' layouts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from drawn_face import drawn_face
from meshes import head, obj
from test_biwi import write_frame
from test_pointing04 import write_picture
from tiny_dataset import TINY_RECIPE, make_tiny_dataset

from synth.geometry.pose import rotation_from_euler
from synth.heads.foreign.importing import import_heads


def a_photograph(path: Path) -> None:
    """A face that the cascades find."""
    cv2.imwrite(str(path), drawn_face())


def photographs(folder: Path) -> None:
    folder.mkdir()
    for number in range(3):
        level = np.random.default_rng(number).integers(0, 256, (12, 16, 3), dtype=np.uint8)
        cv2.imwrite(str(folder / f"room{number}.jpg"), cv2.resize(level, (640, 480), interpolation=cv2.INTER_CUBIC))


def skies(folder: Path) -> None:
    folder.mkdir()
    rows = np.linspace(2, 0.1, 64, dtype=np.float32)[:, None, None]
    cv2.imwrite(str(folder / "clear.hdr"), np.broadcast_to(rows * np.float32([1.4, 1, 0.8]), (64, 128, 3)))


def scans(folder: Path) -> None:
    """Meshes in millimetres."""
    folder.mkdir()
    for name, height in (("anna", 222.0), ("ben", 238.0)):
        (folder / f"{name}.obj").write_bytes(obj(head(height)))


def scanned(folder: Path) -> None:
    """The pack that `synth heads import` makes of them."""
    scans(folder.with_name("meshes"))
    import_heads(folder.with_name("meshes"), folder, unit="mm")


def dataset(folder: Path) -> None:
    """96 samples of 24 people, colour and depth."""
    make_tiny_dataset(folder, samples=96, shard_samples=32, recipe=TINY_RECIPE | {"name": folder.name, "samples": 96})


def biwi(folder: Path) -> None:
    """Four people of six frames each."""
    for person in range(1, 5):
        for number in range(6):
            R = rotation_from_euler([8.0 * person - 20, 10.0 * number - 25, 2.0], "biwi")
            write_frame(folder, f"{person:02d}", number + 1, R, np.array([5.0 * number, 10.0, 950.0]))


def pointing04(folder: Path) -> None:
    for person in (1, 2):
        for number, (tilt, pan) in enumerate([(0, 0), (15, -15), (-15, 30), (30, 15), (-30, -30)]):
            write_picture(folder, f"person{person:02d}1{number:02d}{tilt:+d}{pan:+d}")


MADE: dict[str, Callable[[Path], None]] = {
    "datasets/rgb_310k": dataset,
    "datasets/wide": dataset,
    "photo.jpg": a_photograph,
    "my/photographs": photographs,
    "my/skies": skies,
    "scans": scans,
    "scanned": scanned,
    "data/hpdb": biwi,
    "data/Pointing04": pointing04,
}
