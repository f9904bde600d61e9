"""However often something is done, or fails, no file, pipe or socket stays open."""

from __future__ import annotations

import gc
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from fake_renderer import fake_recipe

from synth.errors import SynthError
from synth.run.limits import Limits
from synth.run.supervise import render_dataset
from synth.shard.dataset import open_dataset
from synth.shard.verify import verify_dataset

TIMES = 3


def open_files() -> int:
    gc.collect()
    return len(list(Path("/proc/self/fd").iterdir()))


def render(out: Path, **options: object) -> None:
    limits = Limits(disk_reserve_bytes=0, failures_in_a_row=2)
    recipe = fake_recipe(8, 4)
    render_dataset(
        recipe, [], out, workers=2, renderer="fake_renderer:make_fake", renderer_options=options, limits=limits
    )


def finished(folder: Path, number: int) -> None:
    render(folder / str(number))


def stopped_by_failures(folder: Path, number: int) -> None:
    with pytest.raises(SynthError):
        render(folder / str(number), all_raise=True)


def refused(folder: Path, number: int) -> None:
    (folder / f"file-{number}").touch()
    with pytest.raises(SynthError):
        render(folder / f"file-{number}" / "out")


def read(folder: Path, number: int) -> None:
    if number == 0:
        render(folder / "out")
    assert len([item.labels for item in open_dataset(folder / "out")]) == 8
    assert verify_dataset(folder / "out", deep=True) == []


def read_damaged(folder: Path, number: int) -> None:
    if number == 0:
        render(folder / "out")
        shard = folder / "out" / "shard-00001.h5"
        shard.write_bytes(shard.read_bytes()[:-100])
    with suppress(SynthError):
        _ = [item.labels for item in open_dataset(folder / "out")]
    assert verify_dataset(folder / "out", deep=True)


@pytest.mark.parametrize(
    "do",
    [
        pytest.param(finished, marks=pytest.mark.slow),
        pytest.param(stopped_by_failures, marks=pytest.mark.slow),
        refused,
        read,
        read_damaged,
    ],
)
def test_nothing_stays_open(do: Callable[[Path, int], None], tmp_path: Path) -> None:
    do(tmp_path, 0)
    before = open_files()
    for number in range(1, 1 + TIMES):
        do(tmp_path, number)
    assert open_files() == before
