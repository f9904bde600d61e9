"""What labels call the user's pictures: each by a name of its own, without Blender."""

import dataclasses
import hashlib

import cv2
import numpy as np
import pytest

from synth.plan.shot import Photo, Surroundings
from synth.recipe.load import load_recipe
from synth.render.scenery import RecipeScenery

LIT = Surroundings(None, 0.0, None, 0.0, 0.0)
NAMES = ("a/1.jpg", "b/1.png", "b/kitchen.jpg")


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    made = tmp_path_factory.mktemp("pictures")
    for level, name in enumerate(NAMES):
        path = made / "photos" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(path), np.full((40, 60, 3), 50 * level, np.uint8))
        sky = (made / "hdris" / name).with_suffix(".hdr")
        sky.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(sky), np.full((32, 64, 3), 0.1 * (level + 1), np.float32))
    return made


@pytest.fixture(scope="module")
def scenery(folders):
    pictures = [f"scene.{kind}={{folder: '{folders / kind}'}}" for kind in ("photos", "hdris")]
    return RecipeScenery(load_recipe("demo", pictures), 2)


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()[:8]


def test_photographs_of_one_name_in_two_folders_have_labels_of_their_own(scenery, folders):
    places = [Photo((k + 0.5) / 3, 1.0, 0.0, 0.0, False) for k in range(3)]
    labels = [scenery.label(dataclasses.replace(LIT, picture=place)) for place in places]
    first, second = (digest(folders / "photos" / name) for name in NAMES[:2])
    assert labels == [f"photo:1~{first}", f"photo:1~{second}", "photo:kitchen"]


@pytest.mark.parametrize(("plain", "kind"), [(None, "hdri:"), ((0.1, 0.1, 0.1), "plain:hdri:")])
def test_so_have_hdris(scenery, folders, plain, kind):
    labels = [scenery.label(dataclasses.replace(LIT, hdri=(k + 0.5) / 3, plain=plain)) for k in range(3)]
    first, second = (digest(folders / "hdris" / name) for name in ("a/1.hdr", "b/1.hdr"))
    assert labels == [f"{kind}1~{first}", f"{kind}1~{second}", f"{kind}kitchen"]
