"""The report as a file: what it counts and shows, that it asks for nothing, and that no data becomes markup."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
import time
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from report_page import column_of, data_of, make_variants, trial_with_errors
from tiny_dataset import TINY_RECIPE, make_tiny_dataset

import synth.view.report.report as report_module
from synth.cli import main
from synth.data.shards import ShardSource
from synth.errors import UsageError
from synth.evaluate.report import build_tables
from synth.geometry.pose import rotation_from_euler
from synth.shard.dataset import open_dataset
from synth.shard.manifest import FailedSample, write_manifest
from synth.shard.read_manifest import read_manifest
from synth.shard.verify import verify_dataset
from synth.train.checkpoint import save_checkpoint
from synth.train.network import build_network
from synth.train.plan import plan_training
from synth.train.presets import load_settings
from synth.view.report.columns import MOST_SUBJECTS, Names, numbers_of
from synth.view.report.columns import _most_frequent as most_frequent
from synth.view.report.models import worst_rows
from synth.view.report.report import MOST_BYTES, write_report
from synth.view.report.sampling import shown_rows
from synth.view.report.thumbnails import seen_from_camera, thumbnail_of

SMALL = ("network.trunk=small", "input.size_px=64", "network.head_width=4", "network.fc_width=8")
HOSTILE = "</script><img src=x onerror=alert(1)>'\"&<!--"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_tiny_dataset(tmp_path / "tiny", samples=24, shard_samples=5)
    return tmp_path / "tiny"


@pytest.fixture
def page(folder: Path) -> Path:
    write_report(ShardSource(folder), folder / "report.html")
    return folder / "report.html"


class _Tags(HTMLParser):
    """Every tag with its attributes, and the text between."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_all_samples_are_counted_and_told_as_they_are_labelled(page: Path, folder: Path):
    labels = open_dataset(folder).labels
    for n, key in enumerate(("pitch", "yaw", "roll")):
        assert column_of(page, key) == pytest.approx(labels["euler_deg"][:, n], abs=0.0051)
    assert column_of(page, "distance") == pytest.approx(labels["distance_mm"], abs=0.0051)
    assert column_of(page, "subject").tolist() == labels["subject"].tolist()
    assert column_of(page, "sex").tolist() == labels["sex"].tolist()
    assert data_of(page)["total"] == 24


def test_every_sample_of_a_small_dataset_has_its_picture(page: Path, folder: Path):
    shown = data_of(page)["thumbnails"]
    assert sorted(thumbnail["id"] for thumbnail in shown) == list(range(24))
    ids = open_dataset(folder).ids
    assert all(ids[thumbnail["place"]] == thumbnail["id"] for thumbnail in shown)
    assert all(set(thumbnail["pictures"]) == {"colour", "depth"} for thumbnail in shown)
    assert all(p.startswith("data:image/jpeg;base64,") for t in shown for p in t["pictures"].values())


def test_a_dataset_of_depth_alone_is_shown_by_its_depth(tmp_path: Path):
    make_tiny_dataset(tmp_path / "depth", rgb=False)
    write_report(ShardSource(tmp_path / "depth"), tmp_path / "depth.html")
    assert all(list(t["pictures"]) == ["depth"] for t in data_of(tmp_path / "depth.html")["thumbnails"])


def test_the_page_names_no_address_and_forbids_all_but_its_own_style_and_script(page: Path):
    text = page.read_text()
    outside = re.sub(r"<(style|script)[^>]*>.*?</\1>", "", text, flags=re.DOTALL)
    inside = text.replace("http://www.w3.org/2000/svg", "")  # a name, never fetched
    assert "://" not in inside
    assert not re.search(r"url\(|@import|fetch\(|XMLHttpRequest|innerHTML|eval\(", text)
    assert not [t for t in _Tags(outside).tags if "src" in t[1] or (t[1].get("href") or "#")[0] != "#"]
    (policy,) = [a["content"] for tag, a in _Tags(text).tags if a.get("http-equiv") == "Content-Security-Policy"]
    assert policy is not None
    assert policy.startswith("default-src 'none'; img-src data:;")
    assert "unsafe" not in policy
    for block in (
        re.search(r"<style>(.*?)</style>", text, re.DOTALL),
        re.search(r"<script>(.*?)</script>", text, re.DOTALL),
    ):
        assert block is not None
        assert base64.b64encode(hashlib.sha256(block[1].encode()).digest()).decode() in policy


