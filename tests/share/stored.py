"""What datasets hold, as bytes, for comparing them."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from synth.shard.read import Shard
from synth.shard.read_manifest import read_manifest


def stored_samples(folder: Path) -> dict[int, tuple[Any, ...]]:
    """By id all that is stored of each sample: the pictures' bytes, their checksums, the labels' bytes."""
    found = {}
    for entry in read_manifest(folder).shards:
        shard = Shard(folder / entry.name)
        contents = shard.contents
        for position in range(len(shard)):
            sample = shard.encoded(position)
            further = {name: data for name, data in sample.further.items() if data}
            crc = int(contents.rgb.crc32[position]), int(contents.depth.crc32[position])
            labels = {name: (value.dtype.str, value.tobytes()) for name, value in sample.labels.items()}
            found[int(sample.labels["id"])] = (sample.rgb_jpeg, sample.range_png, further, crc, labels)
    return found


def files_of(folder: Path) -> dict[str, str]:
    """SHA-256 of every file below the folder, by its path."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}
