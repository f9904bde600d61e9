"""The licence of a dataset in words: its LICENSE file, and the notices of what it was made from.

Everything comes from the manifest; a licence that it doesn't state is said to be unstated, never guessed.
"""

from __future__ import annotations

import re
from pathlib import Path

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

from synth.shard.accounts import AssetEntry
from synth.shard.manifest import Manifest
from synth.share.markdown import plain_text

UNSTATED = "NOASSERTION"
_TEXTS = Path(__file__).with_name("licences")
_NO_NAMES = {"AND", "OR", "WITH", "(", ")"}
_STAND_IN = "LicenseRef-of-nobody"  # for UNSTATED, which SPDX allows in place of an expression, but not in one
_LONGEST = 500
_TOKEN = re.compile(r"[()]|[^\s()]+")


def licence_ids(expression: str) -> tuple[str, ...]:
    """The licences that an SPDX expression names, each once, as SPDX spells them.

    None for an empty one, a text that is no expression, or one with a name that isn't on SPDX's list.
    """
    if len(expression) > _LONGEST or _STAND_IN in expression:
        return ()
    words = [_STAND_IN if word == UNSTATED else word for word in _TOKEN.findall(expression)]
    try:
        spelled = canonicalize_license_expression(" ".join(words))
    except InvalidLicenseExpression:
        return ()
    names = (word for word in _TOKEN.findall(spelled) if word not in _NO_NAMES)
    return tuple(dict.fromkeys(UNSTATED if name == _STAND_IN else name for name in names))


def licence_url(identifier: str) -> str:
    """Where the licence's text stands; empty for what isn't on SPDX's list."""
    if identifier == UNSTATED or identifier.startswith("LicenseRef"):
        return ""
    return f"https://spdx.org/licenses/{identifier}.html"


def licence_file(manifest: Manifest) -> str:
    """The text of LICENSE: what it covers, and each licence in full where its text is at hand, else where it is had."""
    ids = licence_ids(manifest.license)
    if manifest.license and not ids:
        terms = (
            f"Of its licence the manifest says: {manifest.license}\n\nThat is no licence that others know (no SPDX"
            " expression): ask the one who made it before you use or share it."
        )
    elif not manifest.license or UNSTATED in ids:
        terms = (
            "Its manifest doesn't state a licence for all of it: ask the one who made it before you use or share it."
        )
    else:
        terms = f"Its pictures, maps and labels are under this licence (SPDX expression): {manifest.license}"
    parts = [f"Licence of the dataset {manifest.name} ({manifest.dataset_id})\n\n{terms}"]
    parts += [_licence(identifier) for identifier in ids if identifier != UNSTATED]
    return "\n\n".join(parts).rstrip() + "\n"


def _licence(identifier: str) -> str:
    path = _TEXTS / f"{identifier}.txt"
    if path.is_file():
        line = "-" * 72
        return f"{line}\n{identifier}\n{line}\n\n{path.read_text(encoding='utf-8').rstrip()}"
    return f"{identifier}: {licence_url(identifier) or 'ask the one who made the heads for its text'}"


def assets_of(manifest: Manifest) -> tuple[AssetEntry, ...]:
    """What the samples were made from: the assets that the manifest lists, and head packs that aren't among them."""
    listed = {asset.sha256 for asset in manifest.assets if asset.sha256}
    packs = [AssetEntry(h.name, "head pack", h.license, "", h.sha256) for h in manifest.heads if h.sha256 not in listed]
    return (*packs, *manifest.assets)


def notice_file(manifest: Manifest) -> str:
    """The text of NOTICE.md: each asset with its licence, source and checksum, grouped by kind."""
    assets = assets_of(manifest)
    lines = [f"# What {plain_text(manifest.name)} was made from", ""]
    if not manifest.assets:
        lines += ["The manifest lists head packs only; whatever else is in the pictures it doesn't name.", ""]
    for kind in dict.fromkeys(asset.kind for asset in assets):
        lines += [
            f"## {plain_text(kind).capitalize()}",
            "",
            "| name | licence | source | SHA-256 |",
            "|---|---|---|---|",
        ]
        lines += [
            f"| {plain_text(a.name)} | {plain_text(a.license) or 'not stated'} | {plain_text(a.source)} | {a.sha256} |"
            for a in assets
            if a.kind == kind
        ]
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"
