"""What is in a dataset, in numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from synth.shard.accounts import AssetEntry, SubjectEntry
from synth.shard.columns import Column
from synth.shard.dataset import open_dataset
from synth.shard.layout import DEPTH_CODEC, FURTHER, FURTHER_ATTRIBUTES, RGB_CODEC
from synth.shard.manifest import FailedSample, HeadPackEntry
from synth.shard.read import Shard
from synth.shard.read_manifest import operations_of
from synth.store.address import address_of, is_remote


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
    """Read a dataset's manifest and labels, no pictures; raises as `open_dataset` and reading its shards do."""
    dataset = open_dataset(folder)
    labels, manifest = dataset.labels, dataset.manifest
    shards = dataset.shards
    crop = labels["crop_box_px"]
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
        identities=len(np.unique(labels["subject"])),
        sexes=_counts(labels["sex"]),
        # What follows a colon is drawn anew for every sample: blur=gaussian:2.31.
        conditions=_counts(np.array([text.partition(":")[0] for text in labels["condition"].tolist()])),
        rgb=_pictures([shard.contents.rgb.offsets for shard in shards], RGB_CODEC),
        depth=_pictures([shard.contents.depth.offsets for shard in shards], DEPTH_CODEC),
        further=_further(shards),
        noise_baked=any(shard.contents.noise_baked for shard in shards),
        noise_sigma=_spread(labels["noise_sigma"]),
        pitch_deg=_spread(labels["euler_deg"][:, 0]),
        yaw_deg=_spread(labels["euler_deg"][:, 1]),
        roll_deg=_spread(labels["euler_deg"][:, 2]),
        distance_mm=_spread(labels["distance_mm"]),
        crop_width_px=_spread(crop[:, 2] - crop[:, 0]),
        crop_height_px=_spread(crop[:, 3] - crop[:, 1]),
        columns=dataset.columns,
        assets=manifest.assets,
        subjects=manifest.subjects,
        operations=operations_of(folder),
    )


def _further(shards: tuple[Shard, ...]) -> dict[str, PictureInfo]:
    found = {}
    for name in FURTHER:
        offsets = [shard.contents.further[name].offsets for shard in shards if name in shard.contents.further]
        if offsets:
            found[name] = _pictures(offsets, str(FURTHER_ATTRIBUTES[name]["codec"]))
    return found


def _spread(values: npt.NDArray[Any]) -> Spread:
    known = values[np.isfinite(values)].astype(np.float64)
    if known.size == 0:
        return Spread(float("nan"), float("nan"), float("nan"))
    return Spread(float(known.min()), float(known.mean()), float(known.max()))


def _counts(texts: npt.NDArray[Any]) -> dict[str, int]:
    names, counts = np.unique(texts, return_counts=True)
    return {str(name): int(count) for name, count in zip(names, counts, strict=True)}


def _pictures(offsets: list[npt.NDArray[np.int64]], codec: str) -> PictureInfo:
    lengths = np.concatenate([np.diff(part) for part in offsets])
    return PictureInfo(int(np.count_nonzero(lengths)), codec, int(lengths.sum()))
