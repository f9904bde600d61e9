"""Readers of real benchmarks in their makers' own layouts, each a `PoseSource`."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from synth.data.readers.biwi import open_biwi, open_biwi_depth
from synth.data.readers.boston import open_boston
from synth.data.readers.pointing04 import open_pointing04
from synth.data.readers.terms import AFLW2000, BIWI, BOSTON, POINTING04, WLP300, Terms
from synth.data.readers.wlp300 import open_aflw2000, open_wlp300
from synth.data.source import PoseSource
from synth.errors import UsageError


@dataclass(frozen=True)
class Reader:
    """`open`: folder → source. `terms`: where the set is had, and on which terms."""

    open: Callable[[Path], PoseSource]
    terms: Terms


READERS: Mapping[str, Reader] = {
    "pointing04": Reader(open_pointing04, POINTING04),
    "biwi": Reader(open_biwi, BIWI),
    "biwi_depth": Reader(open_biwi_depth, BIWI),
    "300wlp": Reader(open_wlp300, WLP300),
    "aflw2000": Reader(open_aflw2000, AFLW2000),
    "boston": Reader(open_boston, BOSTON),
}


def open_real(name: str, folder: Path) -> PoseSource:
    """The real set `name` in `folder`.

    Raises `UsageError` for an unknown name, and `DatasetError`, which says where the set is had, if it isn't there.
    """
    if name not in READERS:
        near = difflib.get_close_matches(name, READERS, n=1)
        hint = f"Did you mean {near[0]}?" if near else f"There are {', '.join(READERS)}."
        raise UsageError(f"There is no real set called {name!r}.", where=f"{name}={folder}", mend=hint)
    return READERS[name].open(folder)
