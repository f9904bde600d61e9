"""The ledger keeps what it was told, through torn writes and damage."""

from __future__ import annotations

import logging
import tracemalloc
from pathlib import Path

import pytest

from synth.errors import DatasetError
from synth.run.ledger import LEDGER_NAME, Ledger, LostSample, RunNote
from synth.shard.manifest import ShardEntry

RECIPE = {"name": "r", "samples": 8}
SHA = "a" * 64
SHARDS = [ShardEntry(k, f"shard-{k:05d}.h5", 100 + k, 4, SHA, ((4 * k, 4 * k + 3),)) for k in range(3)]
LOST = LostSample(5, 1, 77, "SIGSEGV", 2, "synth render --only 5")


def open_ledger(folder: Path) -> Ledger:
    return Ledger.open(folder, RECIPE, SHA)


def filled(folder: Path) -> Path:
    with open_ledger(folder) as ledger:
        ledger.add_run(RunNote("here", "2020-01-01T00:00:00+00:00"))
        for entry in SHARDS:
            ledger.add_shard(entry)
        ledger.add_lost(LOST)
    return folder / LEDGER_NAME


def test_what_was_added_is_read_back(tmp_path: Path) -> None:
    filled(tmp_path)
    with open_ledger(tmp_path) as ledger:
        assert list(ledger.shards.values()) == SHARDS
        assert ledger.lost == {5: LOST}
        assert ledger.header.recipe == RECIPE
        assert ledger.runs == [RunNote("here", "2020-01-01T00:00:00+00:00")]


def test_a_ledger_torn_at_any_byte_keeps_its_whole_lines_and_takes_new_ones(tmp_path: Path) -> None:
    content = filled(tmp_path).read_bytes()
    ends = [at + 1 for at, byte in enumerate(content) if byte == ord("\n")]
    for cut in range(0, len(content), 7):
        (tmp_path / LEDGER_NAME).write_bytes(content[:cut])
        with open_ledger(tmp_path) as ledger:
            whole = sum(end <= cut for end in ends)
            assert len(ledger.shards) == min(3, max(0, whole - 2))
            ledger.add_shard(SHARDS[2])
        assert open_ledger(tmp_path).shards[2] == SHARDS[2]


def test_a_damaged_line_does_not_count_and_is_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = filled(tmp_path)
    lines = path.read_bytes().split(b"\n")
    lines[3] = lines[3].replace(b'"bytes":101', b'"bytes":"101"')
    path.write_bytes(b"\n".join(lines))
    with caplog.at_level(logging.WARNING):
        assert sorted(open_ledger(tmp_path).shards) == [0, 2]
    assert f"{path}:4" in caplog.text


def test_dropped_and_forgiven_things_are_gone_after_reading_again(tmp_path: Path) -> None:
    filled(tmp_path)
    with open_ledger(tmp_path) as ledger:
        ledger.drop_shard(0)
        assert ledger.forgive() == (5,)
    again = open_ledger(tmp_path)
    assert sorted(again.shards) == [2], "shard 1 was made without sample 5"
    assert again.lost == {}


def test_an_empty_shard_is_done_without_a_file(tmp_path: Path) -> None:
    with open_ledger(tmp_path) as ledger:
        ledger.add_empty(0)
    assert open_ledger(tmp_path).shards == {0: None}


@pytest.mark.parametrize("content", [b"hello\n", b"{}\n", b'{"kind":"header","format":"other"}\n', b"[1]\n"])
def test_a_foreign_file_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / LEDGER_NAME).write_bytes(content)
    with pytest.raises(DatasetError, match="isn't a ledger"):
        open_ledger(tmp_path)


def test_a_newer_format_is_refused(tmp_path: Path) -> None:
    path = filled(tmp_path)
    path.write_bytes(path.read_bytes().replace(b'"version":1', b'"version":2', 1))
    with pytest.raises(DatasetError, match="newer version"):
        open_ledger(tmp_path)


def test_it_holds_ten_thousand_shards_in_little_memory_and_time(tmp_path: Path) -> None:
    path = filled(tmp_path)
    header = path.read_bytes().split(b"\n")[0]
    line = b'{"kind":"shard","index":%d,"name":"shard-%05d.h5","bytes":9,"samples":1,"sha256":"%s","id_runs":[[%d,%d]]}'
    lines = [line % (k, k, SHA.encode(), k, k) for k in range(10_000)]
    path.write_bytes(b"\n".join([header, *lines, b""]))
    assert len(open_ledger(tmp_path).shards) == 10_000


def test_it_is_read_line_by_line_in_memory_for_what_is_done_and_not_for_what_was_said(tmp_path: Path) -> None:
    """Ten shards that were made again and again: 5,000 lines, 1 MB of them."""
    path = filled(tmp_path)
    header = path.read_bytes().split(b"\n")[0]
    line = b'{"kind":"shard","index":%d,"name":"shard-%05d.h5","bytes":9,"samples":1,"sha256":"%s","id_runs":[[%d,%d]]}'
    lines = [line % (k % 10, k % 10, SHA.encode(), k % 10, k % 10) for k in range(5000)]
    path.write_bytes(b"\n".join([header, *lines, b""]))
    assert path.stat().st_size > 800_000
    open_ledger(tmp_path)
    tracemalloc.start()
    ledger = open_ledger(tmp_path)
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(ledger.shards) == 10
    assert peak_bytes < 300_000
