"""What holds for S3 holds for Google's and Microsoft's stores, as far as their emulators behave as they do."""

from __future__ import annotations

import hashlib
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fake_renderer import fake_recipe
from other_servers import BUCKET, azure_store, google_store
from runs import children, finish, running, shard_sums, signal_to, wait_for

from synth.errors import DiskError, LockedError
from synth.run.folder import open_ledger
from synth.run.holder import Holder
from synth.run.ledger import RunNote
from synth.run.limits import Limits
from synth.run.prefix import Prefix
from synth.run.report import RunReport
from synth.run.supervise import render_dataset
from synth.shard.dataset import open_dataset
from synth.shard.verify import verify_dataset
from synth.store import cache, objects
from synth.store.objects import ObjectStore

RECIPE = fake_recipe(40, 16)
# Of the stores' own packages: they leave connections to the garbage collector.
pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.slow]


@pytest.fixture(params=["gs", "az"])
def out(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[str]:
    monkeypatch.setenv("SYNTH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(objects, "_PAUSES_S", (0.05, 0.05))
    (tmp_path / "server").mkdir()
    cache.opened_store.cache_clear()
    cache._sure.clear()
    store = google_store(monkeypatch) if request.param == "gs" else azure_store(monkeypatch, tmp_path / "server")
    with store as address:
        yield address
    cache.opened_store.cache_clear()


def render(place: str | Path) -> RunReport:
    return render_dataset(
        RECIPE, [], place, workers=1, renderer="fake_renderer:make_fake", limits=Limits(disk_reserve_bytes=0)
    )


def sums(address: str) -> dict[str, str]:
    store = ObjectStore(address)
    names = [name for name in store.sizes() if name.startswith("shard-")]
    return {name: hashlib.sha256(store.read(name, 1 << 30) or b"").hexdigest() for name in names}


def test_it_is_made_there_with_the_bytes_of_a_local_run_goes_on_and_is_read_from_there(
    out: str, tmp_path: Path
) -> None:
    assert render(out).samples_made == 40
    render(tmp_path / "local")
    assert sums(out) == shard_sums(tmp_path / "local")
    assert verify_dataset(out, deep=True) == []
    there, here = open_dataset(out), open_dataset(tmp_path / "local")
    np.testing.assert_array_equal(there[39].rgb, here[39].rgb)
    store = ObjectStore(out)
    store.put("shard-00001.h5", b"damaged")
    store.remove("shard-00002.h5")
    assert render(out).shards_damaged == ("shard-00001.h5", "shard-00002.h5")
    assert sums(out) == shard_sums(tmp_path / "local")
    assert set(store.sizes()) == {"manifest.json", "ledger.jsonl", *shard_sums(tmp_path / "local")}


def test_objects_are_whole_or_not_there_and_listings_are_never_old(out: str) -> None:
    one, other = ObjectStore(out), ObjectStore(out)
    assert one.sizes() == {}
    assert (one.size("a"), one.read("a", 9)) == (None, None)
    other.put("a", b"hello")
    other.put("below/b", b"")
    assert one.sizes() == {"a": 5, "below": -1}
    assert (one.size("a"), one.read("a", 9), one.read("a", 2)) == (5, b"hello", b"hel")
    other.put("a", b"hi")
    assert (one.size("a"), one.read("a", 9)) == (2, b"hi")
    other.remove("a")
    other.remove("a")
    assert one.sizes() == {"below": -1}


def test_of_two_that_put_on_the_condition_that_there_is_nothing_one_wins(out: str) -> None:
    one, other = ObjectStore(out), ObjectStore(out)
    assert one.create("lock", b"one")
    assert not other.create("lock", b"other")
    assert one.read("lock", 99) == b"one"
    assert one.create("lock", b"one"), "its own answer may have been lost"


def test_of_two_runs_the_second_is_refused_and_a_line_of_the_ledger_is_written_once(out: str) -> None:
    place, store = Prefix(out), ObjectStore(out)
    theirs = replace(Holder.ours(), host="elsewhere")
    store.put(".synth-lock", theirs.to_bytes())
    with pytest.raises(LockedError, match=f"at work here: {theirs}"), place.locked(None):
        pass
    store.remove(".synth-lock")
    with place.locked(None):
        assert Holder.parse(store.read(".synth-lock", 4096) or b"") == Holder.ours()
    assert ".synth-lock" not in store.sizes()
    with open_ledger(place, RECIPE) as one, open_ledger(Prefix(out), RECIPE) as other:
        one.add_run(RunNote("here", "now"))
        with pytest.raises(LockedError, match="Another run has begun to write"):
            other.add_run(RunNote("there", "now"))


def test_killed_workers_and_supervisors_lose_nothing(out: str, tmp_path: Path) -> None:
    with running(Path(out), samples=40, workers=1, options={"sample_s": 0.05}) as process:
        wait_for(lambda: len(sums(out)) >= 1)
        signal_to(children(process.pid)[0], signal.SIGKILL)
        wait_for(lambda: len(sums(out)) >= 2)
        process.kill()
        process.wait()
    with running(Path(out), samples=40, workers=1) as process:
        code, errors = finish(process)
    assert code == 0, errors
    render(tmp_path / "local")
    assert sums(out) == shard_sums(tmp_path / "local")
    assert verify_dataset(out) == []


def test_a_bucket_that_is_not_there_is_one_line(out: str) -> None:
    with pytest.raises(DiskError, match="can't be") as refusal:
        render(out.replace(BUCKET, "nobodys"))
    assert "\n" not in str(refusal.value)
    assert refusal.value.mend
