"""One shard file, read at random.

A `Shard` is a path until something is asked of it. Then the file is checked, its columns go into memory, and pictures
are read as byte spans, each from a file that is opened for it. It holds no handle, so it can be pickled, forked and
shared by threads; finished shards never change.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from synth.errors import ShardError
from synth.shard import layout
from synth.shard.check import Blobs, ShardContents, check_shard, read_recipe_json
from synth.shard.encode import checksum, decode_grey, decode_normals, decode_range, decode_rgb
from synth.shard.plain_hdf5 import read_array, read_bytes, read_spans
from synth.shard.record import EncodedSample


class Shard:
    """A shard file. All methods raise `ShardError` for a file that is damaged, foreign or missing."""

    def __init__(self, path: Path) -> None:
        self.path = Path(path)

    def __len__(self) -> int:
        return self.contents.samples

    def __getstate__(self) -> dict[str, Any]:
        return {"path": self.path}

    @cached_property
    def contents(self) -> ShardContents:
        """The checked head of the file."""
        return check_shard(self.path)

    @cached_property
    def labels(self) -> Mapping[str, npt.NDArray[Any]]:
        """Every column by name, (N, *shape), read-only; what each means stands in `contents.columns`."""
        return {column.name: self._read(column.name) for column in self.contents.columns}

    def column(self, name: str) -> npt.NDArray[Any]:
        """One label of all samples, (N, *shape), read-only; nothing is kept. Raises KeyError if there is none."""
        return self.labels[name] if "labels" in vars(self) else self._read(name)

    def row(self, position: int) -> dict[str, npt.NDArray[Any]]:
        """All labels of one sample, read-only; unless `labels` were read before, no more than these leave the disk."""
        if "labels" in vars(self):
            return {name: column[position] for name, column in self.labels.items()}
        places = self.contents.places
        spans = [place.bytes // max(1, place.shape[0]) for place in places]
        parts = read_spans(self.path, [(p.offset + position * n, n) for p, n in zip(places, spans, strict=True)])
        return {
            column.name: np.frombuffer(part, dtype=place.dtype).reshape(place.shape[1:])[()]
            for column, place, part in zip(self.contents.columns, places, parts, strict=True)
        }

    @property
    def label_bytes(self) -> int:
        """What `labels` take in memory."""
        return sum(place.bytes for place in self.contents.places)

    def _read(self, name: str) -> npt.NDArray[Any]:
        contents = self.contents
        values = read_array(self.path, contents.place(name))
        if name == "id" and (values[0] < 0 or (values[1:] <= values[:-1]).any()):
            raise ShardError("The ids are negative, repeat, or don't ascend.", where=f"{self.path}: /labels/id")
        return values

    @property
    def recipe(self) -> dict[str, Any]:
        """The recipe as plain data."""
        try:
            return dict(json.loads(read_recipe_json(self.contents)))
        except (ValueError, TypeError, RecursionError) as error:
            raise ShardError("It is not a JSON mapping.", where=f"{self.path}: /meta/recipe_json") from error

    def rgb(self, position: int) -> npt.NDArray[np.uint8] | None:
        """(H, W, 3) uint8 sRGB as stored, without the noise of the labels unless it is baked in; None = absent."""
        data = self._blob(self.contents.rgb, position, "picture")
        return decode_rgb(data, self._where(position, "picture")) if data else None

    def range_mm(self, position: int) -> npt.NDArray[np.float32] | None:
        """(H, W) float32, mm from the camera centre, 0 = nothing hit; None = absent."""
        data = self._blob(self.contents.depth, position, "range map")
        return decode_range(data, self._where(position, "range map")) if data else None

    def normals(self, position: int) -> npt.NDArray[np.float32] | None:
        """(H, W, 3) float32 unit vectors, camera frame, zeros = nothing hit; None = absent."""
        data = self._further(layout.NORMALS, position)
        return decode_normals(data, self._where(position, layout.NORMALS)) if data else None

    def parts(self, position: int) -> npt.NDArray[np.uint8] | None:
        """(H, W) uint8, places in `layout.PART_NAMES`; None = absent."""
        data = self._further(layout.PARTS, position)
        parts = decode_grey(data, self._where(position, layout.PARTS)) if data else None
        if parts is not None and parts.max() >= len(layout.PART_NAMES):
            raise ShardError(f"It holds {parts.max()}, which is no part.", where=self._where(position, layout.PARTS))
        return parts

    def alpha(self, position: int) -> npt.NDArray[np.uint8] | None:
        """(H, W) uint8, how much of each pixel the person covers, 255 = all; None = absent."""
        data = self._further(layout.ALPHA, position)
        return decode_grey(data, self._where(position, layout.ALPHA)) if data else None

    def encoded(self, position: int) -> EncodedSample:
        """One sample as it is stored, for copying without encoding again."""
        return EncodedSample(
            self._blob(self.contents.rgb, position, "picture"),
            self._blob(self.contents.depth, position, "range map"),
            {name: column[position] for name, column in self.labels.items()},
            {name: self._further(name, position) for name in self.contents.further},
        )

    def _further(self, name: str, position: int) -> bytes:
        blobs = self.contents.further.get(name)
        return b"" if blobs is None else self._blob(blobs, position, name)

    def _blob(self, blobs: Blobs, position: int, what: str) -> bytes:
        if not 0 <= position < len(self):
            raise ShardError(
                f"It has no sample at position {position}, only 0 to {len(self) - 1}.", where=str(self.path)
            )
        offset, count = blobs.span(position)
        data = read_bytes(self.path, offset, count)
        if checksum(data) != blobs.crc32[position]:
            raise ShardError(
                "The stored bytes don't match their checksum.",
                where=self._where(position, what),
                mend="Run `synth verify` on the dataset and fetch or render the shard again.",
            )
        return data

    def _where(self, position: int, what: str) -> str:
        return f"{self.path}: sample {int(self.row(position)['id'])}, {what}"
