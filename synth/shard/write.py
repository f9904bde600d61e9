"""Samples to the bytes of a shard file.

The HDF5 file is built in memory, since a process that dies while h5py writes leaves a file that can't be opened. It is
contiguous, without filters, links, variable-length data or timestamps, and limited to what HDF5 1.8 reads, so that the
same samples give the same bytes with any HDF5 library.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt

from synth.effects.sensor_noise import add_sensor_noise
from synth.errors import ShardError
from synth.shard import layout
from synth.shard.columns import Column, columns_for, stored_labels
from synth.shard.encode import checksum, encode_grey, encode_normals, encode_range, encode_rgb
from synth.shard.header import FURTHER_SCHEMA_VERSION, SHARD_FORMAT, ShardHeader, canonical_json
from synth.shard.record import EncodedSample, Record

_LIBVER = ("earliest", "v108")


class ShardWriter:
    """Collects the samples of one shard, in the order of their ids, and builds the file's bytes.

    `further_columns` declares labels that `synth.shard.columns` doesn't know. Every sample has the same labels.
    """

    def __init__(self, header: ShardHeader, further_columns: Iterable[Column] = ()) -> None:
        self.header = header
        self._further = tuple(further_columns)
        for column in self._further:  # now, and not when all the samples are there
            for text in _meaning(column).values():
                _ascii(text, f"labels/{column.name}")
        self._columns: tuple[Column, ...] = ()
        self._samples: list[EncodedSample] = []

    def __len__(self) -> int:
        return len(self._samples)

    def add(self, record: Record) -> None:
        """Encode a sample, with its sensor noise if the header bakes that in, and append it.

        Raises `ShardError` if it can't be stored.
        """
        columns = self._columns or columns_for(record.labels, self._further)
        labels = stored_labels(record.labels, columns)
        rgb = b"" if record.rgb is None else encode_rgb(self._as_stored(record.rgb, labels), self.header.jpeg_quality)
        depth = b"" if record.range_mm is None else encode_range(record.range_mm)
        self._append(EncodedSample(rgb, depth, labels, _further(record)), columns)

    def _as_stored(self, rgb: npt.NDArray[np.uint8], labels: Mapping[str, npt.NDArray[Any]]) -> npt.NDArray[np.uint8]:
        if not self.header.noise_baked:
            return rgb
        return add_sensor_noise(rgb, float(labels["noise_sigma"]), int(labels["noise_seed"]), int(labels["id"]))

    def add_encoded(self, sample: EncodedSample) -> None:
        """Append a sample that is encoded already (as when shards are repacked)."""
        columns = self._columns or columns_for(sample.labels, self._further)
        labels = stored_labels(sample.labels, columns)
        self._append(EncodedSample(sample.rgb_jpeg, sample.range_png, labels, sample.further), columns)

    def _append(self, sample: EncodedSample, columns: tuple[Column, ...]) -> None:
        identity = int(sample.labels["id"])
        if identity < 0 or (self._samples and identity <= int(self._samples[-1].labels["id"])):
            raise ShardError(f"Id {identity} doesn't ascend.", where=self.header.file_name, mend="Add samples by id.")
        if len(self._samples) >= layout.MAX_SAMPLES:
            raise ShardError(f"It holds {layout.MAX_SAMPLES} samples already.", where=self.header.file_name)
        self._columns = columns
        self._samples.append(sample)

    def to_bytes(self) -> bytes:
        """The file, the same bytes for the same samples and header; `ShardError` if there are no samples."""
        if not self._samples:
            raise ShardError("A shard needs at least one sample.", where=self.header.file_name)
        with h5py.File(
            self.header.file_name, "w", driver="core", backing_store=False, block_size=1 << 20, libver=_LIBVER
        ) as file:
            self._fill(file)
            file.flush()
            return bytes(file.id.get_file_image())

    def _fill(self, file: h5py.File) -> None:
        header = self.header
        further = [name for name in layout.FURTHER if any(sample.further.get(name) for sample in self._samples)]
        _set_attributes(
            file,
            {
                "format": SHARD_FORMAT,
                "schema_version": FURTHER_SCHEMA_VERSION if further else header.schema_version,
                "shard_index": header.shard_index,
                "dataset_id": header.dataset_id,
                "seed": header.seed,
                "recipe_sha256": header.recipe_sha256,
            },
        )
        recipe = np.frombuffer(canonical_json(header.recipe), dtype=np.uint8)
        _put(file.create_group(layout.META), layout.RECIPE_JSON, recipe)
        rgb = file.create_group(layout.RGB)
        noise = layout.NOISE_BAKED if header.noise_baked else layout.NOISE_ON_READ
        details: dict[str, str | int | float] = {"quality": header.jpeg_quality, "subsampling": "4:4:4", "noise": noise}
        _set_attributes(rgb, {**layout.RGB_ATTRIBUTES, **details})
        _put_blobs(rgb, [sample.rgb_jpeg for sample in self._samples])
        depth = file.create_group(layout.DEPTH)
        _set_attributes(depth, layout.DEPTH_ATTRIBUTES)
        _put_blobs(depth, [sample.range_png for sample in self._samples])
        for name in further:
            group = file.create_group(name)
            _set_attributes(group, layout.FURTHER_ATTRIBUTES[name])
            _put_blobs(group, [sample.further.get(name, b"") for sample in self._samples])
        labels = file.create_group(layout.LABELS)
        for column in self._columns:
            _put_column(labels, column, np.stack([sample.labels[column.name] for sample in self._samples]))


def build_shard_bytes(samples: Iterable[Record], header: ShardHeader, further_columns: Iterable[Column] = ()) -> bytes:
    """The bytes of a shard file with these samples; see `ShardWriter`."""
    writer = ShardWriter(header, further_columns)
    for sample in samples:
        writer.add(sample)
    return writer.to_bytes()


def _further(record: Record) -> dict[str, bytes]:
    """The encoded pictures besides rgb and depth, those that there are."""
    encoded = {} if record.normals is None else {layout.NORMALS: encode_normals(record.normals)}
    encoded |= {} if record.parts is None else {layout.PARTS: encode_grey(record.parts)}
    return encoded | ({} if record.alpha is None else {layout.ALPHA: encode_grey(record.alpha)})


def _put_blobs(group: h5py.Group, blobs: list[bytes]) -> None:
    offsets = np.zeros(len(blobs) + 1, dtype="<i8")
    np.cumsum([len(blob) for blob in blobs], out=offsets[1:])
    _put(group, layout.DATA, np.frombuffer(b"".join(blobs), dtype=np.uint8))
    _put(group, layout.OFFSETS, offsets)
    _put(group, layout.CRC32, np.array([checksum(blob) for blob in blobs], dtype="<u4"))


def _put_column(labels: h5py.Group, column: Column, values: npt.NDArray[Any]) -> None:
    dataset = _put(labels, column.name, values.astype(column.dtype))
    _set_attributes(dataset, _meaning(column))


def _meaning(column: Column) -> dict[str, str]:
    """What a column's attributes say of it; one that would be empty is left out."""
    meaning = {"unit": column.unit, "frame": column.frame, "order": column.order, "description": column.description}
    return {name: text for name, text in meaning.items() if text}


def _ascii(text: str, where: str) -> bytes:
    """HDF5 notes these texts as ASCII, and some readers go by that. Raises `ShardError` for any other."""
    if not text.isascii() or not text.isprintable():
        raise ShardError(f"{text[:80]!r} is not printable ASCII.", where=where, mend="Write it with ASCII alone.")
    return text.encode("ascii")


def _put(group: h5py.Group, name: str, values: npt.NDArray[Any]) -> h5py.Dataset:
    return group.create_dataset(name, data=values, track_times=False)


def _set_attributes(target: Any, attributes: Mapping[str, str | int | float]) -> None:
    for name, value in attributes.items():
        if isinstance(value, str):
            target.attrs[name] = np.bytes_(_ascii(value, f"{target.name}@{name}"))  # str would be of variable length
        else:
            target.attrs[name] = np.float64(value) if isinstance(value, float) else np.int64(value)
