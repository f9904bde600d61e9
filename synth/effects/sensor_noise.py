"""Gaussian sensor noise that is the same bit for bit on every machine.

A shard stores the clean render; the noise is a label (σ and seed) and is put on by whoever reads the picture. So it
must be the same for every reader: bits come from the counter-based Philox generator keyed by (dataset seed, sample id),
whose raw stream NumPy guarantees, and go through a shipped integer table. From bits to pixels everything is integer
arithmetic.
"""

from __future__ import annotations

import math
from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt

from synth.effects.gaussian_table import UNIT_BITS, load_positive_half
from synth.errors import UsageError

MAX_SIGMA_LEVELS = 128.0

_SIGMA_BITS = 16  # σ is a fixed-point number with 16 bits behind the point
_KEY_LIMIT = 1 << 63
# The top word of Philox's counter. It keeps this stream apart from every other use of the same (seed, id) key, such as
# the planner's, which counts from zero.
_STREAM = 0x53454E534F52  # "SENSOR"


def add_sensor_noise(
    rgb: npt.NDArray[np.uint8], sigma_levels: float, seed: int, sample_id: int
) -> npt.NDArray[np.uint8]:
    """Add independent Gaussian noise to every channel of every pixel.

    `rgb` is ``(H, W, 3) uint8, sRGB``; `sigma_levels` the standard deviation in 8-bit sRGB levels (taken as float32, as
    the label stores it; 0 returns an unchanged copy); `seed` the dataset's noise seed and `sample_id` the sample's id,
    both in [0, 2^63). The result has the same shape, rounded to whole levels and clipped to [0, 255].

    Raises `UsageError` for another shape or type, a σ outside [0, 128], or a key out of range.
    """
    _check_picture(rgb)
    sigma = _checked_sigma(sigma_levels)
    key = np.array([_checked_key(seed, "seed"), _checked_key(sample_id, "sample_id")], dtype=np.uint64)
    if sigma == 0.0 or rgb.size == 0:
        return rgb.copy()
    noise_levels = _rounded_levels(sigma).take(_random_uint16(key, rgb.size), mode="wrap").reshape(rgb.shape)
    noisy = cv2.add(np.ascontiguousarray(rgb), noise_levels, dtype=cv2.CV_8U)  # integer addition that saturates
    return np.asarray(noisy, dtype=np.uint8).reshape(rgb.shape)


def _random_uint16(key: npt.NDArray[np.uint64], count: int) -> npt.NDArray[np.uint16]:
    generator = np.random.Philox(key=key, counter=np.array([0, 0, 0, _STREAM], dtype=np.uint64))
    raw = np.asarray(generator.random_raw(-(-count // 4)), dtype="<u8")
    return raw.view("<u2")[:count]


@lru_cache(maxsize=16)
def _rounded_levels(sigma: float) -> npt.NDArray[np.int16]:
    """The whole table, ``(65536,) int16``, times σ and rounded to levels.

    Pixels are whole numbers, so rounding the noise before adding it gives what rounding the sum would.
    """
    sigma_fixed = round(sigma * (1 << _SIGMA_BITS))
    shift = _SIGMA_BITS + UNIT_BITS
    positive = (load_positive_half().astype(np.int64) * sigma_fixed + (1 << (shift - 1))) >> shift
    levels = np.concatenate([-positive[::-1], positive]).astype(np.int16)
    levels.flags.writeable = False
    return levels


def _check_picture(rgb: npt.NDArray[np.uint8]) -> None:
    if not isinstance(rgb, np.ndarray) or rgb.dtype != np.uint8 or rgb.ndim != 3 or rgb.shape[2] != 3:
        found = f"{rgb.dtype} {rgb.shape}" if isinstance(rgb, np.ndarray) else type(rgb).__name__
        raise UsageError(f"Noise goes on a (H, W, 3) uint8 picture, not on {found}.", where="rgb")


def _checked_sigma(sigma_levels: float) -> float:
    sigma = float(np.float32(sigma_levels))
    if not (math.isfinite(sigma) and 0.0 <= sigma <= MAX_SIGMA_LEVELS):
        raise UsageError(
            f"{sigma_levels} is not a standard deviation in 8-bit levels.",
            where="sigma_levels",
            mend=f"Give a number from 0 to {MAX_SIGMA_LEVELS:g}.",
        )
    return sigma


def _checked_key(value: int, name: str) -> int:
    if not 0 <= int(value) < _KEY_LIMIT:
        raise UsageError(f"{value} is out of range.", where=name, mend="Give a whole number from 0 to 2^63 - 1.")
    return int(value)
