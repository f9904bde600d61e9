"""`labels.parquet`: every label of every sample as it is stored, one row a sample."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from synth.shard.plain_hdf5 import read_array
from synth.share.parquet import arrow_arrays, arrow_fields, pyarrow
from synth.share.source import Source

TABLE_NAME = "labels.parquet"


def labels_parquet(source: Source) -> bytes:
    """The file's bytes: the labels that all shards have, and at the end in which shard and where in it a sample lies.

    Pixels are those that each label names, mostly of the full frame. Equal datasets give equal bytes, which are held in
    memory: about 0.3 kB a sample, 2 kB with landmarks. Raises `UsageError` without pyarrow.
    """
    pa, parquet = pyarrow()
    fields = [*arrow_fields(pa, source.columns), pa.field("shard", pa.string()), pa.field("position", pa.int32())]
    schema = pa.schema(fields, metadata={"dataset_id": source.manifest.dataset_id, "written_by": "synth card"})
    sink = pa.BufferOutputStream()
    with parquet.ParquetWriter(sink, schema, compression="zstd") as writer:
        for name, labels in _shards(source):
            count = len(labels["id"])
            arrays = [*arrow_arrays(pa, source.columns, labels)]
            arrays += [pa.array([name] * count, pa.string()), pa.array(np.arange(count, dtype=np.int32))]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
    return bytes(sink.getvalue())


def _shards(source: Source) -> Iterator[tuple[str, dict[str, npt.NDArray[Any]]]]:
    for contents in source.contents:
        places = dict(zip((column.name for column in contents.columns), contents.places, strict=True))
        yield contents.path.name, {c.name: read_array(contents.path, places[c.name]) for c in source.columns}
