"""A rendered dataset as a source of labelled pictures."""

from __future__ import annotations

import warnings
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from synth.data.source import Content, PoseImage, PoseTable, checked_position
from synth.errors import UsageError
from synth.geometry.pose import euler_from_rotation, pose_along_ray
from synth.shard.check import ShardContents
from synth.shard.dataset import Dataset, open_dataset
from synth.shard.whole_columns import as_texts

Noise = bool | Literal["fresh"]


class ShardSource:
    """The samples of a finished dataset's folder; pictures as they are stored, boxes in their pixels.

    `noise`: True puts on the sensor noise of the labels, False gives the clean render, "fresh" leaves it to the one who
    makes batches, who puts on another of the same strength each epoch (a dataset with baked noise has it anyway).
    Shards are opened lazily, by each process for itself, and nothing is held open: a source can be sent to worker
    processes. Raises `DatasetError` if the folder isn't a whole dataset and `ShardError`, when it is read, for a shard
    or a picture that is damaged.
    """

    def __init__(self, folder: Path | str, noise: Noise = True, *, rgb: bool = True, depth: bool = True) -> None:
        if noise not in (True, False, "fresh"):
            raise UsageError(f"{noise!r} is unknown.", where="noise", mend='Give True, False or "fresh".')
        self.folder, self.noise = Path(folder), noise
        self._dataset = open_dataset(self.folder, noise=noise is True, rgb=rgb, depth=depth)
        self._with_rgb, self._with_depth = rgb, depth

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name not in ("table", "_first", "_has_base")}

    @property
    def dataset(self) -> Dataset:
        return self._dataset

    @property
    def name(self) -> str:
        return self._dataset.manifest.name

    @property
    def dataset_id(self) -> str:
        return self._dataset.manifest.dataset_id

    @property
    def has_rgb(self) -> bool:
        return self._with_rgb and int(self._first.rgb.offsets[-1]) > 0

    @property
    def has_depth(self) -> bool:
        return self._with_depth and int(self._first.depth.offsets[-1]) > 0

    @property
    def about(self) -> str:
        manifest = self._dataset.manifest
        return f"{manifest.name}, {len(self):,} rendered samples, {manifest.license}, pose along the ray to the head"

    @cached_property
    def table(self) -> PoseTable:
        """Shard by shard, so that of ten million samples little more is in memory than the table itself."""
        count, first = len(self), 0
        ids, R, euler_deg = np.empty(count, dtype=np.int64), np.empty((count, 3, 3)), np.empty((count, 3))
        scenes = np.empty(count, dtype=np.int64) if self._has_base else ids
        subjects, conditions = [], []
        for shard in self._dataset.each_shard():
            rows = slice(first, first := first + len(shard))
            ids[rows] = shard.column("id")
            R[rows] = pose_along_ray(shard.column("R_camera_from_head"), shard.column("t_mm"))
            with warnings.catch_warnings():  # at yaw ±90° roll is a matter of choice, and SciPy's is 0
                warnings.filterwarnings("ignore", message="Gimbal lock")
                euler_deg[rows] = euler_from_rotation(R[rows])
            if self._has_base:  # the id of the sample that each one is a variant of, its own if it is none
                scenes[rows] = shard.column("base_id")
            subjects.append(as_texts(shard.column("subject")))
            conditions.append(as_texts(shard.column("condition")))
        return PoseTable(ids, np.concatenate(subjects), R, euler_deg, np.concatenate(conditions), scenes)

    @cached_property
    def _has_base(self) -> bool:
        """Whether its samples say which others they are variants of."""
        return "base_id" in self._dataset.labels

    def __len__(self) -> int:
        return len(self._dataset)

    def __getitem__(self, index: int, /) -> PoseImage:
        item = self._dataset[checked_position(index, len(self), self.name)]
        corner = np.asarray(item.crop_box_px[:2], dtype=np.float64)
        head_box_px = np.asarray(item.head_box_px, dtype=np.float64) - np.tile(corner, 2)
        return PoseImage(item.rgb, item.range_mm, head_box_px, item.labels, self._needs_noise(item.rgb))

    def narrowed(self, content: Content) -> ShardSource:
        is_depth = content == "depth"
        return ShardSource(
            self.folder, self.noise, rgb=self._with_rgb and not is_depth, depth=self._with_depth and is_depth
        )

    def _needs_noise(self, rgb: npt.NDArray[np.uint8] | None) -> bool:
        return rgb is not None and self.noise == "fresh" and not self._first.noise_baked

    @cached_property
    def _first(self) -> ShardContents:
        """The first shard speaks for all: they are of one recipe, and `Dataset` checks that."""
        return self._dataset.first_shard.contents
