"""Is this file a shard, and safe to read? The allow-list of names, types, shapes and meanings.

`plain_hdf5` has already refused whatever isn't plain; here the plain rest must be a shard's, of a version that is
known, within the caps, with every known label in the unit and frame that the name promises.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from synth.errors import ShardError
from synth.shard import layout
from synth.shard.columns import MAX_FURTHER_COLUMNS, REQUIRED_COLUMNS, Column, known_column
from synth.shard.header import SHARD_FORMAT, check_schema_version, is_dataset_id, is_sha256
from synth.shard.plain_hdf5 import Attributes, PlainDataset, PlainGroup, read_array, read_structure

_SAID: Attributes = MappingProxyType({})  # of a column's place: what its attributes said stands in the column


@dataclass(frozen=True, eq=False)
class Blobs:
    """Where the encoded pictures of one kind lie: blob i is bytes offsets[i] … offsets[i + 1] from `start` in the file.

    `offsets`: (N + 1,) int64; `crc32`: (N,) uint32 of each blob.
    """

    start: int
    offsets: npt.NDArray[np.int64]
    crc32: npt.NDArray[np.uint32]

    def span(self, position: int) -> tuple[int, int]:
        """(offset in the file, number of bytes) of one blob; 0 bytes = absent."""
        first, end = int(self.offsets[position]), int(self.offsets[position + 1])
        return self.start + first, end - first


@dataclass(frozen=True, eq=False)
class ShardContents:
    """A checked shard's head, and where its columns and pictures lie."""

    path: Path
    schema_version: str
    shard_index: int
    dataset_id: str
    seed: int
    recipe_sha256: str
    recipe_json: PlainDataset
    noise_baked: bool
    jpeg_quality: int
    samples: int
    columns: tuple[Column, ...]
    places: tuple[PlainDataset, ...]  # of the columns, in their order
    rgb: Blobs
    depth: Blobs
    further: Mapping[str, Blobs]
    """By group, of normals, parts and alpha those that the shard has."""

    def place(self, column: str) -> PlainDataset:
        """Where a label lies. Raises KeyError if the shard hasn't got it."""
        for known, place in zip(self.columns, self.places, strict=True):
            if known.name == column:
                return place
        raise KeyError(column)


def check_shard(path: Path) -> ShardContents:
    """Check a shard file that may come from anyone, reading no more of it than metadata and offsets.

    Raises `ShardError` that says what is wrong and at which place in the file.
    """
    path = Path(path)
    root = read_structure(path)
    try:
        return _contents(path, root)
    except ShardError as error:
        if error.where.startswith(str(path)):
            raise
        where = f"{path}: {error.where}" if error.where else str(path)
        raise ShardError(error.what, where=where, mend=error.mend) from error


def read_recipe_json(contents: ShardContents) -> bytes:
    """The recipe's canonical JSON, checked against `recipe_sha256`; `ShardError` if they differ."""
    data = read_array(contents.path, contents.recipe_json).tobytes()
    if hashlib.sha256(data).hexdigest() != contents.recipe_sha256:
        raise ShardError("It doesn't match recipe_sha256.", where=f"{contents.path}: /meta/recipe_json")
    return data


def _contents(path: Path, root: PlainGroup) -> ShardContents:
    head = root.attributes
    if head.get("format") != SHARD_FORMAT:
        raise ShardError("It is an HDF5 file, but not a shard of synth.")
    check_schema_version(_text(head, "schema_version"), "schema_version")
    further = [name for name in layout.FURTHER if name in root.groups]
    if root.datasets or set(root.groups) != {*layout.GROUPS, *further}:
        found = ", ".join([*root.groups, *root.datasets])[:200]
        raise ShardError(f"It holds {found} instead of {', '.join(layout.GROUPS)}.", where="/")
    columns, places = _columns(root.groups[layout.LABELS])
    samples = places[0].shape[0]
    rgb, depth = root.groups[layout.RGB], root.groups[layout.DEPTH]
    _expect_attributes(rgb.attributes, layout.RGB_ATTRIBUTES, "/rgb")
    _expect_attributes(depth.attributes, layout.DEPTH_ATTRIBUTES, "/depth")
    for name in further:
        wanted = layout.FURTHER_ATTRIBUTES[name]
        if name == layout.PARTS and root.groups[name].attributes.get("names") == layout.PARTS_BEFORE_MASKS:
            wanted = wanted | {"names": layout.PARTS_BEFORE_MASKS}
        _expect_attributes(root.groups[name].attributes, wanted, f"/{name}")
    return ShardContents(
        path=path,
        schema_version=_text(head, "schema_version"),
        shard_index=_whole(head, "shard_index"),
        dataset_id=_matching(head, "dataset_id", is_dataset_id),
        seed=_whole(head, "seed"),
        recipe_sha256=_matching(head, "recipe_sha256", is_sha256),
        recipe_json=_recipe(root.groups[layout.META]),
        noise_baked=_noise_baked(rgb.attributes),
        jpeg_quality=_whole(rgb.attributes, "quality"),
        samples=samples,
        columns=columns,
        places=places,
        rgb=_blobs(path, rgb, samples, "/rgb"),
        depth=_blobs(path, depth, samples, "/depth"),
        further={name: _blobs(path, root.groups[name], samples, f"/{name}") for name in further},
    )


