"""What a card states, counted from the labels themselves; nothing here is typed by anyone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from synth.geometry.pose import pose_category
from synth.shard.columns import Column
from synth.shard.info import DatasetInfo, describe_dataset
from synth.share.labels import values_of
from synth.share.source import Source

Labels = Mapping[str, npt.NDArray[Any]]
QUANTILES = (0.0, 0.05, 0.5, 0.95, 1.0)
_SPREAD_OF = (
    "pitch_deg", "yaw_deg", "roll_deg", "distance_mm", "gaze_pitch_deg", "gaze_yaw_deg", "exposure_ev",
    "white_balance_mired", "noise_sigma", "blur_sigma_px", "blur_length_px", "covered_share", "light_azimuth_deg",
    "light_intensity",
)  # fmt: skip
_COUNTED = ("condition", "environment", "glasses", "hair_style", "light_color")
_MOST_VALUES = 40


@dataclass(frozen=True)
class Distribution:
    """Of a label: how many samples have it, its quantiles at `QUANTILES`, and the mean of those that are known."""

    name: str
    unit: str
    known: int
    quantiles: tuple[float, ...]
    mean: float


@dataclass(frozen=True)
class Facts:
    """A dataset in numbers.

    categories: samples in L1 to L4. sides_px: of the stored pictures' longer sides. counts: samples by value, of labels
    that are texts. off_axis_deg: the largest angle between the optical axis and the ray to a head.
    """

    source: Source
    info: DatasetInfo
    labels: Labels
    distributions: tuple[Distribution, ...]
    categories: tuple[int, int, int, int]
    sides_px: tuple[int, int]
    head_sides_px: tuple[float, float, float]
    focal_px: tuple[float, float]
    off_axis_deg: float
    counts: Mapping[str, Mapping[str, int]]
    unknown: Mapping[str, int]

    @property
    def manifest(self) -> Any:
        return self.source.manifest

    @property
    def columns(self) -> tuple[Column, ...]:
        return self.source.columns

    def spread(self, name: str) -> Distribution | None:
        """The distribution of this label, if the dataset has it."""
        return next((one for one in self.distributions if one.name == name), None)


def facts_of(source: Source) -> Facts:
    """Read all labels of a dataset that was checked; no pictures are read."""
    labels = _labels(source)
    crop, box, K, t_mm = (labels[name] for name in ("crop_box_px", "head_box_px", "K", "t_mm"))
    sides = np.maximum(crop[:, 2] - crop[:, 0], crop[:, 3] - crop[:, 1])
    heads = np.maximum(box[:, 2] - box[:, 0], box[:, 3] - box[:, 1])
    off_axis = np.degrees(np.arctan2(np.hypot(t_mm[:, 0], t_mm[:, 1]), t_mm[:, 2]))
    categories = np.bincount(pose_category(labels["euler_deg"]), minlength=4)
    return Facts(
        source=source,
        info=describe_dataset(source.folder),
        labels=labels,
        distributions=tuple(_distributions(source.columns, labels)),
        categories=(int(categories[0]), int(categories[1]), int(categories[2]), int(categories[3])),
        sides_px=(int(sides.min()), int(sides.max())),
        head_sides_px=(float(heads.min()), float(np.median(heads)), float(heads.max())),
        focal_px=(float(K[:, 0, 0].min()), float(K[:, 0, 0].max())),
        off_axis_deg=float(off_axis.max()),
        counts={name: counts for name in _COUNTED if name in labels and (counts := _counts(labels[name]))},
        unknown=_unknown(source.columns, labels),
    )


def _labels(source: Source) -> dict[str, npt.NDArray[Any]]:
    """Whole columns without the points of faces, which are most of the bytes and none of the facts."""
    names = [c.name for c in source.columns if not c.name.startswith("landmarks_")]
    found = source.labels(names)
    return {name: np.char.decode(v, "ascii", "replace") if v.dtype.kind == "S" else v for name, v in found.items()}


def _distributions(columns: tuple[Column, ...], labels: Labels) -> list[Distribution]:
    found = []
    for column in columns:
        for value in values_of(column) if column.name in labels and not column.is_text else ():
            if value.name in _SPREAD_OF:
                numbers = (
                    labels[column.name].reshape(len(labels["id"]), -1)[:, _flat(column, value.index)].astype(np.float64)
                )
                known = numbers[np.isfinite(numbers)]
                if known.size:
                    quantiles = tuple(float(q) for q in np.quantile(known, QUANTILES))
                    found.append(Distribution(value.name, column.unit, known.size, quantiles, float(known.mean())))
    return sorted(found, key=lambda one: _SPREAD_OF.index(one.name))


def _flat(column: Column, index: tuple[int, ...]) -> int:
    return int(np.ravel_multi_index(index, column.shape)) if index else 0


def _counts(texts: npt.NDArray[Any]) -> dict[str, int]:
    """Samples by value, the most frequent first; of a condition what stands before the colon."""
    names, counts = np.unique([text.partition(":")[0] for text in texts.tolist()], return_counts=True)
    listed = sorted(zip(names.tolist(), counts.tolist(), strict=True), key=lambda pair: (-pair[1], pair[0]))
    return dict(listed[:_MOST_VALUES]) if len(listed) > 1 or listed[0][0] else {}


def _unknown(columns: tuple[Column, ...], labels: Labels) -> dict[str, int]:
    """How many samples lack a label that may be unknown, where some do."""
    found = {}
    for column in columns:
        values = labels.get(column.name)
        if values is not None and values.dtype.kind in "fU":
            lacking = values == "" if values.dtype.kind == "U" else np.isnan(values).reshape(len(values), -1).any(1)
            if lacking.any() and column.name != "environment":  # there an empty text means even light
                found[column.name] = int(lacking.sum())
    return found
