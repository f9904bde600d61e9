"""Backgrounds, white balance, expressions and torsos in rendered samples: each changes the picture and no pose."""

import dataclasses

import bpy
import cv2
import numpy as np
import pytest

from synth.errors import UsageError
from synth.geometry.camera import Camera
from synth.heads.pack import bundled_packs, load_pack
from synth.plan.expression import expressions_at_full_strength
from synth.plan.plan import plan_shot
from synth.plan.shot import Photo, Procedural, Surroundings
from synth.recipe.load import load_recipe
from synth.render.articulate import WORLD_FROM_CAMERA

pytestmark = pytest.mark.render

CAMERA = Camera(96, 72, 79, 79, 48, 36)
QUICK = ("render.samples=1", "render.noise_threshold=0", "render.frame=full", "render.denoise=none")
LIT = Surroundings(None, 0.0, None, 0.0, 0.0)


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """A folder of one green photograph, one of one HDRI that is red in every direction."""
    made = tmp_path_factory.mktemp("scenes")
    (made / "photos").mkdir()
    (made / "hdris").mkdir()
    cv2.imwrite(str(made / "photos" / "green.png"), np.full((60, 80, 3), (40, 180, 40), np.uint8))
    cv2.imwrite(str(made / "hdris" / "red.hdr"), np.full((32, 64, 3), (0.05, 0.05, 0.5), np.float32))
    return made


@pytest.fixture(scope="module")
def made(folders):
    """A renderer, and a frontal shot with calm face and upright torso."""
    from synth.render.renderer import Renderer

    pack = load_pack(bundled_packs()["demo8"])
    pictures = [f"scene.photos={{folder: {folders / 'photos'}}}", f"scene.hdris={{folder: {folders / 'hdris'}}}"]
    chosen = load_recipe("demo", ["outputs.depth=false", *QUICK, *pictures])
    shot = dataclasses.replace(
        plan_shot(chosen, 0),
        camera=CAMERA,
        euler_deg=(0.0, 0.0, 0.0),
        t_mm=(0.0, 0.0, 900.0),
        expression=(),
        torso_yaw_deg=0.0,
        torso_lean_deg=(0.0, 0.0),
        surroundings=LIT,
    )
    return Renderer(chosen, pack), shot


def corner(record):
    """Mean colour of what stands behind, at the picture's upper left."""
    return record.rgb[:12, :12].reshape(-1, 3).mean(0)


def around(shot, **changes):
    return dataclasses.replace(shot, surroundings=dataclasses.replace(LIT, **changes))


def test_each_kind_of_background_stands_behind_the_head_and_in_the_labels(made):
    renderer, shot = made
    photo = renderer.render(around(shot, picture=Photo(0.0, 1.0, 0.0, 0.0, False)))
    assert photo.labels["environment"] == "photo:green"
    assert corner(photo) == pytest.approx([40, 180, 40], abs=4)
    hdri = renderer.render(around(shot, hdri=0.5))
    assert hdri.labels["environment"] == "hdri:red"
    assert corner(hdri)[0] > 1.3 * corner(hdri)[1]
    plain = renderer.render(around(shot, hdri=0.5, plain=(0.1, 0.1, 0.5)))
    assert plain.labels["environment"] == "plain:hdri:red"
    assert corner(plain)[2] > 1.5 * corner(plain)[0]
    drawn = renderer.render(around(shot, picture=Procedural("shelf", 3)))
    assert drawn.labels["environment"] == "procedural:shelf"
    assert renderer.render(around(shot)).labels["environment"] == ""
    assert (
        renderer.render(around(shot, environment="forest", plain=(0.1, 0.1, 0.1))).labels["environment"]
        == "plain:forest"
    )


def test_a_wrong_white_balance_tints_head_and_background_alike(made):
    renderer, shot = made
    grey = (0.2, 0.2, 0.2)
    cold, warm = (renderer.render(around(shot, plain=grey, white_balance_mired=m)) for m in (-60.0, 60.0))
    for part in (np.s_[:12, :12], np.s_[30:42, 40:56]):  # background, face
        ratio = [record.rgb[part].reshape(-1, 3).mean(0) for record in (warm, cold)]
        assert ratio[0][0] / ratio[0][2] > 1.25 * ratio[1][0] / ratio[1][2]


def test_before_a_green_photograph_the_face_is_greener(made):
    renderer, shot = made
    before = renderer.render(around(shot, picture=Photo(0.0, 1.0, 0.0, 0.0, False)))
    even = renderer.render(around(shot, plain=(0.1, 0.4, 0.1)))
    green = [r.rgb[30:42, 40:56, 1].mean() / r.rgb[30:42, 40:56, 0].mean() for r in (before, even)]
    assert green[0] > 1.03 * green[1]


def head_points(renderer, shot):
    """What is rigid on the head joint as Blender has it, (N, 3) mm, camera frame."""
    renderer.render(shot)
    from synth.render.head import _positions

    scene = renderer._head.scene
    points = []
    for part in scene.rigid:
        if part.joint == "head":
            obj = next(o for o in scene.meshes if o.name == part.name)
            world = np.array(obj.matrix_world)
            points.append(1000 * (_positions(obj.data) @ world[:3, :3].T + world[:3, 3]) @ WORLD_FROM_CAMERA)
    return np.concatenate(points)


