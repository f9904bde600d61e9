"""One stream of chance for each (seed, sample, epoch, aspect), and normal numbers that stay the same.

An effect that is added, left out or drawn twice never changes what another one draws. The bits are Philox 4x64's, whose
stream NumPy keeps from version to version; NumPy's own normal stream it doesn't, so normal numbers go through the table
that sensor noise uses.

Source: Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011 (Philox).
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from synth.effects.checks import check_whole
from synth.effects.gaussian_table import UNIT, load_positive_half

T = TypeVar("T")

_KEY_LIMIT = (1 << 63) - 1


def effect_rng(seed: int, sample_id: int, epoch: int = 0, aspect: str = "") -> np.random.Generator:
    """The generator of one aspect of one sample in one epoch.

    All three numbers are in [0, 2^63). Two that differ in anything share nothing; the same four give the same draws in
    every process. Raises `UsageError` for a number out of range.
    """
    check_whole("seed", seed, 0, _KEY_LIMIT)
    check_whole("sample_id", sample_id, 0, _KEY_LIMIT)
    check_whole("epoch", epoch, 0, _KEY_LIMIT)
    counter = np.array([0, sample_id, epoch, 0], dtype=np.uint64)  # 2^64 blocks of four draws each
    return np.random.Generator(np.random.Philox(key=_key(int(seed), aspect), counter=counter))


@lru_cache(maxsize=1024)
def _key(seed: int, aspect: str) -> npt.NDArray[np.uint64]:
    digest = hashlib.blake2b(f"synth.effects/{aspect}/{seed}".encode(), digest_size=16).digest()
    return np.frombuffer(digest, dtype="<u8").astype(np.uint64)


def draw_uniform(rng: np.random.Generator, limits: tuple[float, float]) -> float:
    """Uniform in [low, high]; always one draw."""
    low, high = limits
    return min(high, low + (high - low) * float(rng.random()))


def draw_below(rng: np.random.Generator, count: int) -> int:
    """Uniform in 0 … count - 1, for `count` up to 2^31; always one draw."""
    return int(float(rng.random()) * count)


def draw_one(rng: np.random.Generator, options: tuple[T, ...]) -> T:
    """One of `options`, each equally likely; always one draw."""
    return options[draw_below(rng, len(options))]


def draw_normals(rng: np.random.Generator, shape: tuple[int, ...]) -> npt.NDArray[np.float32]:
    """Independent standard normal numbers, float32: mean 0, variance 1, |value| < 4.4.

    65,536 different values, which is what 16 bits each can tell apart.
    """
    count = int(np.prod(shape, dtype=np.int64))
    bits = np.frombuffer(rng.bytes(2 * count), dtype="<u2")
    return _normal_table().take(bits, mode="wrap").reshape(shape)


@lru_cache(maxsize=1)
def _normal_table() -> npt.NDArray[np.float32]:
    positive = load_positive_half().astype(np.float32) / np.float32(UNIT)
    table = np.concatenate([-positive[::-1], positive])
    table.flags.writeable = False
    return table
