"""What is done: an append-only file in the dataset's folder, a line a fact, each on the disk before it counts.

The first line names the recipe. A shard that isn't listed here with its size and SHA-256 doesn't exist, whatever files
lie around. A torn last line (the machine died while it was written) is cut off.
"""

from __future__ import annotations

import json
import logging
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from synth.errors import DatasetError
from synth.run.entry import entry_fields, entry_from, typed
from synth.run.place import Journal, Place, as_place
from synth.run.span import LEDGER_NAME
from synth.shard.manifest import ShardEntry

_FORMAT, _VERSION = "synth-ledger", 1
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LostSample:
    """A sample that was given up, with what it takes to look into it."""

    id: int
    shard: int
    seed: int
    cause: str
    tries: int
    command: str


@dataclass(frozen=True, slots=True)
class RunNote:
    """A run that worked on the folder: on which host, begun when (ISO 8601)."""

    host: str
    began: str


@dataclass(frozen=True)
class LedgerHeader:
    """Whose ledger it is."""

    recipe_sha256: str
    recipe: Mapping[str, Any]


class Ledger:
    """The open ledger of a folder that is locked by this process.

    `shards` are the shards that are done; None is one of which every sample was given up, so that there is no file.
    `lost` are the samples that were given up, `runs` the runs that worked here,
    `devices` what they rendered on.
    """

    def __init__(self, journal: Journal, header: LedgerHeader) -> None:
        self.header = header
        self.shards: dict[int, ShardEntry | None] = {}
        self.lost: dict[int, LostSample] = {}
        self.runs: list[RunNote] = []
        self.devices: list[str] = []
        self._journal = journal
        self._claimed = False

    @classmethod
    def open(cls, place: Place | Path, recipe: Mapping[str, Any], recipe_sha256: str, name: str = LEDGER_NAME) -> Self:
        """The place's ledger of that name, or a new one for this recipe.

        Raises `DatasetError` if it isn't a ledger or is of a newer format; whether the recipes agree is the caller's
        question (`header`).
        """
        journal = as_place(place).journal(name)
        lines = iter(journal.lines())
        first = next(lines, None)
        if first is None:
            header = LedgerHeader(recipe_sha256, recipe)
            journal.create(_line({"kind": "header", "format": _FORMAT, "version": _VERSION, **asdict(header)}))
            return cls(journal, header)
        ledger = cls(journal, _header(journal.where, first))
        for number, line in enumerate(lines, start=2):
            ledger._take(line, number)
        return ledger

    def __enter__(self) -> Self:
        self._journal.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._journal.close()

    def claim(self) -> None:
        """Be the one who writes here, before anything is struck or removed. Raises `DiskError`, `LockedError`.

        In an object store a line is put on the condition that nobody has written one since we read. So what other runs
        have recorded is known here, and they can't record any more. The line has to be unlike all others: the same one
        put by two runs is taken for one that was put twice.
        """
        if not self._claimed:
            self._append({"kind": "claim", "by": secrets.token_hex(8)})
            self._claimed = True

    def add_shard(self, entry: ShardEntry) -> None:
        """Record a shard that is committed; on return the line is on the disk. Raises `DiskError`."""
        self._append({"kind": "shard", **entry_fields(entry)})
        self.shards[entry.index] = entry

    def add_run(self, run: RunNote) -> None:
        """Record that a run begins to work here. Raises `DiskError`."""
        self._append({"kind": "run", **asdict(run), "by": secrets.token_hex(8)})
        self._claimed = True
        self.runs.append(run)

    def add_device(self, device: str) -> None:
        """Record on what is rendered here, of which this is the first word. Raises `DiskError`."""
        self._append({"kind": "device", "device": device})
        self.devices.append(device)

    def add_empty(self, shard: int) -> None:
        """Record a shard as done of which every sample was given up. Raises `DiskError`."""
        self._append({"kind": "empty", "index": shard})
        self.shards[shard] = None

    def add_lost(self, sample: LostSample) -> None:
        """Record a sample as given up. Raises `DiskError`."""
        self._append({"kind": "lost", **asdict(sample)})
        self.lost[sample.id] = sample

    def drop_shard(self, shard: int) -> None:
        """A shard isn't what the ledger says any more: it is to be made again. Raises `DiskError`."""
        self.claim()
        self._append({"kind": "drop", "index": shard})
        self.shards.pop(shard, None)

    def forgive(self) -> tuple[int, ...]:
        """Forget every failed sample, and the shards that were made without them; returns those samples' ids."""
        forgiven = tuple(sorted(self.lost))
        empty = {shard for shard, entry in self.shards.items() if entry is None}
        for shard in sorted(empty | {sample.shard for sample in self.lost.values()}):
            self.drop_shard(shard)
        if forgiven:
            self._append({"kind": "forgive"})
            self.lost.clear()
        return forgiven

    def _take(self, line: bytes, number: int) -> None:
        try:
            fact = json.loads(line)
            kind = fact["kind"]
            if kind == "shard":
                entry = entry_from(fact)
                self.shards[entry.index] = entry
            elif kind == "empty":
                self.shards[typed(fact, "index", int)] = None
            elif kind == "lost":
                sample = _lost_sample(fact)
                self.lost[sample.id] = sample
            elif kind == "run":
                self.runs.append(RunNote(typed(fact, "host", str), typed(fact, "began", str)))
            elif kind == "device":
                self.devices.append(typed(fact, "device", str))
            elif kind == "drop":
                self.shards.pop(typed(fact, "index", int), None)
            elif kind == "forgive":
                self.lost.clear()
            elif kind != "claim":
                raise ValueError(f"unknown kind {kind!r}")
        except (ValueError, KeyError, TypeError, DatasetError) as error:
            # Safe: what isn't listed is made again.
            _log.warning("%s:%d: the line is damaged and doesn't count (%s)", self._journal.where, number, error)

    def _append(self, fact: Mapping[str, Any]) -> None:
        self._journal.append(_line(fact))


def _line(fact: Mapping[str, Any]) -> bytes:
    return json.dumps(fact, separators=(",", ":"), allow_nan=False).encode() + b"\n"


def _header(where: str, line: bytes) -> LedgerHeader:
    try:
        fact = json.loads(line)
        if fact["format"] != _FORMAT or not isinstance(fact["recipe"], dict):
            raise ValueError
        version, header = int(fact["version"]), LedgerHeader(str(fact["recipe_sha256"]), fact["recipe"])
    except (ValueError, KeyError, TypeError):
        raise DatasetError(
            "This isn't a ledger of synth.", where=f"{where}:1", mend="Choose another --out, or remove the file."
        ) from None
    if version > _VERSION:
        raise DatasetError(
            f"The ledger is of format {version}, this program knows {_VERSION}.",
            where=where,
            mend="Install a newer version of synth.",
        )
    return header


def _lost_sample(fact: Mapping[str, Any]) -> LostSample:
    return LostSample(
        typed(fact, "id", int),
        typed(fact, "shard", int),
        typed(fact, "seed", int),
        typed(fact, "cause", str),
        typed(fact, "tries", int),
        typed(fact, "command", str),
    )
