"""`preview.png` and `histograms.png`: what a dataset looks like, at a glance."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from synth.errors import SynthError, UsageError
from synth.shard.commit import commit_bytes
from synth.shard.dataset import open_dataset
from synth.shard.encode import encode_rgb
from synth.view.contact_sheet import draw_contact_sheet
from synth.view.histograms import histograms_png
from synth.view.mosaic import mosaic

CONTACT_SHEET_NAME, HISTOGRAMS_NAME, FACES_NAME = "preview.png", "histograms.png", "faces.png"
DEFAULT_COUNT = 32
_JPEG_QUALITY = 88


@dataclass(frozen=True)
class Preview:
    """Where the pictures were written, and what is wrong with samples that should be on the sheet."""

    contact_sheet: Path
    histograms: Path
    damaged: tuple[SynthError, ...] = ()


def write_preview(dataset_dir: Path | str, out: Path | str | None = None, count: int = DEFAULT_COUNT) -> Preview:
    """Draw the contact sheet of up to `count` samples and the histograms; each file is written whole or not at all.

    They go into the dataset's folder as preview.png and histograms.png; with `out` (a .png) the contact sheet goes
    there and the histograms beside it as `<name>-histograms.png`. A damaged sample is crossed out on the sheet and
    named in `damaged`. Raises as `open_dataset` and reading labels do, UsageError for another kind of file, DiskError
    if it can't be written.
    """
    paths = _paths(Path(dataset_dir), None if out is None else Path(out))
    dataset = open_dataset(dataset_dir)
    sheet = draw_contact_sheet(dataset, count)
    write_png(paths.contact_sheet, sheet.picture)
    commit_bytes(paths.histograms, histograms_png(dataset.labels, dataset.manifest.name))
    return replace(paths, damaged=sheet.damaged)


def write_faces(dataset_dir: Path | str, size: str, out: Path | str | None = None) -> Path:
    """Write a mosaic of `size`, "ROWSxCOLUMNS" faces, as faces.png in the dataset's folder or as `out`, a PNG or JPEG.

    Raises UsageError for another size or kind of file, what `open_dataset` and `mosaic` raise, and DiskError.
    """
    found = re.fullmatch(r"([1-9]\d?)x([1-9]\d?)", size)
    if found is None:
        mend = "Give rows x columns, each 1 to 99: --faces 6x10."
        raise UsageError(f"{size!r} is no size of a mosaic.", where="--faces", mend=mend)
    path = Path(dataset_dir) / FACES_NAME if out is None else Path(out)
    if path.suffix.lower() not in (".png", ".jpg"):
        mend = "Give the path of a .png or .jpg file."
        raise UsageError(f"{path.name!r} is neither a PNG nor a JPEG.", where="--out", mend=mend)
    picture = mosaic(open_dataset(dataset_dir), int(found[1]), int(found[2]))
    if path.suffix.lower() == ".png":
        write_png(path, picture)
    else:
        commit_bytes(path, encode_rgb(picture, _JPEG_QUALITY))
    return path


def write_png(path: Path, rgb: NDArray[np.uint8]) -> None:
    """(H, W, 3) uint8 RGB as a PNG, atomically. Raises DiskError."""
    done, data = cv2.imencode(".png", cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))
    if not done:
        raise UsageError(f"A picture of shape {rgb.shape} can't be written as PNG.", where=str(path))
    commit_bytes(path, data.tobytes())


def require_png(out: Path) -> Path:
    """`out`, if it names a PNG. Raises UsageError."""
    if out.suffix.lower() != ".png":
        raise UsageError(f"{out.name!r} doesn't end in .png.", where="--out", mend="Give the path of a PNG file.")
    return out


def _paths(folder: Path, out: Path | None) -> Preview:
    if out is None:
        return Preview(folder / CONTACT_SHEET_NAME, folder / HISTOGRAMS_NAME)
    return Preview(require_png(out), out.with_name(f"{out.stem}-histograms.png"))
