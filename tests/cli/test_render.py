"""`synth render` with a stand-in for Blender."""

from __future__ import annotations

import json
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import pytest
from hearing import hear_signals

from synth.errors import DeviceError, HeadError
from synth.shard.dataset import open_dataset
from synth.shard.header import ACCOUNTS_SCHEMA_VERSION
from synth.shard.verify import verify_dataset

FAKE = ("--renderer", "fake_renderer:make_fake")


def test_a_recipe_becomes_a_dataset_that_verifies(synth, recipe, tmp_path):
    done = synth("render", "--recipe", recipe, "--out", tmp_path / "out", "--workers", 2, *FAKE)
    assert done.exit_code == 0, done.stderr
    last = json.loads(done.stdout)
    assert {"event": "done", "samples_made": 12, "exit_code": 0}.items() <= last.items()
    assert verify_dataset(tmp_path / "out", deep=True) == []


def test_the_manifest_names_the_head_pack_and_the_recipe_is_tied_to_it(synth, recipe, tmp_path):
    synth("render", "--recipe", recipe, "--out", tmp_path / "out", *FAKE)
    manifest = open_dataset(tmp_path / "out").manifest
    assert [(h.name, h.license) for h in manifest.heads] == [("four", "CC0-1.0")]
    assert manifest.recipe["heads"]["pack_sha256"] == manifest.heads[0].sha256
    assert manifest.recipe["heads"]["count"] == 4
    assert manifest.license == "CC0-1.0"


def test_the_manifest_lists_assets_with_licences_and_the_people(synth, recipe, tmp_path):
    synth("render", "--recipe", recipe, "--out", tmp_path / "out", *FAKE)
    manifest = open_dataset(tmp_path / "out").manifest
    assert (manifest.assets[0].name, manifest.assets[0].kind) == ("four", "head pack")
    assert manifest.assets[0].sha256 == manifest.heads[0].sha256
    assert "environment" in {asset.kind for asset in manifest.assets}
    assert [subject.id for subject in manifest.subjects] == ["m0", "m1", "m2", "m3"]
    assert manifest.schema_version == ACCOUNTS_SCHEMA_VERSION


def test_a_recipe_of_stored_pictures_varied_is_not_rendered(synth, recipe, tmp_path):
    varied = ("--set", "variants.blur={}", "--set", f"variants.source_sha256={'a' * 64}")
    for only in ((), ("--only", 0)):
        done = synth("render", "--recipe", recipe, *varied, "--out", tmp_path / "out", *only, *FAKE)
        assert done.exit_code == 2
        assert "synth variants --blur --of DIR" in done.stderr
        assert not (tmp_path / "out").exists()


def test_progress_is_json_lines_where_there_is_no_terminal(synth, recipe, tmp_path):
    done = synth("render", "--recipe", recipe, "--out", tmp_path / "out", *FAKE)
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert lines[-1]["event"] == "progress"
    assert lines[-1]["finished"]
    assert lines[-1]["samples_done"] == 12
    assert lines[-1]["device"] == "cpu"


def test_as_text_it_ends_with_where_how_many_and_what_next(synth, recipe, tmp_path):
    out = tmp_path / "my out"
    done = synth("render", "--recipe", recipe, "--out", out, "--log", "text", *FAKE)
    assert f"{out}: 12 of 12 samples." in done.stdout
    assert "12 made in" in done.stdout
    assert f"synth verify {shlex.quote(str(out))}" in done.stdout
    assert "12/12 samples on cpu" in done.stderr
    assert "\x1b" not in done.stdout + done.stderr


def test_quiet_says_nothing_when_all_is_well(synth, recipe, tmp_path):
    done = synth("render", "--recipe", recipe, "--out", tmp_path / "out", "--quiet", *FAKE)
    assert (done.exit_code, done.stdout, done.stderr) == (0, "", "")


def test_started_again_it_makes_nothing_twice(synth, recipe, tmp_path):
    command = ("render", "--recipe", recipe, "--out", tmp_path / "out", *FAKE)
    synth(*command)
    before = {p.name: p.read_bytes() for p in (tmp_path / "out").glob("*.h5")}
    done = synth(*command, "--log", "text")
    assert done.exit_code == 0
    assert "nothing left to make" in done.stdout
    assert {p.name: p.read_bytes() for p in (tmp_path / "out").glob("*.h5")} == before


