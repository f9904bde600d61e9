"""Normals, parts, alpha and landmarks of posed heads, each against another way to find them."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from scipy import ndimage

from synth.geometry.camera import crop_intrinsics, pixel_rays, project
from synth.geometry.depth import range_to_planar
from synth.heads.pack import bundled_packs, load_pack
from synth.plan.plan import plan_shot
from synth.recipe.load import load_recipe
from synth.render.landmarks import HIDDEN_BEHIND_MM
from synth.shard.layout import PART_NAMES
from tests.render.rays_by_hand import nearest_hits

pytestmark = pytest.mark.render

EVERYTHING = "outputs={rgb: false, depth: true, normals: true, parts: true, alpha: true, landmarks: true}"
_HAIRY, _BALD = 1, 0  # slots of demo8


@pytest.fixture(scope="module")
def pack():
    return load_pack(bundled_packs()["demo8"])


def make(pack, *overrides):
    from synth.render.renderer import Renderer

    chosen = load_recipe("demo", [f"heads.count={len(pack.heads)}", *overrides])
    return chosen, Renderer(chosen, pack)


def shot_of(chosen, slot, index=0, **changes):
    return dataclasses.replace(plan_shot(chosen, index), head_slot=slot, **changes)


def triangles_in_view(renderer, labels):
    """Every triangle of the posed head, (M, 3, 3) mm, camera frame, and the name of each one's object."""
    from synth.render.articulate import WORLD_FROM_CAMERA

    head = renderer._head
    corners, names = [], []
    for name, surface in head.scene.deformed().items():
        corners.append(surface.vertices_mm[surface.triangles])
        names += [name] * len(surface.triangles)
    for part in head.scene.rigid:
        matrix = head.scene.joint_transforms[part.joint]
        world = part.surface.vertices_mm @ matrix[:3, :3].T + 1000 * matrix[:3, 3]
        corners.append((world @ WORLD_FROM_CAMERA)[part.surface.triangles])
        names += [part.name] * len(part.surface.triangles)
    return np.concatenate(corners), np.array(names)


def test_a_recipe_that_asks_for_nothing_more_gets_nothing_more_and_the_same_range_map(pack):
    chosen, plain = make(pack, "outputs={rgb: false, depth: true}")
    bare = plain.render(shot_of(chosen, _HAIRY))
    assert (bare.normals, bare.parts, bare.alpha) == (None, None, None)
    assert not [name for name in bare.labels if "landmark" in name or "face" in name]
    _, renderer = make(pack, EVERYTHING)
    full = renderer.render(shot_of(chosen, _HAIRY))
    assert np.array_equal(full.range_mm, bare.range_mm)
    assert {name: full.labels[name] for name in ("id", "subject")} == {n: bare.labels[n] for n in ("id", "subject")}


def test_all_maps_show_the_same_hits_and_repeat_in_any_order(pack):
    chosen, renderer = make(pack, EVERYTHING)
    shots = [shot_of(chosen, slot, slot) for slot in (_HAIRY, _BALD)]
    first = [renderer.render(shot) for shot in shots]
    for record, shot in zip(reversed(first), reversed(shots), strict=True):
        hit = record.range_mm > 0
        assert np.array_equal(record.normals.any(-1), hit)
        assert np.array_equal(record.parts > 0, hit)
        assert (record.alpha[ndimage.binary_erosion(hit, np.ones((5, 5)), border_value=1)] > 200).mean() > 0.97
        # Further off than four pixels there is at most a loose strand of hair, too thin for a pixel's centre to meet.
        far = record.alpha[~ndimage.binary_dilation(hit, np.ones((9, 9)))]
        assert far.max() < 64
        assert np.count_nonzero(far) < hit.sum() / 1000
        again = renderer.render(shot)
        for name in ("range_mm", "normals", "parts", "alpha"):
            assert np.array_equal(getattr(again, name), getattr(record, name))


