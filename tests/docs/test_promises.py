"""Every test that docs/promises.md names is there and is called slow or soak if it is."""

from __future__ import annotations

import ast
import re
from functools import lru_cache
from pathlib import Path

import pytest
from commands import ROOT

from tests.faults.promises import read_promises

PAGE = (ROOT / "docs" / "promises.md").read_text(encoding="utf-8")
NAMED = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`(?: \((slow|soak)\))?", PAGE)
HELD = [row for row in PAGE.split("## Held in part")[0].splitlines() if re.match(r"\| \d+ \|", row)]


@lru_cache
def named_in(file: str) -> dict[str, str]:
    """The tests of a file that are collected, and what each is marked as: soak (slow it must be too), slow, or ""."""
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    found = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")]
    return {node.name: _mark([ast.unparse(mark) for mark in node.decorator_list]) for node in found}


def _mark(marks: list[str]) -> str:
    slow, soak = ("pytest.mark.slow" in marks, "pytest.mark.soak" in marks)
    assert slow or not soak, "what is left out of test-all is left out of test, so mark it slow too"
    return "soak" if soak else "slow" if slow else ""


@pytest.mark.parametrize(("file", "name", "mark"), sorted(set(NAMED)), ids=lambda part: str(part))
def test_a_test_that_a_promise_names_is_there(file: str, name: str, mark: str):
    assert Path(ROOT / file).is_file(), f"{file} is gone; name the test that holds the promise now"
    assert name in named_in(file), f"{file} has no {name}; name the test that holds the promise now"
    assert mark == named_in(file)[name]


def test_every_promise_names_a_test():
    assert len(HELD) > 20
    assert [int(row.split("|")[1]) for row in HELD] == list(range(1, len(HELD) + 1))
    assert not [row for row in HELD if "::test_" not in row]


def test_every_path_of_a_test_on_the_page_is_checked():
    assert PAGE.count("tests/") == len(NAMED), "write it as `tests/file.py::test_name`"


def test_the_suites_table_reads_every_row():
    rows = read_promises()
    assert [row.line for row in rows] == list(range(1, len(HELD) + 1))
    assert {test for row in rows for test in row.tests} >= {f"{file}::{name}" for file, name, _ in NAMED[:-1]}
