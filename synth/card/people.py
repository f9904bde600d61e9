"""Who is in a dataset: people by age, sex and skin tone, from the labels, and what the manifest knows of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from synth.card.facts import Labels
from synth.shard.manifest import Manifest

AGE_BANDS = ((0, 13), (13, 20), (20, 40), (40, 60), (60, 200))
"""Years: from, below."""
TONES = (("light", 0.0, 1 / 3), ("medium", 1 / 3, 2 / 3), ("dark", 2 / 3, 1.01))
"""Thirds of the label `skin_tone`, which goes from 0 to 1."""
UNKNOWN = "unknown"
_BUILT = "synth heads build"  # what `synth.run.accounts` says of such a pack
_SEXES = ("female", "male")  # that the label knows; it may hold others
_MOST_VALUES = 20


@dataclass(frozen=True)
class Group:
    """So many people, and so many samples that show them."""

    people: int
    samples: int


@dataclass(frozen=True)
class People:
    """by_age, by_sex, by_tone: groups by name. cross: (sex, age) → group. samples: least, median and most of a person.

    parameters: of those in the manifest, by name (people who have it, what they have: a range, or counts of values).
    made_up: whether the manifest says of all heads that they come from the builder, so that nobody is shown who exists.
    """

    count: int
    samples: tuple[int, int, int]
    by_age: Mapping[str, Group]
    by_sex: Mapping[str, Group]
    by_tone: Mapping[str, Group]
    cross: Mapping[tuple[str, str], Group]
    parameters: Mapping[str, tuple[int, str]]
    made_up: bool


def people_of(labels: Labels, manifest: Manifest) -> People:
    """Count people; one is what the label `subject` calls one, with the age, sex and tone of their first sample."""
    subjects, first, counts = np.unique(labels["subject"], return_index=True, return_counts=True)
    ages = [age_band(age) for age in labels["age_years"][first].tolist()]
    sexes = [sex or UNKNOWN for sex in labels["sex"][first].tolist()]
    tones = [_tone(tone) for tone in labels["skin_tone"][first].tolist()]
    bands = [_band_name(band) for band in AGE_BANDS]
    return People(
        count=len(subjects),
        samples=(int(counts.min()), int(np.median(counts)), int(counts.max())),
        by_age=_groups(ages, counts, [*bands, UNKNOWN]),
        by_sex=_groups(sexes, counts, [*_SEXES, *sorted({*sexes} - {*_SEXES, UNKNOWN}), UNKNOWN]),
        by_tone=_groups(tones, counts, [*(name for name, _, _ in TONES), UNKNOWN]),
        cross=_groups(list(zip(sexes, ages, strict=True)), counts, sorted(set(zip(sexes, ages, strict=True)))),
        parameters=_parameters(manifest, set(subjects.tolist())),
        made_up=_made_up(manifest),
    )


def _made_up(manifest: Manifest) -> bool:
    """A scan of somebody is a head pack, too: only of packs that were built is it known that nobody looks like that."""
    built = {asset.sha256 for asset in manifest.assets if asset.kind == "head pack" and asset.source.startswith(_BUILT)}
    return bool(manifest.heads) and all(head.sha256 in built for head in manifest.heads)


def age_band(age_years: float) -> str:
    """The name of the band that the age is in."""
    return next((_band_name(band) for band in AGE_BANDS if band[0] <= age_years < band[1]), UNKNOWN)


def _band_name(band: tuple[int, int]) -> str:
    return f"{band[0]} to {band[1] - 1}" if band[1] < 200 else f"{band[0]} and older"


def _tone(tone: float) -> str:
    return next((name for name, low, high in TONES if low <= tone < high), UNKNOWN)


def _groups(names: list[Any], counts: npt.NDArray[np.int64], order: list[Any]) -> dict[Any, Group]:
    """By name, in this order; those that nobody is in are there with zeros, but not the unknown."""
    people = {name: Group(0, 0) for name in order}
    for name, count in zip(names, counts.tolist(), strict=True):
        group = people.get(name, Group(0, 0))
        people[name] = Group(group.people + 1, group.samples + count)
    return {name: group for name, group in people.items() if group.people or name != UNKNOWN}


def _parameters(manifest: Manifest, shown: set[str]) -> dict[str, tuple[int, str]]:
    """Of the people that are shown; a manifest may list all heads of a pack."""
    values: dict[str, list[float | int | str]] = {}
    for subject in (one for one in manifest.subjects if one.id in shown):
        for name, value in subject.parameters.items():
            values.setdefault(name, []).append(value)
    return {name: (len(found), _range_or_counts(found)) for name, found in values.items()}


def _range_or_counts(values: list[float | int | str]) -> str:
    numbers = [float(value) for value in values if not isinstance(value, str)]
    if len(numbers) == len(values):
        low, high = f"{min(numbers):g}", f"{max(numbers):g}"
        return low if low == high else f"{low} to {high}, mean {sum(numbers) / len(numbers):.3g}"
    names, counts = np.unique([str(value) or UNKNOWN for value in values], return_counts=True)
    listed = sorted(zip(names.tolist(), counts.tolist(), strict=True), key=lambda pair: (-pair[1], pair[0]))
    more = f"; {len(listed) - _MOST_VALUES} more values" if len(listed) > _MOST_VALUES else ""
    return "; ".join(f"{name} ×{count}" for name, count in listed[:_MOST_VALUES]) + more