def test_no_text_out_of_the_data_becomes_markup(tmp_path: Path):
    recipe = TINY_RECIPE | {"name": "tiny", "description": HOSTILE, "note": HOSTILE}
    make_tiny_dataset(tmp_path / "tiny", recipe=recipe, subject=HOSTILE[:30], hair_style=HOSTILE[:20])
    write_report(ShardSource(tmp_path / "tiny"), tmp_path / "safe.html", [_named_trial(tmp_path / "tiny")])
    text = (tmp_path / "safe.html").read_text()
    assert text.count("</script") == 2
    assert text.count("<!--") == 0
    found = _Tags(text)
    assert not [tag for tag, attributes in found.tags if tag == "img" or any(a.startswith("on") for a in attributes)]
    assert HOSTILE in " ".join(found.texts)  # it is there, as text
    assert HOSTILE[:20] in html.unescape(text)


def _named_trial(folder: Path):
    return trial_with_errors(folder, np.ones(12), name=HOSTILE)


def test_hosts_stay_out_of_a_page_that_is_meant_for_others(page: Path):
    assert "node-1" not in page.read_text()


def test_what_failed_is_counted_by_reason(folder: Path):
    manifest = read_manifest(folder)
    failed = tuple(FailedSample(100 + n, "too <dark>" if n else "lost") for n in range(3))
    write_manifest(folder, type(manifest)(**{**_fields(manifest), "failed": failed}))
    write_report(ShardSource(folder), folder / "report.html")
    text = (folder / "report.html").read_text()
    assert "3 samples failed" in text
    assert '<td>too &lt;dark&gt;</td><td class="n">2</td>' in text


def _fields(manifest):
    return {name: getattr(manifest, name) for name in manifest.__dataclass_fields__ if name != "recipe_sha256"}


def test_a_page_takes_as_many_pictures_as_there_is_room_for(folder: Path, monkeypatch: pytest.MonkeyPatch):
    whole = write_report(ShardSource(folder), folder / "report.html")
    assert whole.bytes == (folder / "report.html").stat().st_size <= MOST_BYTES == 15_000_000
    room = report_module._ROOM_BYTES + 50_000
    monkeypatch.setattr(report_module, "MOST_BYTES", room)
    small = write_report(ShardSource(folder), folder / "report.html")
    assert 0 < small.pictures < 24
    assert (folder / "report.html").stat().st_size <= room
    assert len(column_of(folder / "report.html", "yaw")) == 24


def test_the_labels_of_310_000_samples_leave_room_for_pictures():
    random = np.random.default_rng(3)
    total = 310_000
    started = time.monotonic()
    columns = [numbers_of("yaw", "yaw", "°", random.uniform(-75, 75, total), -180.0, 0.01) for _ in range(4)]
    names = [Names("n", "n", ("a", "b"), random.integers(0, 20, total).astype(np.uint16)) for _ in range(8)]
    size = len(json.dumps([one.as_json() for one in [*columns, *names] if one]))
    assert size < 7_000_000
    rows = shown_rows(random.uniform(-75, 75, (total, 3)), np.array(["base"] * total), 720)
    assert len(rows) == 720
    assert time.monotonic() - started < 60


def test_a_single_sample_of_whom_little_is_known_makes_a_page_too(tmp_path: Path):
    make_tiny_dataset(tmp_path / "one", samples=1, age_years=None, skin_tone=None)
    report = write_report(ShardSource(tmp_path / "one"), tmp_path / "one.html")
    assert report.pictures == report.samples == 1
    assert shown_rows(np.array([[np.nan, np.inf, 0.0], [1e300, -1e300, 0.0]]), np.array(["a", "b"]), 9).size == 2


def test_pictures_are_spread_over_the_dataset_the_poses_and_the_conditions():
    random = np.random.default_rng(5)
    euler = random.normal(0, 6, (3000, 3))  # nearly all of them frontal
    euler[::100] = random.uniform(-80, 80, (30, 3))
    conditions = np.array(["blur" if n % 500 == 7 else "base" for n in range(3000)])
    rows = shown_rows(euler, conditions, 200)
    assert len(set(rows.tolist())) == 200
    assert set(conditions[rows]) == {"base", "blur"}
    cells = np.floor(euler[:, :2] / 15).astype(int)
    assert {tuple(cell) for cell in cells[rows]} == {tuple(cell) for cell in cells}
    assert np.histogram(rows, 10, (0, 3000))[0].min() >= 10
    assert np.histogram(shown_rows(euler, conditions, 40), 4, (0, 3000))[0].min() >= 5  # so is every beginning
    assert sorted(shown_rows(euler[:7], conditions[:7], 50).tolist()) == list(range(7))


