"""Shard files as someone with bad intentions, or another program, would write them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np

from synth.shard.write import build_shard_bytes
from tests.shard.test_write import header
from tests.tiny_dataset import make_record

Change = Callable[[h5py.File], None]
SAMPLES = 4
ELSEWHERE = "/etc/passwd"


def write_shard(path: Path, change: Change | None = None) -> Path:
    """A small good shard, changed through h5py."""
    path.write_bytes(build_shard_bytes([make_record(n, side_px=16) for n in range(SAMPLES)], header()))
    if change:
        with h5py.File(path, "r+") as file:
            change(file)
    return path


def replaced(name: str, **options: object) -> Change:
    """The dataset `name` made anew with other options of h5py's `create_dataset`."""

    def change(file: h5py.File) -> None:
        attributes = dict(file[name].attrs)
        del file[name]
        made = file.create_dataset(name, **options)
        for key, value in attributes.items():
            made.attrs[key] = value

    return change


def attribute(place: str, name: str, value: object) -> Change:
    def change(file: h5py.File) -> None:
        file[place].attrs[name] = value

    return change


def external_link(target: str) -> Change:
    def change(file: h5py.File) -> None:
        del file["labels/t_mm"]
        file["labels/t_mm"] = h5py.ExternalLink(target, "/x")

    return change


def external_storage(target: str) -> Change:
    return replaced("rgb/data", shape=(100,), dtype="u1", external=[(target, 0, 100)])


def soft_link(file: h5py.File) -> None:
    del file["labels/t_mm"]
    file["labels/t_mm"] = h5py.SoftLink("/labels/euler_deg")


def virtual(target: str) -> Change:
    def change(file: h5py.File) -> None:
        del file["rgb/data"]
        layout = h5py.VirtualLayout(shape=(100,), dtype="u1")
        layout[:] = h5py.VirtualSource(target, "x", shape=(100,))
        file.create_virtual_dataset("rgb/data", layout)

    return change


def compact(file: h5py.File) -> None:
    values = file["labels/distance_mm"][()]
    del file["labels/distance_mm"]
    settings = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    settings.set_layout(h5py.h5d.COMPACT)
    space = h5py.h5s.create_simple(values.shape)
    made = h5py.h5d.create(file["labels"].id, b"distance_mm", h5py.h5t.IEEE_F64LE, space, settings)
    made.write(h5py.h5s.ALL, h5py.h5s.ALL, values)


def references(file: h5py.File) -> None:
    del file["labels/distance_mm"]
    column = file.create_dataset("labels/distance_mm", (SAMPLES,), dtype=h5py.ref_dtype)
    column[0] = file["rgb"].ref


def loop(file: h5py.File) -> None:
    file["labels/again"] = file["/"]


def named_type(file: h5py.File) -> None:
    file["labels/type"] = np.dtype("<f8")


def committed_type(file: h5py.File) -> None:
    file["rgb_type"] = np.dtype("<f8")
    kind = file["rgb_type"]
    del file["labels/distance_mm"]
    file.create_dataset("labels/distance_mm", (SAMPLES,), dtype=kind)
    del file["rgb_type"]


def many_members(file: h5py.File) -> None:
    for n in range(1000):
        file["labels"].create_dataset(f"c{n}", data=np.zeros(SAMPLES))


def many_attributes(file: h5py.File) -> None:
    for n in range(100):
        file["labels"].attrs[f"a{n}"] = n


def many_samples(count: int) -> Change:
    def change(file: h5py.File) -> None:
        for name in list(file["labels"]):
            dtype, shape = file["labels"][name].dtype, file["labels"][name].shape[1:]
            del file["labels"][name]
            file["labels"].create_dataset(name, (count, *shape), dtype=dtype)

    return change


def wide_column(file: h5py.File) -> None:
    file["labels"].create_dataset("wide", data=np.zeros((SAMPLES, 1000)))


def missing_column(file: h5py.File) -> None:
    del file["labels/t_mm"]


def stranger(file: h5py.File) -> None:
    file.create_group("extra")


def offsets(*values: int) -> Change:
    def change(file: h5py.File) -> None:
        file["rgb/offsets"][...] = values

    return change


