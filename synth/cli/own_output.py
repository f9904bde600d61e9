"""Blender prints to standard output whatever it likes; a command's output must stay its own."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def blender_to_stderr() -> Iterator[None]:
    """While the block runs, whatever writes to file descriptor 1, C code included, writes to standard error."""
    sys.stdout.flush()
    kept = os.dup(1)
    try:
        os.dup2(2, 1)
        yield
        sys.stdout.flush()
    finally:
        os.dup2(kept, 1)
        os.close(kept)
