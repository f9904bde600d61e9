"""Runs on a real Ray cluster of two nodes on this machine: what holds on one machine holds there too."""

from __future__ import annotations

import os
import secrets
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fake_renderer import fake_recipe
from runs import assert_whole, finish, is_alive, running, shard_sums, signal_to, wait_for

from synth.errors import EXIT_PARTIAL, UsageError
from synth.run.limits import Limits
from synth.run.ray_workers import RayCluster, RayEngine
from synth.run.report import RunReport
from synth.run.supervise import render_dataset

SAMPLES, SHARD = 96, 8
TOKEN = f"SYNTH_TEST_RUN_{secrets.token_hex(4)}"  # in the environment of the workers of these tests alone
# Of Ray's own: it leaves pipes and sockets to the garbage collector.
pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.timeout(300)]


class Nodes:
    """A cluster of a head with one slot and a second node with another."""

    def __init__(self) -> None:
        from ray.cluster_utils import Cluster

        soon = {"health_check_initial_delay_ms": 500, "health_check_period_ms": 500,
                "health_check_timeout_ms": 1000, "health_check_failure_threshold": 4}  # fmt: skip
        self._small = {"num_cpus": 1, "object_store_memory": 80 << 20}
        head = {**self._small, "include_dashboard": False, "_system_config": soon}
        self.cluster = Cluster(initialize_head=True, head_node_args=head)
        self.second = self.cluster.add_node(**self._small)

    @property
    def engine(self) -> RayEngine:
        return RayEngine(str(self.cluster.address))

    def kill_second(self) -> None:
        self.cluster.remove_node(self.second, allow_graceful=False)

    def add_second(self) -> None:
        self.second = self.cluster.add_node(**self._small)