# What is done to a good shard, and what its refusal says.
HOSTILE: dict[str, tuple[Change, str]] = {
    "external link": (external_link(ELSEWHERE), "link to elsewhere"),
    "soft link": (soft_link, "link to elsewhere"),
    "external storage": (external_storage(ELSEWHERE), "another file"),
    "virtual": (virtual(ELSEWHERE), "not stored contiguously"),
    "chunked": (replaced("labels/distance_mm", data=np.ones(SAMPLES), chunks=(2,)), "not stored contiguously"),
    "gzip": (replaced("labels/distance_mm", data=np.ones(SAMPLES), compression="gzip"), "not stored contiguously"),
    "compact": (compact, "not stored contiguously"),
    "bomb": (replaced("labels/distance_mm", shape=(412_500_000_000,), dtype="<f8"), "3,300,000,000,000 bytes"),
    "text of variable length": (
        replaced("labels/sex", data=["male"] * SAMPLES, dtype=h5py.string_dtype()),
        "not a plain number or text",
    ),
    "variable length": (
        replaced("labels/age_years", shape=(SAMPLES,), dtype=h5py.vlen_dtype(np.float32)),
        "not a plain number or text",
    ),
    "references": (references, "not a plain number or text"),
    "compound": (replaced("labels/age_years", data=np.zeros(SAMPLES, dtype="f4,f4")), "not a plain number or text"),
    "array type": (
        replaced("labels/age_years", shape=(SAMPLES,), dtype=np.dtype("4f4")),
        "not a plain number or text|shape",
    ),
    "enumeration": (
        replaced("labels/id", data=np.arange(SAMPLES), dtype=h5py.enum_dtype({"a": 0}, basetype="<i8")),
        "not a plain number or text",
    ),
    "big-endian": (replaced("labels/distance_mm", data=np.ones(SAMPLES, dtype=">f8")), ">f8.*|It is .*not a type"),
    "committed type": (committed_type, "type is unusual"),
    "named type": (named_type, "not allowed here"),
    "loop": (loop, "not allowed here"),
    "group among columns": (lambda file: file.create_group("labels/g"), "not allowed here"),
    "many members": (many_members, "1015 members"),
    "many attributes": (many_attributes, "100 attributes"),
    "attribute of variable length": (attribute("/", "format", "synth-shard"), "not a plain number or text"),
    "attribute with many values": (attribute("/rgb", "codec", np.zeros(5000, "u1")), "not a single value"),
    "no samples": (many_samples(0), "declares 0 samples"),
    "a billion samples": (many_samples(10**9), "aren't in the file"),
    "wide column": (wide_column, "not a shape for a column"),
    "missing column": (missing_column, "Missing: t_mm"),
    "extra group": (stranger, "instead of meta, rgb, depth, labels"),
    "scalar column": (replaced("labels/distance_mm", data=1.0), "shape"),
    "short column": (replaced("labels/distance_mm", data=np.ones(3)), "for 4 samples"),
    "narrow type": (replaced("labels/distance_mm", data=np.ones(SAMPLES, "f4")), "It is <f4"),
    "two-dimensional pictures": (replaced("rgb/data", data=np.ones((9, 9), "u1")), "doesn't fit"),
    "offsets that don't start at 0": (offsets(5, 6, 7, 8, 9), "don't ascend from 0"),
    "offsets that fall": (offsets(0, 200, 100, 300, 400), "don't ascend from 0"),
    "offsets beyond the end": (offsets(0, 1, 2, 3, 2**62), "don't ascend from 0"),
    "offsets that wrap around": (offsets(0, 2**63 - 1, -(2**63), 2, 3), "don't ascend from 0"),
    "other unit": (attribute("labels/t_mm", "unit", np.bytes_("m")), "unit should be 'mm', not 'm'"),
    "other order": (attribute("labels/euler_deg", "order", np.bytes_("yaw, pitch, roll")), "order should be"),
    "other depth": (attribute("depth", "kind", np.bytes_("planar")), "'planar', not 'range'"),
    "other scale": (attribute("depth", "scale_mm", 1.0), "'1.0', not 0.1"),
    "other codec": (attribute("rgb", "codec", np.bytes_("exr")), "'exr', not 'jpeg'"),
    "newer version": (attribute("/", "schema_version", np.bytes_("2.0")), "schema version 2.0"),
    "other format": (attribute("/", "format", np.bytes_("other")), "not a shard of synth"),
    "evil dataset id": (attribute("/", "dataset_id", np.bytes_("../../x")), "not allowed"),
    "negative index": (attribute("/", "shard_index", np.int64(-1)), "missing or negative"),
}
