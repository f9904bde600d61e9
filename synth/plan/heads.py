"""Which head a sample shows."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from synth.errors import UsageError
from synth.plan.streams import permutation, stream
from synth.recipe.schema import Heads


def heads_in_use(heads: Heads) -> int:
    """How many heads the recipe draws from: `heads.count`, else the whole pack that `heads.build` makes.

    Raises UsageError where only the pack could tell: planning reads no files.
    """
    if heads.count is not None:
        return heads.count
    if heads.build is not None:
        return heads.build.count
    raise UsageError(
        f"Planning needs to know how many heads of the pack {heads.pack!r} are used.",
        where="heads.count",
        mend="Write heads.count into the recipe, or add --set heads.count=N with the number of heads in the pack.",
    )


def head_slot(seed: int, heads: Heads, index: int) -> int:
    """The head of sample `index`: its place in the pack's list, 0-based.

    `heads.block` samples in a row share a head. A round is one block of every head, in an order of its own, so that
    after each whole round every head was shown equally often.
    """
    count = heads_in_use(heads)
    turn, place = divmod(index // heads.block, count)
    return int(_order(seed, turn, count)[place])


@lru_cache(maxsize=16)
def _order(seed: int, turn: int, count: int) -> NDArray[np.int64]:
    return permutation(stream(seed, "heads", turn), count)
