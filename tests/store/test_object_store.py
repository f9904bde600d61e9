"""Datasets made in an S3 bucket and read from there, against a real S3 server on the loopback."""

from __future__ import annotations

import hashlib
import json
import signal
import socket
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fake_renderer import fake_recipe
from runs import children, finish, is_alive, running, shard_sums, signal_to, wait_for
from s3_server import BUCKET, Server

from synth.data.shards import ShardSource
from synth.errors import EXIT_DISK, EXIT_LOCKED, DatasetError, DiskError, LockedError, MismatchError, UsageError
from synth.recipe.schema import Recipe
from synth.run.holder import Holder
from synth.run.join import merge_manifest
from synth.run.limits import Limits
from synth.run.prefix import Prefix
from synth.run.report import RunReport
from synth.run.span import Span
from synth.run.supervise import render_dataset
from synth.shard.dataset import open_dataset
from synth.shard.info import describe_dataset
from synth.shard.manifest import HeadPackEntry
from synth.shard.read_manifest import read_manifest
from synth.shard.verify import verify_dataset
from synth.store.address import address_of, is_remote
from synth.store.objects import ObjectStore

OUT = f"s3://{BUCKET}/sets/fake"
RECIPE = fake_recipe(40, 16)
HEADS = (HeadPackEntry("fakes", "0" * 64, "CC0-1.0"),)


def render(out: Path | str = OUT, recipe: Recipe = RECIPE, **more: Any) -> RunReport:
    options = more.pop("options", {})
    return render_dataset(
        recipe, HEADS, out, workers=1, renderer="fake_renderer:make_fake", renderer_options=options,
        limits=Limits(disk_reserve_bytes=0), license_name="CC0-1.0", **more,
    )  # fmt: skip


def sums(out: str = OUT) -> dict[str, str]:
    store = ObjectStore(out)
    names = [name for name in store.sizes() if name.startswith("shard-")]
    return {name: hashlib.sha256(store.read(name, 1 << 30) or b"").hexdigest() for name in names}


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("local")
    render(out)
    return out


def test_it_is_made_there_with_the_bytes_of_a_local_run_and_one_put_a_shard(s3: Server, local: Path) -> None:
    report = render()
    assert (report.samples_made, report.exit_code, report.out_dir) == (40, 0, OUT)
    assert sums() == shard_sums(local)
    assert sorted(s3.puts(".h5")) == [f"/{BUCKET}/sets/fake/shard-0000{n}.h5" for n in range(3)]
    order = [path for method, path in s3.requests if method == "PUT" and path.endswith((".h5", "manifest.json"))]
    assert order[-1].endswith("manifest.json")
    assert verify_dataset(OUT, deep=True) == []
    assert set(ObjectStore(OUT).sizes()) == {"manifest.json", "ledger.jsonl", *shard_sums(local)}


