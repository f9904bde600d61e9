"""A finished dataset as a sequence of samples."""

from __future__ import annotations

import operator
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from synth.effects.sensor_noise import add_sensor_noise
from synth.errors import DatasetError, ShardError, UsageError
from synth.geometry.depth import range_to_planar
from synth.shard.columns import Column
from synth.shard.manifest import Manifest
from synth.shard.read import Shard
from synth.shard.read_manifest import read_manifest
from synth.shard.remote import RemoteShards, remote_shards
from synth.shard.whole_columns import WholeColumns
from synth.store.address import is_remote

Floats = npt.NDArray[np.float64]
KEPT_LABEL_BYTES = 1 << 28  # in each process that reads samples
_VERIFY = "Run `synth verify` to see all that is wrong, then render or fetch the shard again."


@dataclass(frozen=True, eq=False)
class Item:
    """One sample.

    `rgb`: (H, W, 3) uint8, sRGB in RGB order, with its sensor noise unless the dataset was opened without; `range_mm`:
    (H, W) float32, mm from the camera centre along each pixel's ray, 0 = nothing hit. Either is None if the recipe left
    it out or it wasn't asked for, and so are `normals`: (H, W, 3) float32 unit vectors in the camera frame, zeros where
    nothing is hit; `parts`: (H, W) uint8, places in `synth.shard.layout.PART_NAMES`; `alpha`: (H, W) uint8, how much of
    each pixel the person covers, 255 = all. `labels`: every label by name; texts as str, numbers as Python numbers, the
    rest as read-only arrays.
    """

    index: int
    rgb: npt.NDArray[np.uint8] | None
    range_mm: npt.NDArray[np.float32] | None
    labels: Mapping[str, Any]
    normals: npt.NDArray[np.float32] | None = None
    parts: npt.NDArray[np.uint8] | None = None
    alpha: npt.NDArray[np.uint8] | None = None

    @property
    def id(self) -> int:
        """The sample's global id, which stays the same in subsets."""
        return int(self.labels["id"])

    @property
    def subject(self) -> str:
        """Id of the head."""
        return str(self.labels["subject"])

    @property
    def condition(self) -> str:
        """What the sample varies; "base" = nothing."""
        return str(self.labels["condition"])

    @property
    def R_camera_from_head(self) -> Floats:  # noqa: N802
        """(3, 3) float64: head axes to OpenCV camera axes."""
        return cast(Floats, self.labels["R_camera_from_head"])

    @property
    def euler_deg(self) -> Floats:
        """(3,) float64: pitch, yaw, roll in degrees, convention 300wlp."""
        return cast(Floats, self.labels["euler_deg"])

    @property
    def t_mm(self) -> Floats:
        """(3,) float64: the head centre in the camera frame, mm."""
        return cast(Floats, self.labels["t_mm"])

    @property
    def distance_mm(self) -> float:
        """Camera centre to head centre, mm."""
        return float(self.labels["distance_mm"])

    @property
    def K(self) -> Floats:  # noqa: N802
        """(3, 3) float64: intrinsics of `rgb` and `range_mm` as they are."""
        return cast(Floats, self.labels["K"])

    @property
    def head_box_px(self) -> npt.NDArray[np.float32]:
        """(4,) float32: x0, y0, x1, y1 of the head in the full frame, pixels."""
        return cast("npt.NDArray[np.float32]", self.labels["head_box_px"])

    @property
    def crop_box_px(self) -> npt.NDArray[np.int32]:
        """(4,) int32: x0, y0, x1, y1 of the stored part of the full frame, half open, pixels."""
        return cast("npt.NDArray[np.int32]", self.labels["crop_box_px"])

    @property
    def landmarks_px(self) -> npt.NDArray[np.float32] | None:
        """(68, 2) float32: x, y in the full frame, pixels, NaN = unknown; None if the recipe left landmarks out."""
        return self.labels.get("landmarks_px")

    @property
    def landmarks_mm(self) -> npt.NDArray[np.float32] | None:
        """(68, 3) float32: the same points in the camera frame, mm."""
        return self.labels.get("landmarks_mm")

    @property
    def landmarks_visible(self) -> npt.NDArray[np.bool_] | None:
        """(68,) bool: in the stored picture, and nothing but a lash in front of it."""
        visible = self.labels.get("landmarks_visible")
        return None if visible is None else visible == 1

    @property
    def face_box_px(self) -> npt.NDArray[np.float32] | None:
        """(4,) float32: x0, y0, x1, y1 of the landmarks in the full frame, pixels, NaN = unknown."""
        return self.labels.get("face_box_px")

    @property
    def planar_mm(self) -> npt.NDArray[np.float32] | None:
        """(H, W) float32: depth along the optical axis, mm, 0 = nothing hit; None if there is no range map."""
        return None if self.range_mm is None else range_to_planar(self.range_mm, self.K)


