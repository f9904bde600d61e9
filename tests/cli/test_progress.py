"""How commands speak while at work: on a terminal, in a pipe, in a log."""

from __future__ import annotations

import json
import logging
import os
import pty
import select
import subprocess
import sys
from pathlib import Path

import pytest

from synth.cli.progress import Manner, count_progress, logged, manner_of

TESTS = Path(__file__).resolve().parents[1]


class _Terminal:
    def isatty(self):
        return True


@pytest.mark.parametrize(
    ("terminal", "log", "quiet", "manner"),
    [
        (True, "auto", False, Manner.BAR),
        (True, "text", False, Manner.BAR),
        (True, "json", False, Manner.JSON),
        (False, "auto", False, Manner.JSON),
        (False, "text", False, Manner.TEXT),
        (False, "json", False, Manner.JSON),
        (True, "auto", True, Manner.QUIET),
        (False, "json", True, Manner.QUIET),
    ],
)
def test_a_bar_is_for_terminals_alone(monkeypatch, terminal, log, quiet, manner):
    if terminal:
        monkeypatch.setattr(sys, "stderr", _Terminal())
    assert manner_of(log, quiet) is manner


def test_counts_come_as_json_lines_the_first_and_the_last_at_once(capsys):
    with count_progress(Manner.JSON, "heads") as show:
        for done in range(1, 6):
            show(done, 5)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert [json.loads(line)["done"] for line in captured.err.splitlines()] == [1, 5]


def test_counts_come_as_text_or_not_at_all(capsys):
    for manner in (Manner.TEXT, Manner.QUIET):
        with count_progress(manner, "heads") as show:
            show(5, 5)
    assert capsys.readouterr().err == "heads: 5/5\n"


@pytest.mark.parametrize(
    ("manner", "said"),
    [
        (Manner.TEXT, "warning: sample 3 failed\nerror: gave up\n"),
        (Manner.QUIET, "error: gave up\n"),
        (
            Manner.JSON,
            '{"event": "log", "level": "warning", "message": "sample 3 failed"}\n'
            '{"event": "log", "level": "error", "message": "gave up"}\n',
        ),
    ],
)
def test_warnings_of_the_program_are_shown_in_the_same_manner(capsys, manner, said):
    logger = logging.getLogger("synth.run.loop")
    with logged(manner):
        logger.warning("sample %d failed", 3)
        logger.error("gave up")
        logger.debug("nobody wants to know")
    assert capsys.readouterr().err == said
    assert not logging.getLogger("synth").handlers


def test_on_a_terminal_there_is_a_bar_and_then_a_paragraph(recipe, tmp_path):
    screen = _on_a_terminal(
        "render", "--recipe", str(recipe), "--out", str(tmp_path / "out"), "--workers", "1",
        "--renderer", "fake_renderer:make_fake",
    )  # fmt: skip
    assert "12/12" in screen
    assert "12 of 12 samples." in screen
    assert "Next: synth verify" in screen
    assert '"event"' not in screen


def test_errors_are_coloured_on_a_terminal_unless_no_color_is_set():
    assert "\x1b[31m" in _on_a_terminal("recipes", "show", "nosuch")
    assert "\x1b[31m" not in _on_a_terminal("recipes", "show", "nosuch", NO_COLOR="1")


def _on_a_terminal(*arguments, **environment):
    """What a terminal shows of `synth ARGUMENTS`."""
    ours, theirs = pty.openpty()
    path = os.pathsep.join([str(TESTS), str(TESTS.parent)])
    try:
        with subprocess.Popen(
            [sys.executable, "-m", "synth", *arguments],
            stdin=theirs, stdout=theirs, stderr=theirs, cwd=TESTS.parent,
            env={"PATH": os.environ["PATH"], "TERM": "xterm", "COLUMNS": "160", "PYTHONPATH": path, **environment},
        ) as run:  # fmt: skip
            screen = b""
            while run.poll() is None or select.select([ours], [], [], 0.2)[0]:
                if select.select([ours], [], [], 0.2)[0]:
                    screen += os.read(ours, 65536)
    finally:
        os.close(ours)
        os.close(theirs)
    return screen.decode("utf-8", "replace")
