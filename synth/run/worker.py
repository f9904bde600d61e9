"""A worker process: `python -m synth.run.worker`, started by the supervisor and of no use without it.

It speaks the protocol over its first standard output, which is moved away so that nothing that Blender prints can get
into it, and dies with its supervisor, however that ends.
"""

from __future__ import annotations

import contextlib
import ctypes
import faulthandler
import os
import queue
import resource
import signal
import sys
import threading
import traceback
from typing import Any, BinaryIO

from synth.run import protocol

_PR_SET_PDEATHSIG = 1
_ORPHANED = 1


class Channel:
    """The pipes to the supervisor: messages out at once, lines in by a thread that notices the end of the pipe.

    While a task is in work the end of the pipe means that the supervisor is gone; the process then ends at once.
    """

    def __init__(self) -> None:
        self._out = os.dup(1)
        os.dup2(2, 1)
        self._in: BinaryIO = os.fdopen(os.dup(0), "rb")
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)
        self._lines: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._idle = threading.Event()
        threading.Thread(target=self._listen, name="supervisor", daemon=True).start()

    def say(self, word: str, /, **fields: Any) -> None:
        data = memoryview(protocol.message_line(word, **fields))
        try:
            while data:
                data = data[os.write(self._out, data) :]
        except BrokenPipeError:
            os._exit(_ORPHANED)

    def next_line(self) -> bytes | None:
        """The next line from the supervisor; None when it wants no more."""
        self._idle.set()
        line = self._lines.get()
        self._idle.clear()
        return line

    def _listen(self) -> None:
        for line in self._in:
            self._lines.put(line)
        self._lines.put(None)
        if not self._idle.wait(0.2):
            os._exit(_ORPHANED)


class _Reporter:
    """Tells the supervisor how a shard comes along."""

    def __init__(self, channel: Channel, memory_bytes: int | None) -> None:
        self._channel, self._memory_bytes = channel, memory_bytes

    def begin(self, sample: int, previous_s: float | None) -> None:
        self._channel.say(protocol.BEGIN, id=sample, previous_s=previous_s)

    def fail(self, sample: int, error: Exception) -> None:
        traceback.print_exception(error)
        self._channel.say(protocol.FAIL, id=sample, cause=describe(error, self._memory_bytes))

    def write(self, previous_s: float | None) -> None:
        self._channel.say(protocol.WRITE, previous_s=previous_s)


def describe(error: BaseException, memory_bytes: int | None = None) -> str:
    """One line about an exception; running out of memory says how much there was and how much may be used."""
    text = " ".join(str(error).split())[:500]
    if isinstance(error, MemoryError):
        peak_gb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9
        limit = f", the limit is {memory_bytes / 1e9:.2f} GB" if memory_bytes else ""
        return f"out of memory: {peak_gb:.2f} GB in use{limit}"
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def die_with_parent(parent_pid: int) -> None:
    """Ask the kernel to kill this process when its parent ends (Linux), and end now if it already has."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent_pid:
        os._exit(_ORPHANED)


def main() -> int:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the whole terminal; the supervisor decides
    faulthandler.enable()
    channel = Channel()
    line = channel.next_line()
    if line is None:
        return 0
    start = protocol.parse_start(line)
    die_with_parent(start.parent_pid)
    sys.path += [entry for entry in start.python_path if entry not in sys.path]
    if start.memory_bytes is not None:
        resource.setrlimit(resource.RLIMIT_DATA, (start.memory_bytes, start.memory_bytes))
    return _work(start, channel)


def _work(start: protocol.Start, channel: Channel) -> int:
    from synth.errors import DiskError, SynthError

    try:
        from synth.recipe.schema import Recipe
        from synth.run.entry import entry_fields
        from synth.run.make import ShardMaker, renderer_factory

        factory = renderer_factory(start.renderer)
        recipe = Recipe.model_validate(start.recipe)
        maker = ShardMaker(recipe, start.out_dir, factory, start.renderer_options, start.tries)
    except Exception as error:
        traceback.print_exc()
        what, where, mend = describe(error, start.memory_bytes), "", ""
        if isinstance(error, SynthError):
            what, where, mend = getattr(error, "what", what), getattr(error, "where", ""), getattr(error, "mend", "")
        channel.say(protocol.UNFIT, kind=type(error).__name__, what=what, where=where, mend=mend)
        return 1
    reporter = _Reporter(channel, start.memory_bytes)
    channel.say(protocol.READY, device=maker.device_text)
    while (line := channel.next_line()) is not None:
        try:
            entry, without = maker.make(protocol.parse_task(line), reporter)
        except DiskError as error:
            channel.say(protocol.DISK, what=error.what, where=error.where, mend=error.mend)
        except Exception as error:
            traceback.print_exc()
            channel.say(protocol.SHARD_FAIL, cause=describe(error, start.memory_bytes))
        else:
            channel.say(protocol.SHARD, entry=None if entry is None else entry_fields(entry), without=without)
    return 0


if __name__ == "__main__":
    code = main()
    with contextlib.suppress(OSError, ValueError):
        sys.stderr.flush()
    # Not sys.exit: native libraries may hang or crash while an interpreter is taken down; all that counts is on disk.
    os._exit(code)
