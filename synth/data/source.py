"""What a set of labelled head pictures is, whether rendered or real, to all who train on it or are judged on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from synth.errors import DatasetError, UsageError

Content = Literal["grey", "rgb", "depth"]
CONTENTS: tuple[Content, ...] = ("grey", "rgb", "depth")


@dataclass(frozen=True, eq=False)
class PoseImage:
    """One labelled picture, out of a shard or a real set.

    `rgb`: (H, W, 3) uint8, sRGB, red first; `range_mm`: (H, W) float32, mm, 0 = missing; either may be None.
    `head_box_px`: (4,) float64 x0, y0, x1, y1, pixels of this picture; may stick out of it. `labels`: what effects and
    breakdowns ask for (`K`, `id`, `noise_sigma`, `noise_seed`, …), by the names of a shard's columns.
    `fresh_noise`: the labelled sensor noise isn't on `rgb` yet; whoever trains puts on another one each epoch.
    """

    rgb: npt.NDArray[np.uint8] | None
    range_mm: npt.NDArray[np.float32] | None
    head_box_px: npt.NDArray[np.float64]
    labels: Mapping[str, Any]
    fresh_noise: bool = False


@dataclass(frozen=True, eq=False)
class PoseTable:
    """All labels of a source, read without decoding a picture: columns of length N.

    ids: (N,) int64, ≥ 0, stable in the source. subjects: (N,) str. R_camera_from_head: (N, 3, 3) float64, the pose
    along the ray to the head (`synth.geometry.pose.pose_along_ray`), which is what a crop shows; NaN where an angle is
    unlabelled. euler_deg: (N, 3) float64, pitch, yaw, roll of that, convention 300wlp; NaN = not labelled.
    conditions: (N,) str, "base" or what a variant varies. scenes: (N,) int64; pictures of one subject with the same
    scene show the same moment (a base and its variants, a picture and its flipped copy), and are never split by image;
    without it every picture is a moment of its own.

    Raises `DatasetError` if the columns don't fit each other.
    """

    ids: npt.NDArray[np.int64]
    subjects: npt.NDArray[np.str_]
    R_camera_from_head: npt.NDArray[np.float64]
    euler_deg: npt.NDArray[np.float64]
    conditions: npt.NDArray[np.str_]
    scenes: npt.NDArray[np.int64] | None = None

    def __post_init__(self) -> None:
        count = len(self.ids)
        shapes = {
            "ids": (count,),
            "subjects": (count,),
            "R_camera_from_head": (count, 3, 3),
            "euler_deg": (count, 3),
            "conditions": (count,),
        } | ({} if self.scenes is None else {"scenes": (count,)})
        for name, shape in shapes.items():
            if np.shape(getattr(self, name)) != shape:
                raise DatasetError(f"The column has shape {np.shape(getattr(self, name))}, not {shape}.", where=name)

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def moments(self) -> npt.NDArray[np.int64]:
        """(N,) int64: `scenes`, or `ids` where there are none."""
        return self.ids if self.scenes is None else self.scenes

    def take(self, rows: npt.ArrayLike) -> PoseTable:
        """The table of these rows, in this order."""
        chosen = np.asarray(rows, dtype=np.int64)
        return PoseTable(
            self.ids[chosen],
            self.subjects[chosen],
            self.R_camera_from_head[chosen],
            self.euler_deg[chosen],
            self.conditions[chosen],
            None if self.scenes is None else self.scenes[chosen],
        )


def join_tables(tables: Sequence[PoseTable]) -> PoseTable:
    """One below the other."""
    return PoseTable(
        np.concatenate([table.ids for table in tables]),
        np.concatenate([table.subjects for table in tables]),
        np.concatenate([table.R_camera_from_head for table in tables]),
        np.concatenate([table.euler_deg for table in tables]),
        np.concatenate([table.conditions for table in tables]),
        np.concatenate([table.moments for table in tables]),
    )


@runtime_checkable
class PoseSource(Protocol):
    """A sequence of `PoseImage`, read lazily, that can be sent into worker processes.

    `about`: one line for a table's foot: set, terms of use, how its pictures are cropped. Positions count from 0; a
    negative one or one past the end is an `IndexError`.
    """

    @property
    def name(self) -> str: ...

    @property
    def has_rgb(self) -> bool: ...

    @property
    def has_depth(self) -> bool: ...

    @property
    def about(self) -> str: ...

    @property
    def table(self) -> PoseTable: ...

    def __len__(self) -> int: ...

    def __getitem__(self, index: int, /) -> PoseImage: ...


@runtime_checkable
class Identified(Protocol):
    """A source that knows which dataset it is, whatever its folder and name."""

    @property
    def dataset_id(self) -> str: ...


def dataset_id_of(source: PoseSource) -> str | None:
    """The id in a rendered dataset's manifest; None of a real set."""
    return source.dataset_id if isinstance(source, Identified) else None


@runtime_checkable
class Narrowable(Protocol):
    """A source that can leave the pictures undecoded that a network isn't shown."""

    def narrowed(self, content: Content) -> PoseSource:
        """The same source, whose pictures have only what `content` needs."""
        ...


def narrowed(source: PoseSource, content: Content) -> PoseSource:
    """`source` without the decoding that `content` doesn't need, as far as it can leave it out.

    Raises `UsageError` if the source has no such pictures at all.
    """
    has = source.has_depth if content == "depth" else source.has_rgb
    if not has:
        raise UsageError(
            f"It has no {'depth maps' if content == 'depth' else 'colour pictures'}.",
            where=source.name,
            mend=f"Take data with them, or a network whose input isn't {content}.",
        )
    return source.narrowed(content) if isinstance(source, Narrowable) else source


class Subset:
    """Some pictures of a source, in the order of `rows`; labels and ids stay theirs.

    `rows`: positions in `source`, none twice. Raises `UsageError` for others.
    """

    def __init__(self, source: PoseSource, rows: npt.ArrayLike) -> None:
        chosen = np.asarray(rows)
        if chosen.size == 0:
            chosen = chosen.astype(np.int64)
        if chosen.ndim != 1 or chosen.dtype.kind not in "iu":
            raise UsageError("The rows have to be a list of whole numbers.", where=f"subset of {source.name}")
        if chosen.size and (chosen.min() < 0 or chosen.max() >= len(source)):
            raise UsageError(f"The rows go from 0 to {len(source) - 1}.", where=f"subset of {source.name}")
        if len(np.unique(chosen)) != len(chosen):
            raise UsageError("A row is there twice.", where=f"subset of {source.name}")
        self.source, self.rows = source, chosen.astype(np.int64)
        self._table: PoseTable | None = None

    def __getstate__(self) -> dict[str, Any]:
        return vars(self) | {"_table": None}  # a worker process needs the pictures only

    @property
    def name(self) -> str:
        return self.source.name

    @property
    def has_rgb(self) -> bool:
        return self.source.has_rgb

    @property
    def has_depth(self) -> bool:
        return self.source.has_depth

    @property
    def about(self) -> str:
        return self.source.about

    @property
    def table(self) -> PoseTable:
        if self._table is None:
            self._table = self.source.table.take(self.rows)
        return self._table

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int, /) -> PoseImage:
        return self.source[int(self.rows[checked_position(index, len(self), self.name)])]

    def narrowed(self, content: Content) -> Subset:
        return Subset(narrowed(self.source, content), self.rows)


def checked_position(index: int, count: int, name: str) -> int:
    """`index`; raises `IndexError` unless it is in 0 … count - 1."""
    if not 0 <= index < count:
        raise IndexError(f"picture {index} of {name}, which has {count}")
    return index
