"""What must not be left out: a test that is skipped for want of something that SYNTH_REQUIRE names is a failure.

`.ci/run` sets it, so that a machine without a browser or an extra can't pass for one on which all was tested.
"""

from __future__ import annotations

import os
from collections.abc import Generator
from typing import Any

import pytest

# What SYNTH_REQUIRE may name, with commas between, and the reasons for skipping that it forbids.
REASONS = {"extras": "could not import", "chromium": "no Chromium", "mount": "mount a file system"}


def forbidden(reason: str, required: str) -> bool:
    """Whether a test may not be skipped for this reason. Raises KeyError if what is required isn't known."""
    return any(REASONS[name] in reason for name in required.split(",") if name)


def _refuse(report: Any) -> None:
    if report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        if forbidden(reason, os.environ.get("SYNTH_REQUIRE", "")):
            report.outcome, report.longrepr = "failed", f"SYNTH_REQUIRE forbids to leave this out. {reason}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    report = yield
    _refuse(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Generator[None, Any, Any]:
    report = yield
    _refuse(report)
    return report
