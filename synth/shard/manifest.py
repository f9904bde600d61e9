"""The manifest: what a dataset holds, file by file.

What `manifest.json` doesn't list with its size and SHA-256 doesn't exist. Hosts, dates and versions stand here and not
in the shards, so that the shards of one recipe are the same everywhere.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from synth.errors import DatasetError
from synth.shard.accounts import Accounts, AssetEntry, SubjectEntry, accounts_to_json, check_subjects
from synth.shard.commit import commit_bytes
from synth.shard.header import SCHEMA_VERSION, canonical_json, index_of_shard_name, is_dataset_id, is_sha256
from synth.shard.header import recipe_sha256 as sha256_of_recipe
from synth.shard.id_runs import MOST_ID, IdRuns
from synth.shard.layout import MAX_SAMPLES

MANIFEST_NAME = "manifest.json"
DATASET_FORMAT = "synth-dataset"
MAX_MANIFEST_BYTES = 512 << 20  # about two million shards


@dataclass(frozen=True)
class ShardEntry:
    """One shard file. `id_runs` are the ids it holds, ascending, as inclusive (first, last) pairs: `IdRuns`, whatever
    sequence of pairs is given."""

    index: int
    name: str
    bytes: int
    samples: int
    sha256: str
    id_runs: Sequence[tuple[int, int]]

    def __post_init__(self) -> None:
        if not isinstance(self.id_runs, IdRuns):
            try:
                object.__setattr__(self, "id_runs", IdRuns(self.id_runs))
            except (OverflowError, ValueError, TypeError):
                raise DatasetError("Its ranges of ids aren't pairs of whole numbers.", where=self.name) from None
        if index_of_shard_name(self.name) != self.index:
            raise DatasetError(f"{self.name[:80]!r} is not the name of shard {self.index}.", where="shards")
        if self.bytes < 1:
            raise DatasetError(f"The size is {self.bytes} bytes.", where=self.name)
        if not 1 <= self.samples <= MAX_SAMPLES:
            raise DatasetError(f"It can't hold {self.samples} samples.", where=self.name)
        if not is_sha256(self.sha256):
            raise DatasetError(f"{self.sha256[:80]!r} is not a SHA-256.", where=self.name)
        _check_runs(self.runs, self.samples, self.name)

    @property
    def runs(self) -> IdRuns:
        """`id_runs` by their own type."""
        return cast(IdRuns, self.id_runs)

    @property
    def first_id(self) -> int:
        return self.id_runs[0][0]

    @property
    def last_id(self) -> int:
        return self.id_runs[-1][1]

    @property
    def ids(self) -> npt.NDArray[np.int64]:
        """(samples,) int64, ascending."""
        return self.runs.ids


@dataclass(frozen=True)
class HeadPackEntry:
    """A head pack that the samples were made from.

    `accounts` is what a run that renders it is told about it; the manifest lists that apart, for all packs together.
    """

    name: str
    sha256: str
    license: str = ""
    accounts: Accounts = field(default=Accounts(), compare=False, repr=False)


@dataclass(frozen=True)
class FailedSample:
    """A planned sample that couldn't be made, and why."""

    id: int
    reason: str


@dataclass(frozen=True)
class Manifest:
    """Everything that `manifest.json` says.

    `recipe` is plain JSON data, `recipe_sha256` (derived) that of its canonical JSON. `versions` maps program to
    version, `dates` what happened to when (ISO 8601). `assets` are what the pictures are made of, each under its
    licence, `subjects` whom they show; older datasets list neither. Raises `DatasetError` if the parts contradict each
    other.
    """

    dataset_id: str
    name: str
    seed: int
    recipe: Mapping[str, Any]
    shards: tuple[ShardEntry, ...]
    heads: tuple[HeadPackEntry, ...] = ()
    license: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    hosts: tuple[str, ...] = ()
    dates: Mapping[str, str] = field(default_factory=dict)
    failed: tuple[FailedSample, ...] = ()
    assets: tuple[AssetEntry, ...] = ()
    subjects: tuple[SubjectEntry, ...] = ()
    schema_version: str = SCHEMA_VERSION
    recipe_sha256: str = field(init=False)

    def __post_init__(self) -> None:
        if not is_dataset_id(self.dataset_id):
            raise DatasetError(f"{self.dataset_id[:80]!r} can't be a dataset's id.", where="dataset_id")
        if not 0 <= self.seed < 2**63:
            raise DatasetError(f"{self.seed} is not a seed.", where="seed")
        if not self.shards:
            raise DatasetError("It lists no shards.", where="shards")
        object.__setattr__(self, "recipe_sha256", sha256_of_recipe(self.recipe))
        _check_unique(self.shards)
        _check_failed(self.failed, self.shards)
        check_subjects(self.subjects)

    @property
    def samples(self) -> int:
        """How many samples the shards hold."""
        return sum(shard.samples for shard in self.shards)


