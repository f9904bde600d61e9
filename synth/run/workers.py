"""The worker processes as the supervisor sees them: started, spoken to, heard, ended. No rules here, only pipes."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import monotonic, sleep
from types import TracebackType
from typing import Any, Self

import synth
from synth.run import protocol
from synth.run.heard import Ended, Said
from synth.run.seats import Seats
from synth.run.task import ShardTask

_ONE_THREAD = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)
_LOG_BYTES = 16_384
_REAP_S = 2.0
_FROM_OUTSIDE = frozenset({signal.SIGKILL, signal.SIGTERM, signal.SIGHUP})


@dataclass
class _Process:
    popen: subprocess.Popen[bytes]
    killed_for: str | None = None
    incoming: bytearray = field(default_factory=bytearray)
    outgoing: bytearray = field(default_factory=bytearray)
    log: deque[bytes] = field(default_factory=deque)
    log_bytes: int = 0


class Workers:
    """All worker processes of a run; leaving the `with` block kills those that are left.

    `gpus`: so many are dealt out to them, see `Seats`.
    """

    def __init__(self, start: protocol.Start, environment: Mapping[str, str] | None = None, gpus: int = 0) -> None:
        self._start, self._seats = start, Seats(gpus)
        self._environment = _worker_environment(environment or {})
        self._processes: dict[int, _Process] = {}
        self._selector = selectors.DefaultSelector()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in tuple(self._processes):
            self.kill(worker, "the run ends")
        deadline = monotonic() + _REAP_S
        for process in self._processes.values():
            _wait(process.popen, max(0.0, deadline - monotonic()))
            _close_pipes(process.popen)
        self._selector.close()

    def spawn(self, worker: int) -> None:
        """Start the process of worker number `worker`. Raises OSError if the system can't start one."""
        popen = subprocess.Popen(
            [sys.executable, "-m", "synth.run.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=self._environment,
            process_group=0,  # Ctrl-C in a terminal is for the supervisor alone
        )
        self._processes[worker] = _Process(popen)
        for stream, role in ((popen.stdin, ""), (popen.stdout, "out"), (popen.stderr, "log")):
            if stream is None:
                raise RuntimeError("Popen gave no pipe")
            os.set_blocking(stream.fileno(), False)
            if role:
                self._selector.register(stream, selectors.EVENT_READ, (worker, role))
        self._send(worker, protocol.start_line(replace(self._start, gpu=self._seats.take(worker))))

    def assign(self, worker: int, task: ShardTask) -> None:
        self._send(worker, protocol.task_line(task))

    def retire(self, worker: int) -> None:
        """Tell an idle worker that there is no more work: its process ends by itself."""
        process = self._processes[worker]
        if process.popen.stdin:
            self._forget_stream(process.popen.stdin)
            process.popen.stdin.close()
        self._seats.leave(worker)  # the one that comes for it is started at once

    def kill(self, worker: int, cause: str) -> None:
        """SIGKILL: nothing less ends a render. What the worker itself started is killed with it."""
        process = self._processes.get(worker)
        if process is not None:
            process.killed_for = process.killed_for or cause
            self._seats.leave(worker)
            _kill_group(process.popen)

    def memory_bytes(self, worker: int) -> int:
        """Resident memory of the worker's process; 0 where the system doesn't say."""
        try:
            pages = Path(f"/proc/{self._processes[worker].popen.pid}/statm").read_text().split()[1]
        except (OSError, KeyError, IndexError):
            return 0
        return int(pages) * os.sysconf("SC_PAGE_SIZE")

    def listen(self, timeout_s: float) -> list[Said | Ended]:
        """What the workers said until now; waits up to `timeout_s` for the first word."""
        heard: list[Said | Ended] = []
        for key, _ in self._selector.select(timeout_s):
            worker, role = key.data
            if worker not in self._processes:
                continue
            if role == "in":
                self._flush(worker)
            elif role == "log":
                self._read_log(worker)
            else:
                heard += self._read_messages(worker)
        return heard

    def _send(self, worker: int, line: bytes) -> None:
        self._processes[worker].outgoing += line
        self._flush(worker)

    def _flush(self, worker: int) -> None:
        """Write what the pipe takes without waiting: a worker that is stopped or stuck mustn't stop the supervisor."""
        process = self._processes[worker]
        stdin = process.popen.stdin
        if stdin is None or stdin.closed:
            return
        try:
            del process.outgoing[: os.write(stdin.fileno(), process.outgoing)]
        except BlockingIOError:
            pass
        except OSError:  # it is dead; the end of its output says so in a moment
            process.outgoing.clear()
        waiting = stdin in self._selector.get_map()
        if process.outgoing and not waiting:
            self._selector.register(stdin, selectors.EVENT_WRITE, (worker, "in"))
        elif waiting and not process.outgoing:
            self._selector.unregister(stdin)

    def _read_messages(self, worker: int) -> list[Said | Ended]:
        process = self._processes[worker]
        data = _read(process.popen.stdout)
        if data is None:
            return []
        if not data:
            return [self._reap(worker)]
        process.incoming += data
        *lines, rest = process.incoming.split(b"\n")
        process.incoming = rest
        said: list[Said | Ended] = []
        try:
            said = [Said(worker, protocol.parse_message(bytes(line))) for line in lines]
        except ValueError:
            self.kill(worker, "wrote nonsense to the supervisor")
        if len(rest) > protocol.MAX_LINE_BYTES:
            self.kill(worker, "wrote an endless line to the supervisor")
        return said

    def _read_log(self, worker: int) -> None:
        process = self._processes[worker]
        data = _read(process.popen.stderr)
        if data is None:
            return
        if not data:
            self._forget_stream(process.popen.stderr)
            return
        process.log.append(data)
        process.log_bytes += len(data)
        while len(process.log) > 1 and process.log_bytes - len(process.log[0]) > _LOG_BYTES:
            process.log_bytes -= len(process.log.popleft())

    def _reap(self, worker: int) -> Ended:
        """The worker's output has ended: so has its process, or it soon will."""
        process = self._processes[worker]
        usage = _wait(process.popen, _REAP_S)
        if process.popen.returncode is None:
            self.kill(worker, "closed its output without ending")
            _wait(process.popen, _REAP_S)
        self._read_log(worker)
        self._seats.leave(worker)
        del self._processes[worker]
        for stream in (process.popen.stdin, process.popen.stdout, process.popen.stderr):
            self._forget_stream(stream)
        _close_pipes(process.popen)
        tail = b"".join(process.log)[-_LOG_BYTES:].decode("utf-8", "replace")
        code = process.popen.returncode
        if process.killed_for is not None:
            return Ended(worker, process.killed_for, False, tail)
        outside = code is not None and -code in _FROM_OUTSIDE
        return Ended(worker, _cause_of_death(code, usage), outside, tail)

    def _forget_stream(self, stream: Any) -> None:
        if stream is not None and not stream.closed and stream in self._selector.get_map():
            self._selector.unregister(stream)


def _worker_environment(more: Mapping[str, str]) -> dict[str, str]:
    """One thread a process, and the package where this process found it."""
    package_root = str(Path(synth.__file__).resolve().parent.parent)
    path = os.pathsep.join(entry for entry in (package_root, os.environ.get("PYTHONPATH", "")) if entry)
    return {
        **os.environ,
        **dict.fromkeys(_ONE_THREAD, "1"),
        "PYTHONPATH": path,
        "PYTHONSAFEPATH": "1",
        "PYTHONUNBUFFERED": "1",
        **more,
    }


def _read(stream: Any) -> bytes | None:
    """All that can be read at once: None = nothing now, b"" = the end."""
    try:
        return os.read(stream.fileno(), 1 << 16)
    except BlockingIOError:
        return None


def _kill_group(popen: subprocess.Popen[bytes]) -> None:
    """Kill the whole group: a process that the worker started holds its pipes open, and its end would not be heard."""
    if popen.returncode is None:  # not waited for yet, so that the number is still its own
        try:
            os.killpg(popen.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):  # PermissionError: macOS, if only dead ones are left in it
            popen.kill()


def _wait(popen: subprocess.Popen[bytes], timeout_s: float) -> float:
    """Wait for the process; its peak memory in bytes, 0 if that isn't known or the process hasn't ended."""
    deadline = monotonic() + timeout_s
    while popen.returncode is None:
        try:
            pid, status, usage = os.wait4(popen.pid, os.WNOHANG)
        except ChildProcessError:
            popen.returncode = 0
            return 0.0
        if pid:
            popen.returncode = os.waitstatus_to_exitcode(status)
            return float(usage.ru_maxrss) * (1.0 if sys.platform == "darwin" else 1024.0)
        if monotonic() >= deadline:
            break
        sleep(0.005)
    return 0.0


def _cause_of_death(code: int | None, peak_bytes: float) -> str:
    memory = f" at {peak_bytes / 1e9:.2f} GB of memory" if peak_bytes else ""
    if code is None:
        return "its process can't be ended"
    if code >= 0:
        return f"its process ended with exit code {code}{memory}"
    name = signal.Signals(-code).name if -code in signal.valid_signals() else f"signal {-code}"
    if -code == signal.SIGKILL:
        return f"its process was killed from outside ({name}{memory}); was the machine out of memory?"
    return f"its process crashed ({name}{memory})"


def _close_pipes(popen: subprocess.Popen[bytes]) -> None:
    for stream in (popen.stdin, popen.stdout, popen.stderr):
        if stream:
            try:
                stream.close()
            except OSError:
                continue
