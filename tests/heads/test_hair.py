"""Hair and beards: what they cover, what they keep out of, how much they weigh."""

from __future__ import annotations

import functools
from dataclasses import replace

import numpy as np
import pytest
import trimesh
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree
from scipy.spatial.transform import Rotation

from synth.heads.body import Body
from synth.heads.colour import WHITE_HAIR
from synth.heads.hair.beard import beard_parts
from synth.heads.hair.hair import hair_parts
from synth.heads.hair.looks import HAIR_STYLES, sample_hair
from synth.heads.hair.scalp import EYE_HEIGHT_M, azimuth_deg, beard_field, ear_distance, scalp_field
from synth.heads.hair.texture import pigment
from synth.heads.mesh import quads_to_triangles
from synth.heads.part import JOINTS, Part
from synth.heads.person import sample_person
from synth.heads.shape import shape_body

GROWN = tuple(style for style in HAIR_STYLES if style != "bald")
HANGING = ("medium", "long")
TIED = {"ponytail": ("hair.tail",), "braids": ("hair.braid.R", "hair.braid.L")}


@functools.cache
def _body(style: str, seed: int = 3, beard: float = 0.0, wave: float = 0.2, grey: float = 0.0) -> Body:
    sex = "male" if beard or style in ("receding", "slick", "buzz") else "female"
    person = sample_person(np.random.default_rng(seed), sex=sex, age_years=34.0)
    recession = 0.85 if style == "receding" else 0.1
    worn = {"hair_style": style, "recession": recession, "beard": beard, "hair_wave": wave, "hair_grey": grey}
    return shape_body(person.with_(**worn))


@functools.cache
def _hair(style: str, seed: int = 3, wave: float = 0.2) -> tuple[Part, ...]:
    return tuple(hair_parts(_body(style, seed, wave=wave), np.random.default_rng(seed)))


@functools.cache
def _beard(fullness: float) -> tuple[Part, ...]:
    return tuple(beard_parts(_body("buzz", beard=fullness), np.random.default_rng(1)))


def _depth_inside_m(body: Body, points: np.ndarray) -> np.ndarray:
    """How deep each point lies under the skin of the head; 0 outside, and on the ears and in the folds behind them.

    Independent of `HairSurface`: nearest of many samples on the triangles, and the plane of that triangle.
    """
    triangles = quads_to_triangles(body.base.quads["head"])
    middle = body.base.vertices[triangles].mean(1)
    corner = body.vertices[triangles]
    normal = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
    normal /= np.linalg.norm(normal, axis=1, keepdims=True) + 1e-15
    # Dense enough that the nearest sample lies on the nearest triangle, or next to it on a nearly parallel one.
    shares = np.array([[a, b, 10 - a - b] for a in range(11) for b in range(11 - a)]) / 10.0
    samples = np.einsum("sk,tkd->tsd", shares, corner).reshape(-1, 3)
    distance, nearest = cKDTree(samples).query(points, distance_upper_bound=0.012)
    near = np.flatnonzero(np.isfinite(distance))
    depth = np.zeros(len(points))
    of = np.repeat(np.arange(len(triangles)), len(shares))[nearest[near]]
    depth[near] = -((points[near] - samples[nearest[near]]) * normal[of]).sum(1)
    depth[near[ear_distance(middle[of]) < 0.010]] = 0.0
    return np.clip(depth, 0.0, None)


def _before_eyes(body: Body, points: np.ndarray) -> np.ndarray:
    hidden = np.zeros(len(points), dtype=bool)
    for eye in (body.joints["eye.L"], body.joints["eye.R"]):
        x, y, z = ((points - eye) / body.scale).T
        hidden |= (np.abs(x) < 0.014) & (np.abs(y) < 0.010) & (z > -0.005)
    return hidden


def test_a_bald_person_wears_no_hair() -> None:
    assert hair_parts(_body("bald"), np.random.default_rng(0)) == []


@pytest.mark.parametrize("style", GROWN)
def test_every_style_yields_hair_that_a_file_can_hold(style: str) -> None:
    parts = _hair(style)
    assert parts
    for part in parts:
        assert part.name.split(".")[0] == "hair"
        assert len(part.triangles) > 100
        assert np.isfinite(part.vertices).all()
        assert part.uv.min() >= 0.0
        assert part.uv.max() <= 1.0
        assert part.material.base_colour_texture is not None


