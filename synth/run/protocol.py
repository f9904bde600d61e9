"""What supervisor and worker say to each other: JSON objects, a line each, over the worker's pipes.

To the worker: one `Start`, then tasks, one at a time; the end of the pipe means "go". From the worker: the messages
below, as dictionaries with the key `say`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from synth.run.task import ShardTask

READY = "ready"  # device: the renderer is there, and what it renders on, for people ("" = it doesn't say)
UNFIT = "unfit"  # no renderer: kind, what, where, mend; the process ends
BEGIN = "begin"  # id, previous_s: renders this sample now
FAIL = "fail"  # id, cause: it raised
WRITE = "write"  # previous_s: all rendered, the shard is being written
SHARD = "shard"  # entry (None: no sample is left), without
SHARD_FAIL = "shard_fail"  # cause: the shard couldn't be built
WAIT = "wait"  # said for a worker that isn't there yet, by who is to start it: it waits for room
DISK = "disk"  # what, where, mend: the shard couldn't be written

MAX_LINE_BYTES = 4 << 20


@dataclass(frozen=True)
class Start:
    """What a worker must know: the recipe (plain JSON), where shards go, who renders, and who started it.

    `renderer` is "module:function", called with (recipe, options). `tries` is how often a sample that raises is tried.
    `gpu`: which of the GPUs of its kind is this worker's own, for the renderer's option "gpu"; None if nobody says.
    """

    recipe: Mapping[str, Any]
    out_dir: str
    renderer: str
    options: Mapping[str, Any]
    python_path: tuple[str, ...]
    parent_pid: int
    tries: int
    memory_bytes: int | None = None
    gpu: int | None = None

    @property
    def renderer_options(self) -> dict[str, Any]:
        """What the renderer is told."""
        return {**self.options, **({} if self.gpu is None else {"gpu": self.gpu})}


def start_line(start: Start) -> bytes:
    return _line(asdict(start))


def parse_start(line: bytes) -> Start:
    fields = json.loads(line)
    return Start(**{**fields, "python_path": tuple(fields["python_path"])})


def task_line(task: ShardTask) -> bytes:
    return _line(asdict(task))


def parse_task(line: bytes) -> ShardTask:
    fields = json.loads(line)
    suspects = tuple((sample, tries) for sample, tries in fields["suspects"])
    return ShardTask(fields["shard"], fields["first"], fields["stop"], tuple(fields["skip"]), suspects)


def message_line(word: str, /, **fields: Any) -> bytes:
    return _line({"say": word, **fields})


def parse_message(line: bytes) -> dict[str, Any]:
    """Raises ValueError if the line isn't a message."""
    message = json.loads(line)
    if not isinstance(message, dict) or not isinstance(message.get("say"), str):
        raise ValueError("not a message")
    return message


def _line(fields: Mapping[str, Any]) -> bytes:
    return json.dumps(fields, separators=(",", ":")).encode() + b"\n"