class Dataset(Sequence[Item]):
    """The samples of a dataset's folder, in the order of its shards; made by `open_dataset`.

    Nothing is held open: a dataset can be pickled into worker processes, forked, and used by several threads. Reading a
    sample raises `ShardError` if its shard is damaged.
    """

    def __init__(
        self,
        folder: Path,
        manifest: Manifest,
        *,
        noise: bool = True,
        rgb: bool = True,
        depth: bool = True,
        further: bool = True,
        remote: RemoteShards | None = None,
    ) -> None:
        self.folder, self.manifest, self.noise, self._remote = folder, manifest, noise, remote
        self._with_rgb, self._with_depth, self._with_further = rgb, depth, further
        paths = (remote.path(entry) if remote else folder / entry.name for entry in manifest.shards)
        self._all_shards = [Shard(path) for path in paths]
        self._starts = np.cumsum([0] + [entry.samples for entry in manifest.shards])
        self._forget()

    def _forget(self) -> None:
        self._checked: set[int] = set()
        self._label_bytes = 0

    def __getstate__(self) -> dict[str, Any]:
        """Without what was read: a worker process reads its own."""
        mine = ("labels", "ids", "_checked", "_label_bytes")
        return {name: value for name, value in vars(self).items() if name not in mine}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._forget()

    def __len__(self) -> int:
        return int(self._starts[-1])

    def __getitem__(self, index: int) -> Item:  # type: ignore[override]  # no slices: they would load whole pictures
        position = operator.index(index)
        position += len(self) if position < 0 else 0
        if not 0 <= position < len(self):
            raise IndexError(f"sample {index} of a dataset with {len(self)}")
        number = int(np.searchsorted(self._starts, position, side="right")) - 1
        shard, inner = self._shard(number), position - int(self._starts[number])
        self._keep_labels(shard)
        labels = {name: _as_python(value) for name, value in shard.row(inner).items()}
        rgb = shard.rgb(inner) if self._with_rgb else None
        range_mm = shard.range_mm(inner) if self._with_depth else None
        if rgb is not None and self.noise and not shard.contents.noise_baked:
            rgb = _noisy(rgb, labels, shard.path)
        if not self._with_further:
            return Item(position, rgb, range_mm, labels)
        return Item(position, rgb, range_mm, labels, shard.normals(inner), shard.parts(inner), shard.alpha(inner))

    def __iter__(self) -> Iterator[Item]:
        return (self[index] for index in range(len(self)))

    @property
    def first_shard(self) -> Shard:
        """It speaks for all where they are alike, and is fetched alone."""
        return self._shard(0)

    @property
    def shards(self) -> tuple[Shard, ...]:
        """The shard files, each checked against the manifest."""
        return tuple(self.each_shard())

    def each_shard(self, *, keep: bool = True) -> Iterator[Shard]:
        """The shard files one after the other, each checked against the manifest when it is its turn.

        What was read of one is kept for the next use, about 30 bytes a sample, unless `keep` says no.
        """
        for number in range(len(self._all_shards)):
            was_used = number in self._checked
            yield self._shard(number)
            if not keep and not was_used:
                self._all_shards[number] = Shard(self._all_shards[number].path)
                self._checked.discard(number)

    @property
    def columns(self) -> tuple[Column, ...]:
        """What each label means: unit, frame, order, description; those that every shard has."""
        everywhere = set(self.labels)
        return tuple(column for column in self.first_shard.contents.columns if column.name in everywhere)

    @cached_property
    def labels(self) -> Mapping[str, npt.NDArray[Any]]:
        """Whole columns by name, (N, *shape), read-only, texts as NumPy str; those that every shard has.

        A column is read from all shards when it is first asked for, and kept.
        """
        return WholeColumns(self.each_shard)

    @cached_property
    def ids(self) -> npt.NDArray[np.int64]:
        """(N,) int64: the id of each sample, from the manifest."""
        return np.concatenate([entry.ids for entry in self.manifest.shards])

    def by_id(self, sample_id: int) -> Item:
        """The sample with this id; `DatasetError` if the dataset doesn't hold it."""
        found = np.flatnonzero(self.ids == sample_id)
        if found.size == 0:
            raise DatasetError(f"There is no sample {sample_id}.", where=str(self.folder))
        return self[int(found[0])]

    def _shard(self, number: int) -> Shard:
        shard, entry = self._all_shards[number], self.manifest.shards[number]
        if self._remote:  # each time: a copy that isn't asked for goes when there are too many
            self._remote.fetch(entry)
        if number not in self._checked:  # its first use in this process
            same_ids = np.array_equal(shard.column("id"), entry.ids)
            if not same_ids or shard.contents.dataset_id != self.manifest.dataset_id:
                raise DatasetError("It isn't the shard that the manifest lists.", where=str(shard.path), mend=_VERIFY)
            self._checked.add(number)
        return shard

    def _keep_labels(self, shard: Shard) -> None:
        """Labels of shards that are read from stay in memory, the first to come, as long as there is room for them; a
        sample of the others has its own read each time, which takes some 50 µs."""
        if "labels" not in vars(shard) and self._label_bytes + shard.label_bytes <= KEPT_LABEL_BYTES:
            self._label_bytes += shard.label_bytes
            shard.labels  # noqa: B018  # reads them


