"""One sample: as it comes from the renderer, and as it is stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from synth.errors import ShardError
from synth.shard.columns import REQUIRED_COLUMNS
from synth.shard.layout import PART_NAMES


@dataclass(frozen=True, eq=False)
class Record:
    """A picture, maps of what it shows (any may be absent) and the labels of one sample.

    `rgb`: (H, W, 3) uint8, sRGB, without sensor noise: the writer bakes it in if asked to. `range_mm`: (H, W) float, mm
    from the camera centre along each pixel's ray, 0 = nothing hit. `normals`: (H, W, 3) float, unit vectors in the
    camera frame, zeros = nothing hit. `parts`: (H, W) uint8, places in `layout.PART_NAMES`. `alpha`: (H, W) uint8, how
    much of the pixel the person covers. `labels`: by the names in `synth.shard.columns`.
    Raises `ShardError` if shapes or types are wrong or don't agree with each other and with `crop_box_px`.
    """

    rgb: npt.NDArray[np.uint8] | None
    range_mm: npt.NDArray[np.float32] | None
    labels: Mapping[str, Any]
    normals: npt.NDArray[np.float32] | None = None
    parts: npt.NDArray[np.uint8] | None = None
    alpha: npt.NDArray[np.uint8] | None = None

    def __post_init__(self) -> None:
        where = f"sample {self.labels.get('id', '?')}"
        if missing := [column.name for column in REQUIRED_COLUMNS if column.name not in self.labels]:
            raise ShardError(f"Labels are missing: {', '.join(missing)}.", where=where)
        pictures = (self.rgb, self.range_mm, self.normals, self.parts, self.alpha)
        sizes = {picture.shape[:2] for picture in pictures if picture is not None}
        if not sizes:
            raise ShardError("It has neither a picture nor a map.", where=where)
        if self.rgb is not None and (self.rgb.dtype != np.uint8 or self.rgb.ndim != 3 or self.rgb.shape[2] != 3):
            raise ShardError(f"rgb is {self.rgb.dtype} {self.rgb.shape}, not uint8 (H, W, 3).", where=where)
        if self.range_mm is not None and (self.range_mm.dtype.kind != "f" or self.range_mm.ndim != 2):
            raise ShardError(f"range_mm is {self.range_mm.dtype} {self.range_mm.shape}, not float (H, W).", where=where)
        if self.normals is not None and (self.normals.dtype.kind != "f" or self.normals.shape[2:] != (3,)):
            raise ShardError(f"normals is {self.normals.dtype} {self.normals.shape}, not float (H, W, 3).", where=where)
        for name, levels in (("parts", self.parts), ("alpha", self.alpha)):
            if levels is not None and (levels.dtype != np.uint8 or levels.ndim != 2):
                raise ShardError(f"{name} is {levels.dtype} {levels.shape}, not uint8 (H, W).", where=where)
        if self.parts is not None and self.parts.max(initial=0) >= len(PART_NAMES):
            raise ShardError(f"{self.parts.max()} is no part; there are 0 to {len(PART_NAMES) - 1}.", where=where)
        self._check_crop(sizes, where)

    def _check_crop(self, sizes: set[tuple[int, ...]], where: str) -> None:
        x0, y0, x1, y1 = (int(edge) for edge in np.asarray(self.labels["crop_box_px"]).reshape(4))
        if sizes != {(y1 - y0, x1 - x0)}:
            found = " and ".join(f"{width}x{height}" for height, width in sorted(sizes))
            raise ShardError(f"The picture is {found} pixels, crop_box_px {x1 - x0}x{y1 - y0}.", where=where)


@dataclass(frozen=True, eq=False)
class EncodedSample:
    """One sample as a shard stores it; empty bytes = that picture is absent, labels as from `columns.stored_labels`."""

    rgb_jpeg: bytes
    range_png: bytes
    labels: Mapping[str, npt.NDArray[Any]]
    further: Mapping[str, bytes] = field(default_factory=dict)
    """By group: normals, parts, alpha."""
