"""The rows of docs/promises.md: what is done, what holds, and the tests behind it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_ROW = re.compile(r"^\| (\d+) \|(.*?)\|(.*?)\|(.*)\|$")
_TEST = re.compile(r"`(tests/[\w/]+\.py::\w+)`")


@dataclass(frozen=True)
class Promise:
    """One row; `tests` are names as pytest takes them."""

    line: int
    done: str
    holds: str
    tests: tuple[str, ...]


def read_promises(page: str | None = None) -> list[Promise]:
    """The rows under "Held", in the page's order."""
    text = (ROOT / "docs" / "promises.md").read_text(encoding="utf-8") if page is None else page
    rows = (_ROW.match(line) for line in text.partition("## Held in part")[0].splitlines())
    return [Promise(int(row[1]), row[2].strip(), row[3].strip(), tuple(_TEST.findall(row[4]))) for row in rows if row]
