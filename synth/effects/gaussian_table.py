"""The integer table of Gaussian quantiles that sensor noise is drawn through.

The table ships with the package, because neither NumPy's normal stream nor a platform's `log` and `sqrt` promise the
same bits everywhere. ``python -m synth.effects.gaussian_table`` makes it; its SHA-256 is checked when it is loaded.

Entry k of the file (k = 0 … 32767) is the standard normal's quantile at (32768 + k + 1/2) / 65536, scaled so that the
root mean square of the whole symmetric table is `UNIT`, and rounded. The negative half is the mirror image, so the mean
is exactly 0.
"""

from __future__ import annotations

import hashlib
import math
from functools import lru_cache
from pathlib import Path
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from synth.errors import SynthError

UNIT_BITS = 12
UNIT = 1 << UNIT_BITS  # one standard deviation, in table units
HALF_LENGTH = 1 << 15  # 16 random bits choose an entry: a sign and 15 bits of magnitude
TABLE_SHA256 = "8cbdab857d380e7e60b7b1cb1b278ff6bc248f9d124cd4b89d32f367c155c9da"

_TABLE_FILE = Path(__file__).with_name("gaussian_quantiles.i16")


def build_positive_half() -> npt.NDArray[np.int16]:
    """Compute the positive half of the table, ``(32768,) int16``, in 1/4096 of a standard deviation."""
    normal = NormalDist()
    length = 2 * HALF_LENGTH
    quantiles = [normal.inv_cdf((HALF_LENGTH + k + 0.5) / length) for k in range(HALF_LENGTH)]
    root_mean_square = math.sqrt(math.fsum(q * q for q in quantiles) / HALF_LENGTH)
    return np.array([round(q / root_mean_square * UNIT) for q in quantiles], dtype=np.int16)


@lru_cache(maxsize=1)
def load_positive_half() -> npt.NDArray[np.int16]:
    """Read the shipped positive half, ``(32768,) int16``.

    Raises `SynthError` if the file isn't the one that this version was made with.
    """
    data = _TABLE_FILE.read_bytes()
    if hashlib.sha256(data).hexdigest() != TABLE_SHA256:
        raise SynthError(
            "The table of Gaussian quantiles is damaged, so noise would differ from everyone else's.",
            where=_TABLE_FILE.name,
            mend="Install the package again.",
        )
    table = np.frombuffer(data, dtype="<i2").astype(np.int16)
    table.flags.writeable = False
    return table


def _write_table() -> None:
    _TABLE_FILE.write_bytes(build_positive_half().astype("<i2").tobytes())


if __name__ == "__main__":
    _write_table()
    print(hashlib.sha256(_TABLE_FILE.read_bytes()).hexdigest())  # goes into TABLE_SHA256