def open_dataset(
    folder: Path | str, *, noise: bool = True, rgb: bool = True, depth: bool = True, further: bool = True
) -> Dataset:
    """Open a finished dataset for reading: a folder, or an address as `s3://bucket/prefix`.

    Shards under an address are fetched when they are first used, and kept in the user's cache under their SHA-256.

    `noise=False` gives the clean renders (where the recipe didn't bake the noise in); `rgb=False`, `depth=False` and
    `further=False` (normals, parts and alpha) leave those pictures undecoded, and None, for those who don't need them.
    Raises `DatasetError` if the folder isn't a
    dataset, is unfinished, or lacks a shard or part of one; what the shards hold is checked when they are read.
    """
    manifest = read_manifest(folder)
    if is_remote(folder):
        remote = remote_shards(folder, manifest)
        return Dataset(Path(folder), manifest, noise=noise, rgb=rgb, depth=depth, further=further, remote=remote)
    folder = Path(folder)
    for entry in manifest.shards:
        path = folder / entry.name
        size = path.stat().st_size if path.is_file() else None
        if size is None:
            raise DatasetError("The shard is missing.", where=str(path), mend=_VERIFY)
        if size != entry.bytes:
            raise DatasetError(f"The shard has {size:,} bytes, not {entry.bytes:,}.", where=str(path), mend=_VERIFY)
    return Dataset(folder, manifest, noise=noise, rgb=rgb, depth=depth, further=further)


def _noisy(rgb: npt.NDArray[np.uint8], labels: Mapping[str, Any], path: Path) -> npt.NDArray[np.uint8]:
    try:
        return add_sensor_noise(rgb, labels["noise_sigma"], labels["noise_seed"], labels["id"])
    except UsageError as error:  # not the caller's mistake, but the file's
        raise ShardError(error.what, where=f"{path}: sample {labels['id']}, {error.where}", mend=_VERIFY) from error


def _as_python(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.astype(str) if value.dtype.kind == "S" else value
    plain = value.item()
    return plain.decode("ascii", "replace") if isinstance(plain, bytes) else plain
