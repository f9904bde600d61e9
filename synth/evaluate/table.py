"""A table as a value, and its four faces: Markdown, plain text, CSV and JSON."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from synth.errors import UsageError


@dataclass(frozen=True)
class PlusMinus:
    """A mean and the standard deviation around it, shown in one cell."""

    mean: float
    std: float


Cell = str | int | float | PlusMinus | None
Kind = Literal["text", "count", "number", "share"]


@dataclass(frozen=True)
class Column:
    """`key` is the column's name for programs, with its unit; `title` its head for people.

    A "share" is stored as 0 … 1 and shown in percent.
    """

    key: str
    title: str
    kind: Kind = "text"
    digits: int = 1


@dataclass(frozen=True)
class Table:
    """Rows of cells under columns. `name` is the key in files, `title` says what is shown and which table of the source
    paper it answers, `notes` what its words mean; `settings` name set, split, crop, convention, checkpoint and device.

    A cell that is None or NaN is not known or doesn't apply, and is shown as a dash. Raises UsageError if a row hasn't
    as many cells as there are columns.
    """

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for number, row in enumerate(self.rows):
            if len(row) != len(self.columns):
                raise UsageError(
                    f"Row {number} has {len(row)} cells for {len(self.columns)} columns.", where=f"table {self.name}"
                )

    def as_markdown(self) -> str:
        """A heading, the table, and notes and settings as a list."""
        lines = [_markdown_row(column.title for column in self.columns)]
        lines.append("|".join(["", *("---" if column.kind == "text" else "---:" for column in self.columns), ""]))
        lines += [_markdown_row(row) for row in self._shown()]
        notes = [f"- {_escaped(note)}" for note in (*self.notes, *self.settings)]
        return "\n".join([f"## {self.title}", "", *lines, "", *notes]).rstrip() + "\n"

    def as_text(self) -> str:
        """For a terminal: aligned columns, the notes below; `settings_text` shows the settings of several at once."""
        shown = [tuple(column.title for column in self.columns), *self._shown()]
        widths = [max(len(row[n]) for row in shown) for n in range(len(self.columns))]
        lines = [
            "  ".join(
                cell.ljust(width) if column.kind == "text" else cell.rjust(width)
                for cell, width, column in zip(row, widths, self.columns, strict=True)
            ).rstrip()
            for row in shown
        ]
        ruled = [lines[0], "─" * max(map(len, lines)), *lines[1:]]
        return "\n".join([self.title, "", *ruled, "", *(f"  {note}" for note in self.notes)]).rstrip() + "\n"

    def as_json(self) -> dict[str, Any]:
        """Plain values; rows as objects by column key, a mean and its deviation under KEY and KEY_std."""
        return {
            "name": self.name,
            "title": self.title,
            "columns": [{"key": c.key, "title": c.title, "kind": c.kind} for c in self.columns],
            "rows": [
                {key: value for c, cell in zip(self.columns, row, strict=True) for key, value in _fields(c, cell)}
                for row in self.rows
            ],
            "notes": list(self.notes),
            "settings": list(self.settings),
        }

    def _shown(self) -> list[tuple[str, ...]]:
        return [tuple(shown(cell, c) for cell, c in zip(row, self.columns, strict=True)) for row in self.rows]


def settings_text(tables: Sequence[Table]) -> str:
    """What all these tables were made with, each line once, for a terminal."""
    lines = dict.fromkeys(line for table in tables for line in table.settings)
    return "\n".join(["Made with", "", *(f"  {line}" for line in lines)]) + "\n"


def as_csv(tables: Sequence[Table]) -> str:
    """All tables in one file, a line a value: table, row (from 0), label (its texts), column, value, std.

    Shares are 0 … 1; what isn't known is left out.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(["table", "row", "label", "column", "value", "std"])
    for table in tables:
        for number, row in enumerate(table.rows):
            pairs = list(zip(table.columns, row, strict=True))
            label = " | ".join(str(cell) for column, cell in pairs if column.kind == "text" and cell is not None)
            for column, cell in pairs:
                if column.kind != "text" and _is_known(cell):
                    value, std = (cell.mean, cell.std) if isinstance(cell, PlusMinus) else (cell, "")
                    writer.writerow([table.name, number, label, column.key, value, std])
    return buffer.getvalue()


def shown(cell: Cell, column: Column) -> str:
    """A cell as people read it."""
    if not _is_known(cell) or cell is None:
        return "—"
    if isinstance(cell, str):
        return cell
    if isinstance(cell, PlusMinus):
        return f"{_number(cell.mean, column.digits)} ± {_number(cell.std, column.digits)}"
    if column.kind == "count":
        return f"{cell:,}"
    if column.kind == "share":
        return f"{_number(100 * cell, column.digits)} %"
    return _number(cell, column.digits)


def _number(value: float, digits: int) -> str:
    text = f"{value:,.{digits}f}"
    # No negative zero, and the minus that lines up with the plus.
    return text.lstrip("-") if float(text.replace(",", "")) == 0 else text.replace("-", "−")


def _is_known(cell: Cell) -> bool:
    value = cell.mean if isinstance(cell, PlusMinus) else cell
    return value is not None and not (isinstance(value, float) and math.isnan(value))


def _fields(column: Column, cell: Cell) -> Iterable[tuple[str, str | int | float | None]]:
    if not _is_known(cell):
        return [(column.key, None)]
    if isinstance(cell, PlusMinus):
        return [(column.key, cell.mean), (f"{column.key}_std", cell.std)]
    return [(column.key, cell)]


def _markdown_row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(_escaped(cell) for cell in cells) + " |"


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
