"""`torchrun … -m synth train …` with two processes instead of four, each of which runs `short.py`."""

from __future__ import annotations

import sys
from pathlib import Path

from torch.distributed.run import main

words = sys.argv[1:]
words[words.index("--nproc-per-node") + 1] = "2"
at = words.index("-m")
main([*words[:at], str(Path(__file__).with_name("short.py")), *words[at + 2 :]])
