"""What the page and the card of a large dataset cost: time, memory, bytes.

The dataset is made of a small one: its stored bytes over and over, under other ids, people and poses.
Run: python -m benchmarks.bench_report DATASET [--samples 310000]; it needs about 14 kB of room a sample.
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.apart import run_apart
from benchmarks.table import print_table
from synth.geometry.pose import rotation_from_euler
from synth.shard.accounts import SubjectEntry
from synth.shard.commit import commit_bytes
from synth.shard.header import ShardHeader, shard_name
from synth.shard.manifest import shard_entry, write_manifest
from synth.shard.read import Shard
from synth.shard.write import ShardWriter
from synth.share.source import open_source

_SHARD_SAMPLES, _OF_ONE_PERSON = 5000, 1000
_ID = "large-1"


def make_large(folder: Path, of: Path, samples: int) -> None:
    """As many samples as asked for, pictures only, of the dataset `of`."""
    source = open_source(of)
    manifest, random = source.manifest, np.random.default_rng(1)
    stored = [Shard(contents.path).encoded(n) for contents in source.contents for n in range(contents.samples)]
    stored = [replace(sample, range_png=b"", further={}) for sample in stored]
    known = [subject.parameters for subject in manifest.subjects] or [{}]
    people = tuple(SubjectEntry(f"p{n:05d}", known[n % len(known)]) for n in range(-(-samples // _OF_ONE_PERSON)))
    euler_deg = random.uniform([-75, -50, -20], [75, 50, 20], (samples, 3))
    R = rotation_from_euler(euler_deg)
    entries = []
    for index, start in enumerate(range(0, samples, _SHARD_SAMPLES)):
        ids = list(range(start, min(start + _SHARD_SAMPLES, samples)))
        writer = ShardWriter(ShardHeader(index, _ID, manifest.seed, manifest.recipe))
        for n in ids:
            own = {"id": np.array(n, "<i8"), "subject": np.array(people[n % len(people)].id.encode(), "S64")}
            own |= {"euler_deg": euler_deg[n], "R_camera_from_head": R[n]}
            sample = stored[n % len(stored)]
            writer.add_encoded(replace(sample, labels={**sample.labels, **own}))
        data = writer.to_bytes()
        commit_bytes(folder / shard_name(index), data)
        entries.append(shard_entry(index, shard_name(index), data, ids))
    write_manifest(folder, replace(manifest, dataset_id=_ID, name="large", shards=tuple(entries), subjects=people))


def report(folder: str) -> dict[str, int]:
    """`synth report`; bytes and pictures of the page."""
    from synth.data.shards import ShardSource
    from synth.view.report.report import write_report

    made = write_report(ShardSource(folder), Path(folder) / "report.html")
    return {"bytes": made.bytes, "pictures": made.pictures}


def card(folder: str) -> dict[str, int]:
    """`synth card --no-parquet`; bytes of all that it wrote."""
    from synth.card.card import write_card

    made = write_card(Path(folder), parquet=False)
    return {"bytes": sum((made.folder / name).stat().st_size for name in made.files), "pictures": 0}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--samples", type=int, default=310_000)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=asked.dataset.resolve().parent) as name:
        make_large(Path(name), asked.dataset, asked.samples)
        rows = []
        for work in (report, card):
            cost = run_apart(f"benchmarks.bench_report:{work.__name__}", name)
            said = cost.said
            rows.append((work.__name__, cost.seconds, cost.cpu_s, cost.peak_mib, said["bytes"] / 1e6, said["pictures"]))
    head = ("of it", "seconds", "CPU s", "memory, MiB more", "MB written", "pictures")
    print_table(f"{asked.samples:,} samples of {asked.dataset.name}", head, rows)


if __name__ == "__main__":
    main()
