"""A dataset as ordinary files: pictures, a table of labels, and a page that says what they mean.

    rgb/000012.png  depth/000012.png  normals/…  parts/…  alpha/…  labels.csv  about.json

What is stored as a PNG or JPEG is written as it is. A picture is encoded anew only where that can't be: with its sensor
noise in it, or as a PNG.
"""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from synth.errors import DiskError, UsageError
from synth.shard import layout
from synth.shard.check import ShardContents
from synth.shard.read import Shard
from synth.shard.record import EncodedSample
from synth.share.folder import new_folder, require_room
from synth.share.labels import Value, values_of
from synth.share.pictures import (
    GROWTH,
    SUFFIX,
    PictureFormat,
    check_map,
    colour_picture,
    noise_said,
    picture_kinds,
    stored_picture,
)
from synth.share.source import Progress, Source, open_source

LABELS_NAME, ABOUT_NAME = "labels.csv", "about.json"
EXTRACT_FORMAT = "synth-extract"
_LABELS_BYTES = 4096  # a row of the table, landmarks and all


@dataclass(frozen=True)
class Extracted:
    """What was written: where, and how many files of each kind."""

    folder: Path
    samples: int
    files: Mapping[str, int]
    noise: str


def extract(
    folder: Path,
    out: Path,
    *,
    picture_format: PictureFormat = "png",
    clean: bool = False,
    progress: Progress | None = None,
) -> Extracted:
    """Write a dataset's pictures as files, with the sensor noise of the labels unless `clean`, and labels.csv.

    Raises `DatasetError` and `ShardError` for a source that isn't whole, `UsageError` for an `out` that is taken,
    `LockedError`, `DiskError`.
    """
    if picture_format not in SUFFIX:
        raise UsageError(f"{picture_format!r} is unknown.", where="--format", mend="Give png or jpeg.")
    with new_folder(out) as content:
        source = open_source(folder)
        growth = GROWTH[picture_format]
        require_room(content, sum(growth * e.bytes + _LABELS_BYTES * e.samples for e in source.manifest.shards))
        writer = _Writer(content, source, picture_format, clean, progress)
        try:
            files = writer.write()
            os.sync()  # once for all: an fsync for each of many small files would take longer than writing them
        except OSError as error:
            what = f"The files can't be written: {error.strerror}."
            raise DiskError(what, where=str(out), mend="Make room, or choose another --out.") from error
        return Extracted(Path(out), len(source.ids), files, writer.noise)


class _Writer:
    def __init__(
        self, content: Path, source: Source, picture_format: PictureFormat, clean: bool, progress: Progress | None
    ) -> None:
        self._content, self._source, self._format = content, source, picture_format
        self._clean, self._progress = clean, progress
        self._digits = max(6, len(str(int(source.ids.max()))))
        self._files: dict[str, int] = {}
        self._values = _table_values(source)
        self.noise = noise_said(source.contents, clean)

    def write(self) -> dict[str, int]:
        """All files; how many of each kind."""
        kinds = picture_kinds(self._source.contents)
        for kind in kinds:
            (self._content / kind).mkdir()
        with (self._content / LABELS_NAME).open("w", encoding="ascii", newline="") as file:
            table = csv.writer(file)
            table.writerow([*(_file_column(kind) for kind in kinds), *self._values])
            done = 0
            for contents in self._source.contents:
                shard = Shard(contents.path)
                for position in range(contents.samples):
                    table.writerow(self._sample(shard, position, kinds))
                done += contents.samples
                if self._progress is not None:
                    self._progress(done, len(self._source.ids))
        about = json.dumps(_about(self._source, self.noise, self._format), indent=1, ensure_ascii=False)
        (self._content / ABOUT_NAME).write_text(about + "\n", encoding="utf-8")
        return self._files

    def _sample(self, shard: Shard, position: int, kinds: tuple[str, ...]) -> list[str]:
        """Write a sample's pictures; its row of the table."""
        sample = shard.encoded(position)
        names = [self._picture(kind, sample, shard.contents) for kind in kinds]
        return [*names, *(_cell(sample.labels, value) for value in self._values.values())]

    def _picture(self, kind: str, sample: EncodedSample, contents: ShardContents) -> str:
        """The picture's name in the folder; empty if the sample has none."""
        where = f"{contents.path}: sample {int(sample.labels['id'])}, {kind}"
        stored = stored_picture(kind, sample)
        if not stored:
            return ""
        if kind == layout.RGB:
            data = colour_picture(stored, sample.labels, contents, self._format, self._clean, where)
        else:
            check_map(kind, stored, where)
            data = stored
        suffix = SUFFIX[self._format] if kind == layout.RGB else ".png"
        name = f"{kind}/{int(sample.labels['id']):0{self._digits}d}{suffix}"
        (self._content / name).write_bytes(data)
        self._files[kind] = self._files.get(kind, 0) + 1
        return name


def _file_column(kind: str) -> str:
    return "file" if kind == layout.RGB else f"{kind}_file"


def _table_values(source: Source) -> dict[str, Value]:
    """The table's columns after those of the files; a label whose name is taken gets `label_` before it."""
    found: dict[str, Value] = {}
    taken = {_file_column(kind) for kind in (layout.RGB, layout.DEPTH, *layout.FURTHER)}
    for value in (value for column in source.columns for value in values_of(column)):
        name = value.name
        while name in taken or name in found:
            name = f"label_{name}"
        found[name] = value
    return found


def _cell(labels: Mapping[str, npt.NDArray[Any]], value: Value) -> str:
    """As short as it can be read back without loss; empty = unknown."""
    entry = np.asarray(labels[value.column])[value.index]
    if value.is_text:
        return bytes(entry.item()).decode("ascii", "replace")
    return "" if entry.dtype.kind == "f" and np.isnan(entry) else str(entry)


def _about(source: Source, noise: str, picture_format: str) -> dict[str, Any]:
    manifest = source.manifest
    meaning = [
        {"name": c.name, "unit": c.unit, "frame": c.frame, "order": c.order, "description": c.description}
        for c in source.columns
    ]
    return {
        "format": EXTRACT_FORMAT,
        "dataset_id": manifest.dataset_id,
        "name": manifest.name,
        "samples": manifest.samples,
        "license": manifest.license,
        "heads": [{"name": h.name, "sha256": h.sha256, "license": h.license} for h in manifest.heads],
        "recipe": dict(manifest.recipe),
        "noise": noise,
        "pictures": {
            layout.RGB: {"codec": picture_format, "color": "sRGB"},
            layout.DEPTH: layout.DEPTH_ATTRIBUTES,
            **layout.FURTHER_ATTRIBUTES,
        },
        "labels": meaning,
    }
