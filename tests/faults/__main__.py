"""The fault suite with its table: `python -m tests.faults [--all] [--lines 1-24] [--json FILE]`.

Runs the tests that docs/promises.md names and prints, line by line, what was done, how often, and what held.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import pytest

from tests.faults.promises import ROOT, read_promises
from tests.faults.table import FaultTable


def lines_from(text: str) -> range:
    first, _, last = text.partition("-")
    return range(int(first), int(last or first) + 1)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--all", action="store_true", help="in full counts: the tests marked slow and soak too")
    parser.add_argument("--lines", type=lines_from, metavar="FIRST-LAST", help="these rows of the page alone")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the table there as JSON too")
    parser.add_argument("pytest", nargs="*", help="handed on to pytest, after --")
    wish = parser.parse_args()
    promises = [promise for promise in read_promises() if wish.lines is None or promise.line in wish.lines]
    if not promises:
        parser.error("docs/promises.md has no such lines")
    table = FaultTable(promises)
    names = sorted({test for promise in promises for test in promise.tests})
    code = pytest.main(
        ["--rootdir", str(ROOT), "-m", "" if wish.all else "not slow", *wish.pytest, *names], plugins=[table]
    )
    print("\n" + table.as_text())
    if wish.json:
        wish.json.write_text(json.dumps(table.as_json(), indent=1) + "\n", encoding="utf-8")
    return int(code)


if __name__ == "__main__":
    sys.exit(main())
