"""A dataset to another stack's format, in a folder that is there whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from synth.convert.coco import write_coco
from synth.convert.huggingface import write_huggingface
from synth.convert.readme import ABOUT_NAME, Conversion, about_json, readme_text
from synth.convert.sample import How, columns_in_picture, plain_samples
from synth.convert.webdataset import write_webdataset
from synth.convert.wlp300 import write_wlp300
from synth.errors import DiskError, UsageError
from synth.shard.read_manifest import read_manifest
from synth.share.folder import new_folder, require_room
from synth.share.licence import licence_file, notice_file
from synth.share.parquet import pyarrow
from synth.share.pictures import GROWTH, SUFFIX, noise_said, picture_kinds
from synth.share.source import Progress, Source, open_source
from synth.store.address import require_folder

SHARD_SAMPLES = 4096
_LABELS_BYTES = 8192  # of a sample, as text, landmarks and all
_SPLITS = ("train", "validation", "test")


@dataclass(frozen=True)
class Converted:
    """What was written: where, in which format, how many files of each kind, and which noise is in the pictures."""

    folder: Path
    format: str
    samples: int
    files: Mapping[str, int]
    noise: str


@dataclass(frozen=True)
class _Wish:
    how: How
    shard_samples: int
    progress: Progress | None


def convert(
    folder: Path,
    out: Path,
    to: str,
    *,
    how: How | None = None,
    shard_samples: int = SHARD_SAMPLES,
    progress: Progress | None = None,
) -> Converted:
    """Write a dataset as `to`, a key of `FORMATS`, into the new folder `out`.

    `shard_samples` are in one tar or Parquet file at most. Raises `DatasetError` and `ShardError` for a source that
    isn't whole, `UsageError` for a format that can't hold it, a package that isn't installed, or an `out` that is
    taken; `LockedError`, `DiskError`.
    """
    wish = _Wish(how or How(), shard_samples, progress)
    _check(to, wish)
    require_folder(folder)
    read_manifest(folder)  # before a package is missed that may not be needed at all
    if to == "huggingface":
        pyarrow()
    with new_folder(out) as content:
        source = open_source(folder)
        if to in _NEED_COLOUR:
            _require_colour(source, to)
        growth = GROWTH[wish.how.pictures]
        require_room(content, sum(growth * e.bytes + _LABELS_BYTES * e.samples for e in source.manifest.shards))
        noise = noise_said(source.contents, wish.how.clean)
        said = Conversion(to, source, wish.how, noise, columns_in_picture(source.columns), split_of(source))
        try:
            files = FORMATS[to](content, source, wish)
            (content / ABOUT_NAME).write_text(about_json(said), encoding="utf-8")
            (content / "LICENSE").write_text(licence_file(source.manifest), encoding="utf-8")
            (content / "NOTICE.md").write_text(notice_file(source.manifest), encoding="utf-8")
            (content / "README.md").write_text(readme_text(said, files), encoding="utf-8")
            os.sync()  # once for all: an fsync for each of many small files would take longer than writing them
        except OSError as error:
            what = f"The files can't be written: {error.strerror}."
            raise DiskError(what, where=str(out), mend="Make room, or choose another --out.") from error
        return Converted(Path(out), to, len(source.ids), files, noise)


def split_of(source: Source) -> str:
    """`validation` of what `synth split` made as that, and `train` of all else: a split has to have some name."""
    step = source.steps[-1] if source.steps else None
    if step is not None and step.operation == "split":
        names, part = step.options.get("names"), step.options.get("part")
        if isinstance(names, list) and isinstance(part, int) and 0 <= part < len(names) and names[part] in _SPLITS:
            return str(names[part])
    return _SPLITS[0]


def _check(to: str, wish: _Wish) -> None:
    if to not in FORMATS:
        raise UsageError(f"{to!r} is unknown.", where="--to", mend=f"Give one of {', '.join(FORMATS)}.")
    if wish.how.pictures not in SUFFIX:
        raise UsageError(f"{wish.how.pictures!r} is unknown.", where="--pictures", mend="Give png or jpeg.")
    if wish.shard_samples < 1:
        raise UsageError("A file can't hold no samples.", where="--shard-samples", mend="Give 1 or more.")
    if to == "300wlp" and wish.how.pictures != "jpeg":
        raise UsageError("What reads 300W-LP looks for .jpg files.", where="--pictures", mend="Leave it out.")


def _require_colour(source: Source, to: str) -> None:
    lacking = sum(int((np.diff(contents.rgb.offsets) == 0).sum()) for contents in source.contents)
    if lacking:
        what = f"{lacking:,} of {len(source.ids):,} samples have no colour picture, and {to} is about pictures."
        raise UsageError(what, where="--to", mend="Use webdataset or huggingface, or `synth extract`.")


def _digits(source: Source) -> int:
    return max(6, len(str(int(source.ids.max()))))


def _webdataset(content: Path, source: Source, wish: _Wish) -> dict[str, int]:
    samples = plain_samples(source, wish.how, wish.progress)
    return write_webdataset(content, samples, wish.how.pictures, _digits(source), wish.shard_samples)


def _coco(content: Path, source: Source, wish: _Wish) -> dict[str, int]:
    manifest = source.manifest
    info: dict[str, Any] = {
        "info": {"description": manifest.name, "version": manifest.dataset_id, "contributor": "synth",
                 "noise": noise_said(source.contents, wish.how.clean)},
        "licenses": [{"id": 1, "name": manifest.license or "not stated", "url": ""}],
    }  # fmt: skip
    samples = plain_samples(source, wish.how, wish.progress)
    return write_coco(content, samples, wish.how.pictures, _digits(source), info)


def _huggingface(content: Path, source: Source, wish: _Wish) -> dict[str, int]:
    return write_huggingface(
        content,
        plain_samples(source, wish.how, wish.progress),
        columns_in_picture(source.columns),
        picture_kinds(source.contents),
        pictures=wish.how.pictures,
        digits=_digits(source),
        shard_samples=wish.shard_samples,
        split=split_of(source),
        total=len(source.ids),
    )


def _wlp300(content: Path, source: Source, wish: _Wish) -> dict[str, int]:
    return write_wlp300(content, plain_samples(source, wish.how, wish.progress))


FORMATS: Mapping[str, Callable[[Path, Source, _Wish], dict[str, int]]] = {
    "webdataset": _webdataset,
    "coco": _coco,
    "huggingface": _huggingface,
    "300wlp": _wlp300,
}
_NEED_COLOUR = ("coco", "300wlp")
