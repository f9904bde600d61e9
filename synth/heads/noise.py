"""Value noise over 3-D points: seamless wherever a surface is cut for its UV map."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from synth.heads.part import FloatArray

LATTICE = 32


def value_noise(
    points: FloatArray, frequency: float, rng: np.random.Generator, octaves: int = 1, gain: float = 0.5
) -> FloatArray:
    """Noise (...,) of about unit variance at `points` (..., 3) m; `frequency` in lattice cells per metre.

    Each octave doubles the frequency and takes `gain` of the amplitude.
    """
    total = np.zeros(points.shape[:-1], dtype=np.float32)
    power, amplitude = 0.0, 1.0
    for octave in range(octaves):
        lattice = rng.standard_normal((LATTICE, LATTICE, LATTICE), dtype=np.float32)
        offset = rng.uniform(0, LATTICE, 3)
        coordinates = [(points[..., i] * (frequency * 2**octave) + offset[i]).astype(np.float32) for i in range(3)]
        total += np.float32(amplitude) * ndimage.map_coordinates(lattice, coordinates, order=1, mode="grid-wrap")
        power += amplitude * amplitude
        amplitude *= gain
    # Trilinear interpolation averages neighbours and so loses variance; 1.6 restores it.
    return total * np.float32(1.6 / np.sqrt(power))
