"""The licence of a dataset in words: its LICENSE file, and the notices of what it was made from.

Everything comes from the manifest; a licence that it doesn't state is said to be unstated, never guessed.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from synth.errors import DatasetError
from synth.shard.manifest import MANIFEST_NAME, Manifest

UNSTATED = "NOASSERTION"
_TEXTS = Path(__file__).with_name("licences")
_SPDX_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+-]{1,60}")
_OPERATORS = {"AND", "OR", "WITH"}
_MAX_NOTICES, _MAX_TEXT = 2000, 2000


def licence_ids(expression: str) -> tuple[str, ...]:
    """The licences that an SPDX expression names, each once; none for an empty one."""
    words = re.split(r"[\s()]+", expression)
    return tuple(dict.fromkeys(word for word in words if _SPDX_ID.fullmatch(word) and word not in _OPERATORS))


def licence_url(identifier: str) -> str:
    """Where the licence's text stands; empty for what isn't on SPDX's list."""
    if identifier == UNSTATED or identifier.startswith("LicenseRef"):
        return ""
    return f"https://spdx.org/licenses/{identifier}.html"


def licence_file(manifest: Manifest) -> str:
    """The text of LICENSE: what it covers, and each licence in full where its text is at hand, else where it is had."""
    if not manifest.license or UNSTATED in licence_ids(manifest.license):
        terms = (
            "Its manifest doesn't state a licence for all of it: ask the one who made it before you use or share it."
        )
    else:
        terms = f"Its pictures, maps and labels are under this licence (SPDX expression): {manifest.license}"
    parts = [f"Licence of the dataset {manifest.name} ({manifest.dataset_id})\n\n{terms}"]
    parts += [_licence(identifier) for identifier in licence_ids(manifest.license) if identifier != UNSTATED]
    return "\n\n".join(parts).rstrip() + "\n"


def _licence(identifier: str) -> str:
    path = _TEXTS / f"{identifier}.txt"
    if path.is_file():
        line = "-" * 72
        return f"{line}\n{identifier}\n{line}\n\n{path.read_text(encoding='utf-8').rstrip()}"
    return f"{identifier}: {licence_url(identifier) or 'ask the one who made the heads for its text'}"


def notices(folder: Path, manifest: Manifest) -> list[dict[str, str]]:
    """What the samples were made from, an entry each: the head packs, and the assets that the manifest lists.

    Each has at least `name`, `kind` and `license`; the rest of an asset's fields are taken by whatever names they have.
    Raises `DatasetError` if `assets` isn't a list or mapping of moderate length.
    """
    packs = [
        {"name": head.name, "kind": "head pack", "license": head.license or UNSTATED, "sha256": head.sha256}
        for head in manifest.heads
    ]
    return packs + [
        {"name": f"asset {number}", "kind": "asset", "license": UNSTATED, **_texts(entry)}
        for number, entry in enumerate(_assets(folder), 1)
    ]


def extra_field(folder: Path, name: str) -> Any:
    """A field of the manifest that not every version writes, plain JSON data; None if it isn't there.

    Of a manifest that `read_manifest` has taken.
    """
    path = Path(folder) / MANIFEST_NAME
    try:
        return json.loads(path.read_bytes()).get(name)
    except (OSError, ValueError, AttributeError, RecursionError) as error:
        raise DatasetError(f"It can't be read ({error}).", where=str(path)) from error


def _assets(folder: Path) -> list[dict[str, Any]]:
    listed = extra_field(folder, "assets") or []
    if isinstance(listed, dict):
        listed = [{"name": name, **(entry if isinstance(entry, dict) else {"license": entry})}
                  for name, entry in listed.items()]  # fmt: skip
    where = f"{Path(folder) / MANIFEST_NAME}: assets"
    if not isinstance(listed, list) or any(not isinstance(entry, dict) for entry in listed):
        raise DatasetError("It is not a list of assets.", where=where)
    if len(listed) > _MAX_NOTICES:
        raise DatasetError(f"It lists {len(listed):,} assets; at most {_MAX_NOTICES:,} are read.", where=where)
    return listed


def _texts(entry: dict[str, Any]) -> dict[str, str]:
    """Its fields as texts of moderate length; lists are joined, what is nested deeper is left out."""
    found = {}
    for name, value in entry.items():
        parts = value if isinstance(value, list) else [value]
        plain = [str(part) for part in parts if isinstance(part, str | int | float) and str(part)]
        if plain:
            found[name] = ", ".join(plain)[:_MAX_TEXT]
    return found
