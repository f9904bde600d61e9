"""Is this a folder, or a prefix of an object store?"""

from __future__ import annotations

import re
from pathlib import Path

from synth.errors import UsageError

SCHEMES = ("s3", "gs", "az")
# `Path` makes one slash of two: s3:/bucket/prefix is read as s3://bucket/prefix.
_ADDRESS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):/{1,2}([^/].*)?", re.DOTALL)


def is_remote(place: Path | str) -> bool:
    """Whether it is an address, as `s3://bucket/prefix`, and not a folder."""
    return _ADDRESS.fullmatch(str(place)) is not None


def require_folder(place: Path | str) -> None:
    """Raise `UsageError` if it is an address: read or written as a path it would be a folder named `s3:`."""
    if is_remote(place):
        mend = "Fetch the dataset first, with any program, and write into a folder; `synth verify` checks it."
        raise UsageError("It must be a folder on this machine.", where=str(place), mend=mend)


def address_of(place: Path | str) -> str:
    """The address, without a slash at its end. Raises `UsageError` if it names no bucket, or a store of no known kind.

    A `Path` of an address, in which two slashes became one, is understood.
    """
    match = _ADDRESS.fullmatch(str(place))
    if not match:
        raise UsageError("It is no address.", where=str(place), mend="Write s3://bucket/prefix.")
    scheme, rest = match[1].lower(), (match[2] or "").rstrip("/")
    if scheme not in SCHEMES:
        raise UsageError(
            f"Stores of the kind {scheme!r} aren't known.",
            where=str(place),
            mend=f"Write s3://bucket/prefix (or {', '.join(SCHEMES[1:])}), or give a folder.",
        )
    bucket, _, prefix = rest.partition("/")
    if not bucket or not prefix or any(part in ("", ".", "..") for part in prefix.split("/")):
        raise UsageError(
            "It needs a bucket and a prefix in it.", where=str(place), mend=f"Write {scheme}://bucket/prefix."
        )
    return f"{scheme}://{rest}"