def test_of_very_many_people_the_rarest_are_others():
    names = np.array([f"m{n:05d}" for n in range(MOST_SUBJECTS + 10)] + ["m00003"])
    found = most_frequent("subject", "subject", names, MOST_SUBJECTS)
    assert len(found.values) == MOST_SUBJECTS + 1
    assert found.values[-1] == "others"
    assert found.values[found.codes[-1]] == found.values[found.codes[3]] == "m00003"
    assert (found.codes == MOST_SUBJECTS).sum() == 10


def test_numbers_within_words_go_by_their_size():
    texts = np.array(
        ["azimuth=20", "azimuth=-100", "azimuth=-20", "intensity=0.9", "intensity=0.10", "base", "m2", "m10"]
    )
    found = most_frequent("condition", "condition", texts, 250)
    assert found.values == (
        "azimuth=-100", "azimuth=-20", "azimuth=20", "base", "intensity=0.10", "intensity=0.9", "m2", "m10"
    )  # fmt: skip
    assert [found.values[code] for code in found.codes] == texts.tolist()


def test_what_there_is_no_room_to_filter_by_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("synth.view.report.columns.MOST_FACETS", 2)
    write_report(ShardSource(folder), folder / "report.html")
    data = data_of(folder / "report.html")
    assert [facet["label"] for facet in data["facets"]] == ["subject", "sex"]
    assert data["left_out"] == ["age"]


def test_variants_name_their_shot_and_can_be_filtered_by_how_strong_they_are(tmp_path: Path):
    shots = make_variants(tmp_path / "blurred")
    write_report(ShardSource(tmp_path / "blurred"), tmp_path / "blurred.html")
    shown = data_of(tmp_path / "blurred.html")["thumbnails"]
    assert {thumbnail["id"]: thumbnail["shot"] for thumbnail in shown} == shots
    assert ["variant of", f"sample {shots[5]} of what was varied"] in next(t for t in shown if t["id"] == 5)["facts"]
    labels = open_dataset(tmp_path / "blurred").labels
    assert column_of(tmp_path / "blurred.html", "blur_sigma_px") == pytest.approx(labels["blur_sigma_px"], abs=0.006)
    assert column_of(tmp_path / "blurred.html", "covered_share") == pytest.approx(12.5 * (labels["id"] % 3), abs=0.006)


def test_a_dataset_of_an_old_schema_and_of_nobodys_heads_makes_a_page_too(folder: Path):
    manifest = replace(read_manifest(folder), schema_version="1.0", assets=(), subjects=(), heads=(), versions={})
    write_manifest(folder, manifest)
    assert write_report(ShardSource(folder), folder / "report.html").pictures == 24


def test_a_damaged_sample_is_left_out_and_named(folder: Path):
    shard = folder / "shard-00001.h5"
    content = bytearray(shard.read_bytes())
    start = content.index(b"\xff\xd8\xff")
    content[start + 40 : start + 60] = bytes(20)
    shard.write_bytes(bytes(content))
    done = CliRunner().invoke(main, ["report", str(folder)])
    assert done.exit_code == 1
    assert "damaged: " in done.stderr
    assert "23 of 24 samples shown" in done.stdout
    assert len(data_of(folder / "report.html")["thumbnails"]) == 23


def test_a_page_goes_into_the_folder_and_the_dataset_still_verifies(folder: Path):
    done = CliRunner().invoke(main, ["report", str(folder), "--json"], catch_exceptions=False)
    assert done.exit_code == 0
    assert json.loads(done.stdout)["report"] == str(folder / "report.html")
    assert json.loads(done.stdout)["pictures"] == json.loads(done.stdout)["samples"] == 24
    assert verify_dataset(folder, deep=True) == []


def test_the_same_data_give_the_same_page(page: Path, folder: Path, tmp_path: Path):
    write_report(ShardSource(folder), tmp_path / "again.html")
    assert (tmp_path / "again.html").read_bytes() == page.read_bytes()


