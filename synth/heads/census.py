"""Who is in a pack, counted: numbers and words that are known of its heads, and how they are spread."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import fmean, median

from synth.heads.pack import HeadPack, HeadRecord
from synth.heads.parameters import parameters
from synth.heads.sizes import mean_head_height_mm, mean_interpupillary_mm

ORIGINS = ("african", "asian", "european")
MOUSTACHE_BELOW, GOATEE_BELOW = 0.2, 0.4
"""A sparser beard is a moustache alone, or chin and upper lip alone; see `synth.heads.hair.scalp.beard_field`."""

_DARK_STUBBLE = 0.35


@dataclass(frozen=True)
class Spread:
    """Of a number over the heads where it is known: how many those are, least, median, mean and greatest."""

    known: int
    least: float
    median: float
    mean: float
    greatest: float


@dataclass(frozen=True)
class Census:
    """A pack in counts. `numbers` are spreads by parameter, `words` counts by parameter and value, most frequent first.

    `larger_than_mean` are the means, over the heads of known sex and age, of size / published mean: 1 is right.
    """

    pack: str
    license: str
    seed: int | None
    builder_version: int | None
    heads: int
    bytes: int
    triangles: int
    numbers: Mapping[str, Spread]
    words: Mapping[str, Mapping[str, int]]
    larger_than_mean: Mapping[str, float]


def census(pack: HeadPack) -> Census:
    """Count all that `pack.json` says."""
    rows = [{**parameters(head), **derived(head)} for head in pack.heads]
    numbers: dict[str, list[float]] = {}
    words: dict[str, Counter[str]] = {}
    for row in rows:
        for name, value in row.items():
            if isinstance(value, str):
                words.setdefault(name, Counter())[value] += 1
            else:
                numbers.setdefault(name, []).append(float(value))
    files = {"bytes": [float(h.bytes) for h in pack.heads], "triangles": [float(h.triangles) for h in pack.heads]}
    return Census(
        pack=pack.name,
        license=pack.license,
        seed=pack.seed,
        builder_version=pack.builder_version,
        heads=len(pack.heads),
        bytes=sum(head.bytes for head in pack.heads),
        triangles=sum(head.triangles for head in pack.heads),
        numbers={name: _spread(values) for name, values in (numbers | files).items()},
        words={name: dict(sorted(counts.items(), key=_most_first)) for name, counts in words.items()},
        larger_than_mean=_against_means(pack.heads),
    )


def derived(head: HeadRecord) -> dict[str, str]:
    """What follows from a head's numbers, in words: the origin it has most of, and what grows on its chin."""
    found: dict[str, str] = {}
    if head.origin is not None:
        found["main_origin"] = max(ORIGINS, key=lambda name: float(getattr(head.origin, name)))
    if head.beard is not None and head.sex == "male":
        shaven = "stubble" if (head.stubble or 0) > _DARK_STUBBLE else "shaven"
        found["beard_kind"] = beard_name(head.beard) or shaven
    return found


def beard_name(beard: float) -> str:
    """What a beard of this fullness is called; empty for none."""
    if beard <= 0:
        return ""
    return "moustache" if beard < MOUSTACHE_BELOW else "goatee" if beard < GOATEE_BELOW else "beard"


def _spread(values: list[float]) -> Spread:
    return Spread(len(values), min(values), median(values), fmean(values), max(values))


def _most_first(item: tuple[str, int]) -> tuple[int, str]:
    return -item[1], item[0]


def _against_means(heads: Iterable[HeadRecord]) -> dict[str, float]:
    ratios: dict[str, list[float]] = {"interpupillary_mm": [], "head_height_mm": []}
    means = {"interpupillary_mm": mean_interpupillary_mm, "head_height_mm": mean_head_height_mm}
    for head in heads:
        if head.sex is None or head.age_years is None:
            continue
        for name, mean in means.items():
            if (size := getattr(head, name)) is not None:
                ratios[name].append(size / mean(head.sex, head.age_years))
    return {name: fmean(found) for name, found in ratios.items() if found}
