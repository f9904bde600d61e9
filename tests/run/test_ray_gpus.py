"""Workers on a Ray cluster that claims two GPUs: each sees one alone. None is needed, since none is used."""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fake_renderer import fake_recipe
from gathered_renderer import noted

from synth.run.devices import settled_on_ray
from synth.run.limits import Limits
from synth.run.progress import Progress
from synth.run.ray_workers import RayEngine
from synth.run.report import RunReport
from synth.run.supervise import render_dataset
from synth.shard.read_manifest import read_manifest

# Of Ray's own: it leaves pipes and sockets to the garbage collector.
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore"), pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A cluster of one node with four CPUs and, as it is told, two GPUs."""
    pytest.importorskip("ray")
    from ray.cluster_utils import Cluster

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.setenv("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
        patch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
        node = {"num_cpus": 4, "num_gpus": 2, "object_store_memory": 80 << 20, "include_dashboard": False}
        cluster = Cluster(initialize_head=True, head_node_args=node)
        try:
            yield str(cluster.address)
        finally:
            cluster.shutdown()


class Run:
    """A run on the cluster whose workers note their process, the GPUs that they see, and the one they were told."""

    def __init__(self, folder: Path) -> None:
        self.out, self._notes = folder / "out", folder / "notes"

    def start(self, address: str, device: str = "cuda", together: int = 2, **more: Any) -> RunReport:
        settled = settled_on_ray(device)
        options = {"notes": str(self._notes), "together": together, "sample_s": 0.03, "seen": "CUDA_VISIBLE_DEVICES"}
        return render_dataset(
            fake_recipe(96, 8), [], self.out, renderer="gathered_renderer:make", renderer_options=options,
            limits=Limits(disk_reserve_bytes=0), ray=RayEngine(address, gpus=1 if settled.on_gpu else 0),
            device=settled, **more,
        )  # fmt: skip

    def noted(self) -> list[tuple[int, str, str]]:
        return noted(self._notes)


def test_each_worker_sees_one_gpu_another_than_its_neighbours(tmp_path: Path, address: str) -> None:
    run, seen = Run(tmp_path), list[Progress]()
    report = run.start(address, progress=seen.append)
    assert (report.samples_made, report.worker_deaths) == (96, 0)
    assert max(progress.workers for progress in seen) == 2, "one a GPU, though there are four CPUs"
    assert Counter(gpus for _, gpus, _ in run.noted()) == {"0": 1, "1": 1}
    assert {told for _, _, told in run.noted()} == {"None"}, "it takes what it sees"
    devices = read_manifest(run.out).versions["device"]
    assert devices == "cuda CUDA_VISIBLE_DEVICES=0, cuda CUDA_VISIBLE_DEVICES=1"
    assert "kernels are being loaded or compiled" in seen[0].device


def test_the_gpu_of_a_killed_worker_goes_to_the_one_that_replaces_it(tmp_path: Path, address: str) -> None:
    run, killed = Run(tmp_path), list[str]()

    def kill_one(progress: Progress) -> None:
        if not killed and progress.samples_done > 4:
            (tmp_path / "hold").touch()  # or the other one might make all the rest before a third is there
            pid, gpu, _ = run.noted()[1]
            killed.append(gpu)
            os.kill(pid, signal.SIGKILL)

    report = run.start(address, progress=kill_one)
    assert (report.samples_made, report.worker_deaths) == (96, 1)
    seen = [gpus for _, gpus, _ in run.noted()]
    assert len(seen) == 3
    assert seen[2] == killed[0]


def test_more_workers_than_gpus_wait_and_share_none(tmp_path: Path, address: str) -> None:
    run = Run(tmp_path)
    assert run.start(address, workers=3).samples_made == 96
    assert {gpus for _, gpus, _ in run.noted()} == {"0", "1"}


def test_on_the_cpu_no_gpu_is_taken_and_there_are_as_many_workers_as_cpus(tmp_path: Path, address: str) -> None:
    run, seen = Run(tmp_path), list[Progress]()
    assert run.start(address, "cpu", 4, progress=seen.append).samples_made == 96
    assert max(progress.workers for progress in seen) == 4
