"""A range of a dataset's shards, and the names under which a run over it keeps what it knows.

Several runs, each over a range of its own, share a folder without getting into each other's way: each has its lock, its
ledger and its part of the manifest.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from synth.errors import UsageError
from synth.shard.header import index_of_shard_name
from synth.shard.manifest import MANIFEST_NAME

LEDGER_NAME = "ledger.jsonl"
LOCK_NAME = ".synth-lock"

_ASKED = re.compile(r"(\d{1,9}):(\d{1,9})?", re.ASCII)
_PART = re.compile(r"(?:manifest|ledger)-(\d{5,9})-(\d{5,9})\.jsonl?", re.ASCII)
_LOCK = re.compile(r"\.synth-lock-(\d{5,9})-(\d{5,9})", re.ASCII)


@dataclass(frozen=True)
class Span:
    """The shards `first` … `stop` - 1."""

    first: int
    stop: int

    def __str__(self) -> str:
        return f"{self.first}:{self.stop}"

    def __contains__(self, shard: int) -> bool:
        return self.first <= shard < self.stop

    def overlaps(self, other: Span) -> bool:
        return self.first < other.stop and other.first < self.stop

    def ids(self, samples: int, shard_samples: int) -> range:
        """The samples of its shards."""
        return range(min(self.first * shard_samples, samples), min(self.stop * shard_samples, samples))


def parse_span(text: str, shards: int) -> Span:
    """`10:20` of a dataset with so many shards; `10:` is all from there on, and an end behind the last is the last.

    Raises `UsageError`.
    """
    match = _ASKED.fullmatch(text)
    if not match:
        raise UsageError(f"{text[:40]!r} is not a range.", where="--shards", mend="Write 10:20 for shards 10 to 19.")
    first, stop = int(match[1]), min(shards, int(match[2] or shards))
    if first >= shards:
        raise UsageError(
            f"There is no shard {first}: the dataset has {shards}, numbered from 0.", where="--shards", mend="Ask less."
        )
    if first >= stop:
        raise UsageError(f"{text} holds no shard.", where="--shards", mend="Write 10:20 for shards 10 to 19.")
    return Span(first, stop)


def ledger_name(span: Span | None) -> str:
    return LEDGER_NAME if span is None else f"ledger{_suffix(span)}.jsonl"


def manifest_name(span: Span | None) -> str:
    """``manifest-00010-00020.json`` is a manifest that lists shards 10 to 19 alone."""
    return MANIFEST_NAME if span is None else f"manifest{_suffix(span)}.json"


def lock_name(span: Span | None) -> str:
    return LOCK_NAME if span is None else f"{LOCK_NAME}{_suffix(span)}"


def span_of_part(name: str) -> Span | None:
    """The range whose ledger or part of a manifest has this name; None if it isn't such a name."""
    return _span(_PART.fullmatch(name))


def span_of_lock(name: str) -> Span | None:
    return _span(_LOCK.fullmatch(name))


def belongs_to(span: Span | None, name: str) -> bool:
    """Whether a run over `span` may write and remove the file of this name."""
    if span is None:
        return True
    index = index_of_shard_name(name)
    return index in span if index is not None else name in (ledger_name(span), manifest_name(span))


def _suffix(span: Span) -> str:
    return f"-{span.first:05d}-{span.stop:05d}"


def _span(match: re.Match[str] | None) -> Span | None:
    return Span(int(match[1]), int(match[2])) if match and int(match[1]) < int(match[2]) else None
