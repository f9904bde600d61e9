"""`synth doctor`, on machines that are made up."""

from __future__ import annotations

import json

import pytest

from synth.run.doctor import Check

GOOD = Check("python", "ok", "3.11.7")
TIGHT = Check("disk", "warn", "4.0 GB free in /data", "Enough for small sets.")
BROKEN = Check("import bpy", "bad", "the system library libSM.so.6 is missing", "sudo apt-get install -y libsm6")


@pytest.fixture
def machine(monkeypatch):
    return lambda *found: monkeypatch.setattr("synth.run.doctor.checks", lambda folder: iter(found))


def test_a_machine_that_is_ready_is_told_what_comes_next(synth, machine):
    machine(GOOD, TIGHT)
    done = synth("doctor")
    assert done.exit_code == 0
    assert done.stdout.splitlines()[0].split() == ["ok", "python", "3.11.7"]
    assert "→ Enough for small sets." in done.stdout
    assert "Ready. Next: synth render --recipe demo" in done.stdout


def test_what_is_missing_stands_there_with_the_command_that_mends_it(synth, machine):
    machine(GOOD, BROKEN)
    done = synth("doctor")
    assert done.exit_code == 1
    assert "→ sudo apt-get install -y libsm6" in done.stdout
    assert "Not ready: import bpy." in done.stdout


def test_a_program_gets_json(synth, machine):
    machine(GOOD, BROKEN)
    done = synth("doctor", "--json")
    found = json.loads(done.stdout)
    assert done.exit_code == 1
    assert found["ok"] is False
    assert found["checks"][1] == {
        "name": "import bpy", "state": "bad", "found": BROKEN.found, "mend": BROKEN.mend,
    }  # fmt: skip


def test_the_folder_is_passed_on(synth, monkeypatch, tmp_path):
    asked = []
    monkeypatch.setattr("synth.run.doctor.checks", lambda folder: asked.append(folder) or iter([GOOD]))
    synth("doctor", "--out", tmp_path)
    assert asked == [tmp_path]
