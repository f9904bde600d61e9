"""A picture of the conventions, made of the dataset's own samples: which way is positive, and whose axis is which."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from synth.card.samples import shown_picture
from synth.errors import SynthError
from synth.shard.dataset import Dataset
from synth.view.colours import AXIS_LOOK, AXIS_X, AXIS_Y, BOX, GROUND, PANEL, TEXT
from synth.view.contact_sheet import labelled_picture
from synth.view.sheet import Line, Picture, Tile, Title, font, lay_out

_TILE = (260, 260)
_COLUMNS = 4
_LEAST_DEG = 1.0  # below, a sign can't be seen
_TRIED = 8  # if a sample is damaged, the next best is shown
_ANGLES = (
    ("pitch", "the face goes up", "the face goes down"),
    ("yaw", "toward the image's left", "toward the image's right"),
    ("roll", "clockwise in the image", "counter-clockwise"),
)
_KEY = (("x of the head", AXIS_X), ("y", AXIS_Y), ("against z: where the face looks", AXIS_LOOK), ("head box", BOX))


def axes_picture(dataset: Dataset) -> Picture:
    """(H, W, 3) uint8: a nearly frontal head, and for each angle the samples that show best what + and − mean.

    Axes are projected with each sample's own labels, so what is drawn wrong is labelled wrong. Raises the first
    sample's error if none can be shown.
    """
    euler_deg = np.asarray(dataset.labels["euler_deg"], dtype=np.float64)
    frontal = -np.abs(euler_deg).sum(axis=1)
    tiles: list[Tile | None] = [_sample_tile(dataset, frontal, "nearest to frontal")]
    tiles += [
        _sample_tile(dataset, _purity(euler_deg, n, +1), f"{_ANGLES[n][0]} > 0: {_ANGLES[n][1]}") for n in range(3)
    ]
    tiles.append(
        Tile((_camera_drawing(),), (Line("camera axes, and the picture's u and v"), Line("millimetres, pixels")))
    )
    tiles += [
        _sample_tile(dataset, _purity(euler_deg, n, -1), f"{_ANGLES[n][0]} < 0: {_ANGLES[n][2]}") for n in range(3)
    ]
    title = Title(dataset.manifest.name, "axes and signs, drawn from the labels", _KEY)
    return lay_out(tiles, title, _COLUMNS, _TILE)


def _purity(euler_deg: npt.NDArray[np.float64], angle: int, sign: int) -> npt.NDArray[np.float64]:
    """How well each sample shows this angle alone, much of it up to 40° and little of the others; −∞ = not at all."""
    others = np.abs(np.delete(euler_deg, angle, axis=1)).sum(axis=1)
    signed = sign * euler_deg[:, angle]
    return np.where(signed > _LEAST_DEG, np.minimum(signed, 40.0) - others, -np.inf)


def _sample_tile(dataset: Dataset, score: npt.NDArray[np.float64], caption: str) -> Tile | None:
    """The sample with the highest score that can be shown; None if no sample has what is to be shown."""
    if not np.isfinite(score).any():
        return None
    error: SynthError | None = None
    for index in np.argsort(-score, kind="stable")[: min(_TRIED, int(np.isfinite(score).sum()))].tolist():
        try:
            item = dataset[index]
            picture = labelled_picture(item, shown_picture(item), _TILE)
        except SynthError as damaged:
            error = error or damaged
            continue
        angles = "  ".join(f"{name} {_signed(a)}" for (name, _, _), a in zip(_ANGLES, item.euler_deg, strict=True))
        return Tile((picture,), (Line(caption, f"#{item.id}"), Line(angles)))
    raise error or SynthError("There is no sample to show.", where=str(dataset.folder))


def _camera_drawing() -> Picture:
    """The frame of a picture with u and v at its corner, and the camera's x, y, z at the optical axis."""
    canvas = np.full((_TILE[1], _TILE[0], 3), GROUND, np.uint8)
    left, top, right, bottom = 34, 44, _TILE[0] - 20, _TILE[1] - 38
    cv2.rectangle(canvas, (left, top), (right, bottom), PANEL, -1)
    cv2.rectangle(canvas, (left, top), (right, bottom), TEXT, 1, cv2.LINE_AA)
    middle = ((left + right) // 2, (top + bottom) // 2)
    _arrow(canvas, (left, top), (left + 62, top), TEXT)
    _arrow(canvas, (left, top), (left, top + 62), TEXT)
    _arrow(canvas, middle, (middle[0] + 72, middle[1]), AXIS_X)
    _arrow(canvas, middle, (middle[0], middle[1] + 72), AXIS_Y)
    cv2.circle(canvas, middle, 11, AXIS_LOOK, 2, cv2.LINE_AA)
    for dx, dy in ((7, 7), (7, -7)):  # an arrow's feathers, seen from behind: into the picture
        cv2.line(canvas, (middle[0] - dx, middle[1] - dy), (middle[0] + dx, middle[1] + dy), AXIS_LOOK, 2, cv2.LINE_AA)
    words = (
        ((left, top - 36), "(0, 0) is this corner;", TEXT),
        ((left, top - 20), "pixel centres at + 0.5", TEXT),
        ((left + 68, top + 4), "u", TEXT),
        ((left + 8, top + 58), "v", TEXT),
        ((middle[0] + 58, middle[1] - 24), "x right", AXIS_X),
        ((middle[0] + 8, middle[1] + 60), "y down", AXIS_Y),
        ((middle[0] - 38, middle[1] - 34), "z forward, away", AXIS_LOOK),
    )
    return _written(canvas, words)


def _arrow(canvas: Picture, start: tuple[int, int], end: tuple[int, int], colour: tuple[int, int, int]) -> None:
    cv2.arrowedLine(canvas, start, end, colour, 2, cv2.LINE_AA, tipLength=0.16)


def _written(canvas: Picture, words: Sequence[tuple[tuple[int, int], str, tuple[int, int, int]]]) -> Picture:
    picture = Image.fromarray(canvas)
    draw = ImageDraw.Draw(picture)
    for place, text, colour in words:
        draw.text(place, text, colour, font=font(12))
    return np.asarray(picture, dtype=np.uint8)


def _signed(degrees: float) -> str:
    whole = round(float(degrees))
    return f"{whole:+d}°".replace("-", "−") if whole else "0°"
