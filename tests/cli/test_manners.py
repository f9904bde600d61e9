"""Manners that all commands share: what help says, what scripts can ask for, what Tab offers, what pipes get."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest
from tiny_dataset import make_tiny_dataset

from synth.cli import main
from synth.heads.pack import bundled_packs
from synth.recipe.load import list_recipes
from synth.train.presets import PRESETS

ROOT = Path(__file__).resolve().parents[2]

# What a command says is its result: nothing would be left of it with --quiet.
SAYS = {"recipes", "recipes show", "heads list", "heads stats", "info"}
GROUPS_WITHOUT_AN_OUTPUT = {"heads"}
HEAVY = ("bpy", "torch", "numpy", "pydantic", "trimesh", "h5py", "cv2", "matplotlib")


def walk(command, ctx, words=()):
    """Each command under this one, with its words."""
    for name in command.list_commands(ctx) if isinstance(command, click.Group) else ():
        below = command.get_command(ctx, name)
        inner = click.Context(below, parent=ctx, info_name=name)
        yield (*words, name), below, inner
        yield from walk(below, inner, (*words, name))


TOP = click.Context(main, info_name="synth")
COMMANDS = {" ".join(words): (command, ctx) for words, command, ctx in walk(main, TOP)}
each_command = pytest.mark.parametrize("name", COMMANDS)


def options(name):
    return [one for one in COMMANDS[name][0].params if isinstance(one, click.Option) and not one.hidden]


def flags(name):
    return {flag for option in options(name) for flag in option.opts}


def completed(*words, environment=()):
    """What Tab offers after these words, the last of which is begun; as (kind, text)."""
    asked = {
        "_SYNTH_COMPLETE": "bash_complete",
        "COMP_WORDS": " ".join(("synth", *words)),
        "COMP_CWORD": f"{len(words)}",
    }
    done = subprocess.run(
        [sys.executable, "-m", "synth"],
        capture_output=True, text=True, cwd=ROOT, check=True, env=os.environ | asked | dict(environment),
    )  # fmt: skip
    return [tuple(line.split(",", 1)) for line in done.stdout.splitlines()], done.stderr


def test_all_commands_are_walked():
    assert {"render", "heads import", "recipes show", "doctor"} <= COMMANDS.keys()
    assert len(COMMANDS) >= 27


# ---------------------------------------------------------------- help


@each_command
def test_help_says_what_it_does_shows_an_example_and_explains_every_option(synth, name):
    shown = synth(*name.split(), "--help")
    assert shown.exit_code == 0
    assert "Traceback" not in shown.output
    assert synth(*name.split(), "-h").stdout == shown.stdout
    said = re.sub(r"\s+", " ", shown.stdout)
    assert re.search(r"Examples?: .*synth " + name, said), "no example"
    command, ctx = COMMANDS[name]
    assert command.help
    assert command.get_short_help_str()
    assert said.startswith(f"Usage: synth {name} ")
    for option in options(name):
        assert option.help, option.name
        assert option.opts[0] in said
    for argument in command.params:
        if isinstance(argument, click.Argument):
            assert argument.make_metavar(ctx) in said


@each_command
def test_the_list_of_commands_says_what_each_is_for(name):
    *above, own = name.split()
    group = COMMANDS[" ".join(above)][0] if above else main
    with click.Context(group, info_name="synth") as ctx:
        line = next(line for line in group.get_help(ctx).splitlines() if line.startswith(f"  {own} "))
    assert len(line.split()) >= 3, line


@each_command
def test_an_option_that_there_isnt_is_a_line_of_usage_and_code_2(synth, name):
    done = synth(*name.split(), "--no-such-option")
    assert done.exit_code == 2
    assert "Traceback" not in done.output
    assert "--no-such-option" in done.stderr
    assert "--help" in done.stderr


NOWHERE = {
    "render": ("--recipe", "nowhere.yaml"), "merge-manifest": ("nowhere",), "variants": ("--blur", "--of", "./nowhere"),
    "train": ("--data", "nowhere", "--out", "t"), "evaluate": ("nowhere.safetensors",),
    "compare": ("--synthetic", "nowhere", "--real", "biwi=nowhere"),
    "predict": ("nowhere.png", "--checkpoint", "nowhere.safetensors"), "export": ("nowhere", "--onnx"),
    "recipes": ("nowhere",), "recipes show": ("nowhere.yaml",), "heads": ("nowhere",), "heads list": ("nowhere",),
    "heads build": ("--count", "2", "--share", "nowhere=1"), "heads show": ("nowhere",), "heads stats": ("nowhere",),
    "heads import": ("nowhere", "--out", "p"), "info": ("nowhere",), "verify": ("nowhere",), "preview": ("nowhere",),
    "report": ("nowhere",), "subset": ("nowhere", "--where", "id < 5", "--out", "o"),
    "split": ("nowhere", "--out", "o"), "merge": ("nowhere", "elsewhere", "--out", "o"),
    "repack": ("nowhere", "--out", "o"),
    "extract": ("nowhere", "--out", "o"), "card": ("nowhere",),
    "convert": ("nowhere", "--to", "huggingface", "--out", "o"), "doctor": ("nowhere",),
}  # fmt: skip


@each_command
@pytest.mark.parametrize("manner", [(), ("--json",), ("--quiet",)])
def test_what_is_not_there_is_one_error_with_its_code_and_leaves_nothing(synth, name, manner, tmp_path, monkeypatch):
    """Whatever else it was asked to say or not to say."""
    if not flags(name) >= set(manner):
        return
    monkeypatch.chdir(tmp_path)
    done = synth(*name.split(), *NOWHERE[name], *manner)
    assert done.exit_code in (1, 2)
    assert "Traceback" not in done.output
    if name == "verify":  # faults are its result
        assert "There is no such folder" in done.stdout
    else:
        assert done.stdout == ""
        assert re.search("^(error|Error): .*nowhere", done.stderr, re.MULTILINE)
    assert list(tmp_path.iterdir()) == []


# ---------------------------------------------------------------- for scripts


@each_command
def test_every_command_speaks_json_and_those_that_chat_can_be_silenced(name):
    if name in GROUPS_WITHOUT_AN_OUTPUT:
        return
    assert "--json" in flags(name)
    assert ("--quiet" in flags(name)) is (name not in SAYS)
    if "--quiet" in flags(name):
        assert "-q" in flags(name)


def test_json_is_all_that_is_on_standard_output_and_quiet_leaves_nothing(synth, tmp_path):
    make_tiny_dataset(tmp_path / "tiny", samples=12, shard_samples=4)
    tiny, out = tmp_path / "tiny", iter(tmp_path / f"out{n}" for n in range(99))
    for words in (
        ("info", tiny), ("verify", tiny), ("preview", tiny, "--out", tmp_path / "a.png"),
        ("preview", tiny, "--faces", "1x2", "--out", tmp_path / "b.png"),
        ("repack", tiny, "--out", out), ("subset", tiny, "--where", "id < 5", "--out", out),
        ("extract", tiny, "--out", out), ("convert", tiny, "--to", "coco", "--out", out),
    ):  # fmt: skip

        def given(*more, words=words):
            return synth(*(next(out) if word is out else word for word in words), *more)

        shown = given("--json")
        assert shown.exit_code == 0, shown.output
        assert isinstance(json.loads(shown.stdout), dict)
        assert shown.stderr == ""
        if words[0] not in SAYS:
            assert given("--quiet").output == ""


def test_a_run_reports_as_json_whatever_the_log(synth, recipe, tmp_path):
    fake = ("--workers", "1", "--renderer", "fake_renderer:make_fake")
    for more in (("--log", "text"), ("--quiet",)):
        done = synth("render", "--recipe", recipe, "--out", tmp_path / more[-1], "--json", *more, *fake)
        assert done.exit_code == 0, done.output
        assert json.loads(done.stdout)["samples_made"] == 12
    assert done.stderr == ""


# ---------------------------------------------------------------- completion


def test_tab_offers_commands_within_groups_too():
    assert ("plain", "merge-manifest") in completed("me")[0]
    assert completed("heads", "st")[0] == [("plain", "stats")]


@pytest.mark.parametrize("words", [("render", "--recipe", ""), ("recipes", "show", ""), ("variants", "--of", "")])
def test_tab_offers_the_recipes(words):
    assert completed(*words)[0] == [("plain", name) for name, _ in list_recipes()]


@pytest.mark.parametrize("words", [("heads", "show", ""), ("heads", "stats", "dem")])
def test_tab_offers_the_packs(words):
    assert completed(*words)[0] == [("plain", name) for name in bundled_packs()]


def test_tab_offers_presets_and_methods():
    assert {name for _, name in completed("train", "--preset", "")[0]} == set(PRESETS)
    assert completed("train", "--model", "resn")[0] == [("plain", "resnet50")]


def test_tab_offers_files_where_no_name_fits():
    assert completed("render", "--recipe", "./my")[0] == [("file", "./my")]
    assert completed("info", "data")[0] == [("file", "data")]


@pytest.mark.parametrize("words", [("render", "--recipe", ""), ("heads", "show", ""), ("train", "--model", "")])
def test_tab_is_answered_without_anything_that_takes_time(words):
    offered, errors = completed(*words, environment={"PYTHONPROFILEIMPORTTIME": "1"})
    assert offered
    imported = {line.rsplit("|", 1)[-1].strip().split(".")[0] for line in errors.splitlines()}
    assert "click" in imported
    assert imported.isdisjoint(HEAVY)


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
def test_the_line_for_bash_in_the_help_and_on_the_page_makes_tab_work():
    line = 'eval "$(_SYNTH_COMPLETE=bash_source synth)"'
    assert line in (main.epilog or "")
    assert line in (ROOT / "docs" / "running.md").read_text(encoding="utf-8")
    pressed = "COMP_WORDS=(synth render --recipe d); COMP_CWORD=3; _synth_completion synth; echo ${COMPREPLY[@]}"
    where = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", f"{line}\n{pressed}"],
        capture_output=True, text=True, check=True, env=os.environ | {"PATH": where, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.stdout.split() == [name for name, _ in list_recipes() if name.startswith("d")], done.stderr


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_get_a_script_as_well(shell):
    done = subprocess.run(
        [sys.executable, "-c", "from synth.cli import main; main(prog_name='synth')"],
        capture_output=True, text=True, cwd=ROOT, check=True, env=os.environ | {"_SYNTH_COMPLETE": f"{shell}_source"},
    )  # fmt: skip
    assert f"{shell}_complete" in done.stdout
    assert f"_SYNTH_COMPLETE={shell}_source synth" in (ROOT / "docs" / "running.md").read_text(encoding="utf-8")


# ---------------------------------------------------------------- pipes


def test_a_pipe_gets_no_bar_no_colour_and_no_cursor(tmp_path):
    make_tiny_dataset(tmp_path / "tiny", samples=12, shard_samples=4)
    for words in (("repack", "tiny", "--out", "packed"), ("convert", "tiny", "--to", "coco", "--out", "coco"),
                  ("verify", "tiny"), ("info", "nowhere")):  # fmt: skip
        done = subprocess.run(
            [sys.executable, "-m", "synth", *words], capture_output=True, cwd=tmp_path, check=False,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        assert done.returncode == (1 if words[0] == "info" else 0), done.stderr
        for stream in (done.stdout, done.stderr):
            assert b"\x1b" not in stream
            assert b"\r" not in stream


def test_a_reader_that_has_seen_enough_leaves_no_traceback(tmp_path):
    make_tiny_dataset(tmp_path / "tiny", samples=12, shard_samples=4)
    with subprocess.Popen(
        [sys.executable, "-m", "synth", "info", "tiny"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    ) as process:  # fmt: skip
        process.stdout.close()
        said = process.stderr.read()
    assert said == b""
