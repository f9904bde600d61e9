"""The table of the heads most alike, on the page on heads, is what the builder makes today."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from commands import ROOT

from synth.heads.build import BuildSpec
from synth.heads.diversity import ALIKE_MM, shape_distances_mm
from synth.heads.shape import shape_body

_ROW = re.compile(r"^\| (\d\.\d\d) \| ([mf]\d{4}), (\d+) years \| ([mf]\d{4}), (\d+) years \|$", re.MULTILINE)


@pytest.mark.slow
def test_the_nearest_pairs_are_those_of_the_table() -> None:
    orders = list(BuildSpec(200, 100, seed=2019).orders())
    bodies = [shape_body(order.person) for order in orders]
    rows = np.unique(bodies[0].base.quads["head"])
    distances = shape_distances_mm([1000 * body.vertices[rows] for body in bodies])
    first, second = np.triu_indices(len(orders), 1)
    of_pairs = distances[first, second]
    assert of_pairs.min() > ALIKE_MM
    found = [
        (f"{of_pairs[n]:.2f}", *(text for i in (first[n], second[n]) for text in _who(orders[i])))
        for n in np.argsort(of_pairs)[:10]
    ]
    page = (Path(ROOT) / "docs" / "heads.md").read_text(encoding="utf-8")
    assert _ROW.findall(page) == found, "synth heads stats PACK --nearest 10 of the new pack gives the table"
    assert f"the two most alike are {of_pairs.min():.1f} mm apart" in " ".join(page.split())
    assert f"half of all pairs more than {np.median(of_pairs):.1f} mm" in " ".join(page.split())


def _who(order) -> tuple[str, str]:
    return order.id, f"{order.person.age_years:.0f}"
