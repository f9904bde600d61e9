"""Signals reach what a test starts, even where the tests themselves run in the background or under nohup."""

from __future__ import annotations

import signal


def hear_signals() -> None:
    """For `subprocess.Popen(preexec_fn=…)`: what a shell's `&` or nohup makes a process ignore, it inherits."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