def test_a_finished_one_is_checked_and_left_alone_and_a_damaged_shard_is_made_again(s3: Server, local: Path) -> None:
    render()
    s3.requests.clear()
    assert render().samples_made == 0
    assert not s3.puts(".h5") + s3.puts("manifest.json")
    store = ObjectStore(OUT)
    data = bytearray(store.read("shard-00001.h5", 1 << 30) or b"")
    data[len(data) // 2] ^= 1
    store.put("shard-00001.h5", bytes(data))
    store.remove("shard-00002.h5")
    store.put("shard-00009.h5", b"from nowhere")
    assert render().shards_damaged == ("shard-00001.h5", "shard-00002.h5")
    assert sums() == shard_sums(local)
    assert verify_dataset(OUT) == []


def test_another_recipe_is_refused_there_too(s3: Server) -> None:
    render()
    with pytest.raises(MismatchError, match="seed: 0 in the folder, 5 now"):
        render(recipe=fake_recipe(40, 16, seed=5))


def test_what_lies_there_is_read_through_copies_that_are_fetched_once(s3: Server, local: Path, tmp_path: Path) -> None:
    render()
    s3.requests.clear()
    dataset = open_dataset(OUT)
    assert [path for method, path in s3.requests if method == "GET" and path.endswith(".h5")] == []
    np.testing.assert_array_equal(dataset[39].rgb, open_dataset(local)[39].rgb)
    copies = {path.name for path in (tmp_path / "cache" / "shards").iterdir()}
    assert copies == {f"{dataset.manifest.shards[2].sha256}.h5"}, "only what was asked for"
    source, here = ShardSource(Path(OUT)), ShardSource(local)  # as the command line gives it
    np.testing.assert_array_equal(source.table.euler_deg, here.table.euler_deg)
    assert source.about == here.about
    assert describe_dataset(OUT).samples == 40
    got = [path for method, path in s3.requests if method == "GET" and path.endswith(".h5")]
    assert len(got) == len(set(got)) == 3


def test_a_copy_that_was_changed_is_fetched_again_and_an_object_that_was_is_refused(s3: Server, tmp_path: Path) -> None:
    from synth.store import cache

    render()
    open_dataset(OUT)[0]
    copy = next((tmp_path / "cache" / "shards").iterdir())
    whole = copy.read_bytes()
    copy.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    cache._sure.clear()  # as in another process
    open_dataset(OUT)[0]
    assert copy.read_bytes() == whole
    copy.unlink()
    cache._sure.clear()
    ObjectStore(OUT).put("shard-00000.h5", whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(DatasetError, match=r"shard-00000.h5: Its SHA-256 isn't the manifest's"):
        open_dataset(OUT)[0]
    assert not copy.exists()


def test_verify_names_what_is_wrong_there_by_its_address(s3: Server) -> None:
    render()
    store = ObjectStore(OUT)
    whole = store.read("shard-00000.h5", 1 << 30) or b""
    store.put("shard-00000.h5", whole[:-7])
    store.remove("shard-00001.h5")
    store.put("shard-00007.h5", b"extra")
    found = {(fault.kind, fault.where) for fault in verify_dataset(OUT)}
    assert found == {
        ("truncated", f"{OUT}/shard-00000.h5"),
        ("missing", f"{OUT}/shard-00001.h5"),
        ("extra", f"{OUT}/shard-00007.h5"),
    }
    store.remove("manifest.json")
    assert [fault.kind for fault in verify_dataset(OUT)] == ["manifest"]
    with pytest.raises(DatasetError, match="unfinished"):
        open_dataset(OUT)


def test_a_put_that_fails_is_tried_again(s3: Server, local: Path) -> None:
    refused: list[str] = []

    def fails(method: str, path: str) -> bool:
        if method == "PUT" and path.endswith("shard-00001.h5") and len(refused) < 2:
            refused.append(path)
        return bool(refused) and len(refused) <= 2 and method == "PUT" and s3.requests.count((method, path)) <= 2

    s3.fails = fails
    assert render().exit_code == 0
    assert len(refused) == 2
    assert sums() == shard_sums(local)


@pytest.mark.slow
def test_a_store_that_takes_no_shard_ends_the_run_and_the_next_one_goes_on(s3: Server, local: Path) -> None:
    s3.fails = lambda method, path: method == "PUT" and path.endswith("shard-00002.h5")
    with pytest.raises(DiskError, match=r"shard-00002.h5: It can't be written") as refusal:
        render()
    assert refusal.value.exit_code == EXIT_DISK
    assert sorted(sums()) == ["shard-00000.h5", "shard-00001.h5"]
    assert "manifest.json" not in ObjectStore(OUT).sizes()
    s3.fails = lambda method, path: False
    assert render().shards_kept == 2
    assert sums() == shard_sums(local)


def test_a_killed_supervisor_leaves_no_torn_shard_and_the_run_goes_on(s3: Server, local: Path) -> None:
    with running(Path(OUT), samples=40, workers=1, options={"sample_s": 0.02}) as process:
        wait_for(lambda: len(s3.puts(".h5")) >= 1)
        workers = children(process.pid)
        process.kill()
        process.wait()
        wait_for(lambda: not any(is_alive(pid) for pid in workers))
    assert ".synth-lock" in ObjectStore(OUT).sizes(), "nobody could give it back"
    known = shard_sums(local)
    assert all(known[name] == found for name, found in sums().items())
    assert render().exit_code == 0
    assert sums() == known
    assert ".synth-lock" not in ObjectStore(OUT).sizes()


def test_a_killed_worker_costs_nothing(s3: Server, local: Path) -> None:
    with running(Path(OUT), samples=40, workers=1, options={"sample_s": 0.02}) as process:
        wait_for(lambda: len(s3.puts(".h5")) >= 1)
        assert signal_to(children(process.pid)[0], signal.SIGKILL)
        code, errors = finish(process)
    assert code == 0, errors
    assert sums() == shard_sums(local)


def test_of_two_runs_one_is_refused_with_the_others_process_and_host(s3: Server) -> None:
    with running(Path(OUT), samples=40, workers=1, options={"sample_s": 0.2}) as process:
        wait_for(lambda: len(s3.puts(".synth-lock")) >= 1 and ".synth-lock" in ObjectStore(OUT).sizes())
        with pytest.raises(LockedError, match=f"PID {process.pid} on host {socket.gethostname()}") as refusal:
            render()
        assert refusal.value.exit_code == EXIT_LOCKED


def test_the_lock_of_a_run_on_another_host_stands_until_somebody_removes_it(s3: Server) -> None:
    store = ObjectStore(OUT)
    store.put(".synth-lock", json.dumps({"pid": 7, "host": "elsewhere", "since": "1"}).encode())
    with pytest.raises(LockedError, match=f"PID 7 on host elsewhere.*remove {OUT}/.synth-lock"):
        render()
    store.put(".synth-lock", b"torn")
    with pytest.raises(LockedError, match="its lock says nothing of it"):
        render()
    store.remove(".synth-lock")
    assert render().exit_code == 0


@pytest.mark.parametrize("field", ["boot", "namespace"])
def test_a_lock_from_another_container_of_the_same_host_name_stands_though_its_number_is_nobodys_here(
    s3: Server, field: str
) -> None:
    """Judged by the host's name, the run there would be taken for dead, and both would work."""
    theirs = replace(Holder.ours(), pid=2**22 + 1, since="1")
    store = ObjectStore(OUT)
    store.put(".synth-lock", replace(theirs, **{field: "another"}).to_bytes())
    said = f"PID {theirs.pid} on host {socket.gethostname()} .*another.*remove {OUT}"
    with pytest.raises(LockedError, match=said), Prefix(OUT).locked(None):
        pass
    store.put(".synth-lock", theirs.to_bytes())
    with Prefix(OUT).locked(None):  # of this very container it is known to be dead
        assert Holder.parse(store.read(".synth-lock", 4096) or b"") == Holder.ours()
    assert ".synth-lock" not in store.sizes()


def test_a_dataset_that_is_larger_than_the_cache_is_read_and_verified(
    s3: Server, local: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from synth.store import cache, room

    render()
    monkeypatch.setenv("SYNTH_SHARD_CACHE_GB", "0")
    monkeypatch.setattr(room, "IN_USE_S", 0.0)  # as if minutes passed between any two uses
    monkeypatch.setattr(cache, "_NOTE_EVERY_S", 0.0)
    there, here = open_dataset(OUT), open_dataset(local)
    for index in (0, 39, 1, 20, 38):
        np.testing.assert_array_equal(there[index].rgb, here[index].rgb)
        assert len(list((tmp_path / "cache" / "shards").iterdir())) == 1
    assert verify_dataset(OUT, deep=True) == []
    np.testing.assert_array_equal(there.labels["id"], here.labels["id"])


def test_a_run_whose_lock_was_taken_away_writes_no_further_line(s3: Server) -> None:
    from synth.run.folder import open_ledger
    from synth.run.ledger import RunNote

    place = Prefix(OUT)
    with open_ledger(place, RECIPE) as one, open_ledger(place, RECIPE) as other:
        one.add_run(RunNote("here", "now"))
        with pytest.raises(LockedError, match="Another run has begun to write"):
            other.add_run(RunNote("there", "now"))


def test_of_two_starts_that_found_the_same_dead_lock_one_gets_in(s3: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other one has read the dead lock, and removes it when the first has put its own under that name."""
    store, place = ObjectStore(OUT), Prefix(OUT)
    store.put(".synth-lock", replace(Holder.ours(), pid=2**22 + 1, since="1").to_bytes())
    first = place.locked(None)
    judge, judged = Holder.is_surely_gone, []

    def slowly(holder: Holder) -> bool:
        judged.append(holder)
        if len(judged) == 1:
            first.__enter__()
        return judge(holder)

    monkeypatch.setattr(Holder, "is_surely_gone", slowly)
    with pytest.raises(LockedError, match=f"PID {Holder.ours().pid}"), place.locked(None):
        pytest.fail("both are in")
    assert set(store.sizes()) == {".synth-lock"}
    first.__exit__(None, None, None)
    assert store.sizes() == {}, "nothing of taking over stays"


def test_what_a_start_left_that_was_killed_while_it_took_over_hinders_nobody(s3: Server) -> None:
    store, dead = ObjectStore(OUT), replace(Holder.ours(), pid=2**22 + 1, since="1")
    content = dead.to_bytes(mark="first")
    store.put(".synth-lock", content)
    store.put(f".synth-takeover-{hashlib.sha256(content).hexdigest()[:32]}", dead.to_bytes(mark="second"))
    store.put(".synth-takeover-0", dead.to_bytes(mark="third"))
    elsewhere = replace(dead, host="elsewhere").to_bytes()
    store.put(".synth-takeover-1", elsewhere)
    with Prefix(OUT).locked(None):
        assert set(store.sizes()) == {".synth-lock", ".synth-takeover-1"}, "of the last one nobody here knows"
    assert store.read(".synth-takeover-1", 4096) == elsewhere


def test_two_processes_that_nothing_tells_apart_do_not_share_a_lock(s3: Server) -> None:
    """Of one number in containers that don't say which: the other's lock isn't taken for ours that was put twice."""
    with Prefix(OUT).locked(None), pytest.raises(LockedError), Prefix(OUT).locked(None):
        pytest.fail("both are in")


def test_a_run_whose_lock_was_taken_away_loses_no_shard_to_the_one_that_came_after(s3: Server, local: Path) -> None:
    """The other one has read the ledger before a shard was committed, and removes what it doesn't know after that."""
    from synth.run.folder import begin_work, open_ledger, remove_unlisted

    place = Prefix(OUT)
    ledgers: list[Any] = []
    refused: list[str] = []

    def other_run(method: str, path: str) -> bool:
        if method == "PUT" and path.endswith("shard-00000.h5"):
            place.remove(".synth-lock")
            ledgers.append(open_ledger(place, RECIPE))
            s3.requests.clear()
        if method == "PUT" and path.endswith("shard-00002.h5"):
            wait_for(lambda: any("ledger.jsonl/" in path for path in s3.puts("")))
            for step in (remove_unlisted, begin_work):
                try:
                    step(place, ledgers[0])
                except LockedError as error:
                    refused.append(error.what)
        return False

    s3.fails = other_run
    assert render().exit_code == 0
    assert refused == ["Another run has begun to write here."] * 2
    assert sums() == shard_sums(local)
    assert verify_dataset(OUT) == []


def test_who_has_removed_a_shard_lets_no_other_run_record_it(s3: Server) -> None:
    """The other way round: the run whose lock was taken away has put a shard and not yet recorded it."""
    from synth.run.folder import begin_work, open_ledger, remove_unlisted
    from synth.run.ledger import RunNote

    place = Prefix(OUT)
    with open_ledger(place, RECIPE) as one:
        begin_work(place, one)
        with open_ledger(place, RECIPE) as other:
            place.commit("shard-00000.h5", b"put")
            remove_unlisted(place, other)
            with pytest.raises(LockedError):
                one.add_run(RunNote("here", "now"))
            begin_work(place, other)


def test_two_runs_that_say_the_same_at_the_same_time_are_told_apart(s3: Server) -> None:
    from synth.run.folder import open_ledger
    from synth.run.ledger import RunNote

    place = Prefix(OUT)
    with open_ledger(place, RECIPE) as one, open_ledger(place, RECIPE) as other:
        one.add_run(RunNote("here", "now"))
        with pytest.raises(LockedError):
            other.add_run(RunNote("here", "now"))
    with open_ledger(place, RECIPE) as one, open_ledger(place, RECIPE) as other:
        one.drop_shard(1)
        with pytest.raises(LockedError):
            other.drop_shard(1)
    with open_ledger(place, RECIPE) as ledger:
        assert len(ledger.runs) == 1


def test_no_manifest_is_written_that_lists_a_shard_which_has_gone(s3: Server, local: Path) -> None:
    def lose_one(method: str, path: str) -> bool:
        if method == "PUT" and path.endswith("shard-00002.h5"):
            Prefix(OUT).remove("shard-00000.h5")
        return False

    s3.fails = lose_one
    with pytest.raises(DiskError, match=r"have gone \(shard-00000.h5, 1 in all\)") as refusal:
        render()
    s3.fails = lambda method, path: False
    assert refusal.value.mend
    assert "manifest.json" not in ObjectStore(OUT).sizes()
    assert render().shards_damaged == ("shard-00000.h5",)
    assert sums() == shard_sums(local)


def test_ranges_are_made_and_joined_there(s3: Server, local: Path) -> None:
    for span in (Span(1, 3), Span(0, 1)):
        render(span=span)
    merge_manifest(OUT)
    assert sums() == shard_sums(local)
    assert verify_dataset(OUT) == []
    there, here = read_manifest(OUT), read_manifest(local)
    assert (there.shards, there.recipe, there.heads) == (here.shards, here.recipe, here.heads)


def test_a_bucket_that_is_not_there_is_one_line(s3: Server) -> None:
    with pytest.raises(DiskError, match=r"s3://nobody/x.*written.*bucket") as refusal:
        render("s3://nobody/x")
    assert "\n" not in str(refusal.value)


def test_a_store_that_cannot_be_reached_is_one_line(s3: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free.getsockname()[1]}")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with pytest.raises(DiskError, match="Could not connect") as refusal:
        render()
    assert refusal.value.mend


@pytest.mark.parametrize("text", ["s3://b/p", "gs://b/p/q", "az://b/p", str(Path("s3://b/p"))])
def test_an_address_is_one_with_and_without_its_second_slash(text: str) -> None:
    assert is_remote(text)
    assert address_of(Path(text)) == address_of(text) == text.replace(":/b", "://b")


@pytest.mark.parametrize("text", ["datasets/demo", "/data/s3", "C:", "a:b", ".", "s3"])
def test_a_folder_is_no_address(text: str) -> None:
    assert not is_remote(text)


@pytest.mark.parametrize("text", ["s3://", "s3://b", "s3://b/", "ftp://b/p", "http://b/p", "s3://b/../c", "file://x/y"])
def test_an_address_of_another_kind_or_without_a_prefix_is_refused_with_the_mend(text: str) -> None:
    with pytest.raises(UsageError) as refusal:
        address_of(text)
    assert refusal.value.mend


def test_without_the_package_the_mend_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    registry = pytest.importorskip("fsspec.registry")
    monkeypatch.delitem(registry._registry, "s3", raising=False)
    monkeypatch.setitem(sys.modules, "s3fs", None)
    with pytest.raises(UsageError, match=r"pip install 'synth-heads\[s3\]'"):
        ObjectStore("s3://b/p")