@pytest.mark.parametrize("style", GROWN)
def test_hair_keeps_to_its_triangle_budget(style: str) -> None:
    triangles = sum(len(part.triangles) for part in _hair(style))
    assert triangles <= (44_000 if style in (*HANGING, "afro") else 30_000)


@pytest.mark.parametrize("style", GROWN)
@pytest.mark.parametrize("seed", [3, 6])
def test_no_hair_lies_deeper_than_a_millimetre_in_the_skull(style: str, seed: int) -> None:
    body = _body(style, seed)
    for part in _hair(style, seed):
        assert _depth_inside_m(body, part.vertices).max() <= 0.001


@pytest.mark.parametrize("style", GROWN)
@pytest.mark.parametrize("seed", [3, 6])
def test_no_hair_hangs_before_the_eyes(style: str, seed: int) -> None:
    for part in _hair(style, seed):
        assert not _before_eyes(_body(style, seed), part.vertices).any()


EXTREME_DEG = [(75, 0, 0), (-75, 0, 0), (60, 50, 20), (-60, -50, 20), (0, 50, -20)]


@pytest.mark.parametrize("style", HANGING)
@pytest.mark.parametrize("euler_deg", EXTREME_DEG)
@pytest.mark.parametrize("wave", [0.0, 0.9])
def test_no_hair_swings_before_the_eyes_in_extreme_poses(
    style: str, euler_deg: tuple[float, float, float], wave: float
) -> None:
    body = _body(style, wave=wave)
    matrices, offsets = _joint_motion(body, Rotation.from_euler("XYZ", euler_deg, degrees=True))
    head = JOINTS.index("head")
    for part in _hair(style, wave=wave):
        in_head = (_posed(part.vertices, _weights(part), matrices, offsets) - offsets[head]) @ matrices[head]
        assert not _before_eyes(body, in_head).any()


@pytest.mark.parametrize("style", HANGING)
@pytest.mark.parametrize("euler_deg", EXTREME_DEG)
def test_hanging_hair_stays_out_of_the_torso_in_extreme_poses(
    style: str, euler_deg: tuple[float, float, float]
) -> None:
    body = _body(style)
    matrices, offsets = _joint_motion(body, Rotation.from_euler("XYZ", euler_deg, degrees=True))
    triangles = quads_to_triangles(body.base.quads["torso"])
    torso = trimesh.Trimesh(_posed(body.vertices, body.weights, matrices, offsets), triangles, process=False)
    part = next(part for part in _hair(style) if part.name == "hair")
    posed = _posed(part.vertices, _weights(part), matrices, offsets)
    distance, nearest = cKDTree(torso.triangles_center).query(posed, distance_upper_bound=0.03)
    near = np.isfinite(distance)
    nearest = nearest[near]
    height = ((posed[near] - torso.triangles_center[nearest]) * torso.face_normals[nearest]).sum(1)
    # The neck folds where the head is thrown back: a little hair is caught there, none comes out of the chest.
    assert (height < -0.010).sum() / len(posed) < 0.02


def _weights(part: Part) -> np.ndarray:
    head = JOINTS.index("head")
    return part.weights if part.weights is not None else np.eye(len(JOINTS))[[head] * len(part.vertices)]


