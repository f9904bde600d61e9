"""Square patches of depth pictures, and the tests that a tree asks of them: one rectangle's mean less another's.

A test is 8 whole numbers: top, left, height, width of the first rectangle within the patch, then of the second. Means
come from integral images: four look-ups a rectangle whatever its size.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]

PATCH_PX = 32
_SHORTEST_PX, _LONGEST_PX = 2, 20


@dataclass(frozen=True, eq=False)
class Patches:
    """Patches of PATCH_PX² in N pictures of side S.

    integral: (N · (S + 1)²,) int64, the integral images in a row; side_px: S; corner: (P,) int64, where a patch's top
    left corner lies in `integral`.
    """

    integral: Ints
    side_px: int
    corner: Ints

    @classmethod
    def of(cls, pictures: npt.NDArray[np.uint8], image: Ints, top: Ints, left: Ints) -> Patches:
        """`pictures`: (N, 1, S, S) uint8; image, top, left: (P,) which picture, and the corner in it."""
        count, side = len(pictures), pictures.shape[-1]
        integral = np.zeros((count, side + 1, side + 1), np.int64)
        integral[:, 1:, 1:] = pictures[:, 0].cumsum(axis=1, dtype=np.int64).cumsum(axis=2)
        return cls(integral.ravel(), side, (image * (side + 1) + top) * (side + 1) + left)

    def __len__(self) -> int:
        return len(self.corner)

    def values(self, rows: Ints, tests: Ints) -> npt.NDArray[np.float64]:
        """Levels, for each row its test's: rows (R,) with tests (R, 8), or rows (R, 1) with tests (T, 8) → (R, T)."""
        at = self.corner[rows]
        return self._mean(at, tests[..., :4]) - self._mean(at, tests[..., 4:])

    def _mean(self, at: Ints, rectangle: Ints) -> npt.NDArray[np.float64]:
        top, left, height, width = np.moveaxis(rectangle, -1, 0)
        line = self.side_px + 1
        first = at + (top * line + left)
        below = first + height * line
        total = (
            self.integral[below + width] - self.integral[below] - self.integral[first + width] + self.integral[first]
        )
        return np.asarray(total / (height * width))


def draw_tests(count: int, rng: np.random.Generator) -> Ints:
    """(count, 8) random tests within a patch."""
    size = rng.integers(_SHORTEST_PX, _LONGEST_PX + 1, (count, 2, 2))
    corner = rng.integers(0, PATCH_PX - size + 1)
    return np.concatenate([corner, size], axis=2).reshape(count, 8)
