"""Reading a manifest, which may come from anyone: strict JSON, bounded, every field checked by name."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from synth.errors import DatasetError, ShardError
from synth.shard.accounts import assets_from_json, subjects_from_json
from synth.shard.header import check_schema_version
from synth.shard.id_runs import IdRuns
from synth.shard.manifest import (
    DATASET_FORMAT,
    MANIFEST_NAME,
    MAX_MANIFEST_BYTES,
    FailedSample,
    HeadPackEntry,
    Manifest,
    ShardEntry,
    content_sha256,
)
from synth.shard.remote import read_remote
from synth.store.address import address_of, is_remote

_MAX_DEPTH = 64
_SHARD_KEYS = frozenset({"index", "name", "bytes", "samples", "sha256"})
PROVENANCE = "provenance"  # what derived datasets say of their origin; see synth.share.provenance
# A recipe's name, or what was derived from it: the recipe's characters, so that it can be part of a file's name.
DATASET_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")
_Value = TypeVar("_Value")


def read_manifest(folder: Path | str) -> Manifest:
    """Read and check the `manifest.json` of a dataset's folder, or of an address as `s3://bucket/prefix`.

    Raises `DatasetError`, a distinct one for each fault: no such folder, no manifest (unfinished or no dataset), not
    JSON, foreign format, newer version, changed content, a field that is missing or wrong, names that are no shard's,
    counts that don't add up, ids that repeat.
    """
    return _read(folder, parse_manifest)


def read_provenance(folder: Path | str) -> Any:
    """The field `provenance` as it stands in a manifest that `read_manifest` has taken; `[]` if there is none.

    The runs of ids are packed on the way, as `read_manifest` does it. Raises `DatasetError` if it can't be read.
    """
    content = _read(folder, _strict_json)
    return content.get(PROVENANCE, []) if isinstance(content, dict) else []


def operations_of(folder: Path | str) -> tuple[tuple[str, Mapping[str, Any]], ...]:
    """What made a dataset out of others: (operation, options) of each step, the last one its own ("subset", "split",
    "merge", "repack"); empty for one that was rendered. Its manifest is one that `read_manifest` has taken."""
    try:
        steps = read_provenance(folder) or []
        return tuple((str(step["operation"]), dict(step["options"])) for step in steps)
    except (DatasetError, OSError, ValueError, TypeError, KeyError, AttributeError):
        return (("", {}),)


def parse_manifest(data: bytes) -> Manifest:
    """Check and parse a manifest's bytes; raises like `read_manifest`, with the field as `where`."""
    content = _strict_json(data)
    if not isinstance(content, dict) or content.get("format") != DATASET_FORMAT:
        raise DatasetError(f"It is not a manifest: the format isn't {DATASET_FORMAT!r}.")
    check_schema_version(_take(content, "schema_version", str, ""), "schema_version")
    if content_sha256(content) != _take(content, "manifest_sha256", str, ""):
        raise DatasetError("It was changed after it was written: manifest_sha256 doesn't match.", mend=_FETCH_AGAIN)
    manifest = Manifest(
        dataset_id=_take(content, "dataset_id", str, ""),
        name=_name(content),
        seed=_take(content, "seed", int, ""),
        recipe=_take(content, "recipe", dict, ""),
        shards=tuple(_shard(entry, n) for n, entry in enumerate(_take(content, "shards", list, ""))),
        heads=tuple(_heads(entry, n) for n, entry in enumerate(_take(content, "heads", list, ""))),
        license=_take(content, "license", str, ""),
        versions=_texts(content, "versions"),
        hosts=tuple(_text(host, "hosts") for host in _take(content, "hosts", list, "")),
        dates=_texts(content, "dates"),
        failed=tuple(_failed(entry, n) for n, entry in enumerate(_take(content, "failed", list, ""))),
        assets=assets_from_json(content),
        subjects=subjects_from_json(content),
        schema_version=content["schema_version"],
    )
    _check_totals(manifest, content)
    return manifest


