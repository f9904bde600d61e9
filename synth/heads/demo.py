"""Make the ready pack `demo8` that ships with the package.

    python -m synth.heads.demo --out assets/heads/demo8

Eight people, chosen so that a demo shows both sexes, ages from child to old, many origins and kinds of hair. Each is
drawn like any other built head, from a seed; the few fields named here are set on top.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from synth.heads.build import Order, build_orders
from synth.heads.person import Sex, sample_person

TEXTURE_PX = 512
LIGHT_BROWN: dict[str, object] = {"hair_colour": "lightbrown", "hair_rgb": (0.15, 0.069, 0.027)}
PEOPLE: tuple[tuple[str, Sex, float, int, dict[str, object]], ...] = (
    ("m0001", "male", 36, 208, {"hair_style": "bald", "beard": 0.8}),
    ("f0001", "female", 31, 100, {"hair_style": "medium", "glasses": "none", **LIGHT_BROWN}),
    ("m0002", "male", 76, 204, {"hair_style": "receding", "recession": 0.8, "glasses": "rectangle"}),
    ("f0002", "female", 24, 103, {"hair_style": "afro"}),
    ("m0003", "male", 28, 211, {"hair_style": "short_forward", "beard": 0.0}),
    ("f0003", "female", 45, 104, {"hair_style": "bun"}),
    ("m0004", "male", 8, 203, {"hair_style": "short_side", "neckline": "crew"}),
    ("f0004", "female", 70, 109, {"hair_style": "medium", "glasses": "round"}),
)
"""(id, sex, age in years, seed, fields set by hand)."""


def demo_orders() -> list[Order]:
    """The eight heads."""
    orders = []
    for identifier, sex, age, seed, changes in PEOPLE:
        person = sample_person(np.random.default_rng(seed), sex, age).with_(**changes)
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
