"""Lets tests, and the workers that they start, import the fake renderer."""

from __future__ import annotations

import sys
from pathlib import Path

_HERE = Path(__file__).resolve().parent
for _folder in (_HERE.parent,):
    if str(_folder) not in sys.path:
        sys.path.insert(0, str(_folder))