def test_settings_and_count_change_the_recipe(synth, recipe, tmp_path):
    synth("render", "--recipe", recipe, "--count", 5, "--set", "pose.yaw_deg=[10,20]", "--out", tmp_path / "out", *FAKE)
    dataset = open_dataset(tmp_path / "out")
    assert len(dataset) == 5
    assert 10 <= dataset.labels["euler_deg"][:, 1].min() <= dataset.labels["euler_deg"][:, 1].max() <= 20


@pytest.mark.parametrize(("given", "workers"), [((), 3), (("--workers", 2), 2)])
def test_heads_are_built_by_as_many_processes_as_this_machine_lets_it_have(
    synth, recipe, tmp_path, monkeypatch, given, workers
):
    asked = []

    def prepared(asked_for, *, workers, progress):
        asked.append(workers)
        raise HeadError("no more of this")

    monkeypatch.setattr("synth.run.machine.usable_cores", lambda: 3)
    monkeypatch.setattr("synth.run.prepare.prepare", prepared)
    synth("render", "--recipe", recipe, "--out", tmp_path / "out", *given, *FAKE)
    assert asked == [workers]


def test_the_folder_is_named_after_the_recipe_if_nothing_else_is_said(synth, recipe, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert synth("render", "--recipe", recipe, *FAKE).exit_code == 0
    assert len(open_dataset(tmp_path / "datasets" / "small")) == 12


def test_another_recipe_in_the_same_folder_is_refused_and_the_difference_shown(synth, recipe, tmp_path):
    command = ("render", "--recipe", recipe, "--out", tmp_path / "out", *FAKE)
    synth(*command)
    done = synth(*command, "--set", "pose.roll_deg=[0,1]")
    assert done.exit_code == 2
    assert "pose.roll_deg: [-20.0, 20.0] in the folder, [0.0, 1.0] now" in done.stderr


def test_samples_that_fail_end_with_3_and_the_command_that_repeats_them(synth, recipe, tmp_path, monkeypatch):
    (tmp_path / "broken_sixth.py").write_text(
        "from fake_renderer import FakeRenderer\n\n"
        "def make(recipe, options):\n    return FakeRenderer(recipe, {'raise': [6]})\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    done = synth(
        "render", "--recipe", recipe, "--set", "noise.sigma_levels=[1,2]", "--out", tmp_path / "out", "--log", "text",
        "--renderer", "broken_sixth:make",
    )  # fmt: skip
    assert done.exit_code == 3
    assert "1 failed" in done.stdout
    command = next(line for line in done.stdout.splitlines() if line.startswith("To see it again: "))
    words = shlex.split(command.removeprefix("To see it again: "))
    assert words[:2] == ["synth", "render"]
    assert words[-2:] == ["--only", "6"]
    assert "noise.sigma_levels=[1,2]" in words
    assert str(recipe) in words


def test_one_sample_alone_is_the_one_that_the_dataset_holds(synth, recipe, tmp_path):
    synth("render", "--recipe", recipe, "--out", tmp_path / "out", *FAKE)
    done = synth("render", "--recipe", recipe, "--only", 7, "--out", tmp_path / "seven.png", *FAKE)
    assert done.exit_code == 0
    shown = json.loads(done.stdout)
    item = open_dataset(tmp_path / "out", noise=False)[7]
    assert shown["labels"]["id"] == 7
    assert shown["labels"]["euler_deg"] == item.euler_deg.tolist()
    assert shown["shot"]["index"] == 7
    assert shown["files"] == {"picture": str(tmp_path / "seven.png"), "range_map": str(tmp_path / "seven-range.png")}
    steps = cv2.imread(str(tmp_path / "seven-range.png"), cv2.IMREAD_UNCHANGED)
    assert abs(steps * 0.1 - item.range_mm).max() < 0.01


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ([], 2, "Missing option '--recipe'. Give --recipe demo"),
        (["--recipe", "nosuch"], 2, "there is no recipe nosuch"),
        (["--recipe", "demo", "--workers", "0"], 2, "--workers"),
        (["--recipe", "demo", "--device", "abacus"], 2, "'abacus' is not one of"),
        (["--recipe", "demo", "--count", "0"], 2, "--count"),
        (["--recipe", "demo", "--set", "heads.pack=nosuch"], 2, "no head pack"),
        (["--recipe", "demo", "--set", "pose.yaw_deg"], 2, "has no value"),
    ],
)
def test_a_users_mistake_is_answered_with_its_mend(synth, arguments, code, said):
    done = synth("render", *arguments)
    assert done.exit_code == code
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_more_heads_than_the_pack_has_are_refused(synth, recipe):
    done = synth("render", "--recipe", recipe, "--set", "heads.count=9", *FAKE)
    assert done.exit_code == 2
    assert "wants 9 heads, the pack four has 4" in done.stderr


