"""`synth variants` with a stand-in for Blender."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import cv2
import numpy as np
import pytest

from synth.shard.dataset import open_dataset
from synth.shard.verify import verify_dataset

FAKE = ("--renderer", "fake_renderer:make_fake")
SMALL = ("--set", "variants.occlusion.least_share=0.001")  # the stand-in's heads are a few pixels large


@pytest.fixture
def dataset(synth, recipe, tmp_path) -> Path:
    assert synth("render", "--recipe", recipe, "--out", tmp_path / "base", "--quiet", *FAKE).exit_code == 0
    return tmp_path / "base"


def test_all_three_kinds_of_a_recipe_become_a_dataset_each(synth, recipe, tmp_path):
    done = synth(
        "variants", "--illumination", "--blur", "--occlusion", "--of", recipe, "--out", tmp_path / "out", *SMALL, *FAKE
    )
    assert done.exit_code == 0, done.stderr
    made = {
        json.loads(line)["out_dir"].split("/")[-1]: json.loads(line)["samples_made"]
        for line in done.stdout.splitlines()
    }
    assert made == {"illumination": 12 * 31, "blur": 12, "occlusion": 12}
    for kind in made:
        assert verify_dataset(tmp_path / "out" / kind, deep=True) == []
    labels = open_dataset(tmp_path / "out" / "illumination").labels
    assert labels["base_id"].tolist() == [k // 31 for k in range(12 * 31)]
    assert labels["condition"][:2].tolist() == ["azimuth=-100", "azimuth=-80"]


def test_variants_of_a_recipe_show_the_shots_of_its_dataset(synth, recipe, dataset, tmp_path):
    synth("variants", "--illumination", "--of", recipe, "--out", tmp_path / "out", "--quiet", *FAKE)
    base, varied = open_dataset(dataset), open_dataset(tmp_path / "out")
    for item in list(varied)[::17]:
        source = base.by_id(item.labels["base_id"])
        for name in ("euler_deg", "t_mm", "subject", "noise_sigma"):
            assert np.array_equal(item.labels[name], source.labels[name])


def test_blur_and_occlusion_of_a_dataset_need_no_renderer_and_light_is_rendered_from_its_plan(synth, dataset, tmp_path):
    nothing = ("--renderer", "nosuch:renderer")
    done = synth("variants", "--blur", "--occlusion", "--of", dataset, "--out", tmp_path / "out", *SMALL, *nothing)
    assert done.exit_code == 0, done.stderr
    assert set(open_dataset(tmp_path / "out" / "blur").labels["base_id"]) == set(range(12))
    pack = next(iter(json.loads((dataset / "manifest.json").read_text())["heads"]))["name"]
    assert pack == "four"
    again = synth("variants", "--illumination", "--of", dataset, "--out", tmp_path / "light", *FAKE)
    assert again.exit_code == 2  # a pack of the user's own is found by its path alone
    assert "no head pack" in again.stderr
    where = ("--set", f"heads.pack={tmp_path / 'pack'}")
    assert (
        synth("variants", "--illumination", "--of", dataset, "--out", tmp_path / "light", *where, *FAKE).exit_code == 0
    )
    assert len(open_dataset(tmp_path / "light")) == 12 * 31


def test_variants_are_made_of_what_their_dataset_is_made_of(synth, dataset, tmp_path):
    synth("variants", "--blur", "--of", dataset, "--out", tmp_path / "out", "--quiet")
    base, varied = open_dataset(dataset).manifest, open_dataset(tmp_path / "out").manifest
    assert base.assets
    assert (varied.assets, varied.subjects) == (base.assets, base.subjects)


@pytest.mark.parametrize("setting", ["heads.block=1", "pose.yaw_deg=5", "seed=3", "camera.fx_px=600"])
def test_light_on_a_datasets_shots_cannot_be_put_on_other_shots(synth, dataset, pack, tmp_path, setting):
    settings = ("--set", f"heads.pack={pack}", "--set", setting)
    done = synth("variants", "--illumination", "--of", dataset, "--out", tmp_path / "out", *settings, *FAKE)
    assert done.exit_code == 2
    assert f"{setting.split('=')[0]} would make other shots than those of the dataset" in done.stderr
    assert not (tmp_path / "out").exists()


def test_light_on_a_datasets_shots_needs_its_people(synth, dataset, tmp_path):
    others = ("--set", "heads.pack=demo8")
    done = synth("variants", "--illumination", "--of", dataset, "--out", tmp_path / "out", *others, *FAKE)
    assert done.exit_code == 2
    assert "heads.pack_sha256: The pack demo8 has the checksum" in done.stderr
    assert not (tmp_path / "out").exists()


def test_smaller_blocks_show_more_people_and_their_dataset_is_varied_like_any_other(synth, recipe, pack, tmp_path):
    blocks = ("--set", "heads.block=1", "--quiet")
    synth("render", "--recipe", recipe, "--count", 4, "--out", tmp_path / "base", *blocks, *FAKE)
    where = ("--set", f"heads.pack={pack}")
    done = synth("variants", "--illumination", "--of", tmp_path / "base", "--out", tmp_path / "out", *where, *FAKE)
    assert done.exit_code == 0, done.stderr
    base, varied = open_dataset(tmp_path / "base"), open_dataset(tmp_path / "out")
    assert len(set(base.labels["subject"])) == 4
    assert [varied[31 * k].subject for k in range(4)] == [item.subject for item in base]


def test_started_again_it_makes_nothing_twice(synth, dataset, tmp_path):
    command = ("variants", "--blur", "--of", dataset, "--out", tmp_path / "out")
    synth(*command)
    done = synth(*command, "--log", "text")
    assert done.exit_code == 0
    assert "nothing left to make" in done.stdout


def test_settings_of_one_kind_leave_the_other_alone(synth, dataset, tmp_path):
    motion = ("--set", "variants.blur.kind=motion")
    done = synth("variants", "--blur", "--occlusion", "--of", dataset, "--out", tmp_path / "out", *motion, *SMALL)
    assert done.exit_code == 0, done.stderr
    assert "blur_length_px" in open_dataset(tmp_path / "out" / "blur").labels
    assert set(open_dataset(tmp_path / "out" / "occlusion").labels["condition"]) <= {
        "occlusion=square", "occlusion=tall", "occlusion=wide",
    }  # fmt: skip


def test_one_variant_alone_is_the_one_that_the_dataset_holds(synth, dataset, tmp_path):
    synth("variants", "--blur", "--of", dataset, "--out", tmp_path / "out", "--quiet")
    done = synth("variants", "--blur", "--of", dataset, "--only", 5, "--out", tmp_path / "five.png")
    shown = json.loads(done.stdout)["labels"]
    item = open_dataset(tmp_path / "out", noise=False)[5]
    assert (shown["condition"], shown["base_id"]) == (item.condition, 5)
    picture = cv2.imread(str(tmp_path / "five.png"))[..., ::-1].astype(int)
    assert abs(picture - item.rgb).mean() < 2


def test_a_failed_sample_comes_with_the_command_that_repeats_it(synth, dataset, tmp_path):
    done = synth("variants", "--occlusion", "--of", dataset, "--out", tmp_path / "out", "--count", 3, "--log", "text",
                 "--set", "variants.occlusion.least_share=1", "--set", "variants.occlusion.shapes=[square]",
                 "--set", "variants.occlusion.square_px=4")  # fmt: skip
    assert done.exit_code == 1
    words = shlex.split(done.stderr.split("To see it again: ")[1].split(". Mend")[0])
    assert words[:5] == ["synth", "variants", "--occlusion", "--of", str(dataset)]
    assert words[-2:] == ["--only", "0"]
    assert "No place on the frame covers" in done.stderr


def test_real_pictures_become_pictures_and_a_label_file(synth, tmp_path):
    photos = tmp_path / "photos"
    photos.mkdir()
    cv2.imwrite(str(photos / "a.jpg"), np.full((120, 160, 3), 200, np.uint8))
    (photos / "labels.csv").write_text("file,pitch,yaw,roll,x0,y0,x1,y1\na.jpg,1,2,3,40,20,110,100\n")
    small = ("--set", "variants.occlusion.square_px=30", "--set", "variants.occlusion.shapes=[square]")
    done = synth("variants", "--occlusion", "--of", photos, "--out", tmp_path / "out", *small)
    assert done.exit_code == 0, done.stderr
    assert "no dataset of shards" in done.stdout
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["000000.jpg", "labels.csv"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "Say what is varied: --illumination, --blur, --occlusion"),
        (["--ilumination"], "--illumination"),
        (["--blur", "--of", "rgb310k"], "there is no recipe rgb310k. Did you mean rgb_310k?"),
        (["--blur", "--of", "datasets/nosuch"], "datasets/nosuch: There is no such folder."),
        (["--blur", "--of", "demo", "--count", "65"], "64 samples, not 65"),
        (["--blur", "--of", "depth_60k"], "outputs.rgb is false"),
        (["--blur", "--of", "blur_10k"], "holds variants itself"),
        (["--blur", "--occlusion", "--only", "3", "--of", "demo"], "--only makes one sample"),
        (["--illumination", "--of", "demo", "--set", "variants.illumination.colors=[redd]"], "Did you mean red?"),
        (["--illumination", "--of", "demo", "--set", "variants.glare={}"], "variants.glare is not a setting"),
        (["--occlusion", "--of", "demo", "--set", "variants.occlusion.square_px=900"], "the frame of 640x480"),
        (["--blur", "--of", "demo", "--set", "variants.blur.sigma_px=[4,1]"], "range [4, 1] is inverted; write [1, 4]"),
    ],
)  # fmt: skip
def test_a_users_mistake_is_answered_with_its_mend_and_nothing_is_written(
    synth, tmp_path, monkeypatch, arguments, said
):
    monkeypatch.chdir(tmp_path)
    done = synth("variants", *arguments, *FAKE)
    assert done.exit_code == 2, done.stderr
    assert said in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_no_source_is_refused(synth, tmp_path):
    done = synth("variants", "--blur", "--of", tmp_path, "--out", tmp_path / "out")
    assert done.exit_code == 1
    assert "neither a dataset (manifest.json) nor pictures with labels (labels.csv)" in done.stderr
    assert not (tmp_path / "out").exists()


def light(synth, of, pack, out):
    where = ("--set", f"heads.pack={pack}")
    return synth("variants", "--illumination", "--of", of, "--out", out, "--log", "json", *where, *FAKE)


@pytest.mark.parametrize("where", ["id > 3", "id in (0, 2)"])
def test_light_is_refused_for_a_part_whose_ids_are_no_plans_first(synth, dataset, tmp_path, where):
    assert synth("subset", dataset, "--where", where, "--out", tmp_path / "part", "--quiet").exit_code == 0
    done = light(synth, tmp_path / "part", tmp_path / "pack", tmp_path / "light")
    assert done.exit_code == 1
    assert "of its recipe: it is a part" in done.stderr
    assert "take the part of what comes out (synth subset)" in done.stderr
    assert not (tmp_path / "light").exists()


def test_light_on_the_first_shots_of_a_dataset_varies_these_alone(synth, dataset, tmp_path):
    assert synth("subset", dataset, "--where", "id < 3", "--out", tmp_path / "part", "--quiet").exit_code == 0
    done = light(synth, tmp_path / "part", tmp_path / "pack", tmp_path / "light")
    assert done.exit_code == 0, done.stderr
    base, varied = open_dataset(dataset), open_dataset(tmp_path / "light")
    assert set(varied.labels["base_id"]) == {0, 1, 2}
    assert all(np.array_equal(i.euler_deg, base.by_id(i.labels["base_id"]).euler_deg) for i in list(varied)[::7])


def test_light_is_refused_for_samples_that_were_renumbered(synth, dataset, tmp_path):
    for name, where in (("a", "id < 3"), ("b", "id < 2")):
        assert synth("subset", dataset, "--where", where, "--out", tmp_path / name, "--quiet").exit_code == 0
    both = tmp_path / "both"
    done = synth("merge", tmp_path / "a", tmp_path / "b", "--renumber", "--redraw-noise", "--out", both, "--quiet")
    assert done.exit_code == 0, done.stderr
    assert sorted(open_dataset(both).labels["id"]) == [0, 1, 2, 3, 4]
    done = light(synth, both, tmp_path / "pack", tmp_path / "light")
    assert done.exit_code == 1
    assert "Its samples were renumbered" in done.stderr
    assert not (tmp_path / "light").exists()
