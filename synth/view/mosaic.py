"""A mosaic of faces: nothing but people, a person a tile, as a poster or a README shows them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from synth.data.crop import crop_around, cut_levels
from synth.errors import UsageError
from synth.shard.dataset import Dataset, Item

ROWS, COLUMNS, TILE_PX = 6, 10, 192
_MARGIN = 1.45  # a tile's side over the head box's longer side
_GAP_PX = 4
_GROUND = 255


def mosaic(dataset: Dataset, rows: int = ROWS, columns: int = COLUMNS, tile_px: int = TILE_PX) -> NDArray[np.uint8]:
    """The heads of `rows` × `columns` samples, (H, W, 3) uint8 RGB: squares around the head boxes.

    Different people as long as there are any that haven't been shown; then the same ones again. Raises UsageError for
    a dataset without colour pictures or with fewer samples than tiles, and what reading a sample raises.
    """
    if len(dataset) < rows * columns:
        raise UsageError(
            f"{len(dataset)} samples don't fill {rows} × {columns} tiles.",
            where="--faces",
            mend="Give a smaller sheet, e.g. --faces 2x4, or render more samples.",
        )
    side = tile_px + _GAP_PX
    sheet = np.full((rows * side - _GAP_PX, columns * side - _GAP_PX, 3), _GROUND, np.uint8)
    for place, index in enumerate(_one_of_each(dataset.labels["subject"], rows * columns)):
        top, left = side * (place // columns), side * (place % columns)
        sheet[top : top + tile_px, left : left + tile_px] = _face(dataset[index], tile_px)
    return sheet


def _one_of_each(subjects: NDArray[np.str_], count: int) -> list[int]:
    """`count` positions in the dataset's order: each person's first sample, then each one's second, and so on."""
    turn = np.zeros(len(subjects), np.int64)
    for subject in np.unique(subjects):
        own = subjects == subject
        turn[own] = np.arange(own.sum())
    return sorted(int(index) for index in np.argsort(turn, kind="stable")[:count])


def _face(item: Item, tile_px: int) -> NDArray[np.uint8]:
    if item.rgb is None:
        mend = "Give a dataset with outputs.rgb."
        raise UsageError("This dataset has no colour pictures.", where="--faces", mend=mend)
    box_px = item.head_box_px - np.tile(item.crop_box_px[:2], 2)
    return cut_levels(item.rgb, crop_around(box_px, _MARGIN), tile_px)