def skull(renderer, shot):
    """The posed skin, (N, 3) mm, camera frame, and which of it lies on the back and top of the skull, (N,): there no
    facial action pulls."""
    renderer.render(shot)
    scene = renderer._head.scene
    name = next(name for name in renderer._head.skull if name.startswith("skin"))
    surface = scene.deformed()[name].vertices_mm
    center = np.asarray(shot.t_mm)
    rest = (surface - center) @ shot.R_camera_from_head
    return surface, (rest[:, 1] < -40) & (rest[:, 2] > 0)  # in the head's frame: up is -y, back is +z


def test_a_torso_that_turns_and_leans_changes_no_label_and_no_vertex_of_the_head(made):
    renderer, shot = made
    turned = dataclasses.replace(shot, euler_deg=(20.0, -30.0, 10.0))
    leaning = dataclasses.replace(turned, torso_yaw_deg=-15.0, torso_lean_deg=(8.0, -5.0))
    upright_labels, leaning_labels = renderer.render(turned).labels, renderer.render(leaning).labels
    for name in ("R_camera_from_head", "t_mm", "euler_deg", "distance_mm", "K"):
        assert np.array_equal(upright_labels[name], leaning_labels[name])
    assert np.abs(head_points(renderer, turned) - head_points(renderer, leaning)).max() < 0.02
    (before, above), (after, _) = skull(renderer, turned), skull(renderer, leaning)
    assert above.sum() > 50
    assert np.abs(before - after)[above].max() < 0.1
    assert np.abs(before - after).max() > 1  # but the neck follows the torso


def test_no_expression_at_full_strength_moves_the_skull_or_a_label(made):
    renderer, shot = made
    rest, above = skull(renderer, shot)
    points = head_points(renderer, shot)
    labels = renderer.render(shot).labels
    shown = expressions_at_full_strength()
    for name in ("surprise", "anger", "yawn", "jaw to one side", "puffed cheeks", "laugh"):
        acting = dataclasses.replace(shot, expression=shown[name])
        moved, _ = skull(renderer, acting)
        assert np.abs(moved - rest)[above].max() < 0.5, name
        assert np.abs(head_points(renderer, acting) - points).max() < 0.02, name
        again = renderer.render(acting).labels
        assert all(np.array_equal(again[key], labels[key]) for key in ("R_camera_from_head", "t_mm", "distance_mm"))
    assert np.abs(moved - rest).max() > 3  # the laugh itself is seen


def test_expression_and_gaze_change_the_picture_and_no_label_of_the_pose(made):
    renderer, shot = made
    turned = dataclasses.replace(shot, euler_deg=(15.0, -25.0, 10.0), gaze_deg=(0.0, 0.0))
    acting = dataclasses.replace(turned, expression=expressions_at_full_strength()["yawn"], gaze_deg=(-12.0, 20.0))
    calm, lively = renderer.render(turned), renderer.render(acting)
    for name in ("R_camera_from_head", "t_mm", "euler_deg", "distance_mm", "K"):
        assert np.array_equal(calm.labels[name], lively.labels[name]), name
    assert np.abs(calm.rgb.astype(int) - lively.rgb).max() > 20


def test_a_folder_that_changed_since_the_recipe_was_prepared_stops_the_renderer(folders, tmp_path):
    from synth.render.renderer import Renderer

    pack = load_pack(bundled_packs()["demo8"])
    wrong = f"scene.photos={{folder: {folders / 'photos'}, sha256: {'a' * 64}}}"
    with pytest.raises(UsageError, match="the recipe wants aaaaaaaaaaaa"):
        Renderer(load_recipe("demo", [*QUICK, wrong]), pack)


def test_the_users_hdris_light_by_themselves_each_with_its_own_colour_and_few_are_kept(made, tmp_path):
    from synth.render.renderer import Renderer

    _, shot = made
    for k in range(12):  # more than are kept; red, green and blue in turn
        colour = np.roll([0.5, 0.03, 0.03], k % 3)
        cv2.imwrite(str(tmp_path / f"{k:02}.hdr"), np.full((32, 64, 3), colour[::-1] + k / 1000, np.float32))
    chosen = load_recipe(
        "demo", ["outputs.depth=false", *QUICK, "render.light=hdri", f"scene.hdris={{folder: {tmp_path}}}"]
    )
    renderer = Renderer(chosen, load_pack(bundled_packs()["demo8"]))
    asked = [*range(12), 0, 1]
    shown = [renderer.render(around(shot, hdri=(k + 0.5) / 12, plain=(0.1, 0.1, 0.1))).rgb[30:42, 40:56] for k in asked]
    faces = np.array([face.reshape(-1, 3).mean(0) for face in shown])
    assert np.argmax(faces / faces.mean(0), axis=1).tolist() == [k % 3 for k in asked]
    assert len([image for image in bpy.data.images if len(image.name) == 32]) < 12