def test_parts_and_depth_are_those_of_the_first_triangle_that_a_brute_force_search_finds(pack):
    chosen, renderer = make(pack, EVERYTHING)
    meaning = {
        "skin": "skin", "sockets": "skin", "torso": "skin", "garment": "clothes", "hair": "hair", "beard": "hair",
        "eye": "eyes", "lashes": "eyes", "mouth": "mouth", "teeth": "mouth", "tongue": "mouth", "glasses": "glasses",
    }  # fmt: skip
    seen = set()
    for slot in (7, 0):  # long hair and glasses; a beard
        record = renderer.render(shot_of(chosen, slot, 2, expression=(("jawOpen", 0.8),)))
        corners, names = triangles_in_view(renderer, record.labels)
        height, width = record.parts.shape
        picks = np.random.default_rng(slot).permutation(height * width)[:150]
        rare = np.flatnonzero(
            np.isin(record.parts.ravel(), [PART_NAMES.index(n) for n in ("eyes", "mouth", "glasses")])
        )
        picks = np.concatenate([picks, rare[:: max(1, len(rare) // 60)]])
        rays = pixel_rays(record.labels["K"], width, height).reshape(-1, 3)[picks]
        distance, which = nearest_hits(corners, rays)
        expected = np.array([meaning[names[n].split(".")[0]] if n >= 0 else "background" for n in which])
        found = np.array(PART_NAMES)[record.parts.ravel()[picks]]
        found[found == "lips"] = "skin"
        seen |= set(found)
        range_mm = record.range_mm.ravel()[picks]
        # A ray that runs along an edge may meet either neighbour in 32 bits.
        assert (found == expected).mean() > 0.99
        same = (found == expected) & (expected != "background")
        assert np.abs(range_mm[same] - distance[same]).max() < 0.1
    assert {"background", "skin", "hair", "clothes", "eyes", "glasses"} <= seen


def test_lips_are_where_the_landmarks_say(pack):
    chosen, renderer = make(pack, EVERYTHING)
    labels = (record := renderer.render(shot_of(chosen, 2, euler_deg=(0.0, 0.0, 0.0), expression=()))).labels
    at = labels["landmarks_px"] - labels["crop_box_px"][:2]
    y, x = np.nonzero(record.parts == PART_NAMES.index("lips"))
    corners, middle = at[[48, 54], 0], at[[51, 57], 1]
    assert abs(x.min() - corners[0]) < 2.5
    assert abs(x.max() + 1 - corners[1]) < 2.5
    assert abs(y.max() + 1 - middle[1]) < 2
    assert abs(y.min() - at[[50, 52], 1].min()) < 2


def test_normals_agree_with_the_slope_of_the_range_map(pack):
    chosen, renderer = make(pack, EVERYTHING)
    record = renderer.render(shot_of(chosen, 4, 1))
    K = record.labels["K"]
    height, width = record.range_mm.shape
    points = pixel_rays(K, width, height) * ndimage.gaussian_filter(record.range_mm, 0.7)[..., None]
    along_x, along_y = np.gradient(points, axis=1), np.gradient(points, axis=0)
    slope = np.cross(along_y, along_x)
    slope /= np.maximum(np.linalg.norm(slope, axis=-1, keepdims=True), 1e-9)
    face = ndimage.binary_erosion(record.parts == PART_NAMES.index("skin"), iterations=3)
    apart = np.degrees(np.arccos(np.clip((slope * record.normals).sum(-1), -1, 1)))[face]
    assert face.sum() > 1500
    assert np.median(apart) < 4
    assert np.percentile(apart, 90) < 15


def _cycles_passes(renderer, shot, record):
    """Cycles' own view of the shot: passes by name, from one ray a pixel for what a box filter's middle can say."""
    from synth.geometry.camera import Box
    from synth.render import engine

    scene, layer = renderer._scene, renderer._scene.view_layers[0]
    scene.cycles.pixel_filter_type, scene.cycles.use_denoising, scene.cycles.use_adaptive_sampling = "BOX", False, False
    scene.cycles.samples, scene.render.film_transparent = 128, True
    layer.use_pass_normal = layer.use_pass_object_index = True
    box = Box(*(int(v) for v in record.labels["crop_box_px"]))
    try:
        engine.set_camera(scene, shot.camera)
        return engine.render_region(scene, shot.camera, box, 1)
    finally:
        layer.use_pass_normal = layer.use_pass_object_index = False


@pytest.mark.slow
def test_normals_parts_and_alpha_agree_with_cycles_own_passes(pack, monkeypatch):
    from synth.render import engine

    monkeypatch.setattr(engine, "_CHANNELS", engine._CHANNELS | {"Normal": 3, "Object Index": 1, "IndexOB": 1})
    chosen, renderer = make(pack, EVERYTHING)
    for slot in (0, 7):
        shot = shot_of(chosen, slot, 3)
        record = renderer.render(shot)
        for obj in renderer._head.scene.meshes:
            word = obj.name.split(".")[0]
            obj.pass_index = {"garment": 6, "glasses": 5, "hair": 2, "beard": 2, "eye": 3, "lashes": 3}.get(word, 1)
        passes = _cycles_passes(renderer, shot, record)
        alpha = passes["Combined"][..., 3]
        assert np.abs(record.alpha / 255 - alpha).mean() < 0.004
        assert np.sqrt(np.mean((record.alpha / 255 - alpha)[(alpha > 0.02) & (alpha < 0.98)] ** 2)) < 0.09
        world = passes["Normal"]  # mean over a pixel; where its length is 1 the pixel is even
        even = np.abs(np.linalg.norm(world, axis=-1) - 1) < 0.02
        face = even & ndimage.binary_erosion(np.isin(record.parts, [1, 6, 7]), iterations=2)
        apart = np.degrees(np.arccos(np.clip((world * [1, -1, -1] * record.normals).sum(-1), -1, 1)))[face]
        assert face.sum() > 1000
        assert np.median(apart) < 4  # Cycles' hold the relief of the skin's normal textures too
        index = next(passes[name] for name in ("Object Index", "IndexOB") if name in passes)[..., 0]
        whole = np.abs(index - np.rint(index)) < 1e-3
        ours = np.where(np.isin(record.parts, [4, 7]), 1, record.parts)
        certain = whole & (alpha > 0.999)
        assert certain.sum() > 5000
        assert (ours[certain] == np.rint(index[certain])).mean() > 0.99


def test_landmarks_are_projected_by_the_pictures_own_camera(pack):
    chosen, renderer = make(pack, EVERYTHING, "camera.off_axis=0.5")
    for slot in (0, 5):
        labels = renderer.render(shot_of(chosen, slot, slot)).labels
        px, mm = labels["landmarks_px"], labels["landmarks_mm"]
        assert (px.dtype, px.shape, mm.dtype, mm.shape) == (np.float32, (68, 2), np.float32, (68, 3))
        assert np.abs(project(labels["K"], mm) + labels["crop_box_px"][:2] - px).max() < 1e-3
        assert np.allclose(labels["face_box_px"], [*px.min(0), *px.max(0)])
        head = labels["head_box_px"]
        assert (labels["face_box_px"][:2] >= head[:2] - 1).all()
        assert (labels["face_box_px"][2:] <= head[2:] + 1).all()
        centred = (mm - labels["t_mm"]) @ labels["R_camera_from_head"]  # in the head's frame: x image right, z away
        assert np.argmin(centred[:, 2]) == 30  # the tip of the nose is foremost
        assert centred[39, 0] < centred[42, 0]
        assert centred[8, 1] > centred[27, 1]


def test_a_landmark_is_visible_if_no_triangle_stands_in_its_way(pack):
    chosen, renderer = make(pack, EVERYTHING)
    counts = []
    for slot, euler_deg in ((0, (10.0, 45.0, 5.0)), (3, (-20.0, -30.0, 0.0)), (4, (0.0, 0.0, 0.0))):
        record = renderer.render(shot_of(chosen, slot, 1, euler_deg=euler_deg, expression=()))
        corners, names = triangles_in_view(renderer, record.labels)
        corners = corners[[not name.startswith("lashes") for name in names]]
        mm = record.labels["landmarks_mm"].astype(np.float64)
        away = np.linalg.norm(mm, axis=1)
        distance, _ = nearest_hits(corners, mm / away[:, None])
        clear = np.abs(away - HIDDEN_BEHIND_MM - distance) > 0.05  # not at the tolerance's edge itself
        expected = distance >= away - HIDDEN_BEHIND_MM
        assert clear.sum() > 60
        assert np.array_equal(record.labels["landmarks_visible"][clear] == 1, expected[clear])
        counts.append(int(record.labels["landmarks_visible"].sum()))
    assert counts[0] < 60  # a face turned by 45°, with a beard
    assert counts[2] >= 66  # frontal, without hair in the face


def test_a_landmark_outside_the_stored_picture_is_not_visible(pack):
    chosen, renderer = make(pack, EVERYTHING)
    shot = shot_of(chosen, 2, euler_deg=(0.0, 0.0, 0.0))
    beside = dataclasses.replace(shot, t_mm=(shot.t_mm[2] * 285 / 525, 0.0, shot.t_mm[2]))
    labels = renderer.render(beside).labels
    out = labels["landmarks_px"][:, 0] > 640
    assert 5 < out.sum() < 64
    assert not labels["landmarks_visible"][out].any()
    assert labels["landmarks_visible"][~out].any()


def test_an_opening_mouth_parts_the_inner_lips_alone(pack):
    chosen, renderer = make(pack, EVERYTHING)
    shot = shot_of(chosen, 2, euler_deg=(0.0, 0.0, 0.0), expression=())
    shut = renderer.render(shot).labels["landmarks_mm"]
    opened = renderer.render(dataclasses.replace(shot, expression=(("jawOpen", 1.0),))).labels["landmarks_mm"]
    assert abs(shut[66, 1] - shut[62, 1]) < 6
    assert opened[66, 1] - opened[62, 1] > 15
    assert np.abs(opened[17:31] - shut[17:31]).max() < 1


def test_an_imported_head_has_no_landmarks_and_is_skin(pack, tmp_path):
    import json

    from synth.heads.pack import PACK_FILE

    source = pack.path(pack.heads[2])
    (tmp_path / "heads").mkdir()
    content = json.loads((pack.root / PACK_FILE).read_text())
    content["heads"] = [head for head in content["heads"] if head["id"] == pack.heads[2].id]
    content["heads"][0] |= {"rig": "none", "expressions": []}
    (tmp_path / "heads" / source.name).write_bytes(source.read_bytes())
    (tmp_path / PACK_FILE).write_text(json.dumps(content))
    chosen, renderer = make(load_pack(tmp_path), EVERYTHING)
    labels = renderer.render(plan_shot(chosen, 0)).labels
    assert labels["landmarks_px"] is None
    assert labels["face_box_px"] is None
    assert not labels["landmarks_visible"].any()


def test_landmark_pixels_follow_the_crop(pack):
    chosen, renderer = make(pack, EVERYTHING)
    shot = shot_of(chosen, 5, 5)
    crop = renderer.render(shot).labels
    _, full_renderer = make(pack, EVERYTHING, "render.frame=full")
    full = full_renderer.render(shot).labels
    assert np.allclose(crop["landmarks_px"], full["landmarks_px"], atol=1e-3)
    assert np.array_equal(crop["landmarks_mm"], full["landmarks_mm"])
    x0, y0, _, _ = crop["crop_box_px"]
    assert np.allclose(crop["K"], crop_intrinsics(shot.camera.K, type(shot.camera.frame)(x0, y0, x0 + 1, y0 + 1)))


def test_planar_depth_of_a_visible_landmark_is_that_of_the_map(pack):
    chosen, renderer = make(pack, EVERYTHING)
    record = renderer.render(shot_of(chosen, 2, euler_deg=(0.0, 0.0, 0.0), expression=()))
    planar = range_to_planar(record.range_mm, record.labels["K"])
    at = np.floor(record.labels["landmarks_px"] - record.labels["crop_box_px"][:2]).astype(int)
    inner = [27, 28, 29, 30, 33, 51, 57]  # away from edges, where a pixel's centre lies on another surface
    assert np.abs(planar[at[inner, 1], at[inner, 0]] - record.labels["landmarks_mm"][inner, 2]).max() < 4
