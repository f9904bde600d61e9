"""One worker process on a node of a Ray cluster, and the actor that stands beside it there.

The actor starts the same worker process that a local run has, so that Blender is isolated from Ray and both kinds of
run give the same bytes, and passes on what the process says. Whatever ends the actor, the worker dies with it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from synth.run import protocol
from synth.run.heard import Ended, Said
from synth.run.workers import Workers

_ONLY = 0


class WorkerHost:
    """Made by Ray on the node; plain data go in and out."""

    def __init__(self, start_line: bytes, environment: Mapping[str, str]) -> None:
        start = replace(protocol.parse_start(start_line), parent_pid=os.getpid())
        self._workers = Workers(start, environment)
        self._workers.spawn(_ONLY)

    def assign(self, task_line: bytes) -> None:
        self._workers.assign(_ONLY, protocol.parse_task(task_line))

    def retire(self) -> None:
        self._workers.retire(_ONLY)

    def listen(self, timeout_s: float) -> dict[str, Any]:
        """What the worker said within `timeout_s`, whether it ended, and its memory."""
        said: list[Mapping[str, Any]] = []
        ended: Ended | None = None
        for heard in self._workers.listen(timeout_s):
            if isinstance(heard, Said):
                said.append(heard.message)
            else:
                ended = heard
        fate = None if ended is None else (ended.cause, ended.from_outside, ended.log_tail)
        return {"said": said, "ended": fate, "memory_bytes": self._workers.memory_bytes(_ONLY)}