def _read(folder: Path | str, parse: Callable[[bytes], _Value]) -> _Value:
    """What `parse` makes of the manifest's bytes, with the file as the place of what it complains about."""
    remote = is_remote(folder)
    folder = address_of(folder) if remote else folder
    path = f"{folder}/{MANIFEST_NAME}" if remote else Path(folder) / MANIFEST_NAME
    try:
        return parse(read_remote(str(folder)) if remote else _read_bounded(Path(folder), Path(path)))
    except (DatasetError, ShardError) as error:
        if error.where.startswith(str(folder)):
            raise
        where = f"{path}: {error.where}" if error.where else str(path)
        raise DatasetError(error.what, where=where, mend=error.mend) from error


_NO_FOLDER = "Give the folder of a dataset, such as datasets/demo."
_FOLDER_OF = "Give a folder that holds a manifest.json; this file lies in {}."
_FETCH_AGAIN = "Fetch it again from where it came."
_MEND_UNFINISHED = "Start the same `synth render` again; it makes what is missing. Or copy the manifest, too."
_MEND_RANGES = "It was rendered in ranges: join them with `synth merge-manifest`."


def _read_bounded(folder: Path, path: Path) -> bytes:
    try:
        if folder.is_file():
            raise DatasetError(
                "It is a file, not a dataset's folder.", where=str(folder), mend=_FOLDER_OF.format(folder.parent)
            )
        if not folder.is_dir():
            raise DatasetError("There is no such folder.", where=str(folder), mend=_NO_FOLDER)
        if not path.is_file():
            _refuse_without_manifest(folder)
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            data = b"" if size > MAX_MANIFEST_BYTES else file.read(size + 1)  # as much room as this is taken at once
    except OSError as error:
        raise DatasetError(f"It can't be read: {error.strerror}.", where=str(path)) from error
    if max(size, len(data)) > MAX_MANIFEST_BYTES:
        raise DatasetError(f"It is larger than {MAX_MANIFEST_BYTES:,} bytes.", where=str(path))
    return data


def _refuse_without_manifest(folder: Path) -> NoReturn:
    if any(folder.glob("shard-*.h5")):
        raise DatasetError(
            f"The dataset is unfinished: it has shards but no {MANIFEST_NAME} yet.",
            where=str(folder),
            mend=_MEND_RANGES if any(folder.glob("manifest-*-*.json")) else _MEND_UNFINISHED,
        )
    raise DatasetError(
        f"It is not a dataset: there is no {MANIFEST_NAME}.", where=str(folder), mend="Give the folder that holds it."
    )


def _strict_json(data: bytes) -> Any:
    """What the text says. Well-formed `ids` of shards are `IdRuns` already: as lists they take ten times the memory."""

    def no_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise ValueError("a key stands twice")
        if "ids" in found and found.keys() >= _SHARD_KEYS:
            found["ids"] = _packed(found["ids"])
        return found

    def no_constants(name: str) -> NoReturn:
        raise ValueError(f"{name} is not a number")

    try:
        content = json.loads(data.decode("utf-8"), object_pairs_hook=no_repeats, parse_constant=no_constants)
        _check_depth(content)
        if isinstance(content, dict):  # only where they belong
            content = {key: value if key == "shards" else _unpacked(value) for key, value in content.items()}
        return content
    except (ValueError, RecursionError) as error:
        raise DatasetError(f"It is not valid JSON ({str(error)[:200]}).", mend=_FETCH_AGAIN) from error


def _packed(ids: Any) -> Any:
    """`[[first, last], …]` as `IdRuns`; anything else as it is, for whoever checks it."""
    is_plain = isinstance(ids, list) and all(
        type(run) is list and len(run) == 2 and type(run[0]) is int and type(run[1]) is int for run in ids
    )
    try:
        return IdRuns(ids) if is_plain else ids
    except OverflowError:
        return ids


def _unpacked(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _unpacked(each) for key, each in value.items()}
    if isinstance(value, IdRuns):
        return value.pairs.tolist()
    return [_unpacked(each) for each in value] if isinstance(value, list) else value