def runs_of_ids(ids: npt.ArrayLike) -> IdRuns:
    """Ascending ids, (N,), as inclusive (first, last) runs."""
    values = np.asarray(ids, dtype=np.int64)
    if values.size == 0:
        return IdRuns(())
    breaks = np.flatnonzero(np.diff(values) != 1)
    firsts = values[np.concatenate([[0], breaks + 1])]
    lasts = values[np.concatenate([breaks, [values.size - 1]])]
    return IdRuns(np.stack([firsts, lasts], axis=1))


def shard_entry(index: int, name: str, data: bytes, ids: npt.ArrayLike) -> ShardEntry:
    """The entry of a shard whose bytes are `data` and which holds `ids`."""
    runs = runs_of_ids(ids)
    return ShardEntry(index, name, len(data), int(np.size(ids)), hashlib.sha256(data).hexdigest(), runs)


def manifest_to_json(manifest: Manifest) -> dict[str, Any]:
    """The manifest as plain JSON data, with `manifest_sha256` over the rest."""
    content = manifest_content(manifest)
    shards = [{k: _listed(v) if k == "ids" else v for k, v in shard.items()} for shard in content["shards"]]
    return {**content, "shards": shards, "manifest_sha256": content_sha256(content)}


def manifest_content(manifest: Manifest) -> dict[str, Any]:
    """What the manifest says, without its own checksum: JSON data, but for `ids` of shards, which are `IdRuns`."""
    return {
        "format": DATASET_FORMAT,
        "schema_version": manifest.schema_version,
        "dataset_id": manifest.dataset_id,
        "name": manifest.name,
        "seed": manifest.seed,
        "samples": manifest.samples,
        "license": manifest.license,
        "heads": [{"name": h.name, "sha256": h.sha256, "license": h.license} for h in manifest.heads],
        **accounts_to_json(manifest.assets, manifest.subjects),
        "recipe_sha256": manifest.recipe_sha256,
        "recipe": dict(manifest.recipe),
        "versions": dict(manifest.versions),
        "hosts": list(manifest.hosts),
        "dates": dict(manifest.dates),
        "failed": [{"id": f.id, "reason": f.reason} for f in manifest.failed],
        "shards": [_shard_to_json(shard) for shard in manifest.shards],
    }


def content_sha256(content: Mapping[str, Any]) -> str:
    """SHA-256 of a manifest's content, `manifest_sha256` left out; independent of how the JSON is laid out.

    It is that of the canonical JSON, which is made shard by shard: with all its ids it may have a gigabyte in memory.
    """
    digest = hashlib.sha256()
    for number, key in enumerate(sorted(content.keys() - {"manifest_sha256"})):
        digest.update((b"," if number else b"{") + canonical_json(key) + b":")
        value = content[key]
        if key == "shards" and isinstance(value, list):
            for place, shard in enumerate(value):
                digest.update((b"," if place else b"[") + canonical_json(shard, _listed))
            digest.update(b"]" if value else b"[]")
        else:
            digest.update(canonical_json(value, _listed))
    digest.update(b"}" if content.keys() - {"manifest_sha256"} else b"{}")
    return digest.hexdigest()


def manifest_bytes(manifest: Manifest, where: str = MANIFEST_NAME) -> bytes:
    """The text of `manifest.json`; raises `DatasetError` if it is larger than any reader takes."""
    return content_bytes(manifest_content(manifest), where)


