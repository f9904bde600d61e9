"""Where what can be fetched or built again is kept on this machine."""

from __future__ import annotations

import os
from pathlib import Path


def default_cache_dir() -> Path:
    """`$SYNTH_CACHE`, else `$XDG_CACHE_HOME/synth`, else `~/.cache/synth`."""
    if named := os.environ.get("SYNTH_CACHE"):
        return Path(named)
    if shared := os.environ.get("XDG_CACHE_HOME"):
        return Path(shared) / "synth"
    return Path.home() / ".cache" / "synth"
