"""The supervisor's rules, with a clock that the tests turn."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synth.run.actions import Action, Assign, Halt, Kill, Quarantine, Retire, Spawn
from synth.run.limits import Limits
from synth.run.schedule import Scheduler
from synth.run.task import ShardTask, shard_count, shard_range

SHARD = 4


def scheduler(shards: int = 3, workers: int = 2, **limits: float) -> Scheduler:
    tasks = [ShardTask(k, k * SHARD, (k + 1) * SHARD) for k in range(shards)]
    return Scheduler(tasks, shards, workers, Limits(**limits))


def of_kind(actions: list[Action], kind: type[Action]) -> list[Action]:
    return [action for action in actions if isinstance(action, kind)]


def started(shards: int = 3, workers: int = 1, **limits: float) -> tuple[Scheduler, ShardTask]:
    """A machine whose worker 0 has its first task."""
    machine = scheduler(shards, workers, **limits)
    machine.start(0.0)
    (assign,) = of_kind(machine.ready(0, 1.0), Assign)
    return machine, assign.task


def assigned(actions: list[Action]) -> ShardTask:
    (assign,) = of_kind(actions, Assign)
    return assign.task


def test_no_more_workers_are_started_than_there_are_shards() -> None:
    assert scheduler(shards=2, workers=8).start(0.0) == [Spawn(0), Spawn(1)]


def test_idle_workers_get_shards_in_order_and_wait_when_there_are_none() -> None:
    machine = scheduler(shards=2, workers=2)
    machine.start(0.0)
    assert assigned(machine.ready(1, 1.0)).shard == 0
    assert assigned(machine.ready(0, 1.0)).shard == 1
    assert machine.committed(1, SHARD, 2.0) == []
    assert not machine.finished
    assert machine.committed(0, SHARD, 3.0) == []
    assert machine.finished


def test_a_shard_whose_worker_died_is_given_out_again_and_the_worker_is_replaced_at_once() -> None:
    machine, task = started(shards=1)
    machine.began(0, 0, None, 2.0)
    assert machine.exited(0, "crashed", 3.0) == [Spawn(1)]
    again = assigned(machine.ready(1, 4.0))
    assert (again.shard, again.first, again.stop) == (task.shard, task.first, task.stop)


def test_an_idle_worker_takes_over_a_dead_workers_shard() -> None:
    machine = scheduler(shards=2, workers=2)
    machine.start(0.0)
    machine.ready(0, 1.0)
    machine.ready(1, 1.0)
    machine.committed(0, SHARD, 2.0)
    assert assigned(machine.exited(1, "crashed", 3.0)).shard == 1


def test_a_sample_that_kills_twice_is_given_up_and_the_shard_made_without_it() -> None:
    machine, _ = started(shards=1)
    machine.began(0, 0, None, 2.0)
    machine.began(0, 1, 0.1, 2.0)
    machine.exited(0, "SIGSEGV", 3.0)
    second = assigned(machine.ready(1, 4.0))
    assert second.suspects == ((1, 1),)
    assert next(second.order())[0] == 1, "the suspect is tried first"
    machine.began(1, 1, None, 4.0)
    actions = machine.exited(1, "SIGSEGV again", 5.0)
    assert of_kind(actions, Quarantine) == [Quarantine(1, 0, "SIGSEGV again", 2)]
    third = assigned(machine.ready(2, 6.0))
    assert third.ids() == [0, 2, 3]
    assert third.suspects == ()


def test_the_sample_before_is_not_blamed() -> None:
    machine, _ = started(shards=1)
    machine.began(0, 0, None, 2.0)
    machine.began(0, 1, 0.1, 2.1)
    machine.exited(0, "SIGSEGV", 3.0)
    assert [sample for sample, _ in assigned(machine.ready(1, 4.0)).suspects] == [1]


def test_kills_from_outside_weigh_half() -> None:
    machine, _ = started(shards=1)
    for worker in range(4):
        machine.began(worker, 2, None, 10.0 * worker)
        actions = machine.exited(worker, "SIGKILL", 10.0 * worker + 1, from_outside=True)
        assert bool(of_kind(actions, Quarantine)) == (worker == 3)
        machine.tick(10.0 * worker + 9)
        machine.ready(worker + 1, 10.0 * worker + 9)


def test_a_sample_that_raises_twice_is_given_up_while_its_worker_goes_on() -> None:
    machine, _ = started(shards=1)
    machine.began(0, 0, None, 2.0)
    assert machine.failed(0, 0, "ValueError: no", 2.1) == []
    machine.began(0, 0, None, 2.2)
    assert machine.failed(0, 0, "ValueError: no", 2.3) == [Quarantine(0, 0, "ValueError: no", 2)]
    machine.began(0, 1, None, 2.4)
    assert machine.given_up_in(0) == {0}


def test_one_crash_and_one_exception_are_two_strikes() -> None:
    machine, _ = started(shards=1)
    machine.began(0, 0, None, 2.0)
    machine.exited(0, "SIGSEGV", 3.0)
    assert assigned(machine.ready(1, 4.0)).suspects == ((0, 1),), "the worker is to try it once, not twice"
    machine.began(1, 0, None, 4.0)
    assert of_kind(machine.failed(1, 0, "ValueError", 4.1), Quarantine)


def test_a_silent_worker_is_killed_after_the_floor_and_not_before() -> None:
    machine, _ = started(shards=1)
    machine.began(0, 0, None, 2.0)
    machine.began(0, 1, 0.1, 3.0)
    for now in range(3, 63):
        assert machine.tick(float(now)) == []
    actions = machine.tick(63.5)
    assert [kill.worker for kill in of_kind(actions, Kill)] == [0]
    assert "hung" in of_kind(actions, Kill)[0].cause
    assert of_kind(actions, Spawn)


def test_slow_samples_get_twenty_times_their_median() -> None:
    machine, _ = started(shards=1)
    machine.began(0, 0, None, 2.0)
    machine.began(0, 1, 10.0, 12.0)
    assert machine.hang_s == 200.0
    assert not any(of_kind(machine.tick(float(now)), Kill) for now in range(1, 213))
    assert of_kind(machine.tick(213.0), Kill)


def test_starting_and_the_first_sample_get_more_time() -> None:
    machine = scheduler(shards=1, workers=1)
    machine.start(0.0)
    assert not any(of_kind(machine.tick(float(now)), Kill) for now in range(300))
    machine.ready(0, 299.0)
    machine.began(0, 0, None, 299.0)
    assert not any(of_kind(machine.tick(float(now)), Kill) for now in range(299, 599))
    assert of_kind(machine.tick(600.0), Kill)


def test_a_worker_that_waits_for_room_is_held_to_no_deadline() -> None:
    machine = scheduler(shards=1, workers=1)
    machine.start(0.0)
    for now in range(5, 2001, 5):
        assert machine.waiting(0, float(now)) == []
        assert machine.tick(float(now)) == []
    killed_s = next(now for now in range(2005, 3000, 5) if of_kind(machine.tick(float(now)), Kill))
    assert killed_s == 2305, "one that says no more that it waits has the patience of any that starts"


def test_a_suspect_gets_no_more_time_in_a_fresh_worker() -> None:
    machine, _ = started(shards=1)
    machine.began(0, 0, None, 2.0)
    for now in range(2, 304):
        machine.tick(float(now))
    machine.ready(1, 304.0)
    machine.began(1, 0, None, 304.0)
    kills = [now for now in range(304, 400) if of_kind(machine.tick(float(now)), Kill)]
    assert kills == [365]


def on_gpu(**limits: float) -> Scheduler:
    return Scheduler([ShardTask(0, 0, SHARD)], 1, 1, Limits(**limits), on_gpu=True)


def test_a_gpu_that_compiles_its_kernels_for_half_an_hour_is_not_hung_and_one_that_never_ends_is() -> None:
    machine = on_gpu()
    machine.start(0.0)
    assert not any(of_kind(machine.tick(float(now)), Kill) for now in range(1801))
    assert of_kind(machine.tick(1801.0), Kill)


def test_once_its_kernels_are_there_a_gpus_worker_has_the_patience_of_any() -> None:
    machine = on_gpu()
    machine.start(0.0)
    machine.ready(0, 1.0)
    machine.began(0, 0, None, 1.0)
    assert not any(of_kind(machine.tick(float(now)), Kill) for now in range(1, 302))
    assert of_kind(machine.tick(302.0), Kill), "300 s for the first sample"
    machine.ready(1, 303.0)
    machine.began(1, 1, None, 303.0)
    machine.began(1, 2, 0.1, 304.0)
    assert not any(of_kind(machine.tick(float(now)), Kill) for now in range(304, 365))
    assert of_kind(machine.tick(365.0), Kill), "60 s for later ones"


def test_on_a_gpu_a_suspect_has_time_for_its_scenes_kernels_in_a_fresh_worker() -> None:
    machine = on_gpu()
    machine.start(0.0)
    machine.ready(0, 1.0)
    machine.began(0, 0, None, 2.0)
    machine.exited(0, "crashed", 3.0)
    assert assigned(machine.ready(1, 4.0)).suspects == ((0, 1),)
    machine.began(1, 0, None, 4.0)
    assert not any(of_kind(machine.tick(float(now)), Kill) for now in range(4, 305))
    assert of_kind(machine.tick(305.0), Kill)


def test_a_supervisor_that_slept_blames_nobody() -> None:
    machine, _ = started(shards=1)
    machine.began(0, 0, None, 2.0)
    machine.began(0, 1, 0.1, 3.0)
    machine.tick(3.5)
    assert machine.tick(90_000.0) == []
    assert machine.tick(90_001.0) == []


def test_what_a_killed_worker_still_says_is_void() -> None:
    machine, _ = started(shards=1)
    machine.began(0, 0, None, 2.0)
    machine.began(0, 1, 0.1, 2.0)
    for now in range(2, 64):
        machine.tick(float(now))
    assert not machine.counts(0)
    assert machine.committed(0, SHARD, 64.0) == []
    assert not machine.finished


@pytest.mark.parametrize("workers", [1, 2])
def test_twenty_failures_in_a_row_stop_the_run_and_name_the_cause(workers: int) -> None:
    machine = scheduler(shards=100, workers=workers)
    machine.start(0.0)
    machine.ready(0, 0.0)
    halts: list[Action] = []
    for attempt in range(20):
        assert not halts
        machine.began(0, attempt // 2, None, 0.1 * attempt)
        halts = of_kind(machine.failed(0, attempt // 2, "the lens cap is on", 0.1 * attempt), Halt)
    assert "20 failures in a row" in halts[0].cause
    assert "the lens cap is on" in halts[0].cause


def test_one_success_ends_the_row() -> None:
    machine, _ = started(shards=100)
    for attempt in range(200):
        machine.began(0, attempt, 0.1 if attempt % 19 == 18 else None, 0.1 * attempt)
        assert not of_kind(machine.failed(0, attempt, "bad", 0.1 * attempt), Halt)


def test_slow_failures_stop_the_run_within_a_minute() -> None:
    machine = scheduler(shards=100, workers=1)
    machine.start(0.0)
    now, halted = 0.0, False
    for worker in range(20):
        now += 4.0
        machine.ready(worker, now)
        machine.began(worker, 0, None, now)
        now += 4.0
        actions = machine.exited(worker, "SIGSEGV", now)
        if halted := bool(of_kind(actions, Halt)):
            break
        machine.tick(now + 1)
    assert halted
    assert now <= 60


def test_no_room_for_a_worker_is_no_failure_while_another_works_and_one_if_none_does() -> None:
    machine = scheduler(shards=3, workers=2)
    machine.start(0.0)
    delay_s, now = machine.limits.respawn_delay_most_s, 0.0
    for worker in range(1, 41):
        assert machine.cannot_start(worker, "too many open files", now) == []
        now += delay_s
        assert machine.tick(now) == [Spawn(worker + 1)], "it is tried again, and not at once"
    assert machine.deaths == 0
    actions = machine.exited(0, "crashed", now)
    for _ in range(40):
        for worker in machine.present:
            actions += machine.cannot_start(worker, "too many open files", now)
        now += delay_s
        actions += machine.tick(now)
    (halt,) = of_kind(actions, Halt)
    assert "too many open files" in str(halt)


def test_a_renderer_that_cannot_be_made_is_tried_three_times() -> None:
    machine = scheduler(shards=10, workers=1)
    machine.start(0.0)
    now = 0.0
    for worker in range(3):
        actions = machine.unfit(worker, "no libXrender", now)
        assert bool(of_kind(actions, Halt)) == (worker == 2)
        machine.exited(worker, "exit code 1", now)
        now += 10.0
        machine.tick(now)


def test_workers_that_die_while_starting_are_replaced_more_and_more_slowly_but_within_ten_seconds() -> None:
    machine = scheduler(shards=10, workers=1)
    machine.start(0.0)
    now, worker, delays = 0.0, 0, []
    for _ in range(10):
        actions = machine.exited(worker, "crashed", now)
        died = now
        while not of_kind(actions, Spawn):
            now += 0.05
            actions = machine.tick(now)
        worker = of_kind(actions, Spawn)[0].worker
        delays.append(now - died)
    assert delays == sorted(delays)
    assert delays[-1] < 10


def test_a_shard_that_cannot_be_written_stops_the_run_at_the_third_try() -> None:
    machine, _ = started(shards=1)
    for attempt in range(3):
        machine.began(0, 0, None, 2.0)
        machine.committing_begun(0, 0.1, 2.0)
        actions = machine.shard_failed(0, "ShardError: no", 2.0)
        assert bool(of_kind(actions, Halt)) == (attempt == 2)


def test_a_worker_is_recycled_after_its_samples_and_replaced() -> None:
    machine, _ = started(shards=3, recycle_after_samples=SHARD)
    machine.began(0, 0, None, 2.0)
    for sample in range(1, SHARD):
        machine.began(0, sample, 0.1, 2.0)
    machine.committing_begun(0, 0.1, 2.0)
    assert machine.committed(0, SHARD, 3.0) == [Retire(0), Spawn(1)]
    assert machine.deaths == 0
    kills = [action for now in range(1, 15) for action in of_kind(machine.tick(float(now)), Kill)]
    assert kills == [Kill(0, "didn't end when asked to")]
    assert machine.exited(0, "killed", 14.0) == []
    assert machine.deaths == 0


def test_progress_counts_open_samples_and_takes_back_those_of_a_dead_worker() -> None:
    machine, _ = started(shards=1)
    machine.began(0, 0, None, 2.0)
    machine.began(0, 1, 0.1, 2.0)
    machine.began(0, 2, 0.1, 2.0)
    assert machine.samples_open == 2
    machine.exited(0, "crashed", 3.0)
    assert machine.samples_open == 0


def test_shards_tile_the_ids() -> None:
    ids = [i for k in range(shard_count(2500, 1024)) for i in shard_range(k, 2500, 1024)]
    assert ids == list(range(2500))


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 4), st.integers(1, 6), st.lists(st.tuples(st.integers(0, 7), st.integers(0, 50)), max_size=400))
def test_whatever_happens_every_shard_is_done_once_and_never_by_two_at_a_time(
    workers: int, shards: int, events: list[tuple[int, int]]
) -> None:
    """Random lives of workers; then all behave, and the run must end."""
    machine = scheduler(shards, workers, failures_in_a_row=10**6, shard_tries=10**6, failing_for_s=1e9)
    alive: dict[int, ShardTask | None] = {}
    done: list[int] = []

    def carry_out(actions: list[Action]) -> None:
        for action in actions:
            match action:
                case Spawn(worker):
                    alive[worker] = None
                case Assign(worker, task):
                    assert alive[worker] is None
                    assert task.shard not in [other.shard for other in alive.values() if other]
                    assert task.shard not in done
                    alive[worker] = task
                case Kill(worker, _) | Retire(worker):
                    alive.pop(worker)
                    carry_out(machine.exited(worker, "gone", now))
                case Halt(cause):
                    raise AssertionError(cause)

    def step(what: int, worker: int) -> None:
        task = alive[worker]
        if what == 0:
            alive.pop(worker)
            carry_out(machine.exited(worker, "crash", now, from_outside=bool(worker % 2)))
        elif task is None:
            carry_out(machine.ready(worker, now))
        elif what == 1:
            sample = task.ids()[0] if task.ids() else task.first
            carry_out(machine.began(worker, sample, None, now))
            carry_out(machine.failed(worker, sample, "raised", now))
        elif what <= 3:
            carry_out(machine.began(worker, task.first, 0.1, now))
        else:
            alive[worker] = None
            done.append(task.shard)
            carry_out(machine.committed(worker, len(task.ids()), now))

    now = 0.0
    carry_out(machine.start(now))
    for what, pick in [*events, *((4, k) for k in range(400))]:
        now += 1.0
        carry_out(machine.tick(now))
        assert machine.working <= workers
        if alive:
            step(what, sorted(alive)[pick % len(alive)])
    assert machine.finished
    assert sorted(done) == list(range(shards))
