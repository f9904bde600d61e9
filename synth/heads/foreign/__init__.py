"""Heads from the user's own mesh files: read with suspicion, placed, and written as a head pack."""

from synth.heads.foreign.importing import ImportReport, import_heads
from synth.heads.foreign.inspect import Inspection, inspect_head

__all__ = ["ImportReport", "Inspection", "import_heads", "inspect_head"]
