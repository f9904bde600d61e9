"""Rates, times left, and how they are shown."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import pytest

from synth.run.progress import JsonProgress, Progress, RateMeter, bar_progress, duration_text

HALF = Progress(50, 100, 2.0, 25.0, 1, 2, 4)


def test_the_rate_is_that_of_the_last_minute() -> None:
    meter = RateMeter()
    rates = [
        meter.update(float(second), second if second < 100 else 100 + 10 * (second - 100)) for second in range(200)
    ]
    assert rates[0] == 0
    assert rates[50] == pytest.approx(1.0)
    assert rates[-1] == pytest.approx(10.0)


def test_a_count_that_falls_gives_no_negative_rate() -> None:
    meter = RateMeter()
    meter.update(0.0, 100)
    assert meter.update(1.0, 50) == 0.0


def test_json_lines_come_now_and_then_and_always_at_the_end() -> None:
    now = iter([0.0, 1.0, 11.0, 12.0])
    stream = io.StringIO()
    with JsonProgress(stream, lambda: next(now)) as show:
        for _ in range(3):
            show(HALF)
        show(Progress(100, 100, 2.0, 0.0, 1, 2, 0, finished=True))
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [line["samples_done"] for line in lines] == [50, 50, 100]
    assert lines[0]["event"] == "progress"
    assert lines[0]["seconds_left"] == 25.0


def test_the_bar_shows_count_rate_time_left_and_faults() -> None:
    stream = io.StringIO()
    with bar_progress(stream) as show:
        show(HALF)
    text = stream.getvalue()
    for word in ("50/100", "2/s", "25 s left", "1 failed", "2 workers lost"):
        assert word in text


def test_the_bar_and_the_json_lines_say_on_what_is_rendered() -> None:
    on_gpu = replace(HALF, device="optix: RTX")
    bar, lines = io.StringIO(), io.StringIO()
    with bar_progress(bar) as show:
        show(HALF)
        show(on_gpu)
    with JsonProgress(lines, lambda: 0.0) as show:
        show(on_gpu)
    assert "rendering on optix: RTX" in bar.getvalue()
    assert json.loads(lines.getvalue())["device"] == "optix: RTX"


@pytest.mark.parametrize(("seconds", "text"), [(12.4, "12 s"), (200, "3 min 20 s"), (7500, "2 h 05 min")])
def test_durations_are_readable(seconds: float, text: str) -> None:
    assert duration_text(seconds) == text
