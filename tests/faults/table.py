"""What the fault suite did and what held, from what its tests reported, as lines of text or as JSON.

A test says how often it did something with `record_property("injected", count)`, which may be said several times, and
what it measured with `record_property("measured", (what, value, allowed))`, of which the worst is shown. One that says
nothing counts as one.
"""

from __future__ import annotations

import textwrap
from dataclasses import asdict, dataclass, field
from typing import Any

import pytest

from tests.faults.promises import Promise

_DONE_WIDTH, _MEASURED_WIDTH = 44, 50


@dataclass
class Tally:
    """What became of one line's tests."""

    line: int
    done: str
    injected: int = 0
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    measured: dict[str, tuple[float, float | None]] = field(default_factory=dict)

    @property
    def verdict(self) -> str:
        if self.failed:
            return "NOT HELD"
        if not self.passed:
            return "not run"
        return "held"

    def add(self, properties: list[tuple[str, Any]]) -> None:
        counts = [value for name, value in properties if name == "injected"]
        self.injected += sum(counts) if counts else 1
        for name, value in properties:
            if name == "measured":
                what, number, allowed = value
                worst = max(number, self.measured.get(what, (number, None))[0])
                self.measured[what] = (worst, allowed)


class FaultTable:
    """A pytest plugin that adds up, line by line of the promises."""

    def __init__(self, promises: list[Promise]) -> None:
        self._promises = promises
        self.tallies = {promise.line: Tally(promise.line, promise.done or promise.holds) for promise in promises}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when != "call" and report.outcome == "passed":
            return
        name = report.nodeid.partition("[")[0]
        for promise in self._promises:
            if name in promise.tests:
                tally = self.tallies[promise.line]
                setattr(tally, report.outcome, getattr(tally, report.outcome) + 1)
                if report.outcome == "passed":
                    tally.add(report.user_properties)

    def as_json(self) -> list[dict[str, Any]]:
        return [asdict(tally) | {"verdict": tally.verdict} for tally in self.tallies.values()]

    def as_text(self) -> str:
        head = f"{'':>3} {'done':<{_DONE_WIDTH}} {'times':>6} {'tests':>6} {'verdict':<8}  worst measured (allowed)"
        return "\n".join([head, *(line for tally in self.tallies.values() for line in _lines(tally))])


def _lines(tally: Tally) -> list[str]:
    done = textwrap.wrap(tally.done.replace("`", ""), _DONE_WIDTH)
    said = [_measured(what, value, allowed) for what, (value, allowed) in tally.measured.items()]
    if tally.failed:
        said.insert(0, f"{tally.failed} tests failed")
    if tally.skipped:
        said.append(f"{tally.skipped} tests skipped")
    measured = [line for each in said for line in textwrap.wrap(each, _MEASURED_WIDTH)]
    lines = []
    for row in range(max(1, len(done), len(measured))):
        first = row == 0
        left = f"{tally.line if first else '':>3} {done[row] if row < len(done) else '':<{_DONE_WIDTH}}"
        times = f"{tally.injected:>6,} {tally.passed:>6} {tally.verdict:<8}" if first else " " * 22
        lines.append(f"{left} {times}  {measured[row] if row < len(measured) else ''}".rstrip())
    return lines


def _measured(what: str, value: float, allowed: float | None) -> str:
    return f"{what}: {_number(value)}" + (f" ({_number(allowed)})" if allowed is not None else "")


def _number(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:,.2f}" if value < 10 else f"{value:,.0f}"
