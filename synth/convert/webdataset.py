"""WebDataset: tars of samples, each a few files of one name: `000012.jpg`, `000012.json`, `000012.depth.png`."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from synth.convert.plain import json_text, plain_labels
from synth.convert.sample import PlainSample
from synth.share.pictures import SUFFIX, PictureFormat


def write_webdataset(
    folder: Path, samples: Iterable[PlainSample], pictures: PictureFormat, digits: int, shard_samples: int
) -> dict[str, int]:
    """Tars of at most `shard_samples` samples; how many files of each kind. Equal samples give equal bytes."""
    files: dict[str, int] = {}
    for number, part in enumerate(_batches(samples, shard_samples)):
        with tarfile.open(folder / f"samples-{number:06d}.tar", "w", format=tarfile.USTAR_FORMAT) as tar:
            for sample in part:
                for suffix, data in _members(sample, pictures):
                    entry = tarfile.TarInfo(f"{sample.id:0{digits}d}{suffix}")
                    entry.size, entry.mode = len(data), 0o644
                    tar.addfile(entry, io.BytesIO(data))
                    files[suffix[1:]] = files.get(suffix[1:], 0) + 1
        files["tar"] = number + 1
    return files


def _members(sample: PlainSample, pictures: PictureFormat) -> Iterator[tuple[str, bytes]]:
    if sample.picture:
        yield SUFFIX[pictures], sample.picture
    for kind, data in sample.maps.items():
        yield f".{kind}.png", data
    yield ".json", json_text(plain_labels(sample)).encode("ascii")


def _batches(samples: Iterable[PlainSample], count: int) -> Iterator[Iterator[PlainSample]]:
    """Parts of `count`, each to be read to its end before the next is taken; none is held in memory."""
    rest = iter(samples)
    for first in rest:
        yield _first_and(first, rest, count - 1)


def _first_and(first: PlainSample, rest: Iterator[PlainSample], more: int) -> Iterator[PlainSample]:
    yield first
    for _ in range(more):
        try:
            yield next(rest)
        except StopIteration:
            return
