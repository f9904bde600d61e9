"""`synth heads`, without building or rendering where that takes long."""

from __future__ import annotations

import json

import pytest

from synth.heads.pack import load_pack


def test_no_number_of_heads_is_a_usage_error(synth):
    done = synth("heads", "build")
    assert done.exit_code == 2
    assert "Give --count" in done.stderr


def test_more_men_than_heads_are_refused(synth):
    done = synth("heads", "build", "--count", 2, "--males", 3)
    assert done.exit_code == 2
    assert "3 of 2 heads" in done.stderr


def test_build_passes_on_what_was_asked_for(synth, monkeypatch, tmp_path):
    asked = {}

    def build_pack(out, spec, *, workers, progress):
        asked.update(out=out, spec=spec, workers=workers)
        progress(3, 3)
        return out

    monkeypatch.setattr("synth.heads.build.build_pack", build_pack)
    wanted = ("--males", 2, "--females", 1, "--seed", 7, "--texture-px", 512, "--workers", 2)
    done = synth("heads", "build", *wanted, "--out", tmp_path / "p")
    assert done.exit_code == 0, done.stderr
    spec = asked["spec"]
    assert (spec.males, spec.females, spec.seed, spec.texture_px, asked["workers"]) == (2, 1, 7, 512, 2)
    assert f"synth heads show {tmp_path / 'p'}" in done.stdout
    assert json.loads(done.stderr.splitlines()[-1]) == {"event": "heads", "done": 3, "total": 3}


def test_build_takes_shares_of_what_is_worn(synth, monkeypatch, tmp_path):
    asked = {}
    monkeypatch.setattr("synth.heads.build.build_pack", lambda out, spec, **_: asked.update(shares=spec.shares) or out)
    given = ("--share", "hats=0.5", "--share", "masks=0")
    assert synth("heads", "build", "--count", 2, *given, "--out", tmp_path / "p").exit_code == 0
    assert (asked["shares"].hats, asked["shares"].masks, asked["shares"].glasses) == (0.5, 0.0, 0.24)
    for wrong, said in (("hats", "Write it as hats=0.5"), ("hat=0.5", "Did you mean hats"), ("hats=2", "0 to 1")):
        done = synth("heads", "build", "--count", 2, "--share", wrong)
        assert done.exit_code != 0
        assert said in done.stderr


def test_packs_in_the_cache_are_listed(synth, monkeypatch, tmp_path, pack):
    (tmp_path / "cache" / "heads").mkdir(parents=True)
    pack.rename(tmp_path / "cache" / "heads" / "mine")
    monkeypatch.setenv("SYNTH_CACHE", str(tmp_path / "cache"))
    listed = json.loads(synth("heads", "list", "--json").stdout)
    assert {"pack": str(tmp_path / "cache/heads/mine"), "heads": 4}.items() <= listed[-1].items()
    assert "4 heads" in synth("heads", "list").stdout


def test_a_damaged_pack_in_the_cache_is_listed_as_such_beside_the_others(synth, monkeypatch, tmp_path, pack):
    cached = tmp_path / "cache" / "heads"
    for name in ("broken", "half.partial"):
        (cached / name).mkdir(parents=True)
        (cached / name / "pack.json").write_text("{")
    pack.rename(cached / "mine")
    monkeypatch.setenv("SYNTH_CACHE", str(tmp_path / "cache"))
    done = synth("heads", "list", "--json")
    assert done.exit_code == 0, done.stderr
    broken, mine = json.loads(done.stdout)[-2:]
    assert (broken["pack"], mine["heads"]) == (str(cached / "broken"), 4)
    assert "pack.json" in broken["error"]
    text = synth("heads", "list").stdout
    assert f"{cached / 'broken'}  damaged: " in text
    assert "4 heads" in text
    assert "half.partial" not in text


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["show", "nosuch"], "no head pack of this name"),
        (["show", "/nowhere/pack"], "no head pack here"),
        (["shwo"], "Did you mean show?"),
    ],
)
def test_a_users_mistake_is_answered_with_its_mend(synth, arguments, said):
    done = synth("heads", *arguments)
    assert done.exit_code == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def _block(folder, name):
    """A box about as large as a head, in millimetres: 150 wide, 220 high, 190 deep."""
    corners = [(x, y, z) for x in (-75, 75) for y in (-110, 110) for z in (-95, 95)]
    faces = ["1 3 4 2", "5 6 8 7", "1 2 6 5", "3 7 8 4", "1 5 7 3", "2 4 8 6"]
    folder.mkdir(exist_ok=True)
    (folder / name).write_text("".join(f"v {x} {y} {z}\n" for x, y, z in corners) + "".join(f"f {f}\n" for f in faces))


def test_import_says_what_it_did_and_makes_a_pack(synth, tmp_path):
    _block(tmp_path / "scans", "anna.obj")
    done = synth(
        "heads", "import", tmp_path / "scans", "--unit", "mm", "--out", tmp_path / "mine", "--license", "CC-BY-4.0"
    )
    assert done.exit_code == 0, done.stderr
    assert "anna.obj" in done.stdout
    assert f"synth heads show {tmp_path / 'mine'}" in done.stdout
    pack = load_pack(tmp_path / "mine", verify=True)
    assert [head.id for head in pack.heads] == ["anna"]
    assert pack.heads[0].head_height_mm == pytest.approx(220)
    assert pack.license == "CC-BY-4.0"


def test_import_as_json_keeps_its_talk_out_of_the_output(synth, tmp_path):
    _block(tmp_path / "scans", "anna.obj")
    done = synth("heads", "import", tmp_path / "scans", "--unit", "mm", "--out", tmp_path / "mine", "--json")
    assert json.loads(done.stdout)["ids"] == ["anna"]


def test_import_in_the_wrong_unit_proposes_the_right_one_and_writes_nothing(synth, tmp_path):
    _block(tmp_path / "scans", "anna.obj")
    done = synth("heads", "import", tmp_path / "scans", "--unit", "m", "--out", tmp_path / "mine")
    assert done.exit_code == 2
    assert "millimetres" in done.stderr
    assert not (tmp_path / "mine").exists()
