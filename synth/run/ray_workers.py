"""Workers on the nodes of a Ray cluster, to the supervisor as those of this machine are.

Ray places each worker on a node with a free slot and says when a worker or a whole node is lost; who renders what, what
a failure means and what is recorded stays with the supervisor, which runs where the command was started.
"""

from __future__ import annotations

import logging
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from time import monotonic
from types import TracebackType
from typing import Any, Self

from synth.errors import UsageError
from synth.run import protocol
from synth.run.heard import Ended, Said
from synth.run.ray_host import WorkerHost
from synth.run.task import ShardTask

_POLL_S = 1.0  # a worker that has nothing to say is asked this often
_WAITING_S = 5.0
_WARN_S = 60.0
_CONNECT_S = 10.0
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class RayEngine:
    """`address`: "auto" for the cluster that this machine is part of, or HOST:PORT. `gpus`: of how many a worker has
    the use, 0 or 1; Ray then shows each worker its own alone."""

    address: str = "auto"
    gpus: int = 0


class RayCluster:
    """The connection to a cluster while the `with` block runs.

    Raises `UsageError` if Ray isn't installed, no cluster is there, or it hasn't what a worker needs.
    """

    def __init__(self, engine: RayEngine) -> None:
        self._engine = engine
        self._ray: Any = None

    def __enter__(self) -> Self:
        self._ray = _connected(self._engine.address)
        if self._engine.gpus and self.slots == 0:
            self._ray.shutdown()
            raise UsageError(
                "The cluster has no GPU that Ray knows of.",
                where=f"--ray {self._engine.address}",
                mend="Add a node with one (ray start --num-gpus 1), or use --device cpu.",
            )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ray.shutdown()

    @property
    def slots(self) -> int:
        """How many workers have room on the nodes that are there now."""
        resources = self._ray.cluster_resources()
        return int(resources.get("GPU", 0) if self._engine.gpus else resources.get("CPU", 0))

    def workers(self, start: protocol.Start, environment: Mapping[str, str]) -> RayWorkers:
        return RayWorkers(self._ray, start, environment, self._engine.gpus)


@dataclass
class _Host:
    actor: Any
    spawned_s: float
    poll: Any = None  # the answer that is being waited for
    arrived: bool = False
    told_s: float = 0.0
    killed_for: str | None = None
    memory_bytes: int = 0
    said: list[Said | Ended] = field(default_factory=list)


