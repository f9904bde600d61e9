"""Samples that crash, raise, hang or eat memory are given up after two tries; the rest is made."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fake_renderer import fake_recipe
from runs import assert_whole, children, finish, running, signal_to, wait_for

from synth.errors import EXIT_DONE, EXIT_PARTIAL, RenderError
from synth.plan.plan import plan_shot
from synth.run.ledger import Ledger, LostSample
from synth.run.limits import Limits
from synth.run.make import recipe_as_json
from synth.run.report import RunReport
from synth.run.supervise import render_dataset
from synth.shard.header import recipe_sha256
from synth.shard.read_manifest import read_manifest

RECIPE = fake_recipe(48, 16)


def render(out: Path, options: dict[str, Any], **limits: Any) -> RunReport:
    wanted = Limits(disk_reserve_bytes=0, **limits)
    renderer = "fake_renderer:make_fake"
    return render_dataset(RECIPE, [], out, workers=2, renderer=renderer, renderer_options=options, limits=wanted)


@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        ("segfault", "SIGSEGV"),
        ("raise", "ValueError: sample 20 can't be drawn"),
        ("exit", "exit code 7"),
    ],
)
def test_a_bad_sample_is_given_up_with_its_seed_and_the_command_that_repeats_it(
    tmp_path: Path, fault: str, cause: str
) -> None:
    report = render(tmp_path, {fault: [20]})
    (lost,) = report.lost
    assert (lost.id, lost.shard, lost.tries) == (20, 1, 2)
    assert cause in lost.cause
    assert lost.seed == plan_shot(RECIPE, 20).render_seed
    assert lost.command == "synth render --recipe fake --only 20"
    assert report.exit_code == EXIT_PARTIAL == 3
    assert report.complete
    assert_whole(tmp_path, 48, without=(20,))
    assert read_manifest(tmp_path).failed[0].id == 20


def test_a_fault_that_happens_once_costs_no_sample(tmp_path: Path) -> None:
    faults = {"segfault": [3], "raise": [20], "exit": [40]}
    struck = tmp_path / "struck"
    struck.mkdir()
    report = render(tmp_path / "out", {**faults, "once_dir": str(struck)})
    assert report.exit_code == EXIT_DONE
    assert report.worker_deaths == 2
    assert_whole(tmp_path / "out", 48)


def test_given_up_samples_stay_given_up_until_they_are_asked_for_again(tmp_path: Path) -> None:
    render(tmp_path, {"raise": [20, 21]})
    assert render(tmp_path, {}).samples_made == 0
    limits = Limits(disk_reserve_bytes=0)
    report = render_dataset(
        RECIPE, [], tmp_path, workers=1, renderer="fake_renderer:make_fake", limits=limits, retry_lost=True
    )
    assert (report.lost, report.shards_made, report.exit_code) == ((), 1, EXIT_DONE)
    assert_whole(tmp_path, 48)


def test_a_shard_of_which_every_sample_fails_is_left_out(tmp_path: Path) -> None:
    bad = list(range(16, 32))
    report = render(tmp_path, {"raise": bad}, failures_in_a_row=100)
    assert [sample.id for sample in report.lost] == bad
    assert_whole(tmp_path, 48, without=tuple(bad))
    assert render(tmp_path, {}).samples_made == 0


@pytest.mark.parametrize(("fault", "cause"), [("all_raise", "the lens cap is on"), ("all_segfault", "SIGSEGV")])
def test_if_every_render_fails_the_run_stops_and_names_the_cause(tmp_path: Path, fault: str, cause: str) -> None:
    with pytest.raises(RenderError, match=cause) as stop:
        render(tmp_path, {fault: True}, failures_in_a_row=20 if fault == "all_raise" else 6)
    assert "in a row" in str(stop.value)
    assert not list(tmp_path.glob("shard-*"))
    assert render(tmp_path, {}).lost == (), "what failed with everything else is tried again"
    assert_whole(tmp_path, 48)


def test_if_every_render_fails_small_shards_do_not_hide_it(tmp_path: Path) -> None:
    """Each shard is done after two failures, with nothing in it; that isn't a success between the failures."""
    recipe, limits = fake_recipe(60, 1), Limits(disk_reserve_bytes=0)
    with pytest.raises(RenderError, match=r"20 failures in a row.*the lens cap is on"):
        render_dataset(
            recipe, [], tmp_path, workers=1, renderer="fake_renderer:make_fake", renderer_options={"all_raise": True},
            limits=limits,
        )  # fmt: skip
    report = render_dataset(recipe, [], tmp_path, workers=2, renderer="fake_renderer:make_fake", limits=limits)
    assert report.lost == (), "what failed with everything else is tried again"
    assert_whole(tmp_path, 60)


