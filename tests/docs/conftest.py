"""Lets these tests import what the pages show, and the small datasets that are made without a renderer."""

from __future__ import annotations

import sys
from pathlib import Path

_HERE = Path(__file__).resolve().parent
_TESTS = _HERE.parent
for _folder in (_HERE, _TESTS, _TESTS / "store", _TESTS / "data" / "readers", _TESTS / "heads" / "foreign"):
    if str(_folder) not in sys.path:
        sys.path.insert(0, str(_folder))