def test_another_kind_of_file_is_refused_before_anything_is_judged(folder: Path):
    with pytest.raises(UsageError, match=r"\.html"):
        write_report(ShardSource(folder), folder / "report.pdf")
    done = CliRunner().invoke(main, ["report", str(folder), "--out", "report.pdf", "--checkpoint", "nowhere"])
    assert done.exit_code == 2
    assert "report.pdf" in done.stderr


def test_a_folder_without_a_dataset_is_refused(tmp_path: Path):
    done = CliRunner().invoke(main, ["report", str(tmp_path)])
    assert done.exit_code != 0
    assert not list(tmp_path.iterdir())


# --- models


def test_the_worst_are_those_that_are_most_wrong_and_errors_can_be_filtered_by(folder: Path):
    wrong = np.linspace(1, 24, 24)
    trial = trial_with_errors(folder, wrong)
    write_report(ShardSource(folder), folder / "report.html", [trial])
    data = data_of(folder / "report.html")
    errors = column_of(folder / "report.html", "error1")
    assert errors == pytest.approx(trial.geodesic_deg, abs=0.0051)
    (model,) = data["models"]
    assert [round(one["error"], 2) for one in model["worst"]] == sorted(np.round(errors, 2), reverse=True)
    assert model["mean"] == pytest.approx(wrong.mean() / 3, abs=1e-3)
    assert sum(map(sum, model["grid"]["count"])) == 24
    (table,) = [one for one in build_tables([trial]) if one.name == "regression"]
    assert html.escape(table.title) in (folder / "report.html").read_text()


def test_a_training_folder_is_judged_on_people_whom_it_has_not_seen(folder: Path, tmp_path: Path):
    settings = load_settings("direct6d", list(SMALL))
    plan = plan_training(settings, [ShardSource(folder)], preset="direct6d")
    torch.manual_seed(0)
    state = build_network(settings.network).state_dict()
    (tmp_path / "run").mkdir()
    save_checkpoint(tmp_path / "run" / "best.safetensors", state, settings.network, plan.input, plan.info)
    words = ["report", str(folder), "--checkpoint", f"ours={tmp_path / 'run'}", "--device", "cpu", "--quiet"]
    done = CliRunner().invoke(main, words, catch_exceptions=False)
    assert done.exit_code == 0
    assert done.output == ""
    (model,) = data_of(folder / "report.html")["models"]
    assert model["name"] == "ours"
    assert 0 < model["samples"] < 24
    errors, subjects = (column_of(folder / "report.html", key) for key in ("error1", "subject"))
    judged = set(subjects[np.isfinite(errors)])
    assert np.isfinite(errors).sum() == model["samples"]
    assert not judged & set(subjects[np.isnan(errors)])


def test_a_sample_that_is_among_the_worst_is_shown_even_where_few_are(folder: Path):
    trial = trial_with_errors(folder, np.linspace(1, 24, 24))
    write_report(ShardSource(folder), folder / "report.html", [trial], pictures=2)
    data = data_of(folder / "report.html")
    shown = {thumbnail["row"] for thumbnail in data["thumbnails"]}
    assert set(worst_rows(trial, open_dataset(folder).ids)[1].tolist()) <= shown


def test_an_estimate_that_is_right_is_drawn_over_the_label(folder: Path):
    write_report(ShardSource(folder), folder / "report.html", [trial_with_errors(folder, np.zeros(24))])
    data = data_of(folder / "report.html")
    shown = {thumbnail["row"]: thumbnail for thumbnail in data["thumbnails"]}
    for said in data["models"][0]["worst"]:
        assert np.array(said["axes"]) == pytest.approx(np.array(shown[said["thumbnail"]]["axes"]), abs=0.11)


def test_a_pose_along_the_ray_is_turned_back_exactly():
    from synth.geometry.pose import pose_along_ray

    R, t_mm = rotation_from_euler([20.0, -40.0, 10.0]), np.array([300.0, -200.0, 900.0])
    assert seen_from_camera(pose_along_ray(R, t_mm), t_mm) == pytest.approx(R, abs=1e-12)


def test_a_head_that_reaches_behind_the_camera_has_no_axes(folder: Path):
    item = open_dataset(folder)[0]
    near = type(item)(item.index, item.rgb, None, {**item.labels, "t_mm": np.array([0.0, 0.0, 20.0])})
    assert thumbnail_of(near)["axes"] is None