def test_if_every_sample_is_given_up_it_says_so_and_leaves_nothing_half_written(tmp_path: Path) -> None:
    with pytest.raises(RenderError) as stop:
        render(tmp_path, {"all_raise": True}, failures_in_a_row=200, failing_for_s=1000)
    assert str(stop.value) == (
        f"{tmp_path}: All 48 samples failed. The first, sample 0: RuntimeError: the lens cap is on."
        " To see it again: synth render --recipe fake --only 0."
        " Mend the cause (`synth doctor` helps), then start the same again."
    )
    assert stop.value.exit_code == 1
    assert [path.name for path in tmp_path.iterdir()] == ["ledger.jsonl"]
    assert render(tmp_path, {"raise": [5]}).exit_code == EXIT_PARTIAL
    assert_whole(tmp_path, 48, without=(5,))


def test_a_folder_in_which_nothing_was_ever_made_is_tried_again(tmp_path: Path) -> None:
    """As a version before this one could leave it: every shard recorded as done, and empty."""
    recipe_json = recipe_as_json(RECIPE)
    with Ledger.open(tmp_path, recipe_json, recipe_sha256(recipe_json)) as ledger:
        ledger.add_lost(LostSample(0, 0, 1, "the lens cap is on", 2, "synth"))
        for shard in range(3):
            ledger.add_empty(shard)
    assert render(tmp_path, {}).lost == ()
    assert_whole(tmp_path, 48)


def test_a_sample_that_hangs_is_given_up(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    report = render(tmp_path, {"hang": [20]}, hang_floor_s=2.0, startup_s=60.0)
    assert [sample.id for sample in report.lost] == [20]
    assert "hung" in report.lost[0].cause
    assert report.seconds < 60, "two hangs of two seconds; the rest is slack for a busy machine"
    record_property("measured", ("a run with two hangs of 2 s, s", report.seconds, 60))
    assert_whole(tmp_path, 48, without=(20,))


def test_a_stopped_worker_is_replaced(tmp_path: Path) -> None:
    limits = {"hang_floor_s": 2.0, "startup_s": 20.0}
    with running(tmp_path, samples=200, workers=1, options={"sample_s": 0.01}, limits=limits) as process:
        wait_for(lambda: bool(list(tmp_path.glob("shard-*"))))
        assert signal_to(children(process.pid)[0], signal.SIGSTOP)
        code, errors = finish(process)
    assert code == EXIT_DONE, errors
    assert "hung" in errors
    assert_whole(tmp_path, 200)


def test_a_sample_that_eats_memory_is_given_up_and_the_message_names_gigabytes(tmp_path: Path) -> None:
    report = render(tmp_path, {"memory": [20]}, memory_bytes=1 << 30)
    assert [sample.id for sample in report.lost] == [20]
    assert "1.07 GB" in report.lost[0].cause
    assert_whole(tmp_path, 48, without=(20,))


def test_the_ledger_keeps_what_was_given_up(tmp_path: Path) -> None:
    render(tmp_path, {"raise": [20]})
    facts = [json.loads(line) for line in (tmp_path / "ledger.jsonl").read_text().splitlines()]
    (lost,) = [fact for fact in facts if fact["kind"] == "lost"]
    assert (lost["id"], lost["shard"]) == (20, 1)