class RayWorkers:
    """All workers of a run on a cluster; leaving the `with` block kills those that are left. Like `Workers`."""

    def __init__(self, ray: Any, start: protocol.Start, environment: Mapping[str, str], gpus: int) -> None:
        self._ray, self._start_line, self._environment = ray, protocol.start_line(start), dict(environment)
        # No restarts and no retries by Ray: what a failure means is the supervisor's to say.
        self._kind = ray.remote(WorkerHost).options(
            num_cpus=1, num_gpus=gpus, max_restarts=0, max_task_retries=0, scheduling_strategy="SPREAD"
        )
        self._hosts: dict[int, _Host] = {}
        self._began_s, self._warned = monotonic(), False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in tuple(self._hosts):
            self.kill(worker, "the run ends")
        self._hosts.clear()

    def spawn(self, worker: int) -> None:
        """Ask Ray for a worker; it starts as soon as a node has room."""
        actor = self._kind.remote(self._start_line, self._environment)
        self._hosts[worker] = _Host(actor, monotonic())

    def assign(self, worker: int, task: ShardTask) -> None:
        self._hosts[worker].actor.assign.remote(protocol.task_line(task))

    def retire(self, worker: int) -> None:
        """Tell an idle worker that there is no more work: its process ends by itself."""
        self._hosts[worker].actor.retire.remote()

    def kill(self, worker: int, cause: str) -> None:
        """End the actor at once; the worker's process dies with it."""
        host = self._hosts.get(worker)
        if host is not None:
            host.killed_for = host.killed_for or cause
            self._ray.kill(host.actor, no_restart=True)

    def memory_bytes(self, worker: int) -> int:
        """Resident memory of the worker's process when it last spoke."""
        host = self._hosts.get(worker)
        return host.memory_bytes if host else 0

    def listen(self, timeout_s: float) -> list[Said | Ended]:
        """What the workers said until now; waits up to `timeout_s` for the first word."""
        for host in self._hosts.values():
            if host.poll is None:
                host.poll = host.actor.listen.remote(_POLL_S)
        asked = {host.poll: worker for worker, host in self._hosts.items()}
        if asked:
            self._ray.wait(list(asked), num_returns=1, timeout=timeout_s)
            ready, _ = self._ray.wait(list(asked), num_returns=len(asked), timeout=0)
        else:
            ready = []
        heard: list[Said | Ended] = []
        for answer in ready:
            heard += self._answered(asked[answer], answer)
        return heard + self._still_waiting()

    def _answered(self, worker: int, answer: Any) -> list[Said | Ended]:
        host = self._hosts[worker]
        try:
            words = self._ray.get(answer)
        except self._ray.exceptions.RayError as error:
            return [self._lost(worker, error)]
        host.poll, host.arrived, host.memory_bytes = None, True, words["memory_bytes"]
        heard: list[Said | Ended] = [Said(worker, message) for message in words["said"]]
        if words["ended"] is not None:
            cause, from_outside, log_tail = words["ended"]
            heard.append(self._gone(worker, Ended(worker, cause, from_outside, log_tail)))
        return heard

    def _lost(self, worker: int, error: Exception) -> Ended:
        """The actor, or its node, is gone; or what it had to do raised."""
        mine = isinstance(error, self._ray.exceptions.RayTaskError)
        what = " ".join(str(error).split())[-400:] if mine else "the worker, or the node that it was on, is gone"
        return self._gone(worker, Ended(worker, f"Ray: {what} ({type(error).__name__})", not mine, ""))

    def _gone(self, worker: int, ended: Ended) -> Ended:
        host = self._hosts.pop(worker)
        self._ray.kill(host.actor, no_restart=True)
        return ended if host.killed_for is None else Ended(worker, host.killed_for, False, ended.log_tail)

    def _still_waiting(self) -> list[Said | Ended]:
        """A worker for which no node has room yet isn't held to a deadline."""
        now = monotonic()
        waiting: list[Said | Ended] = []
        for worker, host in self._hosts.items():
            if not host.arrived and now - max(host.spawned_s, host.told_s) >= _WAITING_S:
                host.told_s = now
                waiting.append(Said(worker, {"say": protocol.WAIT}))
        if not self._warned and now - self._began_s > _WARN_S and not any(h.arrived for h in self._hosts.values()):
            self._warned = True
            _log.warning("no node of the Ray cluster has room for a worker yet; `ray status` tells what it lacks")
        return waiting


def _connected(address: str) -> Any:
    try:
        import ray
        import ray.exceptions
    except ImportError as error:
        raise UsageError(
            f"Ray isn't installed ({error}).", where=f"--ray {address}", mend="pip install 'synth-heads[ray]'"
        ) from error
    try:
        _require_reachable(address)  # Ray itself would try for minutes
        ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR, namespace="synth")
    except Exception as error:  # whatever Ray raises: there is no cluster that we could use
        raise UsageError(
            f"No Ray cluster can be reached ({' '.join(str(error).split())[:200].rstrip('.')}).",
            where=f"--ray {address}",
            mend="Start one (ray start --head) or give the HOST:PORT of its head.",
        ) from error
    return ray


def _require_reachable(address: str) -> None:
    """Raise OSError or ValueError if nothing listens at HOST:PORT."""
    if address == "auto":
        return
    host, colon, port = address.rpartition(":")
    if not colon or not host or not port.isdecimal():
        raise ValueError(f"{address[:80]!r} is neither auto nor HOST:PORT")
    with socket.create_connection((host.strip("[]"), int(port)), timeout=_CONNECT_S):
        return
