"""The command line as a whole: help, version, errors, exit codes, and how fast it starts."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from tiny_dataset import make_tiny_dataset

import synth
from synth.cli import _COMMANDS, main
from synth.cli.heads import _COMMANDS as HEADS_COMMANDS
from synth.errors import DeviceError, DiskError, LockedError, MismatchError, RecipeError, ShardError

ROOT = Path(synth.__file__).parents[1]
HEAVY = ("bpy", "torch", "trimesh", "numpy", "matplotlib", "rich", "pydantic", "cv2", "h5py", "scipy", "PIL", "yaml")


def run(*arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", "synth", *arguments],
        capture_output=True, encoding="utf-8", errors="replace", cwd=ROOT, env=os.environ | environment, check=False,
    )  # fmt: skip


@pytest.fixture
def failing(monkeypatch):
    """Makes `synth doctor` raise what it is given."""

    def install(error):
        @click.command()
        def command() -> None:
            raise error

        monkeypatch.setattr(main, "get_command", lambda ctx, name: command)

    return install


def test_help_imports_nothing_heavy():
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "synth", "--help"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=True,
    )
    imported = {line.rsplit("|", 1)[-1].strip().split(".")[0] for line in done.stderr.splitlines()}
    assert "click" in imported
    assert imported.isdisjoint(HEAVY)


@pytest.mark.parametrize("name", ["render", "heads", "recipes", "info", "verify", "preview", "doctor"])
def test_the_help_of_a_command_does_not_load_blender_either(name):
    code = f"import sys; from synth.cli import main; main(['{name}', '--help'], standalone_mode=False); " \
        "sys.exit(any(m in sys.modules for m in ('bpy', 'torch', 'trimesh', 'numpy', 'matplotlib')))"  # fmt: skip
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr


def test_synth_alone_says_what_to_do_next(synth):
    done = synth()
    assert done.exit_code == 0
    assert "synth render --recipe demo" in done.stdout
    assert "synth doctor" in done.stdout


def test_the_version_is_the_packages(synth):
    assert synth("--version").stdout == f"synth {importlib.import_module('synth').__version__}\n"


def test_every_command_is_listed_and_its_help_has_an_example(synth):
    listed = synth("--help").stdout
    for name in _COMMANDS:
        assert f"\n  {name} " in listed
        shown = synth(name, "--help")
        assert shown.exit_code == 0
        assert f"synth {name}" in shown.stdout.split("Example")[1]
    for name in HEADS_COMMANDS:
        shown = synth("heads", name, "--help")
        assert shown.exit_code == 0
        assert f"synth heads {name}" in shown.stdout.split("Example")[1]
    assert "synth recipes show" in synth("recipes", "show", "--help").stdout.split("Example")[1]


def test_a_mistyped_command_is_answered_with_the_one_that_was_meant(synth):
    done = synth("rendr")
    assert done.exit_code == 2
    assert "Did you mean render?" in done.stderr


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (RecipeError(["small.yaml:3: samples is missing."]), 2),
        (DeviceError("There is no GPU.", where="--device cuda", mend="Use --device cpu."), 2),
        (MismatchError("Another recipe.", where="out"), 2),
        (ShardError("Damaged.", where="shard-00000.h5"), 1),
        (LockedError("Another run is at work.", where="out"), 11),
        (DiskError("No room.", where="out"), 28),
    ],
)
def test_every_kind_of_error_has_its_exit_code_and_one_line_without_a_traceback(synth, failing, error, code):
    failing(error)
    done = synth("doctor")
    assert done.exit_code == code
    assert done.stdout == ""
    assert done.stderr == f"error: {error}\n"


def test_all_faults_of_a_recipe_are_shown_a_line_each(synth, failing):
    failing(RecipeError(["a.yaml:1: one.", "a.yaml:2: two."]))
    assert synth("doctor").stderr == "error: a.yaml:1: one.\nerror: a.yaml:2: two.\n"


@pytest.mark.parametrize("how", ["option", "environment"])
def test_debug_shows_where_an_error_arose(synth, failing, monkeypatch, how):
    failing(ShardError("Damaged.", where="shard-00000.h5"))
    if how == "environment":
        monkeypatch.setenv("SYNTH_DEBUG", "1")
    done = synth(*(["--debug"] if how == "option" else []), "doctor")
    assert done.exit_code == 1
    assert "Traceback" in done.stderr
    assert done.stderr.endswith("error: shard-00000.h5: Damaged.\n")


def test_ctrl_c_ends_with_130_and_no_traceback(synth, failing):
    failing(KeyboardInterrupt())
    done = synth("doctor")
    assert done.exit_code == 130
    assert "Traceback" not in done.stderr


def test_a_fault_of_the_program_itself_is_not_hidden(synth, failing):
    failing(ZeroDivisionError("division by zero"))
    with pytest.raises(ZeroDivisionError):
        synth("doctor")


def test_a_real_process_ends_with_the_exit_code():
    done = run("recipes", "show", "nosuch")
    assert done.returncode == 2
    assert done.stderr.startswith("error: there is no recipe nosuch.")
    assert "Traceback" not in done.stderr


def test_nothing_is_coloured_in_a_pipe():
    assert "\x1b" not in run("recipes", "show", "nosuch").stderr


@pytest.mark.parametrize(("no_color", "coloured"), [("", True), ("1", False)])
def test_no_color_is_respected_on_a_terminal(failing, monkeypatch, no_color, coloured):
    monkeypatch.setenv("NO_COLOR", no_color)
    failing(ShardError("Damaged."))
    done = CliRunner().invoke(main, ["doctor"], color=True)
    assert ("\x1b" in done.stderr) is coloured


def test_a_terminal_that_lacks_a_character_shows_another_in_its_place(tmp_path):
    make_tiny_dataset(tmp_path / "tiny")
    done = run("info", str(tmp_path / "tiny"), PYTHONIOENCODING="latin-1")
    assert done.returncode == 0, done.stderr
    assert "noise       ? 2.0 levels" in done.stdout


def test_completion_offers_the_commands():
    done = run(_SYNTH_COMPLETE="bash_complete", COMP_WORDS="synth re", COMP_CWORD="1")
    assert {line.split(",")[-1] for line in done.stdout.split()} >= {"render", "recipes"}


def test_the_python_interface_is_there_without_blender():
    code = "import sys, synth; synth.load_recipe, synth.plan_shot, synth.open_dataset; " \
        "sys.exit(any(m in sys.modules for m in ('bpy', 'torch', 'trimesh')))"  # fmt: skip
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
    assert set(synth.__all__) <= set(dir(synth))
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        synth.nonsense  # noqa: B018
