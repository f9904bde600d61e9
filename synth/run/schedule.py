"""Who renders what next: the supervisor's rules as a state machine without processes, files or clock.

Every method tells the machine what happened and when (`now`, monotonic seconds) and returns what is to be done about
it, in order. The edge (`synth.run.loop`) carries the actions out. So every rule is tested with a fake clock.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from synth.run.actions import Action, Assign, Halt, Kill, Quarantine, Retire, Spawn
from synth.run.limits import Limits
from synth.run.patience import FailureRow, Patience
from synth.run.state import Phase, WorkerState
from synth.run.strikes import Strikes
from synth.run.task import ShardTask

# A pause of the supervisor itself longer than this (a suspended laptop, Ctrl-Z) isn't held against the workers.
_OWN_PAUSE_S = 5.0


@dataclass
class Scheduler:
    """Deals shards out to at most `workers` workers, and decides what a failure means.

    `tasks` are the shards still to be made, in order; they are drawn lazily.
    """

    tasks: Iterable[ShardTask]
    shards: int
    workers: int
    limits: Limits = field(default_factory=Limits)
    on_gpu: bool = False

    def __post_init__(self) -> None:
        self._fresh = iter(self.tasks)
        self._again: deque[ShardTask] = deque()
        self._undealt = self.shards
        self._alive: dict[int, WorkerState] = {}
        self._idle: list[int] = []
        self._strikes = Strikes(self.limits.strikes)
        self._patience = Patience(self.limits, on_gpu=self.on_gpu)
        self._row = FailureRow(self.limits, self.workers)
        self._spawn_not_before_s = 0.0
        self._next_worker = 0
        self._last_tick_s: float | None = None
        self._halted = False
        self.shards_done = 0
        self.samples_committed = 0
        self.samples_open = 0
        self.deaths = 0

    # ------------------------------------------------------------------ what can be asked

    @property
    def finished(self) -> bool:
        return self.shards_done == self.shards

    @property
    def working(self) -> int:
        """Workers that are there to work."""
        return sum(state.counts for state in self._alive.values())

    def counts(self, worker: int) -> bool:
        """Whether what the worker says, and its end, still matter: not if it was told to go."""
        state = self._alive.get(worker)
        return state is not None and state.counts

    def task_of(self, worker: int) -> ShardTask | None:
        state = self._alive.get(worker)
        return state.task if state else None

    def given_up_in(self, shard: int) -> frozenset[int]:
        """Samples of an open shard that this run gave up."""
        return self._strikes.given_up_in(shard)

    @property
    def present(self) -> tuple[int, ...]:
        """Numbers of the workers whose processes haven't ended yet."""
        return tuple(self._alive)

    @property
    def committing(self) -> tuple[int, ...]:
        return tuple(n for n, w in self._alive.items() if w.phase is Phase.COMMITTING)

    @property
    def hang_s(self) -> float:
        """Silence after which a worker that renders counts as hung."""
        return self._patience.hang_s

    # ------------------------------------------------------------------ what happened

    def start(self, now: float) -> list[Action]:
        self._last_tick_s = now
        return self._deal(now)

    def ready(self, worker: int, now: float) -> list[Action]:
        """The worker's process is up and has its renderer."""
        state = self._heard(worker, now)
        if state is None or state.phase is not Phase.STARTING:
            return []
        self._row.start_well()
        state.phase = Phase.IDLE
        self._idle.append(worker)
        return self._deal(now)

    def waiting(self, worker: int, now: float) -> list[Action]:
        """The worker can't be started yet for want of room, which isn't its fault."""
        self._heard(worker, now)
        return []

    def unfit(self, worker: int, cause: str, now: float) -> list[Action]:
        """The worker couldn't make its renderer, by an exception: another try seldom helps, so there are few."""
        state = self._heard(worker, now)
        if state is None:
            return []
        self._row.unfit += 1
        return [*self._kill(worker, state, cause, now), *self._deal(now)]

    def began(self, worker: int, sample: int, previous_s: float | None, now: float) -> list[Action]:
        """The worker starts to render `sample`; the one before took `previous_s`, None if it failed or was none."""
        state = self._heard(worker, now)
        if state is None:
            return []
        self._count_success(state, previous_s)
        state.phase, state.sample = Phase.RENDERING, sample
        return []

    def committing_begun(self, worker: int, previous_s: float | None, now: float) -> list[Action]:
        """The worker has rendered all samples of its shard and now writes it."""
        state = self._heard(worker, now)
        if state is None:
            return []
        self._count_success(state, previous_s)
        state.phase, state.sample = Phase.COMMITTING, None
        return []

    def failed(self, worker: int, sample: int, cause: str, now: float) -> list[Action]:
        """Rendering `sample` raised an exception; the worker lives and goes on."""
        state = self._heard(worker, now)
        if state is None or state.task is None:
            return []
        state.sample = None
        self._row.add(now, 1.0)
        return [*self._strike(state.task.shard, sample, cause, 1.0), *self._halt_if_hopeless(cause, now)]

    def committed(self, worker: int, samples: int, now: float) -> list[Action]:
        """The worker's shard is committed and recorded, with `samples` samples."""
        state = self._heard(worker, now)
        if state is None or state.task is None:
            return []
        shard = state.task.shard
        self._close_task(state)
        self._strikes.forget(shard)
        self.shards_done += 1
        self.samples_committed += samples
        if samples:
            self._row.succeed()
        if state.rendered >= self.limits.recycle_after_samples and not self.finished:
            state.phase = Phase.LEAVING
            return [Retire(worker), *self._deal(now)]
        state.phase = Phase.IDLE
        self._idle.append(worker)
        return self._deal(now)

    def shard_failed(self, worker: int, cause: str, now: float) -> list[Action]:
        """The worker couldn't write its shard, or what it wrote isn't what it said; it lives and is idle."""
        state = self._heard(worker, now)
        if state is None or state.task is None:
            return []
        actions = self._put_back(state, cause, 1.0, now)
        state.phase = Phase.IDLE
        self._idle.append(worker)
        return actions + self._deal(now)

    def exited(self, worker: int, cause: str, now: float, *, from_outside: bool = False) -> list[Action]:
        """The worker's process ended; `from_outside` if by a SIGKILL that isn't ours."""
        state = self._alive.pop(worker, None)
        if state is None:
            return []
        if state.phase in (Phase.LEAVING, Phase.KILLED):
            return self._deal(now)
        if state.phase is Phase.IDLE:
            self._idle.remove(worker)
        return [*self._lost(state, cause, 0.5 if from_outside else 1.0, now), *self._deal(now)]

    def cannot_start(self, worker: int, cause: str, now: float) -> list[Action]:
        """The system has no room for the worker's process: a failure only if no other is there to work instead."""
        if self.working == 1:
            return self.exited(worker, cause, now)
        del self._alive[worker]
        self._spawn_not_before_s = now + self.limits.respawn_delay_most_s
        return self._deal(now)

    def tick(self, now: float) -> list[Action]:
        """Time has passed; call it about once a second, after everything that was said has been told."""
        paused_s = now - self._last_tick_s if self._last_tick_s is not None else 0.0
        self._last_tick_s = now
        if paused_s > _OWN_PAUSE_S:
            for state in self._alive.values():
                state.heard_s += paused_s
        actions: list[Action] = []
        for worker, state in self._alive.items():
            allowed_s = self._patience.allowance_s(state)
            if allowed_s is not None and now - state.heard_s > allowed_s:
                actions += self._give_up_on(worker, state, allowed_s, now)
        return actions + self._deal(now)

    def over_memory(self, worker: int, cause: str, now: float) -> list[Action]:
        """The worker uses more memory than it may."""
        if not self.counts(worker):
            return []
        return [*self._kill(worker, self._alive[worker], cause, now), *self._deal(now)]

    # ------------------------------------------------------------------ rules

    def _heard(self, worker: int, now: float) -> WorkerState | None:
        """The worker's state, or None if it no longer counts (what a killed worker still said is void)."""
        if not self.counts(worker):
            return None
        state = self._alive[worker]
        state.heard_s = now
        return state

    def _count_success(self, state: WorkerState, previous_s: float | None) -> None:
        if previous_s is None:
            return
        self._patience.add(previous_s)
        self._row.succeed()
        state.rendered += 1
        state.rendered_in_task += 1
        self.samples_open += 1

    def _give_up_on(self, worker: int, state: WorkerState, allowed_s: float, now: float) -> list[Action]:
        if state.phase is Phase.LEAVING:
            state.phase = Phase.KILLED
            return [Kill(worker, "didn't end when asked to")]
        return self._kill(worker, state, f"hung: said nothing for {allowed_s:.0f} s while {state.phase.value}", now)

    def _kill(self, worker: int, state: WorkerState, cause: str, now: float) -> list[Action]:
        # The task is taken back now, not when the process is gone: one stuck in the kernel may never go. Should both
        # make the shard, both commit the same bytes.
        if state.phase is Phase.IDLE:
            self._idle.remove(worker)
        consequences = self._lost(state, cause, 1.0, now)
        state.phase = Phase.KILLED
        return [Kill(worker, cause), *consequences]

    def _lost(self, state: WorkerState, cause: str, weight: float, now: float) -> list[Action]:
        self.deaths += 1
        self._row.add(now, weight)
        if state.phase is Phase.STARTING:
            self._spawn_not_before_s = now + self._row.respawn_delay_s()
        actions = self._put_back(state, cause, weight, now)
        return actions + self._halt_if_hopeless(cause, now)

    def _put_back(self, state: WorkerState, cause: str, weight: float, now: float) -> list[Action]:
        """The worker's task is to be done again, by whoever is free."""
        if state.task is None:
            return []
        task, sample = state.task, state.sample
        self._close_task(state)
        actions: list[Action] = []
        if sample is not None:
            actions += self._strike(task.shard, sample, cause, weight)
        elif weight >= 1.0:
            tries = self._strikes.count_shard_failure(task.shard)
            if tries >= self.limits.shard_tries:
                actions += self._halt(f"shard {task.shard} failed {tries} times outside of rendering: {cause}")
        self._again.append(self._strikes.renewed(task))
        self._undealt += 1
        return actions

    def _strike(self, shard: int, sample: int, cause: str, weight: float) -> list[Action]:
        tries = self._strikes.count(shard, sample, weight)
        return [Quarantine(sample, shard, cause, tries)] if tries else []

    def _halt_if_hopeless(self, cause: str, now: float) -> list[Action]:
        verdict = self._row.verdict(cause, now)
        return self._halt(verdict) if verdict else []

    def _halt(self, cause: str) -> list[Action]:
        if self._halted:
            return []
        self._halted = True
        return [Halt(cause)]

    def _close_task(self, state: WorkerState) -> None:
        self.samples_open -= state.rendered_in_task
        state.task, state.sample, state.rendered_in_task = None, None, 0

    # ------------------------------------------------------------------ dealing

    def _deal(self, now: float) -> list[Action]:
        """Give idle workers shards, and start as many workers as there is work for."""
        if self._halted:
            return []
        actions: list[Action] = []
        while self._undealt and self._idle:
            worker = self._idle.pop(0)
            state = self._alive[worker]
            state.task, state.phase, state.heard_s = self._next_task(), Phase.RENDERING, now
            actions.append(Assign(worker, state.task))
        starting = sum(w.phase is Phase.STARTING for w in self._alive.values())
        missing = min(self.workers - self.working, self._undealt - starting)
        if missing > 0 and now >= self._spawn_not_before_s:
            actions += [self._spawn(now) for _ in range(missing)]
        return actions

    def _next_task(self) -> ShardTask:
        self._undealt -= 1
        return self._again.popleft() if self._again else next(self._fresh)

    def _spawn(self, now: float) -> Spawn:
        worker = self._next_worker
        self._next_worker += 1
        self._alive[worker] = WorkerState(Phase.STARTING, now)
        return Spawn(worker)
