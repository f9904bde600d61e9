"""heads.csv: what the user knows about the people in a folder of meshes."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal, cast

from synth.errors import HeadError
from synth.heads.foreign.folder import Folder, shown

TABLE_NAME = "heads.csv"
_COLUMNS = ("file", "id", "sex", "age_years")
_MAX_BYTES = 2**20
_IDENTIFIER = re.compile(r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}\Z")
_MAX_AGE_YEARS = 130


@dataclass(frozen=True)
class Row:
    """One line of the table; None where a cell is empty."""

    id: str | None = None
    sex: Literal["male", "female"] | None = None
    age_years: float | None = None


def read_table(folder: Folder, meshes: list[PurePosixPath]) -> tuple[dict[PurePosixPath, Row], list[str]]:
    """The rows by mesh file, and a line for each fault. Raises HeadError where the table can't be read at all."""
    data = folder.read(PurePosixPath(TABLE_NAME), where=TABLE_NAME)
    mend = f"Write a first line of {','.join(_COLUMNS)} (file and any of the others), then one line a mesh."
    if len(data) > _MAX_BYTES:
        raise HeadError("The table has more than 1 MiB.", where=TABLE_NAME, mend=mend)
    try:
        reader = csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True)
        lines = list(reader)
    except (UnicodeDecodeError, csv.Error) as error:
        raise HeadError(f"The table can't be read: {error}.", where=TABLE_NAME, mend=mend) from error
    columns = reader.fieldnames or []
    if "file" not in columns or len(set(columns)) != len(columns) or set(columns) - set(_COLUMNS):
        raise HeadError(f"Its columns are {shown(', '.join(columns))}.", where=TABLE_NAME, mend=mend)
    rows: dict[PurePosixPath, Row] = {}
    faults: list[str] = []
    for number, line in enumerate(lines, 2):
        where = f"{TABLE_NAME}:{number}"
        name = PurePosixPath((line["file"] or "").strip())
        if name not in meshes:
            faults.append(f"{where}: There is no mesh {shown(str(name))!r}. Write its path in the folder.")
        elif name in rows:
            faults.append(f"{where}: {shown(str(name))!r} stands there twice. Remove one line.")
        else:
            rows[name] = _row(line, where, faults)
    return rows, faults


def _row(line: dict[str, str | None], where: str, faults: list[str]) -> Row:
    if None in line:
        faults.append(f"{where}: There are more cells than columns. Remove the last ones.")
    cells = {key: (line.get(key) or "").strip() for key in _COLUMNS}
    identifier, sex = cells["id"] or None, cells["sex"] or None
    if identifier and not _IDENTIFIER.match(identifier):
        faults.append(f"{where}: {shown(identifier)!r} is no id. Use up to 64 letters, digits, dots, - and _.")
        identifier = None  # never becomes a file's name
    if sex not in (None, "male", "female"):
        faults.append(f"{where}: {shown(str(sex))!r} is no sex. Write male, female or nothing.")
        sex = None
    return Row(identifier, cast(Literal["male", "female"] | None, sex), _age(cells["age_years"], where, faults))


def _age(cell: str, where: str, faults: list[str]) -> float | None:
    if not cell:
        return None
    try:
        age = float(cell)
    except ValueError:
        age = -1.0
    if not 0 <= age <= _MAX_AGE_YEARS:
        faults.append(f"{where}: {shown(cell, 30)!r} is no age. Write years, 0 to {_MAX_AGE_YEARS}, or nothing.")
        return None
    return age
