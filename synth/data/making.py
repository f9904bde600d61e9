"""How a batch's pictures are made out of a request, in this process or in a worker. Without torch."""

from __future__ import annotations

import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from synth.data.sample import Maker, Shown
from synth.data.source import PoseImage, PoseSource
from synth.data.store import Place, StoreReader
from synth.errors import SynthError

# What effects ask for, in a picture that is kept without its other labels.
_KEPT_LABELS = ("id", "K", "noise_sigma", "noise_seed")


@dataclass(frozen=True, eq=False)
class Kept:
    """A picture in the store: as the network sees it if `is_final`, else as the source gave it, with what is needed."""

    place: Place
    is_final: bool
    head_box_px: npt.NDArray[np.float64] | None = None
    labels: Mapping[str, Any] | None = None
    fresh_noise: bool = False


@dataclass(frozen=True, eq=False)
class ToKeep:
    """A picture that isn't in the store yet; `kept` wants only its place."""

    row: int
    array: npt.NDArray[Any]
    is_final: bool
    image: PoseImage


@dataclass(frozen=True, eq=False)
class Request:
    """Rows of the source to show in an epoch; `kept[i]` if the picture needn't be read from the source.

    `has_room`: whether the store would take more pictures.
    """

    epoch: int
    rows: npt.NDArray[np.int64]
    sample_ids: npt.NDArray[np.int64]
    kept: Sequence[Kept | None]
    has_room: bool


@dataclass(frozen=True, eq=False)
class Made:
    """pictures: (B, C, S, S) uint8; mirrored: (B,) bool; turn_deg: (B,) float64; to_keep: for the store."""

    pictures: npt.NDArray[np.uint8]
    mirrored: npt.NDArray[np.bool_]
    turn_deg: npt.NDArray[np.float64]
    to_keep: Sequence[ToKeep] = ()


class BatchMaker:
    """Makes `Made` of `Request`; `reader` reads the store, None if there isn't one. Can be sent to worker processes."""

    def __init__(self, source: PoseSource, maker: Maker, reader: StoreReader | None) -> None:
        self._source, self._maker, self._reader = source, maker, reader

    def __len__(self) -> int:
        return len(self._source)

    def __getitem__(self, request: Request) -> Made | SynthError:
        """A user's error comes back as a value: across processes it would lose its type."""
        try:
            return self.make(request)
        except SynthError as error:
            return error

    def make(self, request: Request) -> Made:
        """Raises what the source and the maker raise."""
        count = len(request.rows)
        pictures = np.empty((count, *self._maker.input.shape), dtype=np.uint8)
        mirrored, turn_deg = np.zeros(count, dtype=bool), np.zeros(count)
        to_keep = []
        for place, (row, sample_id, kept) in enumerate(
            zip(request.rows.tolist(), request.sample_ids.tolist(), request.kept, strict=True)
        ):
            if kept is not None and kept.is_final and self._reader is not None:
                pictures[place] = self._reader.read(kept.place)
                continue
            image = self._source[row] if kept is None or self._reader is None else self._image(kept, self._reader)
            shown = self._maker.show(image, sample_id, request.epoch)
            pictures[place], mirrored[place], turn_deg[place] = shown.picture, shown.mirrored, shown.turn_deg
            if kept is None and request.has_room:
                to_keep.append(self._to_keep(row, image, shown))
        return Made(pictures, mirrored, turn_deg, to_keep)

    def _to_keep(self, row: int, image: PoseImage, shown: Shown) -> ToKeep:
        is_final = self._maker.augmentation is None and not image.fresh_noise
        decoded = image.range_mm if self._maker.input.content == "depth" else image.rgb
        labels = {name: image.labels[name] for name in _KEPT_LABELS if name in image.labels}
        lean = PoseImage(None, None, image.head_box_px, labels, image.fresh_noise)
        return ToKeep(row, shown.picture if is_final or decoded is None else decoded, is_final, lean)

    def _image(self, kept: Kept, reader: StoreReader) -> PoseImage:
        array = reader.read(kept.place)
        is_depth = self._maker.input.content == "depth"
        box = np.zeros(4) if kept.head_box_px is None else kept.head_box_px
        return PoseImage(
            None if is_depth else array, array if is_depth else None, box, kept.labels or {}, kept.fresh_noise
        )


def prepare_worker(_: int) -> None:
    """One thread a worker process: the pictures are small, and there is a process a core."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the main process' to answer
    cv2.setNumThreads(1)
