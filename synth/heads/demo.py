"""Make the ready pack `demo8` that ships with the package.

    python -m synth.heads.demo --out assets/heads/demo8

Eight people, chosen so that a demo shows both sexes, ages from child to old, many origins, kinds of hair, and some of
what heads wear. Each is drawn like any other built head, from a seed; the few fields named here are set on top.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from synth.heads.build import Order, build_orders
from synth.heads.demographics import Demographics
from synth.heads.person import Sex, sample_person

TEXTURE_PX = 512
LIGHT_BROWN: dict[str, object] = {"hair_colour": "lightbrown", "hair_rgb": (0.15, 0.069, 0.027)}
BARE: dict[str, object] = {"hat": "none", "mask": "none", "glasses": "none"}
PEOPLE: tuple[tuple[str, Sex, Demographics, int, dict[str, object]], ...] = (
    ("m0001", "male", Demographics(36, 0.52, 0.2, 0.4, 0.4), 208, {**BARE, "hair_style": "bald", "beard": 0.8}),
    ("f0001", "female", Demographics(31, 0.14, 0.0, 0.1, 0.9), 100, {**BARE, "hair_style": "medium", **LIGHT_BROWN}),
    (
        *("m0002", "male", Demographics(76, 0.22, 0.05, 0.05, 0.9), 204),
        {**BARE, "hair_style": "receding", "recession": 0.8, "glasses": "rectangle"},
    ),
    ("f0002", "female", Demographics(24, 0.80, 0.95, 0.05, 0.0), 103, {**BARE, "hair_style": "afro"}),
    (
        *("m0003", "male", Demographics(28, 0.30, 0.0, 0.95, 0.05), 211),
        {**BARE, "hair_style": "short_forward", "beard": 0.0},
    ),
    ("f0003", "female", Demographics(45, 0.42, 0.2, 0.3, 0.5), 104, {**BARE, "hair_style": "bun", "hat": "hijab"}),
    (
        *("m0004", "male", Demographics(8, 0.66, 0.6, 0.0, 0.4), 203),
        {**BARE, "hair_style": "short_side", "neckline": "crew", "hat": "cap"},
    ),
    (
        *("f0004", "female", Demographics(70, 0.34, 0.05, 0.9, 0.05), 109),
        {**BARE, "hair_style": "medium", "glasses": "round"},
    ),
)
"""(id, sex, age, tone and origins, seed, fields set by hand)."""


def demo_orders() -> list[Order]:
    """The eight heads."""
    orders = []
    for identifier, sex, who, seed, changes in PEOPLE:
        person = sample_person(np.random.default_rng(seed), sex, demographics=who).with_(**changes)
        orders.append(Order(identifier, person, seed, TEXTURE_PX))
    return orders


def main(arguments: list[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="folder to write, normally assets/heads/demo8")
    parser.add_argument("--workers", type=int, default=1)
    options = parser.parse_args(arguments)
    build_orders(options.out, "demo8", demo_orders(), workers=options.workers)


if __name__ == "__main__":
    main()
