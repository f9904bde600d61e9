"""Copies of shards take no more room than they may, the least recently used go, and none that somebody reads."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from synth.errors import UsageError
from synth.store import cache, room
from synth.store.cache import copy_path, fetched, keep

SIZE = 1000
LONG_AGO_S = 86_400


def content_of(number: int) -> bytes:
    return number.to_bytes(4, "little") * (SIZE // 4)


def sha256_of(number: int) -> str:
    return hashlib.sha256(content_of(number)).hexdigest()


class Store:
    """An object store with endlessly many objects of 1,000 bytes; knows what was fetched."""

    def __init__(self) -> None:
        self.fetched: list[int] = []

    def read(self, name: str, most_bytes: int) -> bytes:
        self.fetched.append(int(name))
        return content_of(int(name))


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    found = Store()
    monkeypatch.setenv("SYNTH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(cache, "opened_store", lambda address: found)
    monkeypatch.setattr(cache, "_sure", {})
    return found


def fetch(number: int) -> Path:
    return fetched("s3://b/p", str(number), SIZE, sha256_of(number))


def there() -> set[int]:
    folder = copy_path("x").parent
    known = {f"{sha256_of(number)}.h5": number for number in range(20)}
    return {known[path.name] for path in folder.iterdir()}


def used_s_ago(number: int, seconds: float) -> None:
    path = copy_path(sha256_of(number))
    at = path.stat().st_mtime - seconds
    os.utime(path, (at, at))
    cache._sure.pop(path, None)  # as if another process had fetched it


def limit(monkeypatch: pytest.MonkeyPatch, copies: int) -> None:
    monkeypatch.setenv("SYNTH_SHARD_CACHE_GB", str(copies * SIZE / 1e9))


def test_the_copy_that_was_used_longest_ago_goes_first_whenever_it_was_fetched(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(4):
        fetch(number)
    for number, age_s in {0: 5000, 1: 9000, 2: 8000, 3: 7000}.items():
        used_s_ago(number, age_s)
    fetch(1)  # used again: now it is the last to go
    limit(monkeypatch, 3)
    fetch(4)
    assert there() == {0, 1, 4}
    assert store.fetched == [0, 1, 2, 3, 4]


def test_nothing_goes_as_long_as_there_is_room(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    limit(monkeypatch, 5)
    for number in range(5):
        fetch(number)
        used_s_ago(number, LONG_AGO_S)
    assert there() == {0, 1, 2, 3, 4}


def test_what_was_used_within_minutes_stays_even_if_it_is_too_much(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit(monkeypatch, 0)
    for number in range(4):
        fetch(number)
    used_s_ago(2, room.IN_USE_S + 5)
    fetch(5)
    assert there() == {0, 1, 3, 5}


def test_a_copy_that_went_is_fetched_again_by_who_had_it(store: Store) -> None:
    path = fetch(7)
    cache._sure[path] -= room.IN_USE_S  # it wasn't asked for in ten minutes
    path.unlink()  # by another process
    assert fetch(7).read_bytes() == content_of(7)
    assert store.fetched == [7, 7]


def test_who_reads_on_keeps_its_copy_without_hashing_it_again(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    path = fetch(7)
    monkeypatch.setattr(cache, "_is", lambda *given: pytest.fail("it was hashed again"))
    os.utime(path, (0, 0))
    fetch(7)
    assert path.stat().st_mtime == 0, "noted seconds ago: asking costs nothing"
    cache._sure[path] -= cache._NOTE_EVERY_S
    fetch(7)
    assert path.stat().st_mtime > 0
    assert store.fetched == [7]


def test_what_killed_processes_left_half_written_goes(store: Store) -> None:
    folder = fetch(1).parent
    old, young, other = folder / ".a.h5.1-x.partial", folder / ".b.h5.2-x.partial", folder / "notes.txt"
    for path in (old, young, other):
        path.write_bytes(b"half")
    for path in (old, other):
        os.utime(path, (1, 1))
    keep(content_of(2), sha256_of(2))
    assert not old.exists()
    assert young.exists(), "somebody may be writing it"
    assert other.exists(), "it isn't ours"


@pytest.mark.parametrize("text", ["much", "-1", "nan", "inf", "64 GB", "1e12"])
def test_a_limit_that_is_no_size_is_refused(store: Store, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("SYNTH_SHARD_CACHE_GB", text)
    with pytest.raises(UsageError, match="SYNTH_SHARD_CACHE_GB") as refusal:
        fetch(1)
    assert refusal.value.mend
    assert not copy_path(sha256_of(1)).exists()


@pytest.mark.parametrize(("text", "expected"), [("", 64e9), ("0", 0), ("1.5", 1.5e9), (" 8 ", 8e9)])
def test_the_limit_is_in_gigabytes_and_64_by_default(
    monkeypatch: pytest.MonkeyPatch, text: str, expected: float
) -> None:
    monkeypatch.setenv("SYNTH_SHARD_CACHE_GB", text)
    assert room.limit_bytes() == expected


# Reads a few copies for a while, then the next few; before they come round again they may have gone.
READER = """
import random, sys, time
sys.path.insert(0, sys.argv[1])
from synth.store import cache, room
import test_cache as t

room.IN_USE_S = 0.6
cache._NOTE_EVERY_S = 0.06
store = t.Store()
cache.opened_store = lambda address: store
draw = random.Random(int(sys.argv[2]))
for turn in range(500):
    time.sleep(0.003)
    number = (turn // 10 + draw.randrange(3)) % 20
    assert t.fetch(number).read_bytes() == t.content_of(number)
print(len(store.fetched))
"""


def test_several_processes_that_fetch_read_and_prune_never_miss_a_copy(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit(monkeypatch, 4)
    here = str(Path(__file__).resolve().parent)
    readers = [
        subprocess.Popen(
            [sys.executable, "-c", READER, here, str(seed)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for seed in range(3)
    ]
    ended = [reader.communicate(timeout=60) for reader in readers]
    assert [reader.returncode for reader in readers] == [0, 0, 0], ended[0][1] + ended[1][1] + ended[2][1]
    assert sum(int(output) for output, _ in ended) > 20, "copies went and were fetched again"
    for number in range(20):
        if copy_path(sha256_of(number)).exists():
            used_s_ago(number, LONG_AGO_S)
    keep(content_of(0), sha256_of(0))
    assert len(there()) <= 4
    assert not list(copy_path("x").parent.glob("*.partial"))
