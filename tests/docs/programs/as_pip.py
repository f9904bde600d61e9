"""`pip install 'synth-heads[extra]'`, which isn't done again: it looks whether what is installed knows the extra."""

from __future__ import annotations

import re
import sys
from importlib.metadata import metadata

found = re.fullmatch(r"(synth-heads)\[(\w+)\]", sys.argv[-1])
if sys.argv[1:-1] != ["install"] or not found:
    sys.exit(f"These tests don't know what to do with pip {' '.join(sys.argv[1:])}")
if found[2] not in (metadata(found[1]).get_all("Provides-Extra") or []):
    sys.exit(f"{found[1]} has no extra {found[2]}")