def _columns(labels: PlainGroup) -> tuple[tuple[Column, ...], tuple[PlainDataset, ...]]:
    if missing := [column.name for column in REQUIRED_COLUMNS if column.name not in labels.datasets]:
        raise ShardError(f"Missing: {', '.join(missing)}.", where="/labels")
    if labels.groups or len(labels.datasets) > len(REQUIRED_COLUMNS) + MAX_FURTHER_COLUMNS:
        raise ShardError("It holds groups, or too many columns.", where="/labels")
    required = [column.name for column in REQUIRED_COLUMNS]
    names = required + sorted(labels.datasets.keys() - set(required))
    places = tuple(labels.datasets[name] for name in names)
    samples = places[0].shape[0] if places[0].shape else 0
    if not 1 <= samples <= layout.MAX_SAMPLES:
        raise ShardError(f"It declares {samples} samples; 1 to {layout.MAX_SAMPLES} are allowed.", where="/labels/id")
    if sum(place.bytes for place in places) > layout.MAX_LABEL_BYTES:
        raise ShardError(f"The labels are larger than {layout.MAX_LABEL_BYTES:,} bytes.", where="/labels")
    columns = tuple(_column(name, place, samples) for name, place in zip(names, places, strict=True))
    # Shards of one dataset say the same of their columns: held once, ten thousand of them take little memory.
    return _shared(columns), tuple(replace(place, attributes=_SAID) for place in places)


@lru_cache(maxsize=64)
def _shared(columns: tuple[Column, ...]) -> tuple[Column, ...]:
    return columns


def _column(name: str, place: PlainDataset, samples: int) -> Column:
    where = f"/labels/{name[:80]}"
    if place.shape[:1] != (samples,):
        raise ShardError(f"It has the shape {place.shape} for {samples} samples.", where=where)
    meaning = {key: str(place.attributes.get(key, "")) for key in ("unit", "frame", "order", "description")}
    known = known_column(name)
    found = Column(name, place.dtype, place.shape[1:], **meaning, may_be_unknown=bool(known and known.may_be_unknown))
    if known is None:
        return found
    same_type = found.dtype == known.dtype or (found.is_text and known.is_text)
    if not same_type or found.shape != known.shape:
        raise ShardError(f"It is {found.dtype} {found.shape}, not {known.dtype} {known.shape}.", where=where)
    for key in ("unit", "frame", "order"):
        if getattr(found, key) != getattr(known, key):
            expected = f"{getattr(known, key)!r}, not {getattr(found, key)[:80]!r}"
            raise ShardError(f"The {key} should be {expected}.", where=where)
    return found


def _blobs(path: Path, group: PlainGroup, samples: int, where: str) -> Blobs:
    if group.groups or group.datasets.keys() != layout.BLOB_DTYPES.keys():
        raise ShardError(f"It should hold {', '.join(layout.BLOB_DTYPES)} and nothing else.", where=where)
    data = group.datasets[layout.DATA]
    shapes = {layout.DATA: data.shape[:1], layout.OFFSETS: (samples + 1,), layout.CRC32: (samples,)}
    for name, dtype in layout.BLOB_DTYPES.items():
        dataset = group.datasets[name]
        if dataset.dtype != dtype or dataset.shape != shapes[name] or len(dataset.shape) != 1:
            raise ShardError(f"It is {dataset.dtype} {dataset.shape}, which doesn't fit.", where=f"{where}/{name}")
    offsets = read_array(path, group.datasets[layout.OFFSETS])
    steps = np.diff(offsets)
    # Bounds are tested on the offsets themselves: a difference of hostile int64 values can wrap around.
    inside = bool((offsets >= 0).all() and (offsets <= data.shape[0]).all())
    if not inside or offsets[0] != 0 or offsets[-1] != data.shape[0] or (steps < 0).any():
        raise ShardError("They don't ascend from 0 to the end of the data.", where=f"{where}/{layout.OFFSETS}")
    if steps.max() > layout.MAX_BLOB_BYTES:
        raise ShardError(f"A picture has more than {layout.MAX_BLOB_BYTES:,} bytes.", where=f"{where}/{layout.OFFSETS}")
    return Blobs(data.offset, offsets, read_array(path, group.datasets[layout.CRC32]))


def _recipe(meta: PlainGroup) -> PlainDataset:
    recipe = meta.datasets.get(layout.RECIPE_JSON)
    if meta.groups or len(meta.datasets) != 1 or recipe is None:
        raise ShardError(f"It should hold {layout.RECIPE_JSON} and nothing else.", where="/meta")
    if recipe.dtype != "|u1" or len(recipe.shape) != 1 or recipe.bytes > layout.MAX_RECIPE_BYTES:
        raise ShardError("It is not a text of moderate length.", where=f"/meta/{layout.RECIPE_JSON}")
    return recipe


def _noise_baked(attributes: Attributes) -> bool:
    noise = attributes.get("noise")
    if noise not in (layout.NOISE_ON_READ, layout.NOISE_BAKED):
        raise ShardError(f"{str(noise)[:80]!r} is neither on_read nor baked.", where="/rgb@noise")
    return noise == layout.NOISE_BAKED


def _expect_attributes(found: Attributes, expected: Attributes, where: str) -> None:
    for name, value in expected.items():
        if found.get(name) != value:
            raise ShardError(f"It is {str(found.get(name))[:80]!r}, not {value!r}.", where=f"{where}@{name}")


def _text(attributes: Attributes, name: str) -> str:
    value = attributes.get(name)
    if not isinstance(value, str):
        raise ShardError("The text is missing.", where=f"@{name}")
    return value


def _matching(attributes: Attributes, name: str, fits: Any) -> str:
    value = _text(attributes, name)
    if not fits(value):
        raise ShardError(f"{value[:80]!r} is not allowed.", where=f"@{name}")
    return value


def _whole(attributes: Attributes, name: str) -> int:
    value = attributes.get(name)
    if not isinstance(value, int) or value < 0:
        raise ShardError("The whole number is missing or negative.", where=f"@{name}")
    return value