def _posed(points: np.ndarray, weights: np.ndarray, matrices: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    return np.einsum("vj,jab,vb->va", weights, matrices, points) + weights @ offsets


def _joint_motion(body: Body, turn: Rotation) -> tuple[np.ndarray, np.ndarray]:
    """World matrices (8, 3, 3) and offsets (8, 3): the neck takes shares of the head's rotation, as the rig does."""
    matrices, offsets = np.tile(np.eye(3), (len(JOINTS), 1, 1)), np.zeros((len(JOINTS), 3))
    matrix, offset = np.eye(3), np.zeros(3)
    for name, share in (("neck01", 0.18), ("neck02", 0.40), ("neck03", 0.65), ("head", 1.0)):
        place = matrix @ body.joints[name] + offset
        matrix = Rotation.from_rotvec(turn.as_rotvec() * share).as_matrix()
        offset = place - matrix @ body.joints[name]
        matrices[JOINTS.index(name)], offsets[JOINTS.index(name)] = matrix, offset
    for name in ("jaw", "eye.L", "eye.R"):
        matrices[JOINTS.index(name)], offsets[JOINTS.index(name)] = matrix, offset
    return matrices, offsets


@pytest.mark.parametrize("style", GROWN)
def test_the_same_generator_gives_the_same_hair(style: str) -> None:
    again = hair_parts(_body(style), np.random.default_rng(3))
    for one, other in zip(_hair(style), again, strict=True):
        assert one.vertices.tobytes() == other.vertices.tobytes()
        assert one.triangles.tobytes() == other.triangles.tobytes()
        assert one.uv.tobytes() == other.uv.tobytes()
        assert np.array_equal(one.material.base_colour_texture, other.material.base_colour_texture)


def test_another_generator_gives_another_hair() -> None:
    one, other = _hair("short_side"), hair_parts(_body("short_side"), np.random.default_rng(4))
    assert one[1].vertices.tobytes() != other[1].vertices.tobytes()


@pytest.mark.parametrize("style", [style for style in GROWN if style not in (*HANGING, *TIED)])
def test_hair_above_the_neck_is_rigid_on_the_head(style: str) -> None:
    assert {part.joint for part in _hair(style)} == {"head"}


@pytest.mark.parametrize("style", HANGING)
def test_hanging_hair_passes_smoothly_from_the_head_to_the_torso(style: str) -> None:
    hanging = next(part for part in _hair(style) if part.weights is not None)
    np.testing.assert_allclose(hanging.weights.sum(1), 1.0, atol=1e-9)
    head = hanging.weights[:, JOINTS.index("head")]
    assert (head[hanging.vertices[:, 1] > _body(style).joints["eye.L"][1]] == 1.0).all()
    lowest = hanging.vertices[:, 1].argmin()
    assert head[lowest] < 0.5


@pytest.mark.parametrize("style", TIED)
def test_tied_hair_hangs_from_the_head_to_below_the_mouth_and_lies_on_the_scalp_before(style: str) -> None:
    body = _body(style)
    tails = {part.name: part for part in _hair(style) if part.weights is not None}
    assert tuple(tails) == TIED[style]
    assert {part.joint for part in _hair(style) if part.weights is None} == {"head"}
    for name, part in tails.items():
        lowest = part.vertices[part.vertices[:, 1].argmin()]
        assert lowest[1] < body.joints["jaw"][1] - 0.02
        assert lowest[2] < body.joints["head"][2]  # behind, never before the face
        np.testing.assert_allclose(part.weights.sum(1), 1.0, atol=1e-9)
        if name[-2:] in (".L", ".R"):
            assert (lowest[0] > 0.03) if name.endswith(".L") else (lowest[0] < -0.03)


def test_long_hair_reaches_the_shoulders_and_covers_the_whole_scalp() -> None:
    body = _body("long")
    points = np.concatenate([part.vertices for part in _hair("long")])
    assert points[:, 1].min() < body.joints["neck01"][1]
    rows = np.unique(body.base.quads["head"])
    crown = rows[scalp_field(body.base.vertices[rows], 0.1) > 0.01]
    distance, _ = cKDTree(points).query(body.vertices[crown])
    assert distance.max() < 0.012 * body.scale


@pytest.mark.parametrize("seed", [3, 6, 9])
def test_long_hair_lies_on_the_clothes_and_not_in_the_torso(seed: int) -> None:
    body = _body("long", seed)
    hair = next(part for part in _hair("long", seed) if part.name == "hair")
    on_torso = hair.vertices[hair.vertices[:, 1] < body.joints["neck01"][1]]
    triangles = quads_to_triangles(body.base.quads["torso"])
    mesh = trimesh.Trimesh(body.vertices, triangles, process=False)
    nearest = cKDTree(mesh.triangles_center).query(on_torso)[1]
    height = ((on_torso - mesh.triangles_center[nearest]) * mesh.face_normals[nearest]).sum(1)
    # One vertex in thousands may meet the armpit's fold.
    assert np.mean(height > -0.003) > 0.9995
    assert np.mean(height > 0.004) > 0.98


@pytest.mark.parametrize("fullness", [0.15, 0.3, 0.5, 0.9])
def test_a_beard_follows_the_jaw_and_leaves_the_lips_free(fullness: float) -> None:
    (beard,) = _beard(fullness)
    body = _body("buzz", beard=fullness)
    assert len(beard.triangles) <= 20_000
    assert np.isfinite(beard.vertices).all()
    assert 0.0 <= beard.uv.min() <= beard.uv.max() <= 1.0
    np.testing.assert_allclose(beard.weights.sum(1), 1.0, atol=1e-9)
    assert set(beard.base_vertex) <= set(np.unique(body.base.quads["head"]))
    assert np.linalg.norm(beard.vertices - body.vertices[beard.base_vertex], axis=1).max() < 0.06
    assert _depth_inside_m(body, beard.vertices).max() <= 0.001
    if fullness > 0.4:
        assert beard.weights[:, JOINTS.index("jaw")].max() > 0.9


def test_a_fuller_beard_is_longer_and_a_moustache_stays_above_the_mouth() -> None:
    moustache, short, full = (_beard(fullness)[0] for fullness in (0.15, 0.5, 0.9))
    assert full.vertices[:, 1].min() < short.vertices[:, 1].min()
    body = _body("buzz", beard=0.15)
    chin = body.vertices[np.unique(body.base.quads["head"])]
    chin_y = chin[(chin[:, 2] > body.joints["eye.L"][2] - 0.01)][:, 1].min()
    assert moustache.vertices[:, 1].min() > chin_y + 0.02


@pytest.mark.parametrize("beard", [0.0, 0.05])
def test_shaven_people_have_no_beard(beard: float) -> None:
    assert beard_parts(_body("buzz", beard=beard), np.random.default_rng(0)) == []


def test_hair_grows_on_the_crown_and_not_on_face_ears_or_neck() -> None:
    crown, forehead, nose, neck = [0, 0.85, 0.05], [0, 0.775, 0.15], [0, 0.70, 0.165], [0, 0.63, -0.03]
    ear = [0.082, EYE_HEIGHT_M - 0.016, 0.040]
    places = np.array([crown, forehead, nose, neck, ear])
    assert (scalp_field(places) > 0).tolist() == [True, False, False, False, False]


def test_recession_only_ever_takes_hair_away() -> None:
    places = np.random.default_rng(0).uniform([-0.09, 0.62, -0.04], [0.09, 0.85, 0.17], (4000, 3))
    assert (scalp_field(places, 1.0) <= scalp_field(places, 0.0) + 1e-12).all()
    temple = np.array([0.055, 0.80, 0.125])
    assert scalp_field(temple, 0.0) > scalp_field(temple, 1.0)


def test_less_full_beards_grow_on_less_skin() -> None:
    places = np.random.default_rng(0).uniform([-0.09, 0.60, 0.0], [0.09, 0.75, 0.17], (4000, 3))
    moustache, goatee, full = (beard_field(places, fullness) for fullness in (0.15, 0.3, 0.9))
    assert (moustache <= goatee + 1e-12).all()
    assert (goatee <= full + 1e-12).all()
    assert 0 < moustache.sum() < goatee.sum() < full.sum()


@pytest.mark.parametrize("style", [style for style in GROWN if style != "buzz"])
def test_normals_face_away_from_the_head_so_that_hair_shades_as_one_volume(style: str) -> None:
    part = next(part for part in _hair(style) if part.name == "hair")
    np.testing.assert_allclose(np.linalg.norm(part.normals, axis=1), 1.0, atol=1e-6)
    corner = part.vertices[part.triangles]
    flat = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
    flat /= np.linalg.norm(flat, axis=1, keepdims=True) + 1e-15
    # Cycles turns a normal round that disagrees with its triangle's winding: that would shade black.
    agrees = (flat[:, None] * part.normals[part.triangles]).sum(-1) > 0.0
    assert agrees.mean() > 0.9


@pytest.mark.parametrize("style", HANGING)
def test_curly_hair_winds_more_than_straight_hair(style: str) -> None:
    def winding(wave: float) -> float:
        """Median over the strands: length of the way along the left edge against the straight way."""
        body = _body(style, wave=wave)
        part = next(part for part in _hair(style, wave=wave) if part.name == "hair")
        count = len(part.vertices)
        first, second = part.triangles[:, :2].ravel(), part.triangles[:, 1:].ravel()
        piece = connected_components(coo_matrix((np.ones(len(first)), (first, second)), (count, count)), False)[1]
        ratios = []
        for ends in np.split(part.vertices, np.flatnonzero(np.diff(piece)) + 1)[-200:]:
            way = np.linalg.norm(np.diff(ends[:-1:2], axis=0), axis=1).sum()
            ratios.append(way / (np.linalg.norm(ends[-3] - ends[0]) + 0.01 * body.scale))
        return float(np.median(ratios))

    assert winding(0.9) > 1.08 * winding(0.0)


def _brightness(style: str, grey: float) -> tuple[np.ndarray, np.ndarray]:
    """Mean sRGB of the picture at each vertex of the strands, and the template azimuth of the skin next to it."""
    dark = _body(style, grey=grey)
    body = replace(dark, person=dark.person.with_(hair_rgb=(0.30, 0.29, 0.28)))
    part = next(part for part in hair_parts(body, np.random.default_rng(3)) if part.name == "hair")
    picture = part.material.base_colour_texture
    rows = np.rint(part.uv * (np.array(picture.shape[1::-1]) - 1)).astype(int)
    _, nearest = cKDTree(body.vertices).query(part.vertices)
    return picture[rows[:, 1], rows[:, 0]].mean(1), np.abs(azimuth_deg(body.base.vertices[nearest]))


def test_half_grey_hair_is_a_mix_of_dark_and_white_hairs_whiter_at_the_temples() -> None:
    grey, azimuth = _brightness("short_forward", 0.5)
    plain, _ = _brightness("short_forward", 0.0)
    assert grey.std() > 1.5 * plain.std()
    assert grey[(azimuth > 55) & (azimuth < 110)].mean() > 1.05 * grey[azimuth > 140].mean()


def test_pigment_and_white_hairs_have_the_persons_colour_as_their_mean() -> None:
    colour = np.array([0.20, 0.17, 0.15])
    dark = pigment(colour, 0.20)
    np.testing.assert_allclose(0.80 * dark + 0.20 * WHITE_HAIR, colour, atol=1e-9)
    assert (pigment(colour, 0.0) == colour).all()


def test_beards_come_in_five_shapes() -> None:
    chin, lip, cheek = [0.0, 0.630, 0.135], [0.010, 0.6765, 0.150], [0.045, 0.662, 0.115]
    places = np.array([chin, lip, cheek])
    shapes = {f: tuple(beard_field(places, f) > 0.5) for f in (0.15, 0.3, 0.44, 0.52, 0.9)}
    assert len(set(shapes.values())) >= 3
    corner = np.random.default_rng(0).uniform([-0.09, 0.60, 0.0], [0.09, 0.75, 0.17], (6000, 3))
    cover = [float(beard_field(corner, f).sum()) for f in (0.15, 0.3, 0.44, 0.52, 0.9)]
    assert len({round(c, 3) for c in cover}) == 5
    lips = beard_field(np.array([lip]), 0.44)[0]
    assert lips < 0.1 < beard_field(np.array([lip]), 0.15)[0]


def test_no_style_that_a_group_of_people_wears_is_rare_in_a_large_set() -> None:
    rng, worn = np.random.default_rng(0), []
    for _ in range(3000):
        sex, age = ("male" if rng.random() < 2 / 3 else "female"), rng.uniform(3, 88)
        african, asian, _ = rng.dirichlet([0.35] * 3)
        worn.append(sample_hair(rng, sex, age, african, asian, african)["hair_style"])
    shares = {style: worn.count(style) / len(worn) for style in HAIR_STYLES}
    assert min(shares.values()) > 0.025  # braids: women and girls only
    assert max(shares.values()) < 0.22


def test_hair_greys_with_age_and_never_in_children() -> None:
    def greys(age: float) -> np.ndarray:
        rng = np.random.default_rng(1)
        return np.array([sample_hair(rng, "male", age, 0.2, 0.2, 0.3)["hair_grey"] for _ in range(300)])

    assert (greys(10.0) == 0.0).all()
    assert 0.0 < greys(45.0).mean() < greys(60.0).mean() < greys(80.0).mean()
    assert ((greys(70.0) >= 0.0) & (greys(70.0) <= 1.0)).all()


def test_the_share_of_beards_is_the_one_asked_for_and_moves_no_other_draw() -> None:
    few, many = (sample_hair(np.random.default_rng(2), "male", 40.0, 0.2, 0.2, 0.3, beards) for beards in (0.0, 1.0))
    assert few.pop("beard") == 0.0
    assert many.pop("beard") > 0.1
    assert few == many
