"""A picture of who is in a dataset: of each person the sample that looks most into the camera."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from synth.card.samples import shown_picture
from synth.errors import SynthError
from synth.shard.dataset import Dataset, Item
from synth.view.contact_sheet import spread_evenly
from synth.view.sheet import Line, Picture, Tile, Title, lay_out, scaled_to_fit

_TILE = (152, 152)
_COLUMNS = 8
MOST_FACES = 48


def people_picture(dataset: Dataset) -> Picture:
    """(H, W, 3) uint8: up to `MOST_FACES` people, by age, with id, sex, age and skin tone.

    Raises the first sample's error if none can be shown.
    """
    rows = _most_frontal(dataset)
    chosen = rows[spread_evenly(len(rows), MOST_FACES)]
    tiles: list[Tile] = []
    error: SynthError | None = None
    for row in chosen.tolist():
        try:
            item = dataset[row]
            tiles.append(_tile(item))
        except SynthError as damaged:
            error = error or damaged
    if not tiles:
        raise error or SynthError("There is nobody to show.", where=str(dataset.folder))
    shown = f"{len(rows):,} people" if len(rows) == len(tiles) else f"{len(tiles)} of {len(rows):,} people"
    key = "by age; of each the sample that looks most into the camera; tone from 0, light, to 1, dark"
    return lay_out(tiles, Title(dataset.manifest.name, f"{shown}, {key}"), _COLUMNS, _TILE)


def _most_frontal(dataset: Dataset) -> npt.NDArray[np.int64]:
    """A row a person, the youngest first; those whose age isn't known come last."""
    labels = dataset.labels
    turned = np.abs(np.asarray(labels["euler_deg"], dtype=np.float64)).sum(axis=1)
    order = np.lexsort((turned, labels["subject"]))
    first = np.unique(labels["subject"][order], return_index=True)[1]
    rows = order[first]
    ages = labels["age_years"][rows]
    by_age: npt.NDArray[np.int64] = rows[np.argsort(np.where(np.isfinite(ages), ages, np.inf), kind="stable")]
    return by_age


def _tile(item: Item) -> Tile:
    age, tone = float(item.labels["age_years"]), float(item.labels["skin_tone"])
    who = [str(item.labels["sex"]) or "sex unknown", f"{age:.0f}" if math.isfinite(age) else "age unknown"]
    said = f"tone {tone:.2f}" if math.isfinite(tone) else ""
    picture, _ = scaled_to_fit(shown_picture(item), _TILE)
    return Tile((picture,), (Line(item.subject, said), Line(", ".join(who), f"#{item.id}")))
