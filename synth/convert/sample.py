"""One sample as others get it: the picture's bytes, and labels that are right for that very picture.

A shard stores a crop and says in which pixels of the full frame its boxes and points are. Elsewhere a picture is all
there is, so whatever stands in pixels of the frame is moved to the picture; K is the picture's already.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from synth.errors import ShardError
from synth.geometry.pose import euler_from_rotation, pose_along_ray
from synth.shard import layout
from synth.shard.check import ShardContents
from synth.shard.columns import Column
from synth.shard.encode import jpeg_size, png_size
from synth.shard.read import Shard
from synth.shard.record import EncodedSample
from synth.share.pictures import PictureFormat, check_map, colour_picture, has_noise, stored_picture
from synth.share.sound import require_sound_labels
from synth.share.source import Progress, Source

Floats = npt.NDArray[np.float64]
_OF_THE_FRAME = "full frame"
IN_PICTURE = "exported picture, pixel centres at integer + 0.5"
WHERE_CUT = "crop_box_px"
"""The one label that stays in pixels of the full frame: it says where in it the picture lies."""


@dataclass(frozen=True, eq=False)
class PlainSample:
    """A sample without its shard.

    picture: the colour picture, an encoded file, empty if there is none; maps: by kind, PNGs as they are stored.
    labels: by column, NumPy values, pixels those of the picture, which is width_px × height_px.
    """

    id: int
    picture: bytes
    maps: Mapping[str, bytes]
    labels: Mapping[str, npt.NDArray[Any]]
    width_px: int
    height_px: int
    noise_in_picture: bool

    @property
    def subject(self) -> str:
        return self.text("subject")

    @property
    def R_along_ray(self) -> Floats:  # noqa: N802
        """(3, 3): the pose that the crop shows, as if the head were on the optical axis."""
        return pose_along_ray(self.labels["R_camera_from_head"], self.labels["t_mm"])

    @property
    def euler_along_ray_deg(self) -> Floats:
        """(3,): pitch, yaw, roll of it, 300wlp."""
        with warnings.catch_warnings():  # at yaw ±90° roll is a matter of choice, and SciPy's is 0
            warnings.filterwarnings("ignore", message="Gimbal lock")
            return euler_from_rotation(self.R_along_ray)

    def text(self, column: str) -> str:
        """A label that is a text; empty = unknown, or there is no such label."""
        return bytes(self.labels[column].item()).decode("ascii", "replace") if column in self.labels else ""


@dataclass(frozen=True)
class How:
    """How pictures are exported: `clean` leaves the sensor noise of the labels out."""

    pictures: PictureFormat = "jpeg"
    clean: bool = False


def columns_in_picture(columns: tuple[Column, ...]) -> tuple[Column, ...]:
    """What the labels of a `PlainSample` mean."""
    return tuple(replace(column, frame=IN_PICTURE) if _is_moved(column) else column for column in columns)


def plain_samples(source: Source, how: How, progress: Progress | None = None) -> Iterator[PlainSample]:
    """All samples, in the order of the shards, with the labels that all of them have.

    Raises `ShardError` for a sample whose bytes don't match their checksum, whose labels contradict each other, or
    whose pictures aren't what they should be.
    """
    done = 0
    for contents in source.contents:
        shard = Shard(contents.path)
        require_sound_labels(shard)
        for position in range(contents.samples):
            yield _plain(shard.encoded(position), contents, source.columns, how)
        done += contents.samples
        if progress is not None:
            progress(done, len(source.ids))


def _plain(sample: EncodedSample, contents: ShardContents, columns: tuple[Column, ...], how: How) -> PlainSample:
    where = f"{contents.path}: sample {int(sample.labels['id'])}"
    x0, y0, x1, y1 = (int(v) for v in sample.labels[WHERE_CUT])
    picture, noisy = b"", False
    if sample.rgb_jpeg:
        _check_size(jpeg_size(sample.rgb_jpeg, where), x1 - x0, y1 - y0, where)
        picture = colour_picture(sample.rgb_jpeg, sample.labels, contents, how.pictures, how.clean, where)
        noisy = has_noise(sample.labels, contents, how.clean)
    maps = {kind: data for kind in (layout.DEPTH, *layout.FURTHER) if (data := stored_picture(kind, sample))}
    for kind, data in maps.items():
        check_map(kind, data, f"{where}, {kind}")
        _check_size(_map_size(kind, data), x1 - x0, y1 - y0, where)
    labels = {column.name: _moved(column, sample.labels[column.name], (x0, y0)) for column in columns}
    return PlainSample(int(sample.labels["id"]), picture, maps, labels, x1 - x0, y1 - y0, noisy)


def _map_size(kind: str, data: bytes) -> Any:
    return png_size(data, kind, bits=16 if kind == layout.DEPTH else 8, color=2 if kind == layout.NORMALS else 0)


def _check_size(size: Any, width_px: int, height_px: int, where: str) -> None:
    if (size.width, size.height) != (width_px, height_px):
        what = f"The picture has {size.width}x{size.height} pixels, its crop box {width_px}x{height_px}."
        raise ShardError(what, where=where, mend="Run `synth verify --deep`.")


def _is_moved(column: Column) -> bool:
    """Boxes and points in pixels of the full frame, also of columns that this version doesn't know."""
    pairs = bool(column.shape) and column.shape[-1] in (2, 4) and not column.is_text
    return pairs and column.frame.startswith(_OF_THE_FRAME) and column.name != WHERE_CUT


def _moved(column: Column, value: npt.NDArray[Any], corner: tuple[int, int]) -> npt.NDArray[Any]:
    if not _is_moved(column):
        return value
    return (value - np.tile(corner, column.shape[-1] // 2)).astype(value.dtype)
