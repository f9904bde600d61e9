"""What every shard says about itself and the dataset it belongs to."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from synth.errors import ShardError
from synth.shard.encode import JPEG_QUALITY

SHARD_FORMAT = "synth-shard"
SCHEMA_MAJOR = 1
SCHEMA_VERSION = f"{SCHEMA_MAJOR}.0"  # a reader takes any minor version of its major one
FURTHER_SCHEMA_VERSION = f"{SCHEMA_MAJOR}.1"  # of a shard with pictures that 1.0 doesn't know; others stay as they were
ACCOUNTS_SCHEMA_VERSION = f"{SCHEMA_MAJOR}.2"  # of a manifest that lists assets or subjects

_DATASET_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_SHARD_NAME = re.compile(r"shard-(\d{5,9})\.h5", re.ASCII)
_VERSION = re.compile(r"(\d{1,6})\.(\d{1,6})", re.ASCII)


def canonical_json(value: Any, default: Callable[[Any], Any] | None = None) -> bytes:
    """The one JSON text of a value: sorted keys, no spaces, ASCII, no NaN. What checksums of recipes are taken of.

    `default` makes JSON data of what isn't.
    """
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False, default=default)
    return text.encode("ascii")


def recipe_sha256(recipe: Mapping[str, Any]) -> str:
    """SHA-256 (hex) of a recipe's canonical JSON."""
    return hashlib.sha256(canonical_json(recipe)).hexdigest()


def shard_name(index: int) -> str:
    """File name of the shard with this index: ``shard-00012.h5``."""
    return f"shard-{index:05d}.h5"


def index_of_shard_name(name: str) -> int | None:
    """The index in a shard's file name, or None if it is no shard's name (as `shard_name` writes it)."""
    match = _SHARD_NAME.fullmatch(name)
    return int(match[1]) if match and shard_name(int(match[1])) == name else None


def check_schema_version(version: str, where: str) -> None:
    """Raise `ShardError` unless this reader understands the version, which is ``major.minor``."""
    match = _VERSION.fullmatch(version)
    if not match:
        raise ShardError(f"{version[:40]!r} is not a schema version.", where=where)
    if int(match[1]) > SCHEMA_MAJOR:
        raise ShardError(
            f"It has schema version {version}, this program reads up to {SCHEMA_MAJOR}.x.",
            where=where,
            mend="Install a newer version of synth.",
        )
    if int(match[1]) < SCHEMA_MAJOR:
        raise ShardError(f"Schema version {version} was never published.", where=where)


def is_dataset_id(text: str) -> bool:
    """Whether a text can be a dataset's id: letters, digits, . _ -, at most 128."""
    return _DATASET_ID.fullmatch(text) is not None


def is_sha256(text: str) -> bool:
    """Whether a text is a SHA-256 in lower-case hex."""
    return _SHA256.fullmatch(text) is not None


@dataclass(frozen=True)
class ShardHeader:
    """The head of one shard. Hosts, dates and versions don't belong here: they would change the bytes.

    `recipe` is plain JSON data. `noise_baked` says that the stored pictures already carry their noise.
    """

    shard_index: int
    dataset_id: str
    seed: int
    recipe: Mapping[str, Any]
    noise_baked: bool = False
    jpeg_quality: int = JPEG_QUALITY
    schema_version: str = SCHEMA_VERSION
    recipe_sha256: str = field(init=False)

    def __post_init__(self) -> None:
        if not 0 <= self.shard_index < 10**9:
            raise ShardError(f"{self.shard_index} is not a shard's index.", where="header")
        if not is_dataset_id(self.dataset_id):
            raise ShardError(
                f"{self.dataset_id!r} can't be a dataset's id.", where="header", mend="Use A-Z a-z 0-9 . _ -."
            )
        if not 0 <= self.seed < 2**63:
            raise ShardError(f"{self.seed} is not a seed.", where="header", mend="Give a number from 0 to 2^63 - 1.")
        object.__setattr__(self, "recipe_sha256", recipe_sha256(self.recipe))

    @property
    def file_name(self) -> str:
        return shard_name(self.shard_index)