@pytest.fixture(scope="module")
def nodes() -> Iterator[Nodes]:
    pytest.importorskip("ray")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.setenv("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
        found = Nodes()
        try:
            yield found
        finally:
            found.cluster.shutdown()


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    out = tmp_path_factory.mktemp("uninterrupted")
    render(out, None)
    return shard_sums(out)


def render(out: Path, engine: RayEngine | None, **more: Any) -> RunReport:
    return render_dataset(
        fake_recipe(SAMPLES, SHARD), [], out, renderer="fake_renderer:make_fake",
        renderer_options=more.pop("options", {}), limits=Limits(disk_reserve_bytes=0), environment={TOKEN: "1"},
        workers=more.pop("workers", 2), ray=engine, **more,
    )  # fmt: skip


def worker_pids() -> list[int]:
    """The rendering processes of these tests, wherever Ray put them."""
    found = []
    for path in Path("/proc").iterdir():
        try:
            if path.name.isdigit() and TOKEN.encode() in (path / "environ").read_bytes():
                command = (path / "cmdline").read_bytes()
                found += [int(path.name)] if b"synth.run.worker" in command else []
        except OSError:
            continue
    return found


def meanwhile(do: Any) -> threading.Thread:
    thread = threading.Thread(target=do)
    thread.start()
    return thread


def test_it_gives_the_bytes_of_a_local_run_from_both_nodes(
    tmp_path: Path, nodes: Nodes, uninterrupted: dict[str, str]
) -> None:
    seen: list[int] = []
    report = render(
        tmp_path, nodes.engine, workers=None, options={"sample_s": 0.02}, progress=lambda p: seen.append(p.workers)
    )
    assert (report.exit_code, report.samples_made, report.worker_deaths) == (0, SAMPLES, 0)
    assert max(seen) == 2, "as many as the cluster has slots"
    assert shard_sums(tmp_path) == uninterrupted
    assert_whole(tmp_path, SAMPLES)
    wait_for(lambda: not worker_pids(), 10)


def test_a_killed_worker_and_a_killed_actor_lose_no_sample(
    tmp_path: Path, nodes: Nodes, uninterrupted: dict[str, str]
) -> None:
    replaced_s: list[float] = []

    def kill_two() -> None:
        for victim_is_actor in (False, True):
            done = len(shard_sums(tmp_path))
            wait_for(lambda: len(shard_sums(tmp_path)) > done and len(worker_pids()) == 2)  # noqa: B023
            before = worker_pids()
            stat = Path(f"/proc/{before[0]}/stat").read_text().rsplit(")", 1)[1].split()
            signal_to(int(stat[1]) if victim_is_actor else before[0], signal.SIGKILL)
            replaced_s.append(wait_for(lambda: bool(set(worker_pids()) - set(before))))  # noqa: B023

    thread = meanwhile(kill_two)
    report = render(tmp_path, nodes.engine, options={"sample_s": 0.1})
    thread.join()
    assert (report.exit_code, report.worker_deaths) == (0, 2)
    assert max(replaced_s) < 10
    assert shard_sums(tmp_path) == uninterrupted
    assert_whole(tmp_path, SAMPLES)


def test_a_killed_node_loses_no_sample(tmp_path: Path, nodes: Nodes, uninterrupted: dict[str, str]) -> None:
    def kill_node() -> None:
        wait_for(lambda: len(shard_sums(tmp_path)) >= 2 and len(worker_pids()) == 2)
        nodes.kill_second()

    thread = meanwhile(kill_node)
    try:
        report = render(tmp_path, nodes.engine, options={"sample_s": 0.05})
    finally:
        thread.join()
        nodes.add_second()
    assert (report.exit_code, report.samples_made) == (0, SAMPLES)
    assert report.worker_deaths >= 1
    assert shard_sums(tmp_path) == uninterrupted
    assert_whole(tmp_path, SAMPLES)


@pytest.mark.slow
def test_a_bad_sample_is_given_up_there_too(tmp_path: Path, nodes: Nodes) -> None:
    report = render(tmp_path, nodes.engine, options={"segfault": [13]})
    assert report.exit_code == EXIT_PARTIAL
    assert [(lost.id, lost.tries) for lost in report.lost] == [(13, 2)]
    assert "SIGSEGV" in report.lost[0].cause
    assert_whole(tmp_path, SAMPLES, without=(13,))


def test_workers_die_with_a_killed_supervisor_and_a_local_run_goes_on(
    tmp_path: Path, nodes: Nodes, uninterrupted: dict[str, str]
) -> None:
    wish = {"ray": nodes.engine.address, "environment": {TOKEN: "1"}, "options": {"sample_s": 0.05}}
    with running(tmp_path, samples=SAMPLES, shard_samples=SHARD, **wish) as process:
        wait_for(lambda: len(shard_sums(tmp_path)) >= 2)
        workers = worker_pids()
        assert workers
        process.kill()
        process.wait()
        assert wait_for(lambda: not any(is_alive(pid) for pid in workers)) < 5
    assert render(tmp_path, None).shards_kept >= 2
    assert shard_sums(tmp_path) == uninterrupted
    assert_whole(tmp_path, SAMPLES)


@pytest.mark.slow
def test_a_signal_stops_it_in_order(tmp_path: Path, nodes: Nodes) -> None:
    wish = {"ray": nodes.engine.address, "environment": {TOKEN: "1"}, "options": {"sample_s": 0.05}}
    with running(tmp_path, samples=SAMPLES, shard_samples=SHARD, **wish) as process:
        wait_for(lambda: len(shard_sums(tmp_path)) >= 1)
        os.kill(process.pid, signal.SIGTERM)
        code, errors = finish(process, 30)
    assert code == 128 + signal.SIGTERM, errors
    wait_for(lambda: not worker_pids(), 5)


def test_a_cluster_without_gpus_is_refused_where_a_gpu_was_asked_for(nodes: Nodes) -> None:
    with pytest.raises(UsageError, match="no GPU"), RayCluster(RayEngine(nodes.engine.address, gpus=1)):
        pass


def test_without_ray_the_mend_names_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(UsageError, match=r"pip install 'synth-heads\[ray\]'"):
        render(tmp_path / "out", RayEngine("auto"))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("address", ["127.0.0.1:1", "ray://127.0.0.1:10001", "head", "head:port"])
def test_where_no_cluster_is_it_says_so_at_once(address: str) -> None:
    pytest.importorskip("ray")
    with pytest.raises(UsageError, match="No Ray cluster can be reached") as refusal, RayCluster(RayEngine(address)):
        pass
    assert refusal.value.where == f"--ray {address}"
    assert "ray start --head" in refusal.value.mend
