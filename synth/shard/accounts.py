"""What a dataset is made of and whom it shows: the manifest's lists `assets` and `subjects`.

Both may be missing: datasets of older versions have none. Readers that don't know them pass over them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from synth.errors import DatasetError
from synth.shard.header import is_sha256

Parameter = float | int | str

MAX_PARAMETERS = 64
_MAX_TEXT = 1000
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
_SUBJECT = re.compile(r"[ -~]{1,64}")


@dataclass(frozen=True)
class AssetEntry:
    """Something of somebody's that is in the pictures: what it is called, of which kind, and under which licence.

    `source` is where it comes from, an address or a name; `sha256` that of its file, or of its folder's list. Either
    may be empty: unknown. Raises `DatasetError` for texts that can't be in a line.
    """

    name: str
    kind: str
    license: str
    source: str = ""
    sha256: str = ""

    def __post_init__(self) -> None:
        for what in ("name", "kind", "license", "source"):
            text = getattr(self, what)
            if not isinstance(text, str) or len(text) > _MAX_TEXT or not (text.isprintable() or text == ""):
                raise DatasetError(f"{str(text)[:80]!r} is not a line of text.", where=f"assets: {what}")
        if not self.name or not self.kind:
            raise DatasetError("It has no name or no kind.", where="assets")
        if self.sha256 and not is_sha256(self.sha256):
            raise DatasetError(f"{str(self.sha256)[:80]!r} is not a SHA-256.", where=f"assets: {self.name[:80]}")


@dataclass(frozen=True)
class SubjectEntry:
    """A person: the id that the label `subject` has, and what is known of them, by name. Raises `DatasetError`."""

    id: str
    parameters: Mapping[str, Parameter] = field(default_factory=dict)

    def __post_init__(self) -> None:
        where = f"subjects: {str(self.id)[:64]}"
        if not isinstance(self.id, str) or not _SUBJECT.fullmatch(self.id):
            raise DatasetError(f"{str(self.id)[:80]!r} can't be a subject's id.", where="subjects")
        if len(self.parameters) > MAX_PARAMETERS:
            raise DatasetError(f"It has more than {MAX_PARAMETERS} parameters.", where=where)
        for name, value in self.parameters.items():
            if not _NAME.fullmatch(name) or name == "id":
                raise DatasetError(f"{name[:80]!r} can't be a parameter's name.", where=where)
            if not _is_parameter(value):
                raise DatasetError(f"{str(value)[:80]!r} is neither a number nor a line.", where=f"{where}.{name}")


@dataclass(frozen=True)
class Accounts:
    """The assets and the subjects of a dataset."""

    assets: tuple[AssetEntry, ...] = ()
    subjects: tuple[SubjectEntry, ...] = ()


def joined_accounts(several: Iterable[Accounts]) -> Accounts:
    """All of several, each once, in the order in which they are met.

    An id that means different people in two of them says nothing of either: its subject is left out.
    """
    assets: dict[AssetEntry, None] = {}
    subjects: dict[str, SubjectEntry] = {}
    unclear: set[str] = set()
    for accounts in several:
        assets |= dict.fromkeys(accounts.assets)
        for subject in accounts.subjects:
            if subjects.setdefault(subject.id, subject) != subject:
                unclear.add(subject.id)
    return Accounts(tuple(assets), tuple(s for s in subjects.values() if s.id not in unclear))


def _is_parameter(value: Any) -> bool:
    if isinstance(value, str):
        return len(value) <= _MAX_TEXT and (value.isprintable() or value == "")
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def check_subjects(subjects: Iterable[SubjectEntry]) -> None:
    """Raise `DatasetError` if one is listed twice."""
    seen: set[str] = set()
    for subject in subjects:
        if subject.id in seen:
            raise DatasetError(f"{subject.id} is listed twice.", where="subjects")
        seen.add(subject.id)


def accounts_to_json(assets: Iterable[AssetEntry], subjects: Iterable[SubjectEntry]) -> dict[str, Any]:
    """The two lists as plain JSON data; one that is empty is left out."""
    listed = [{"name": a.name, "kind": a.kind, "license": a.license, "source": a.source, "sha256": a.sha256}
              for a in assets]  # fmt: skip
    shown = [{"id": subject.id, **subject.parameters} for subject in subjects]
    return {**({"assets": listed} if listed else {}), **({"subjects": shown} if shown else {})}


def assets_from_json(content: Mapping[str, Any]) -> tuple[AssetEntry, ...]:
    """Of a manifest's content, which may have none. Raises `DatasetError`."""
    found = []
    for position, entry in enumerate(_listed(content, "assets")):
        texts = {}
        for key in ("name", "kind", "license", "source", "sha256"):
            if not isinstance(entry.get(key), str):
                what = "The field is missing." if key not in entry else f"{str(entry[key])[:80]!r} is not a text."
                raise DatasetError(what, where=f"assets[{position}].{key}")
            texts[key] = entry[key]
        found.append(AssetEntry(**texts))
    return tuple(found)


def subjects_from_json(content: Mapping[str, Any]) -> tuple[SubjectEntry, ...]:
    """Of a manifest's content, which may have none. Raises `DatasetError`."""
    found = []
    for position, entry in enumerate(_listed(content, "subjects")):
        if "id" not in entry:
            raise DatasetError("The field is missing.", where=f"subjects[{position}].id")
        found.append(SubjectEntry(entry["id"], {name: value for name, value in entry.items() if name != "id"}))
    check_subjects(found)
    return tuple(found)


def _listed(content: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    listed = content.get(key, [])
    if not isinstance(listed, list):
        raise DatasetError(f"{str(listed)[:80]!r} is not a list.", where=key)
    for position, entry in enumerate(listed):
        if not isinstance(entry, dict):
            raise DatasetError(f"{str(entry)[:80]!r} is not a mapping.", where=f"{key}[{position}]")
    return listed
