"""Is a dataset whole? Every fault is found and said, none is mended, nothing is trusted."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from synth.errors import DatasetError, ShardError
from synth.shard.check import read_recipe_json
from synth.shard.consistency import inconsistent_labels, inconsistent_pictures
from synth.shard.encode import ImageSize
from synth.shard.header import index_of_shard_name
from synth.shard.manifest import MANIFEST_NAME, Manifest, ShardEntry
from synth.shard.read import Shard
from synth.shard.read_manifest import operations_of, read_manifest
from synth.shard.remote import RemoteShards, fetch_anew
from synth.store.address import address_of, is_remote

Kind = Literal[
    "manifest",  # missing, damaged, of a newer version, contradicting itself
    "missing", "renamed", "extra",  # files
    "truncated", "too long", "swapped", "changed", "unreadable",  # a file's bytes
    "structure", "identity", "ids",  # what a file says
    "sample", "labels",  # deep: pictures and labels
]  # fmt: skip

_CHUNK = 1 << 22
_AGAIN = "Fetch it again, or delete it and start the same `synth render` again."
_DERIVING = ("subset", "split", "merge", "repack")
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Fault:
    """What is wrong, where, and the mend; `str` gives one line."""

    kind: Kind
    where: str
    what: str
    mend: str = ""

    def __str__(self) -> str:
        return f"{self.where}: {self.what} {self.mend}".rstrip()


@dataclass(frozen=True)
class _File:
    """A shard's file as it is on the disk; `sha256` is empty if it can't be read."""

    name: str
    bytes: int
    sha256: str
    path: Path


def verify_dataset(folder: Path | str, deep: bool = False) -> list[Fault]:
    """Every fault of a dataset's folder or address, an empty list if there is none.

    Checks each file's size and SHA-256 against the manifest, and each shard's structure, ids and origin. `deep` also
    checks every sample's checksum, decodes every picture, and holds the labels against each other. Never raises for
    what it finds; the content of a file whose SHA-256 doesn't match isn't opened. What lies in an object store is
    fetched anew.
    """
    folder = address_of(folder) if is_remote(folder) else Path(folder)
    try:
        manifest = read_manifest(folder)
    except DatasetError as error:
        return [Fault("manifest", error.where or _at(folder, MANIFEST_NAME), error.what, error.mend)]
    try:
        faults = list(_faults(folder, manifest, deep))
    except OSError as error:  # the folder itself fails, not one file
        return [Fault("unreadable", str(folder), f"It can't be read: {error.strerror}.", "Check the disk.")]
    if not faults or not (operations := operations_of(folder)):
        return faults
    again = _derived_again(operations[-1][0])
    return [replace(fault, mend=again) if fault.mend == _AGAIN else fault for fault in faults]


def _derived_again(operation: str) -> str:
    """The mend of a dataset that was made out of others: nothing can be rendered anew in it."""
    how = f"with the same `synth {operation}`" if operation in _DERIVING else "as it was made"
    return f"Fetch it again, or delete the dataset and make it again {how}."


def _at(folder: Path | str, name: str) -> str:
    return str(folder / name) if isinstance(folder, Path) else f"{folder}/{name}"


def _faults(folder: Path | str, manifest: Manifest, deep: bool) -> Iterator[Fault]:
    on_disk = _files(folder)
    listed = {entry.name for entry in manifest.shards}
    extra = {file.sha256: name for name, file in on_disk.items() if name not in listed and file.sha256}
    renamed = set()
    for entry in manifest.shards:
        file = on_disk.get(entry.name)
        if file is None and entry.sha256 in extra:
            renamed.add(extra[entry.sha256])
            yield _renamed(folder, entry, extra[entry.sha256])
        elif file is None:
            yield Fault("missing", _at(folder, entry.name), "The shard is missing.", _AGAIN)
        elif fault := _changed(folder, entry, file, manifest):
            yield fault
        else:
            if isinstance(folder, str):  # the copy of what lies in a store may have gone since, for want of room
                RemoteShards(folder).fetch(entry)
            for found in _inside(file.path, entry, manifest, deep):
                yield replace(found, where=found.where.replace(str(file.path), _at(folder, entry.name)))
    for name in sorted(on_disk.keys() - listed - renamed):
        mend = "Delete it, or fetch the manifest that belongs to it."
        yield Fault("extra", _at(folder, name), "The manifest doesn't list this shard.", mend)


def _files(folder: Path | str) -> dict[str, _File]:
    if isinstance(folder, str):
        return {name: _File(name, size, sha256, path) for name, size, sha256, path in fetch_anew(folder)}
    paths = sorted(path for path in folder.iterdir() if _is_shard_like(path.name))
    return {path.name: _file(path) for path in paths}


def _is_shard_like(name: str) -> bool:
    return index_of_shard_name(name) is not None or (name.startswith("shard-") and name.endswith(".h5"))


def _file(path: Path) -> _File:
    try:
        if not path.is_file():
            return _File(path.name, 0, "", path)
        digest = hashlib.sha256()
        with path.open("rb", buffering=0) as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
            return _File(path.name, file.tell(), digest.hexdigest(), path)
    except OSError as error:
        _log.debug("%s can't be read: %s", path, error)
        return _File(path.name, 0, "", path)


def _renamed(folder: Path | str, entry: ShardEntry, found: str) -> Fault:
    return Fault("renamed", _at(folder, entry.name), f"The shard is there, but named {found}.", "Rename it back.")


def _changed(folder: Path | str, entry: ShardEntry, file: _File, manifest: Manifest) -> Fault | None:
    where = _at(folder, entry.name)
    if not file.sha256:
        return Fault("unreadable", where, "It is not a file that can be read.", "Check its kind and permissions.")
    if (file.bytes, file.sha256) == (entry.bytes, entry.sha256):
        return None
    owner = next((other.name for other in manifest.shards if other.sha256 == file.sha256), entry.name)
    if owner != entry.name:
        return Fault("swapped", where, f"It holds what {owner} should hold.", "Rename the files back.")
    if file.bytes < entry.bytes:
        return Fault("truncated", where, f"It has {file.bytes:,} of {entry.bytes:,} bytes.", _AGAIN)
    if file.bytes > entry.bytes:
        return Fault("too long", where, f"It has {file.bytes:,} bytes instead of {entry.bytes:,}.", _AGAIN)
    return Fault("changed", where, "Its SHA-256 isn't the manifest's.", _AGAIN)


def _inside(path: Path, entry: ShardEntry, manifest: Manifest, deep: bool) -> Iterator[Fault]:
    shard = Shard(path)
    try:
        read_recipe_json(shard.contents)
        held = shard.labels["id"]
    except ShardError as error:
        yield Fault("structure", error.where or str(path), error.what, error.mend)
        return
    yield from _origin(shard, entry, manifest)
    if not np.array_equal(held, entry.ids):
        odd = np.setxor1d(held, entry.ids)
        shown = ", ".join(map(str, odd[:5])) + (" …" if odd.size > 5 else "")
        what = f"Its ids aren't the manifest's: {odd.size} differ ({shown}); {held.size} samples for {entry.samples}."
        yield Fault("ids", str(path), what, "Write the manifest and the shards in one run.")
    if deep:
        yield from _samples(shard)
        for which, what in inconsistent_labels(shard.labels):
            ids = held[which]
            where = f"{path}: sample {int(ids[0])}" + (f" and {ids.size - 1} more" if ids.size > 1 else "")
            yield Fault("labels", where, f"{what}.", "Render the shard again; if it comes back, report it.")


def _origin(shard: Shard, entry: ShardEntry, manifest: Manifest) -> Iterator[Fault]:
    contents = shard.contents
    pairs = {
        "dataset_id": (contents.dataset_id, manifest.dataset_id),
        "shard_index": (contents.shard_index, entry.index),
        "seed": (contents.seed, manifest.seed),
        "recipe_sha256": (contents.recipe_sha256, manifest.recipe_sha256),
    }
    for name, (found, expected) in pairs.items():
        if found != expected:
            what = f"{name} is {found}, the manifest says {expected}."
            yield Fault("identity", str(shard.path), what, "Keep the shards of one run together.")


def _samples(shard: Shard) -> Iterator[Fault]:
    for position in range(len(shard)):
        try:
            pictures = _decoded(shard, position)
        except ShardError as error:
            yield Fault("sample", error.where or str(shard.path), error.what, error.mend)
            continue
        x0, y0, x1, y1 = (int(edge) for edge in shard.labels["crop_box_px"][position])
        crop = ImageSize(x1 - x0, y1 - y0)
        where = f"{shard.path}: sample {int(shard.labels['id'][position])}"
        sizes = {ImageSize(image.shape[1], image.shape[0]) for image in pictures.values()}
        if not sizes:
            yield Fault("sample", where, "It has neither a picture nor a map.", _AGAIN)
        for size in sizes - {crop} if crop.width > 0 and crop.height > 0 else ():
            what = f"It has {size.width}x{size.height} pixels, crop_box_px {crop.width}x{crop.height}."
            yield Fault("labels", where, what, _AGAIN)
        for what in inconsistent_pictures(pictures):
            yield Fault("sample", where, f"{what}.", _AGAIN)


def _decoded(shard: Shard, position: int) -> dict[str, npt.NDArray[Any]]:
    """The pictures of one sample that there are, by name."""
    pictures = {
        "rgb": shard.rgb(position),
        "range_mm": shard.range_mm(position),
        "normals": shard.normals(position),
        "parts": shard.parts(position),
        "alpha": shard.alpha(position),
    }
    return {name: picture for name, picture in pictures.items() if picture is not None}