def test_another_pack_than_the_recipe_states_is_refused(synth, recipe):
    done = synth("render", "--recipe", recipe, "--set", f"heads.pack_sha256={'ab' * 32}", *FAKE)
    assert done.exit_code == 2
    assert "the recipe wants abababababab" in done.stderr


def test_a_sample_beyond_the_recipe_is_refused(synth, recipe):
    done = synth("render", "--recipe", recipe, "--only", 12, *FAKE)
    assert done.exit_code == 2
    assert "no sample 12" in done.stderr


def test_a_device_that_workers_do_not_find_ends_with_2(synth, recipe, monkeypatch):
    def refuse(*arguments, **options):
        raise DeviceError("There is no optix device here.", where="--device optix", mend="Use --device cpu.")

    monkeypatch.setattr("synth.run.supervise.render_dataset", refuse)
    done = synth("render", "--recipe", recipe)
    assert done.exit_code == 2
    assert done.stderr == "error: --device optix: There is no optix device here. Use --device cpu.\n"


def test_what_a_renderer_prints_does_not_get_into_the_output(recipe, tmp_path):
    """In a real process: the fake prints to standard output when it is made, as Blender does."""
    done = subprocess.run(
        [sys.executable, "-m", "synth", "render", "--recipe", str(recipe), "--only", "1", "--out", "one.png", *FAKE],
        capture_output=True, text=True, cwd=tmp_path, check=True,
        env={"PYTHONPATH": ":".join([str(Path(__file__).parents[1]), str(Path(__file__).parents[2])]), "PATH": ""},
    )  # fmt: skip
    assert json.loads(done.stdout)["labels"]["id"] == 1
    assert "like Blender" in done.stderr


def test_ctrl_c_ends_with_130_keeps_what_is_finished_and_the_next_start_goes_on(synth, recipe, tmp_path, monkeypatch):
    (tmp_path / "slow.py").write_text(
        "import time\nfrom fake_renderer import FakeRenderer\n\n"
        "class Slow(FakeRenderer):\n    def render(self, shot):\n"
        "        time.sleep(3 if shot.index >= 4 else 0)  # after the first shard there is time to stop it\n"
        "        return super().render(shot)\n\n"
        "def make(recipe, options):\n    return Slow(recipe, {})\n"
    )
    command = ["render", "--recipe", str(recipe), "--out", str(tmp_path / "out"), "--workers", "1"]
    path = ":".join([str(tmp_path), str(Path(__file__).parents[1]), str(Path(__file__).parents[2])])
    with subprocess.Popen(
        [sys.executable, "-m", "synth", *command, "--renderer", "slow:make"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={"PYTHONPATH": path, "PATH": ""},
        preexec_fn=hear_signals,
    ) as run:  # fmt: skip
        deadline = time.monotonic() + 60
        while not list((tmp_path / "out").glob("shard-*.h5")) and time.monotonic() < deadline:
            time.sleep(0.05)
        run.send_signal(signal.SIGINT)
        output, errors = run.communicate(timeout=30)
    assert run.returncode == 130, errors
    assert json.loads(output)["event"] == "stopped"
    assert "Traceback" not in errors
    done = synth(*command, *FAKE, "--log", "text")
    assert done.exit_code == 0
    assert "were there before" in done.stdout
    assert verify_dataset(tmp_path / "out") == []