def content_bytes(content: Mapping[str, Any], where: str) -> bytes:
    """The text of a manifest that says this and its checksum; raises as `manifest_bytes`. Ids stand on one line."""
    text = io.BytesIO()
    for key, value in content.items():
        text.write(b",\n " if text.tell() else b"{\n ")
        text.write(_text(key) + b": ")
        if key == "shards" and value:
            for place, shard in enumerate(value):
                text.write((b",\n  " if place else b"[\n  ") + _shard_text(shard).replace(b"\n", b"\n  "))
            text.write(b"\n ]")
        else:
            text.write(_text(value).replace(b"\n", b"\n "))
    # No line end after the last brace: then there is no byte whose loss would go unnoticed.
    text.write(b',\n "manifest_sha256": ' + _text(content_sha256(content)) + b"\n}")
    if text.tell() > MAX_MANIFEST_BYTES:
        raise DatasetError(
            f"It would have {text.tell():,} bytes, more than the {MAX_MANIFEST_BYTES:,} that are read.",
            where=where,
            mend="Put more samples into a shard (shards.samples).",
        )
    return text.getvalue()


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write `manifest.json` into a dataset's folder, atomically.

    Raises `DiskError` if that fails, `DatasetError` if the manifest is larger than any reader takes.
    """
    path = Path(folder) / MANIFEST_NAME
    commit_bytes(path, manifest_bytes(manifest, str(path)))


def _shard_to_json(shard: ShardEntry) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "index": shard.index,
        "name": shard.name,
        "bytes": shard.bytes,
        "samples": shard.samples,
        "first_id": shard.first_id,
        "last_id": shard.last_id,
        "sha256": shard.sha256,
    }
    if len(shard.runs) > 1:
        entry["ids"] = shard.runs
    return entry


def _shard_text(entry: Mapping[str, Any]) -> bytes:
    rest = _text({key: value for key, value in entry.items() if key != "ids"})
    return rest if "ids" not in entry else rest[:-2] + b',\n "ids": ' + canonical_json(entry["ids"], _listed) + b"\n}"


def _text(value: Any) -> bytes:
    return json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False).encode("utf-8")


def _listed(value: Any) -> Any:
    if isinstance(value, IdRuns):
        return value.pairs.tolist()
    raise TypeError(f"{type(value).__name__} is no JSON")


def _check_runs(runs: IdRuns, samples: int, where: str) -> None:
    if not runs.are_ids:
        raise DatasetError("Its ranges of ids are empty, negative or inverted.", where=where)
    if not runs.ascend:
        raise DatasetError("Its ids repeat or don't ascend.", where=where)
    if runs.samples != samples:
        raise DatasetError(f"It lists {runs.samples} ids but {samples} samples.", where=where)


def _check_unique(shards: tuple[ShardEntry, ...]) -> None:
    for earlier, later in pairwise(shards):
        if later.index <= earlier.index:
            raise DatasetError(f"{later.name} is listed twice or out of order.", where="shards")
    pairs, shard_of = _sorted_runs(shards)
    clashes = np.flatnonzero(pairs[1:, 0] <= pairs[:-1, 1])
    if clashes.size:
        at = int(clashes[0])
        earlier_name, later_name = shards[shard_of[at]].name, shards[shard_of[at + 1]].name
        raise DatasetError(f"Id {int(pairs[at + 1, 0])} is in {earlier_name} and in {later_name}.", where="shards")


def _check_failed(failed: tuple[FailedSample, ...], shards: tuple[ShardEntry, ...]) -> None:
    ids = {sample.id for sample in failed}
    if len(ids) != len(failed) or any(not 0 <= identity < MOST_ID for identity in ids):
        raise DatasetError("Ids are negative, too large, or repeat.", where="failed")
    if not ids:
        return
    pairs, _ = _sorted_runs(shards)
    known = np.array(sorted(ids), dtype=np.int64)
    before = np.searchsorted(pairs[:, 0], known, side="right") - 1
    stored = known[(before >= 0) & (known <= pairs[np.maximum(before, 0), 1])]
    if stored.size:
        raise DatasetError(f"Sample {int(stored[0])} is listed as failed and as stored.", where="failed")


def _sorted_runs(shards: tuple[ShardEntry, ...]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.intp]]:
    """All runs, (R, 2) by ascending first and last id, and of which shard each is."""
    pairs = np.concatenate([shard.runs.pairs for shard in shards])
    shard_of = np.repeat(np.arange(len(shards)), [len(shard.runs) for shard in shards])
    order = np.lexsort((shard_of, pairs[:, 1], pairs[:, 0]))
    return pairs[order], shard_of[order]
