"""Counter-based randomness: one stream an aspect, keyed by (seed, aspect), at a place given by the sample's index.

A new aspect is a new key, so it never changes what the others draw. Every draw is made from `Generator.random()`, 53
bits of Philox 4x64 turned into a double, whose values NumPy keeps from version to version (its normal, choice and
permutation streams it does not promise). Planning uses only + - * / and square roots, which IEEE 754 rounds the
same everywhere: the same shot has the same bits on every machine.

Source: Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011 (Philox).
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T")


@lru_cache(maxsize=1024)
def _key(seed: int, aspect: str) -> NDArray[np.uint64]:
    digest = hashlib.blake2b(f"synth.plan/{aspect}/{seed}".encode(), digest_size=16).digest()
    return np.frombuffer(digest, dtype="<u8").astype(np.uint64)


def stream(seed: int, aspect: str, index: int) -> np.random.Generator:
    """The generator of one aspect of sample `index`; each has 2**64 blocks of its own, so none runs into the next."""
    counter = np.array([0, index, 0, 0], dtype=np.uint64)
    return np.random.Generator(np.random.Philox(key=_key(seed, aspect), counter=counter))


def uniform(rng: np.random.Generator, limits: tuple[float, float]) -> float:
    """Uniform in [low, high]; always one draw, also where low equals high."""
    low, high = limits
    return min(high, low + (high - low) * float(rng.random()))


def pick(rng: np.random.Generator, options: tuple[T, ...]) -> T:
    """One of `options`, each equally likely; always one draw."""
    return options[int(float(rng.random()) * len(options))]


def in_unit_disc(rng: np.random.Generator) -> tuple[float, float]:
    """Uniform in the unit disc, by rejection: sines and cosines differ in the last bit between machines."""
    while True:
        x, y = 2 * float(rng.random()) - 1, 2 * float(rng.random()) - 1
        if x * x + y * y <= 1:
            return x, y


def integer(rng: np.random.Generator, below: int) -> int:
    """Uniform in 0 … below - 1, for `below` up to 2**31; one draw."""
    return int(float(rng.random()) * below)


def permutation(rng: np.random.Generator, count: int) -> NDArray[np.int64]:
    """A random order of 0 … count - 1; `count` draws."""
    return np.argsort(rng.random(count), kind="stable").astype(np.int64)