def _check_depth(content: Any) -> None:
    level = [content]
    for _ in range(_MAX_DEPTH):
        level = [c for v in level if isinstance(v, dict | list) for c in (v.values() if isinstance(v, dict) else v)]
        if not level:
            return
    raise ValueError("it is nested too deeply")


def _take(content: Mapping[str, Any], key: str, kind: type[_Value], where: str) -> _Value:
    place = f"{where}.{key}" if where else key
    if key not in content:
        raise DatasetError("The field is missing.", where=place)
    value = content[key]
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise DatasetError(f"{str(value)[:80]!r} is not a {_KINDS[kind]}.", where=place)
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise DatasetError("The number is too large.", where=place)
    return value


_KINDS: dict[type, str] = {str: "text", int: "whole number", list: "list", dict: "mapping"}


def _name(content: Mapping[str, Any]) -> str:
    name = _take(content, "name", str, "")
    if not DATASET_NAME.fullmatch(name):
        raise DatasetError(
            f"{name[:80]!r} can't be a dataset's name.", where="name", mend="It has only A-Z a-z 0-9 . _ - in it."
        )
    return name


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str):
        raise DatasetError(f"{str(value)[:80]!r} is not a text.", where=where)
    return value


def _texts(content: Mapping[str, Any], key: str) -> dict[str, str]:
    return {name: _text(value, f"{key}.{name}") for name, value in _take(content, key, dict, "").items()}


def _mapping(entry: Any, where: str) -> dict[str, Any]:
    if not isinstance(entry, dict):
        raise DatasetError(f"{str(entry)[:80]!r} is not a mapping.", where=where)
    return entry


def _shard(entry: Any, position: int) -> ShardEntry:
    where = f"shards[{position}]"
    content = _mapping(entry, where)
    first, last = _take(content, "first_id", int, where), _take(content, "last_id", int, where)
    runs = _runs(content["ids"], f"{where}.ids") if "ids" in content else _one_run(first, last, where)
    if not runs or (runs[0][0], runs[-1][1]) != (first, last):
        raise DatasetError("first_id and last_id don't match ids.", where=where)
    return ShardEntry(
        index=_take(content, "index", int, where),
        name=_take(content, "name", str, where),
        bytes=_take(content, "bytes", int, where),
        samples=_take(content, "samples", int, where),
        sha256=_take(content, "sha256", str, where),
        id_runs=runs,
    )


def _one_run(first: int, last: int, where: str) -> IdRuns:
    try:
        return IdRuns(((first, last),))
    except OverflowError:
        raise DatasetError("first_id and last_id are no ids.", where=where) from None


def _runs(value: Any, where: str) -> IdRuns:
    if isinstance(value, IdRuns):
        return value
    if not isinstance(value, list):
        raise DatasetError("It is not a list of [first, last].", where=where)
    wrong = next((run for run in value if not isinstance(_packed([run]), IdRuns)), value)
    raise DatasetError(f"{str(wrong)[:80]} is not [first, last].", where=where)


def _heads(entry: Any, position: int) -> HeadPackEntry:
    where = f"heads[{position}]"
    content = _mapping(entry, where)
    name, sha256, license_name = (_take(content, key, str, where) for key in ("name", "sha256", "license"))
    return HeadPackEntry(name, sha256, license_name)


def _failed(entry: Any, position: int) -> FailedSample:
    where = f"failed[{position}]"
    content = _mapping(entry, where)
    return FailedSample(_take(content, "id", int, where), _take(content, "reason", str, where))


def _check_totals(manifest: Manifest, content: Mapping[str, Any]) -> None:
    if manifest.recipe_sha256 != _take(content, "recipe_sha256", str, ""):
        raise DatasetError("It is not the checksum of the recipe.", where="recipe_sha256")
    if (declared := _take(content, "samples", int, "")) != manifest.samples:
        raise DatasetError(f"It says {declared} samples, its shards hold {manifest.samples}.", where="samples")
