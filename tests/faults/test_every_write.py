"""The process is killed at each single write, fsync, rename and removal; no torn file ever counts."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fake_renderer import fake_recipe, make_fake
from runs import shard_sums

from synth.run.folder import begin_work, drop_damaged, finish_manifest, is_whole, open_ledger, remove_unlisted
from synth.run.ledger import Ledger
from synth.run.make import ShardMaker
from synth.run.place import Place, as_place
from synth.run.task import ShardTask
from synth.shard.read_manifest import read_manifest

RECIPE = fake_recipe(12, 4)


class Silent:
    def begin(self, sample: int, previous_s: float | None) -> None: ...

    def fail(self, sample: int, error: Exception) -> None: ...

    def write(self, previous_s: float | None) -> None: ...


def make_all(out: Place | Path) -> None:
    """What a run does to the folder, or to a prefix of a bucket, in one process."""
    with open_ledger(out, RECIPE) as ledger:
        as_place(out).remove_leftovers(None)
        drop_damaged(out, ledger, workers=1, go_on=lambda: True)
        remove_unlisted(out, ledger)
        maker = ShardMaker(RECIPE, out, make_fake, {})
        begin_work(out, ledger)
        for shard in range(3):
            if shard not in ledger.shards:
                entry, _ = maker.make(ShardTask(shard, 4 * shard, 4 * shard + 4), Silent())
                assert entry is not None
                ledger.add_shard(entry)
        finish_manifest(out, RECIPE, ledger, [], "")


def die_at(number: int) -> None:
    """From now on the `number`th call that changes the disk kills this process; a write does half its work before."""
    left = [number]

    def deadly(call: Callable[..., Any], halves: bool = False) -> Callable[..., Any]:
        def stand_in(*arguments: Any, **more: Any) -> Any:
            left[0] -= 1
            if left[0] == 0:
                if halves:
                    call(arguments[0], bytes(arguments[1])[: len(arguments[1]) // 2])
                os.kill(os.getpid(), signal.SIGKILL)
            return call(*arguments, **more)

        return stand_in

    os.write = deadly(os.write, halves=True)
    for name in ("fsync", "replace", "rename", "unlink", "ftruncate"):
        setattr(os, name, deadly(getattr(os, name)))


def run_and_die(out: Path, number: int) -> bool:
    """Whether it died; False if it was done before the `number`th call."""
    child = os.fork()
    if child == 0:
        try:
            die_at(number)
            make_all(out)
            os._exit(0)
        finally:
            os._exit(1)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert code in (0, -signal.SIGKILL)
    return code != 0


def test_killed_at_any_change_to_the_disk_the_folder_can_be_resumed_to_the_same_bytes(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    reference = tmp_path / "reference"
    reference.mkdir()
    make_all(reference)
    number = 1
    while True:
        out = tmp_path / f"killed-{number}"
        out.mkdir()
        died = run_and_die(out, number)
        if (out / "ledger.jsonl").exists():
            ledger = Ledger.open(out, {}, "")
            assert all(entry is not None and is_whole(out, entry) for entry in ledger.shards.values())
        if (out / "manifest.json").exists():
            assert read_manifest(out).samples == 12
        for path in out.glob("shard-*.h5"):
            assert path.read_bytes() == (reference / path.name).read_bytes(), "a name stands for a whole file"
        make_all(out)
        assert shard_sums(out) == shard_sums(reference)
        assert not list(out.glob(".synth-*"))
        if not died:
            break
        number += 1
    assert number > 25, "so many calls change the disk"
    record_property("injected", number - 1)
