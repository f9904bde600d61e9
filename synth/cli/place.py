"""An argument that is a folder, or an address in an object store."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from synth.errors import UsageError
from synth.store.address import address_of, is_remote, require_folder


class PlaceType(click.Path):
    """Gives a `Path`, or a text as `s3://bucket/prefix`."""

    name = "folder"

    def __init__(self) -> None:
        super().__init__(path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Raises `UsageError` for an address that is none."""
        return address_of(value) if is_remote(value) else super().convert(value, param, ctx)


class LocalType(click.Path):
    """Gives a `Path` of this machine."""

    name = "path"

    def __init__(self) -> None:
        super().__init__(path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Raises `UsageError` for an address."""
        require_folder(value)
        return super().convert(value, param, ctx)


PLACE = PlaceType()
LOCAL = LocalType()


def local(place: Path | str | None, option: str) -> Path | None:
    """The place, which must be on this machine. Raises `UsageError` if it is an address."""
    if isinstance(place, str):
        raise UsageError("It can't be written there.", where=f"{option} {place}", mend="Name a file on this machine.")
    return place
