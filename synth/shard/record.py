"""One sample: as it comes from the renderer, and as it is stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from synth.errors import ShardError
from synth.shard.columns import REQUIRED_COLUMNS


@dataclass(frozen=True, eq=False)
class Record:
    """A picture, a range map (either may be absent) and the labels of one sample.

    `rgb`: (H, W, 3) uint8, sRGB, without sensor noise: the writer bakes it in if asked to. `range_mm`: (H, W) float, mm
    from the camera centre along each pixel's ray, 0 = nothing hit. `labels`: by the names in `synth.shard.columns`.
    Raises `ShardError` if shapes or types are wrong or don't agree with each other and with `crop_box_px`.
    """

    rgb: npt.NDArray[np.uint8] | None
    range_mm: npt.NDArray[np.float32] | None
    labels: Mapping[str, Any]

    def __post_init__(self) -> None:
        where = f"sample {self.labels.get('id', '?')}"
        if missing := [column.name for column in REQUIRED_COLUMNS if column.name not in self.labels]:
            raise ShardError(f"Labels are missing: {', '.join(missing)}.", where=where)
        sizes = {picture.shape[:2] for picture in (self.rgb, self.range_mm) if picture is not None}
        if not sizes:
            raise ShardError("It has neither a picture nor a range map.", where=where)
        if self.rgb is not None and (self.rgb.dtype != np.uint8 or self.rgb.ndim != 3 or self.rgb.shape[2] != 3):
            raise ShardError(f"rgb is {self.rgb.dtype} {self.rgb.shape}, not uint8 (H, W, 3).", where=where)
        if self.range_mm is not None and (self.range_mm.dtype.kind != "f" or self.range_mm.ndim != 2):
            raise ShardError(f"range_mm is {self.range_mm.dtype} {self.range_mm.shape}, not float (H, W).", where=where)
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
