"""What is in a dataset, in numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from synth.shard.accounts import AssetEntry, SubjectEntry
from synth.shard.columns import Column
from synth.shard.dataset import open_dataset
from synth.shard.layout import DEPTH, DEPTH_CODEC, FURTHER, FURTHER_ATTRIBUTES, RGB, RGB_CODEC
from synth.shard.manifest import FailedSample, HeadPackEntry
from synth.shard.read import Shard
from synth.shard.read_manifest import operations_of
from synth.shard.whole_columns import as_texts
from synth.store.address import address_of, is_remote

_SPREADS = (
    "noise_sigma", "pitch_deg", "yaw_deg", "roll_deg", "distance_mm", "crop_width_px", "crop_height_px"
)  # fmt: skip


@dataclass(frozen=True)
class Spread:
    """Least, mean and greatest of a label over the samples where it is known."""

    least: float
    mean: float
    greatest: float


@dataclass(frozen=True)
class PictureInfo:
    """How one kind of picture is stored: how many samples have it, the codec, and all their bytes."""

    samples: int
    codec: str
    bytes: int

    @property
    def bytes_per_sample(self) -> float:
        return self.bytes / self.samples if self.samples else 0.0


@dataclass(frozen=True)
class DatasetInfo:
    """A dataset at a glance. Angles are 300wlp's; sizes are those of the stored crops, pixels."""

    folder: Path | str
    name: str
    dataset_id: str
    recipe: Mapping[str, Any]
    recipe_sha256: str
    schema_version: str
    seed: int
    license: str
    heads: tuple[HeadPackEntry, ...]
    versions: Mapping[str, str]
    hosts: tuple[str, ...]
    dates: Mapping[str, str]
    samples: int
    failed: tuple[FailedSample, ...]
    shards: int
    bytes: int
    identities: int
    sexes: Mapping[str, int]  # samples by sex; "" = unknown
    conditions: Mapping[str, int]
    rgb: PictureInfo
    depth: PictureInfo
    further: Mapping[str, PictureInfo]  # by kind, of normals, parts and alpha those that the dataset has
    noise_baked: bool
    noise_sigma: Spread
    pitch_deg: Spread
    yaw_deg: Spread
    roll_deg: Spread
    distance_mm: Spread
    crop_width_px: Spread
    crop_height_px: Spread
    columns: tuple[Column, ...]
    assets: tuple[AssetEntry, ...]
    subjects: tuple[SubjectEntry, ...]
    operations: tuple[
        tuple[str, Mapping[str, Any]], ...
    ]  # what made it out of others, with options; the last one its own

    @property
    def bytes_per_sample(self) -> float:
        return self.bytes / self.samples


def describe_dataset(folder: Path | str) -> DatasetInfo:
    """Read a dataset's manifest and labels, no pictures; raises as `open_dataset` and reading its shards do.

    Shard by shard: what is in memory grows with the people and the conditions, not with the samples.
    """
    dataset = open_dataset(folder)
    manifest, found = dataset.manifest, _Found()
    for shard in dataset.each_shard(keep=False):
        found.add(shard)
    return DatasetInfo(
        folder=address_of(folder) if is_remote(folder) else dataset.folder,
        name=manifest.name,
        dataset_id=manifest.dataset_id,
        recipe=manifest.recipe,
        recipe_sha256=manifest.recipe_sha256,
        schema_version=manifest.schema_version,
        seed=manifest.seed,
        license=manifest.license,
        heads=manifest.heads,
        versions=manifest.versions,
        hosts=manifest.hosts,
        dates=manifest.dates,
        samples=manifest.samples,
        failed=manifest.failed,
        shards=len(manifest.shards),
        bytes=sum(entry.bytes for entry in manifest.shards),
        identities=len(found.subjects),
        sexes=dict(sorted(found.sexes.items())),
        conditions=dict(sorted(found.conditions.items())),
        rgb=found.pictures(RGB, RGB_CODEC),
        depth=found.pictures(DEPTH, DEPTH_CODEC),
        further={n: found.pictures(n, str(FURTHER_ATTRIBUTES[n]["codec"])) for n in FURTHER if n in found.bytes},
        noise_baked=found.noise_baked,
        **{name: spread.result for name, spread in found.spreads.items()},
        columns=found.columns,
        assets=manifest.assets,
        subjects=manifest.subjects,
        operations=operations_of(folder),
    )


@dataclass
class _Known:
    """Of the values seen so far that aren't NaN."""

    count: int = 0
    total: float = 0.0
    least: float = float("inf")
    greatest: float = float("-inf")

    def add(self, values: npt.NDArray[Any]) -> None:
        known = values[np.isfinite(values)].astype(np.float64)
        if known.size:
            self.count += known.size
            self.total += float(known.sum())
            self.least, self.greatest = min(self.least, float(known.min())), max(self.greatest, float(known.max()))

    @property
    def result(self) -> Spread:
        if not self.count:
            return Spread(float("nan"), float("nan"), float("nan"))
        return Spread(self.least, self.total / self.count, self.greatest)


@dataclass
class _Found:
    """What the shards seen so far hold."""

    subjects: set[bytes] = field(default_factory=set)
    sexes: Counter[str] = field(default_factory=Counter)
    conditions: Counter[str] = field(default_factory=Counter)
    spreads: dict[str, _Known] = field(default_factory=lambda: {name: _Known() for name in _SPREADS})
    samples: Counter[str] = field(default_factory=Counter)  # that have such a picture
    bytes: Counter[str] = field(default_factory=Counter)  # of all such pictures
    noise_baked: bool = False
    columns: tuple[Column, ...] = ()

    def add(self, shard: Shard) -> None:
        contents = shard.contents
        held = {column.name for column in contents.columns}
        self.columns = tuple(c for c in self.columns or contents.columns if c.name in held)
        self.noise_baked = self.noise_baked or contents.noise_baked
        for name, blobs in {RGB: contents.rgb, DEPTH: contents.depth, **contents.further}.items():
            lengths = np.diff(blobs.offsets)
            self.samples[name] += int(np.count_nonzero(lengths))
            self.bytes[name] += int(lengths.sum())
        self.subjects.update(np.unique(shard.column("subject")).tolist())
        self.sexes.update(as_texts(shard.column("sex")).tolist())
        # What follows a colon is drawn anew for every sample: blur=gaussian:2.31.
        self.conditions.update(text.partition(":")[0] for text in as_texts(shard.column("condition")).tolist())
        euler_deg, crop = shard.column("euler_deg"), shard.column("crop_box_px")
        sizes = {"crop_width_px": crop[:, 2] - crop[:, 0], "crop_height_px": crop[:, 3] - crop[:, 1]}
        angles = {"pitch_deg": euler_deg[:, 0], "yaw_deg": euler_deg[:, 1], "roll_deg": euler_deg[:, 2]}
        scalars = {name: shard.column(name) for name in ("noise_sigma", "distance_mm")}
        for name, values in (scalars | angles | sizes).items():
            self.spreads[name].add(values)

    def pictures(self, name: str, codec: str) -> PictureInfo:
        return PictureInfo(self.samples[name], codec, self.bytes[name])
