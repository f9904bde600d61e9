"""Every test that docs/promises.md names is there and is called slow if it is."""

from __future__ import annotations

import ast
import re
from functools import lru_cache
from pathlib import Path

import pytest
from commands import ROOT

PAGE = (ROOT / "docs" / "promises.md").read_text(encoding="utf-8")
NAMED = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`( \(slow\))?", PAGE)
HELD = [row for row in PAGE.split("## Held in part")[0].splitlines() if re.match(r"\| \d+ \|", row)]


@lru_cache
def named_in(file: str) -> dict[str, bool]:
    """The tests of a file that are collected, and whether each is slow."""
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    found = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")]
    return {node.name: any("mark.slow" in ast.unparse(mark) for mark in node.decorator_list) for node in found}


@pytest.mark.parametrize(("file", "name", "slow"), sorted(set(NAMED)), ids=lambda part: str(part))
def test_a_test_that_a_promise_names_is_there(file: str, name: str, slow: str):
    assert Path(ROOT / file).is_file(), f"{file} is gone; name the test that holds the promise now"
    assert name in named_in(file), f"{file} has no {name}; name the test that holds the promise now"
    assert bool(slow) == named_in(file)[name]


def test_every_promise_names_a_test():
    assert len(HELD) > 20
    assert [int(row.split("|")[1]) for row in HELD] == list(range(1, len(HELD) + 1))
    assert not [row for row in HELD if "::test_" not in row]


def test_every_path_of_a_test_on_the_page_is_checked():
    assert PAGE.count("tests/") == len(NAMED), "write it as `tests/file.py::test_name`"
