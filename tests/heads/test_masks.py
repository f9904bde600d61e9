"""Face masks: over mouth, nose and chin of every face, whatever it says; beards under them."""

from __future__ import annotations

import functools

import numpy as np
import pytest

from synth.errors import HeadError
from synth.heads.assemble import streams
from synth.heads.body import Body
from synth.heads.expressions import EXPRESSIONS, morph_targets
from synth.heads.gltf import write_glb
from synth.heads.hair.beard import beard_parts
from synth.heads.part import FloatArray, Part
from synth.heads.person import sample_person
from synth.heads.shape import shape_body
from synth.heads.worn.masks import MASKS, face_mask
from tests.heads.test_hats import covers

PEOPLE = {"man": (3, "male", 35.0), "child": (8, "female", 7.0), "old woman": (11, "female", 80.0)}


@functools.cache
def _worn(who: str, mask: str, beard: float = 0.0) -> tuple[Body, list[Part]]:
    seed, sex, age = PEOPLE[who]
    person = sample_person(np.random.default_rng(seed), sex, age)  # type: ignore[arg-type]
    body = shape_body(person.with_(mask=mask, beard=beard, hat="none"))
    rng = streams(1)
    return body, face_mask(body, beard_parts(body, rng["beard"]), rng["mask"])


def _moved(body: Body, parts: list[Part], action: str, weight: float) -> tuple[FloatArray, Part]:
    """The skin's vertices (V, 3) and the mask under a facial action."""
    mask = next(part for part in parts if part.name == "mask")
    skin = body.vertices + weight * body.scale * body.base.delta(f"face:{action}")
    offset = (mask.moves or {}).get(action, 0.0)
    return skin, Part("mask", mask.vertices + weight * offset, mask.triangles, mask.uv, mask.material, joint="head")


def _places(body: Body, skin: FloatArray) -> dict[str, FloatArray]:
    """Tip of the nose, both lips and the chin on the skin."""
    rows = np.unique(body.base.quads["head"])
    template = body.base.vertices[rows]
    height = template[:, 1] - body.base.eye_height
    middle = np.abs(template[:, 0]) < 0.003

    def foremost(low: float, high: float) -> FloatArray:
        chosen = rows[middle & (height > low) & (height < high)]
        return np.asarray(skin[chosen[skin[chosen, 2].argmax()]])

    return {
        "nose": foremost(-0.05, -0.025),
        "upper lip": foremost(-0.066, -0.052),
        "lower lip": foremost(-0.080, -0.068),
        "chin": foremost(-0.105, -0.09),
    }


@pytest.mark.parametrize("mask", MASKS)
@pytest.mark.parametrize("who", PEOPLE)
@pytest.mark.parametrize(
    ("action", "weight"), [("jawOpen", 0.0), ("jawOpen", 1.0), ("mouthFunnel", 1.0), ("mouthPucker", 1.0)]
)
def test_a_mask_covers_nose_mouth_and_chin(who: str, mask: str, action: str, weight: float) -> None:
    body, parts = _worn(who, mask)
    skin, cloth = _moved(body, parts, action, weight)
    for name, place in _places(body, skin).items():
        assert covers([cloth], place), name


@pytest.mark.parametrize("who", PEOPLE)
@pytest.mark.parametrize("action", EXPRESSIONS)
def test_no_facial_action_pierces_the_mask(who: str, action: str) -> None:
    body, parts = _worn(who, "surgical")
    skin, cloth = _moved(body, parts, action, 1.0)
    rows = np.unique(body.base.quads["head"])
    template = body.base.vertices[rows] - np.array([0.0, body.base.eye_height, 0.0])
    inner = (
        (np.abs(template[:, 0]) < 0.04)
        & (template[:, 1] < -0.032)
        & (template[:, 1] > -0.092)
        & (template[:, 2] > 0.125)
    )
    deeper = skin[rows[inner]] - np.array([0.0, 0.0, 0.0008])
    assert np.mean([covers([cloth], place) for place in deeper[::3]]) > 0.99


@pytest.mark.parametrize("mask", MASKS)
def test_a_full_beard_stays_under_the_mask(mask: str) -> None:
    _, bare = _worn("man", mask)
    body, parts = _worn("man", mask, 1.0)
    before = sum(len(part.triangles) for part in beard_parts(body, streams(1)["beard"]))
    beard, cloth = (next(part for part in parts if part.name == name) for name in ("beard", "mask"))
    assert len(beard.triangles) < 0.85 * before
    near = np.abs(beard.vertices[:, 0]) < 0.03
    in_front = beard.vertices[near & (beard.vertices[:, 1] > _places(body, body.vertices)["chin"][1])]
    assert all(covers([cloth], place) for place in in_front[:: max(1, len(in_front) // 50)])
    assert cloth.vertices[:, 2].max() >= next(part for part in bare if part.name == "mask").vertices[:, 2].max()


@pytest.mark.parametrize("who", PEOPLE)
def test_the_eyes_stay_free_of_the_mask(who: str) -> None:
    for mask in MASKS:
        body, parts = _worn(who, mask)
        for side in ("eye.L", "eye.R"):
            assert not covers(parts, body.joints[side])


def test_masks_hang_on_the_ears_but_not_over_a_head_scarf() -> None:
    body, parts = _worn("man", "ffp2")
    assert [part.name for part in parts] == ["mask", "mask.loops"]
    loops = parts[1].vertices
    for side in (1.0, -1.0):
        assert loops[side * loops[:, 0] > 0, 2].min() < body.joints["eye.L"][2] - 0.075 * body.scale
    scarfed = shape_body(body.person.with_(hat="hijab"))
    assert [part.name for part in face_mask(scarfed, [], np.random.default_rng(0))] == ["mask"]


def test_a_mask_is_light_and_rigid_but_for_its_moves() -> None:
    body, parts = _worn("man", "surgical")
    assert all(part.joint == "head" for part in parts)
    assert sum(len(part.triangles) for part in parts) <= 4000
    moves = {part.name: morph_targets(body, part) for part in parts}
    assert "jawOpen" in moves["mask"]
    assert len(write_glb(parts, body.joints, moves)) < 200_000


def test_who_wears_none_keeps_the_beard_as_it_is() -> None:
    body, _ = _worn("man", "none", 0.9)
    beard = beard_parts(body, streams(1)["beard"])
    assert face_mask(body, beard, np.random.default_rng(0)) == beard


def test_the_same_seed_gives_the_same_mask() -> None:
    _, one = _worn("man", "cloth")
    _worn.cache_clear()
    _, other = _worn("man", "cloth")
    assert [part.vertices.tobytes() for part in one] == [part.vertices.tobytes() for part in other]


def test_an_unknown_mask_is_refused_with_the_known_ones() -> None:
    body = shape_body(sample_person(np.random.default_rng(0)).with_(mask="iron"))
    with pytest.raises(HeadError, match=r"iron[\s\S]*surgical"):
        face_mask(body, [], np.random.default_rng(0))
