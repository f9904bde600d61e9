"""What a report can be filtered by: for every sample its angles, distance and who is shown, packed for a browser."""

from __future__ import annotations

import base64
import math
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synth.data.shards import ShardSource
from synth.evaluate.groups import SHOWN, attributes_of, groups_of
from synth.view.histograms import histogram

MOST_SAMPLES = 400_000
"""Of whom a page knows the labels; of a larger dataset it takes so many, spread evenly."""
MOST_FACETS = 40
MOST_VALUES = 250
MOST_SUBJECTS = 4000
UNKNOWN_CODE = 65535
_MOST_LEVELS = 65000
_OTHER = "others"
_ANGLES = (
    ("pitch", "degrees, up is positive"),
    ("yaw", "degrees, the image's left is positive"),
    ("roll", "degrees, clockwise is positive"),
)
_VARIED = (
    ("blur_sigma_px", "blur σ", "pixels of the stored picture", 1.0),
    ("blur_length_px", "blur streak", "pixels of the stored picture", 1.0),
    ("covered_share", "covered", "percent of the head's box", 100.0),
)
_NUMBER = re.compile(r"(-?[0-9]+(?:\.[0-9]+)?)")
_ANGLE_STEP_DEG, _LEAST_ANGLE_DEG = 0.01, -180.0


@dataclass(frozen=True, eq=False)
class Numbers:
    """A number of every sample: `least` + `step` × code; 65535 = unknown. `edges` are those of its histogram."""

    key: str
    label: str
    unit: str
    least: float
    step: float
    edges: NDArray[np.float64]
    codes: NDArray[np.uint16]

    def as_json(self) -> dict[str, Any]:
        return {
            "key": self.key,
            "label": self.label,
            "unit": self.unit,
            "least": self.least,
            "step": self.step,
            "edges": [round(float(edge), 6) for edge in self.edges],
            "codes": packed(self.codes),
        }


@dataclass(frozen=True, eq=False)
class Names:
    """A word for every sample: `values[code]`."""

    key: str
    label: str
    values: tuple[str, ...]
    codes: NDArray[np.uint16]

    def as_json(self) -> dict[str, Any]:
        return {"key": self.key, "label": self.label, "values": list(self.values), "codes": packed(self.codes)}


def packed(codes: NDArray[np.uint16]) -> str:
    """(N,) uint16 → little-endian, deflated, as base64."""
    return base64.b64encode(zlib.compress(codes.astype("<u2").tobytes(), 9)).decode("ascii")


def pose_numbers(labels: Mapping[str, NDArray[Any]], rows: NDArray[np.int64]) -> list[Numbers]:
    """Pitch, yaw, roll and distance of these rows, and how strongly they are varied: what is known of any."""
    euler_deg = np.asarray(labels["euler_deg"], dtype=np.float64)[rows]
    angles = [
        numbers_of(key, key, unit, euler_deg[:, n], _LEAST_ANGLE_DEG, _ANGLE_STEP_DEG)
        for n, (key, unit) in enumerate(_ANGLES)
    ]
    distance = np.asarray(labels["distance_mm"], dtype=np.float64)[rows]
    found = [*angles, numbers_of("distance", "distance", "mm, camera to head centre", distance)]
    for name, label, unit, factor in _VARIED:
        if name in labels and np.unique(values := factor * np.asarray(labels[name], dtype=np.float64)[rows]).size > 1:
            found.append(numbers_of(name, label, unit, values))
    return [numbers for numbers in found if numbers is not None]


def numbers_of(
    key: str, label: str, unit: str, values: NDArray[np.float64], least: float | None = None, step: float | None = None
) -> Numbers | None:
    """Values (N,), NaN = unknown, in steps fine enough to be shown; None if none is known."""
    known = np.isfinite(values)
    if not known.any():
        return None
    low = float(values[known].min()) if least is None else least
    if step is None:
        step = max(0.01, 10.0 ** math.ceil(math.log10(max(float(values[known].max()) - low, 1e-9) / _MOST_LEVELS)))
        low = math.floor(low / step) * step
    levels = np.clip(np.rint((np.where(known, values, low) - low) / step), 0, UNKNOWN_CODE - 1)
    codes = np.where(known, levels, UNKNOWN_CODE).astype(np.uint16)
    return Numbers(key, label, unit, round(low, 6), step, histogram(values[known]).edges, codes)


@dataclass(frozen=True, eq=False)
class Facets:
    """What samples differ by and can be filtered by; labels that there is no room for; what is the same for all."""

    shown: tuple[Names, ...]
    left_out: tuple[str, ...]
    alike: Mapping[str, str]


def facets_of(source: ShardSource, rows: NDArray[np.int64]) -> Facets:
    """Subject, condition and what is known of people and surroundings; of very many things the first `MOST_FACETS`."""
    labels = source.dataset.labels
    conditions = np.array([text.partition(":")[0] for text in labels["condition"].tolist()])
    facets = [
        _most_frequent("subject", "subject", labels["subject"][rows], MOST_SUBJECTS),
        _most_frequent("condition", "condition", conditions[rows], MOST_VALUES),
    ]
    told = attributes_of(source)
    first = [name for name in (*SHOWN, "environment") if name in told]
    for name in [*first, *sorted(told.keys() - set(first))]:
        if name not in ("subject", "condition", "distance", *(key for key, _ in _ANGLES)):
            facets.append(_grouped(name, told[name][rows]))
    alike = {facet.label: facet.values[0] for facet in facets if len(facet.values) == 1}
    differing = [facet for facet in facets if len(facet.values) > 1]
    left_out = tuple(facet.label for facet in differing[MOST_FACETS:])
    return Facets(tuple(differing[:MOST_FACETS]), left_out, alike)


def _grouped(name: str, column: NDArray[Any]) -> Names:
    """Texts as they are, numbers in the brackets of `synth evaluate`, in their order."""
    label = name.removesuffix("_years").replace("_", " ")
    groups = groups_of(name, column)
    if len(groups) > MOST_VALUES:
        texts = np.array([str(value) or "unknown" for value in column])
        return _most_frequent(name, label, texts, MOST_VALUES)
    codes = np.zeros(len(column), np.uint16)
    for place, rows in enumerate(groups.values()):
        codes[rows] = place
    return Names(name, label, tuple(groups), codes)


def _natural(text: str) -> list[tuple[float, str]]:
    """azimuth=-100 before azimuth=-20 before azimuth=20."""
    return [(float(part), "") if n % 2 else (0.0, part) for n, part in enumerate(_NUMBER.split(text))]


def _most_frequent(key: str, label: str, texts: NDArray[np.str_], most: int) -> Names:
    """By the alphabet, numbers within by size; of more than `most` values the rarest are `others`."""
    values, codes, counts = np.unique(texts, return_inverse=True, return_counts=True)
    order = np.array(sorted(range(len(values)), key=lambda n: _natural(str(values[n]))))
    values, counts, codes = values[order], counts[order], np.argsort(order)[codes.ravel()]
    if len(values) > most:
        kept = np.sort(np.argsort(-counts, kind="stable")[:most])
        place = np.full(len(values), most)
        place[kept] = np.arange(most)
        values, codes = np.append(values[kept], _OTHER), place[codes]
    return Names(key, label, tuple(str(value) or "unknown" for value in values), codes.astype(np.uint16))
