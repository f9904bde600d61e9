"""Datasets that lie in an object store: the manifest is read from there, shards by way of local copies."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from synth.errors import DatasetError
from synth.shard.manifest import MANIFEST_NAME, MAX_MANIFEST_BYTES, Manifest, ShardEntry
from synth.store.address import address_of
from synth.store.cache import copy_path, fetched, keep, opened_store

_MAX_SHARD_BYTES = 64 << 30
_VERIFY = "Run `synth verify` to see all that is wrong, then render the shard again."


@dataclass(frozen=True)
class RemoteShards:
    """The shards under an address; can be sent to other processes, each of which makes its own connection."""

    address: str

    def path(self, entry: ShardEntry) -> Path:
        """Where the local copy of a shard is or will be."""
        return copy_path(entry.sha256)

    def fetch(self, entry: ShardEntry) -> Path:
        """The local copy, whole. Raises `DatasetError` if the store hasn't what the manifest lists, `DiskError`."""
        return fetched(self.address, entry.name, entry.bytes, entry.sha256)


def remote_shards(place: Path | str, manifest: Manifest) -> RemoteShards:
    """The shards of a dataset in an object store, if all are there with the sizes listed; else `DatasetError`."""
    address = address_of(place)
    sizes = opened_store(address).sizes()
    for entry in manifest.shards:
        where, size = f"{address}/{entry.name}", sizes.get(entry.name)
        if size is None:
            raise DatasetError("The shard is missing.", where=where, mend=_VERIFY)
        if size != entry.bytes:
            raise DatasetError(f"The shard has {size:,} bytes, not {entry.bytes:,}.", where=where, mend=_VERIFY)
    return RemoteShards(address)


def read_remote(place: Path | str) -> bytes:
    """The bytes of `manifest.json` under an address. Raises `DatasetError` if there is none or it is too large."""
    address = address_of(place)
    data = opened_store(address).read(MANIFEST_NAME, MAX_MANIFEST_BYTES)
    if data is None:
        names = opened_store(address).sizes()
        unfinished = any(name.startswith("shard-") for name in names)
        raise DatasetError(
            f"The dataset is unfinished: it has shards but no {MANIFEST_NAME} yet."
            if unfinished
            else f"It is not a dataset: there is no {MANIFEST_NAME}.",
            where=address,
            mend="Start the same `synth render` again; it makes what is missing." if unfinished else "",
        )
    if len(data) > MAX_MANIFEST_BYTES:
        raise DatasetError(f"It is larger than {MAX_MANIFEST_BYTES:,} bytes.", where=f"{address}/{MANIFEST_NAME}")
    return data


def fetch_anew(place: Path | str) -> Iterator[tuple[str, int, str, Path]]:
    """Name, bytes, SHA-256 and a local copy of each shard-like object as the store has it now, whatever is cached."""
    address = address_of(place)
    store = opened_store(address)
    for name in sorted(store.sizes()):
        if name.startswith("shard-") and name.endswith(".h5"):
            content = store.read(name, _MAX_SHARD_BYTES)
            if content is not None:
                sha256 = hashlib.sha256(content).hexdigest()
                yield name, len(content), sha256, keep(content, sha256)
