"""The suite's table adds up what the tests say, and a failure is never held."""

from __future__ import annotations

from typing import Any

import pytest

from tests.faults.promises import Promise, read_promises
from tests.faults.table import FaultTable

PROMISES = [
    Promise(1, "workers are killed", "all is there", ("tests/a.py::test_one", "tests/a.py::test_two")),
    Promise(2, "nothing is done", "nothing", ("tests/b.py::test_three",)),
]


def report(name: str, outcome: Any = "passed", when: Any = "call", **said: Any) -> pytest.TestReport:
    properties = [(key, value) for key, values in said.items() for value in values]
    return pytest.TestReport(name, ("", None, ""), {}, outcome, None, when, user_properties=properties)


def table(*reports: pytest.TestReport) -> FaultTable:
    made = FaultTable(PROMISES)
    for each in reports:
        made.pytest_runtest_logreport(each)
    return made


def test_counts_are_added_and_the_worst_figure_is_kept() -> None:
    made = table(
        report("tests/a.py::test_one[x]", injected=[8, 1], measured=[("wait, s", 0.5, 10), ("wait, s", 0.75, 10)]),
        report("tests/a.py::test_two", injected=[200], measured=[("wait, s", 0.25, 10)]),
        report("tests/a.py::test_two", when="teardown", injected=[200]),
        report("tests/elsewhere.py::test_one"),
    )
    first, second = made.as_json()
    assert (first["injected"], first["passed"], first["verdict"]) == (209, 2, "held")
    assert first["measured"] == {"wait, s": (0.75, 10)}
    assert (second["injected"], second["verdict"]) == (0, "not run")
    assert "209      2 held      wait, s: 0.75 (10)" in made.as_text()


@pytest.mark.parametrize("when", ["setup", "call", "teardown"])
def test_one_failure_means_not_held_whatever_else_passed(when: str) -> None:
    made = table(report("tests/a.py::test_one"), report("tests/a.py::test_two", "failed", when))
    assert made.as_json()[0]["verdict"] == "NOT HELD"
    assert "1 tests failed" in made.as_text()


def test_a_skipped_test_is_said_and_holds_nothing() -> None:
    made = table(report("tests/b.py::test_three", "skipped", "setup"))
    assert (made.as_json()[1]["verdict"], made.as_json()[1]["injected"]) == ("not run", 0)
    assert "1 tests skipped" in made.as_text()


def test_rows_are_read_from_the_page_and_only_what_is_held() -> None:
    page = "| 3 | a `b` | c | `tests/x.py::test_y` (slow), `tests/x.py::test_z` |\n## Held in part\n| 4 | a | b | c |"
    assert read_promises(page) == [Promise(3, "a `b`", "c", ("tests/x.py::test_y", "tests/x.py::test_z"))]
