"""Copies of shards take no more room than they may, the least recently used go, and none that somebody reads."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
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


def in_another_process(number: int) -> None:
    """Keep a copy as another process would."""
    own, cache._sure = cache._sure, {}
    keep(content_of(number), sha256_of(number))
    cache._sure = own


def test_a_copy_in_use_that_went_after_the_clock_was_set_is_fetched_again(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To others its use lies 12 minutes back, as after a sleep; by this process's clock it was noted just now."""
    limit(monkeypatch, 0)
    path = fetch(7)
    os.utime(path, (path.stat().st_mtime - 700,) * 2)
    in_another_process(8)
    assert there() == {8}
    assert fetch(7).read_bytes() == content_of(7)
    assert store.fetched == [7, 7]


def test_a_file_that_another_process_renames_while_the_folder_is_looked_at_hinders_nobody(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, iterdir, look = fetch(1).parent, Path.iterdir, Path.stat
    theirs = folder / ".theirs.h5.1-x.partial"

    def renamed_meanwhile(path: Path) -> list[Path]:
        theirs.write_bytes(b"whole")
        return [*iterdir(path), path / ".renamed-before.h5.1-x.partial"]

    def renamed_after(path: Path, **more: bool) -> os.stat_result:
        state = look(path, **more)
        if path == theirs:
            path.rename(copy_path(sha256_of(9)))
        return state

    monkeypatch.setattr(Path, "stat", renamed_after)
    monkeypatch.setattr(Path, "iterdir", renamed_meanwhile)
    keep(content_of(2), sha256_of(2))
    used_s_ago(1, LONG_AGO_S)
    limit(monkeypatch, 1)
    assert room.prune(copy_path(sha256_of(2)), SIZE) == [folder / f"{sha256_of(1)}.h5"], "it went on after that"


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.ENOSYS])
def test_where_the_cache_cannot_be_locked_it_is_read_and_written_and_nothing_goes(
    store: Store, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def refuse(descriptor: int, mode: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(room.fcntl, "flock", refuse)
    limit(monkeypatch, 0)
    for each in (1, 2, 1):
        assert fetch(each).read_bytes() == content_of(each)
        used_s_ago(each, LONG_AGO_S)
    assert there() == {1, 2}
    assert store.fetched == [1, 2]


def test_a_cache_is_shared_with_another_user(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who may neither write the lock nor remove or touch the first one's copies: permissions as another user sees."""
    path = fetch(1)
    fetch(2)
    opened, may = os.open, []

    def read_only(name: Path, flags: int, mode: int = 0o777) -> int:
        if Path(name).name == room._LOCK_NAME and flags & (os.O_RDWR | os.O_CREAT):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        may.append(name)
        return opened(name, flags, mode)

    def refuse(*given: object, **more: object) -> None:
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))

    used_s_ago(1, LONG_AGO_S)
    used_s_ago(2, LONG_AGO_S)
    limit(monkeypatch, 0)
    monkeypatch.setattr(room.os, "open", read_only)
    monkeypatch.setattr(room.os, "utime", refuse)
    assert fetch(1).read_bytes() == content_of(1)
    unlink = Path.unlink
    monkeypatch.setattr(Path, "unlink", lambda file, **more: refuse() if file == path else unlink(file, **more))
    fetch(3)
    assert may, "it was locked all the same"
    assert there() == {1, 3}, "what it may remove goes"
    assert store.fetched == [1, 2, 3]


def test_the_lock_may_be_taken_by_whoever_may_read_it(store: Store) -> None:
    umask = os.umask(0)
    try:
        lock = fetch(1).parents[1] / room._LOCK_NAME
    finally:
        os.umask(umask)
    assert stat.S_IMODE(lock.stat().st_mode) == 0o666


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


# Each process has copies of its own to read, which the others fetch and prune as well. Now and then it sets the time of
# one back, as if ten minutes had passed since its use: how fast the machine is changes nothing.
READER = """
import os, random, sys
from contextlib import suppress
sys.path.insert(0, sys.argv[1])
from synth.store import cache, room
import test_cache as t

store, removed = t.Store(), []
cache.opened_store = lambda address: store
prune = room.prune
cache.prune = lambda *given: removed.extend(found := prune(*given)) or found
seed = int(sys.argv[2])
draw = random.Random(seed)
for turn in range(400):
    number = draw.randrange(20)
    path = t.fetch(number)
    if number % 3 == seed:
        assert path.read_bytes() == t.content_of(number)
        if draw.random() < 0.3:
            cache.keep(t.content_of(number), t.sha256_of(number))
        else:
            cache._sure.pop(path, None)
            with suppress(FileNotFoundError):
                os.utime(path, (1, 1))
print(len(store.fetched), len(removed))
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
    fetches, removals = (sum(int(output.split()[part]) for output, _ in ended) for part in (0, 1))
    assert fetches >= removals > 20, "copies went and were fetched again"
    for number in range(20):
        if copy_path(sha256_of(number)).exists():
            used_s_ago(number, LONG_AGO_S)
    keep(content_of(0), sha256_of(0))
    assert len(there()) <= 4
    assert not list(copy_path("x").parent.glob("*.partial"))
