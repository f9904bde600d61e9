"""The commands with an address in an object store where a folder stands else."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

_STORE = Path(__file__).resolve().parents[1] / "store"
if str(_STORE) not in sys.path:
    sys.path.insert(0, str(_STORE))

FAKE = ("--renderer", "fake_renderer:make_fake")
OUT = "s3://bucket/small"


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[str]:
    pytest.importorskip("s3fs")
    pytest.importorskip("moto.server")
    from s3_server import prepared_server

    with prepared_server(monkeypatch, tmp_path) as server:
        yield server.address


def test_a_dataset_is_rendered_verified_described_and_drawn_there(s3, synth, recipe, tmp_path):
    done = synth("render", "--recipe", recipe, "--out", OUT, "--log", "text", *FAKE)
    assert done.exit_code == 0, done.stderr
    assert f"{OUT}: 12 of 12 samples." in done.stdout
    assert f"synth verify {OUT}" in done.stdout
    whole = synth("verify", OUT, "--deep")
    assert (whole.exit_code, whole.stdout.split(" is whole")[0]) == (0, OUT)
    assert json.loads(synth("info", OUT, "--json").stdout)["folder"] == OUT
    assert f"synth verify {OUT} checks it" in synth("info", OUT).stdout
    assert synth("preview", OUT, "--out", tmp_path / "sheet.png").exit_code == 0
    assert (tmp_path / "sheet.png").stat().st_size > 1000
    report = synth("report", OUT, "--out", tmp_path / "report.html", "--json")
    assert (report.exit_code, json.loads(report.stdout)["pictures"]) == (0, 12), report.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("preview", OUT), "Name a file on this machine"),
        (("report", OUT), "Name a file on this machine"),
        (("card", OUT), "Fetch the dataset first"),
        (("verify", "ftp://host/x"), "Write s3://bucket/prefix"),
        (("info", "s3://bucket"), "needs a bucket and a prefix"),
        (("render", "--recipe", "demo", "--out", "s3://bucket/"), "bucket and a prefix"),
    ],
)
def test_what_an_address_cannot_be_is_answered_with_the_mend(synth, arguments, said):
    done = synth(*arguments)
    assert done.exit_code == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
