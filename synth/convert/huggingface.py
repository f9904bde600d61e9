"""Hugging Face `datasets`: Parquet files with the pictures in them, which `load_dataset` opens as pictures."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from synth.convert.plain import plain_pose_along_ray
from synth.convert.sample import PlainSample
from synth.shard.columns import Column
from synth.share.parquet import arrow_fields, arrow_row, pyarrow
from synth.share.pictures import SUFFIX, PictureFormat

DATA_FOLDER = "data"
_GROUP = 128  # samples that are read together: some megabytes


def write_huggingface(
    folder: Path,
    samples: Iterable[PlainSample],
    columns: tuple[Column, ...],
    kinds: tuple[str, ...],
    *,
    pictures: PictureFormat,
    digits: int,
    shard_samples: int,
    split: str,
    total: int,
) -> dict[str, int]:
    """`data/SPLIT-00000-of-00003.parquet`, …; how many files. Raises `UsageError` without pyarrow."""
    pa, parquet = pyarrow()
    (folder / DATA_FOLDER).mkdir()
    schema = pa.schema(_fields(pa, columns, kinds), metadata={"huggingface": json.dumps(_features(kinds))})
    shards = -(-total // shard_samples)
    rest = iter(samples)
    for number in range(shards):
        left = min(shard_samples, total - number * shard_samples)
        path = folder / DATA_FOLDER / f"{split}-{number:05d}-of-{shards:05d}.parquet"
        with parquet.ParquetWriter(path, schema, compression="zstd") as writer:
            while left:
                group = [next(rest) for _ in range(min(_GROUP, left))]
                rows = [_row(sample, columns, kinds, pictures, digits) for sample in group]
                writer.write_table(pa.Table.from_pylist(rows, schema=schema), row_group_size=_GROUP)
                left -= len(group)
    return {"parquet": shards}


def column_of(kind: str) -> str:
    """`image` for the colour picture, as others call it; maps keep their names."""
    return "image" if kind == "rgb" else kind


def _fields(pa: Any, columns: tuple[Column, ...], kinds: tuple[str, ...]) -> list[Any]:
    image = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    return [
        *(pa.field(column_of(kind), image) for kind in kinds),
        *arrow_fields(pa, columns),
        pa.field("R_along_ray", pa.list_(pa.list_(pa.float64()))),
        pa.field("euler_along_ray_deg", pa.list_(pa.float64())),
        pa.field("width_px", pa.int32()),
        pa.field("height_px", pa.int32()),
        pa.field("noise_in_picture", pa.bool_()),
    ]


def _features(kinds: tuple[str, ...]) -> dict[str, Any]:
    """What makes `datasets` decode a column as pictures."""
    return {"info": {"features": {column_of(kind): {"_type": "Image"} for kind in kinds}}}


def _row(
    sample: PlainSample, columns: tuple[Column, ...], kinds: tuple[str, ...], pictures: PictureFormat, digits: int
) -> Mapping[str, Any]:
    stem = f"{sample.id:0{digits}d}"
    stored = {"rgb": (sample.picture, SUFFIX[pictures]), **{k: (d, ".png") for k, d in sample.maps.items()}}
    images = {}
    for kind in kinds:
        data, suffix = stored.get(kind, (b"", ""))
        images[column_of(kind)] = {"bytes": data, "path": f"{stem}{suffix}"} if data else None
    return {
        **images,
        **arrow_row(columns, sample.labels),
        **plain_pose_along_ray(sample),
        "width_px": sample.width_px,
        "height_px": sample.height_px,
        "noise_in_picture": sample.noise_in_picture,
    }
