"""Occluders: where they may go, what they cover, what they look like."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from synth.effects.hand import draw_hand
from synth.effects.occlusion import (
    BLACK_SQUARE,
    BLACK_UPRIGHT,
    HAND,
    PAPER_OCCLUDERS,
    Occluder,
    cover,
    occlude,
    place_occluder,
)
from synth.effects.randomness import effect_rng
from synth.errors import UsageError
from synth.geometry.camera import Box

HEAD = (250.3, 150.0, 370.0, 310.8)  # pixels 250 … 369 and 150 … 310
HEAD_PIXELS = (250, 150, 370, 311)
FRAME_PICTURE = np.full((480, 640, 3), 200, dtype=np.uint8)


def covered_share(placed_box: Box, head: tuple[int, int, int, int] = HEAD_PIXELS) -> float:
    """Counted on masks of the frame."""
    frame, occluder = np.zeros((480, 640), bool), np.zeros((480, 640), bool)
    frame[head[1] : head[3], head[0] : head[2]] = True
    occluder[placed_box.y0 : placed_box.y1, placed_box.x0 : placed_box.x1] = True
    return float((frame & occluder).sum() / frame.sum())


def admissible(size: tuple[int, int], head: tuple[int, int, int, int], frame: Box, least: int) -> set[tuple[int, int]]:
    """All corners that cover at least so many head pixels, by trying each."""
    found = set()
    for x in range(frame.x1 - size[0] + 1):
        for y in range(frame.y1 - size[1] + 1):
            across = min(x + size[0], head[2]) - max(x, head[0])
            down = min(y + size[1], head[3]) - max(y, head[1])
            if across > 0 and down > 0 and across * down >= least:
                found.add((x, y))
    return found


def test_the_papers_occluders_are_black_and_have_its_sizes() -> None:
    assert [(o.width_px, o.height_px, o.colour) for o in PAPER_OCCLUDERS] == [
        (60, 60, (0, 0, 0)),
        (60, 120, (0, 0, 0)),
        (120, 60, (0, 0, 0)),
    ]


@pytest.mark.parametrize("occluder", PAPER_OCCLUDERS, ids=["square", "upright", "flat"])
@pytest.mark.parametrize("min_share", [0.0, 0.02, 0.15])
def test_it_lies_in_the_frame_and_covers_what_it_says(occluder: Occluder, min_share: float) -> None:
    for n in range(60):
        placed = place_occluder(effect_rng(5, n), occluder, HEAD, min_share=min_share)
        box = placed.box_px
        assert (box.width, box.height) == (occluder.width_px, occluder.height_px)
        assert 0 <= box.x0 < box.x1 <= 640
        assert 0 <= box.y0 < box.y1 <= 480
        assert placed.share == pytest.approx(covered_share(box), abs=1e-12)
        assert placed.share >= min_share
        assert placed.share > 0


def test_every_admissible_place_is_drawn_equally_often() -> None:
    head, frame, occluder = (7, 5, 12, 11), Box(0, 0, 16, 14), Occluder("rectangle", 4, 3)
    expected = admissible((4, 3), head, frame, least=6)
    counts = dict.fromkeys(expected, 0)
    draws = 200 * len(expected)
    rng = effect_rng(1, 1)
    for _ in range(draws):
        box = place_occluder(rng, occluder, head, frame, min_share=6 / 30).box_px
        counts[(box.x0, box.y0)] += 1
    chi_squared = sum((count - 200) ** 2 / 200 for count in counts.values())
    freedom = len(expected) - 1
    assert abs(chi_squared - freedom) < 5 * np.sqrt(2 * freedom)


def test_a_head_at_the_frames_corner_leaves_the_occluder_inside() -> None:
    boxes = [place_occluder(effect_rng(2, n), BLACK_SQUARE, (600, 440, 700, 520)).box_px for n in range(50)]
    assert max(box.x1 for box in boxes) <= 640
    assert max(box.y1 for box in boxes) <= 480


def test_only_the_part_of_the_head_within_the_frame_counts() -> None:
    placed = place_occluder(effect_rng(2, 1), Occluder("rectangle", 40, 40), (600, 440, 700, 520), min_share=1.0)
    assert placed.box_px.as_tuple() == (600, 440, 640, 480)
    assert placed.share == 1.0


def test_the_square_is_black_where_its_box_says_and_nothing_else_changes() -> None:
    done = occlude(FRAME_PICTURE, effect_rng(3, 1), BLACK_SQUARE, HEAD)
    black = (done.rgb == 0).all(axis=2)
    box = done.box_px
    assert black.sum() == 3600
    assert black[box.y0 : box.y1, box.x0 : box.x1].all()
    assert (done.rgb[~black] == 200).all()
    assert (FRAME_PICTURE == 200).all()


@pytest.mark.parametrize("occluder", [BLACK_UPRIGHT, HAND, Occluder("rectangle", 90, 70, fill="texture")])
def test_on_a_crop_it_looks_as_on_the_frame(occluder: Occluder) -> None:
    for n in range(12):
        placed = place_occluder(effect_rng(4, n), occluder, HEAD)
        whole = cover(FRAME_PICTURE, placed)
        crop = (230, 140, 390, 300)
        part = cover(FRAME_PICTURE[140:300, 230:390], placed, crop)
        assert np.array_equal(part.rgb, whole.rgb[140:300, 230:390])
        assert (part.box_px, part.share) == (whole.box_px, whole.share)


def test_an_occluder_beside_the_crop_changes_nothing() -> None:
    placed = place_occluder(effect_rng(4, 1), BLACK_SQUARE, (10, 10, 20, 20))
    far = np.full((50, 50, 3), 9, dtype=np.uint8)
    assert np.array_equal(cover(far, placed, (500, 400, 550, 450)).rgb, far)


def test_with_a_mask_the_share_counts_its_pixels() -> None:
    mask = np.zeros((480, 640), bool)
    y, x = np.indices((480, 640))
    mask[(x - 310) ** 2 / 60**2 + (y - 230) ** 2 / 80**2 < 1] = True
    placed = place_occluder(effect_rng(6, 2), BLACK_SQUARE, HEAD, min_share=0.15)
    done = cover(FRAME_PICTURE, placed, head_mask=mask)
    black = (done.rgb == 0).all(axis=2)
    assert 0 < done.share == (black & mask).sum() / mask.sum() != placed.share
    assert cover(FRAME_PICTURE, placed, head_mask=np.zeros_like(mask)).share == 0


def test_a_hands_share_counts_the_hand_and_not_its_box() -> None:
    for n in range(10):
        occluder = Occluder("hand", 110, 160, colour=(0, 0, 0))
        placed = place_occluder(effect_rng(7, n), occluder, HEAD, min_share=0.1)
        rgb = cover(np.full((480, 640, 3), 255, np.uint8), placed).rgb[..., 0]
        head = rgb[HEAD_PIXELS[1] : HEAD_PIXELS[3], HEAD_PIXELS[0] : HEAD_PIXELS[2]]
        assert (head < 188).mean() == pytest.approx(placed.share, abs=1e-3)  # 188 is half of white's light
        assert placed.share < covered_share(placed.box_px)


def runs(row: npt.NDArray[np.bool_]) -> int:
    return int((np.diff(np.concatenate([[0], row.astype(int)])) == 1).sum())


def test_a_hand_has_four_fingers_and_a_thumb_and_a_wrist() -> None:
    hand = draw_hand(110, 160, 0.0, False).alpha >= 0.5
    height = hand.shape[0]
    assert max(runs(row) for row in hand[: height // 2]) == 4
    palm = hand[int(0.41 * height) : int(0.5 * height)]
    assert 2 in {runs(row) for row in palm}  # the thumb beside the palm
    assert runs(hand[-1]) == 1
    assert 0.3 < hand.mean() < 0.8


def test_a_hand_is_soft_at_its_rim_shaded_and_can_be_mirrored_and_turned() -> None:
    hand = draw_hand(110, 160, 0.0, False)
    assert ((hand.alpha > 0.05) & (hand.alpha < 0.95)).mean() > 0.01
    inside = hand.shade[hand.alpha == 1]
    assert inside.max() > 1.6 * inside.min()
    mirrored = draw_hand(110, 160, 0.0, True)
    assert np.allclose(mirrored.alpha, hand.alpha[:, ::-1], atol=1e-4)
    assert not np.allclose(mirrored.shade, hand.shade[:, ::-1], atol=0.05)  # the light stays where it is
    over = draw_hand(110, 160, 180.0, False).alpha
    assert over.sum() == pytest.approx(hand.alpha.sum(), rel=0.01)
    assert (over[2] >= 0.5).sum() > 2 * (over[-3] >= 0.5).sum()  # the wrist is above the finger tips
    lying = draw_hand(110, 160, 90.0, False).alpha
    assert lying.shape == pytest.approx(hand.alpha.T.shape, abs=1)
    assert (lying[:, -3] >= 0.5).sum() > 2 * (lying[:, 2] >= 0.5).sum()  # counter-clockwise: the wrist is at the right


def test_skin_tones_and_hands_differ_from_draw_to_draw() -> None:
    placed = [place_occluder(effect_rng(8, n), HAND, HEAD) for n in range(40)]
    assert {p.mirrored for p in placed} == {True, False}
    assert min(p.tone for p in placed) < 0.2 < 0.8 < max(p.tone for p in placed)
    assert min(p.turn_deg for p in placed) < -30 < 30 < max(p.turn_deg for p in placed)
    assert all(-60 <= p.turn_deg <= 60 for p in placed)


def test_textures_are_colourful_smooth_and_new_for_each_draw() -> None:
    occluder = Occluder("rectangle", 120, 120, fill="texture")
    parts = []
    for n in range(6):
        done = occlude(FRAME_PICTURE, effect_rng(9, n), occluder, HEAD)
        box = done.box_px
        parts.append(done.rgb[box.y0 : box.y1, box.x0 : box.x1].astype(float))
        neighbours = np.abs(np.diff(parts[-1], axis=1)).mean()
        assert 0 < neighbours < 0.5 * max(parts[-1].std(axis=(0, 1)))
    assert len({part.tobytes() for part in parts}) == 6


def test_a_place_can_be_stored_and_used_again() -> None:
    placed = place_occluder(effect_rng(1, 1), HAND, HEAD)
    assert np.array_equal(cover(FRAME_PICTURE, placed).rgb, cover(FRAME_PICTURE, placed).rgb)
    assert placed == place_occluder(effect_rng(1, 1), HAND, HEAD)


def test_another_colour_is_that_colour() -> None:
    done = occlude(FRAME_PICTURE, effect_rng(1, 1), Occluder("square", 30, 30, colour=(255, 10, 0)), HEAD)
    assert ((done.rgb == (255, 10, 0)).all(axis=2)).sum() == 900


@pytest.mark.parametrize(
    ("occluder", "what"),
    [
        (Occluder("rectangle", 641, 10), "needs 641×10 pixels, the frame has 640×480"),
        (Occluder("square", 500, 500), "the frame has 640×480"),
        (Occluder("hand", 300, 400), "the frame has 640×480"),
    ],
)
def test_an_occluder_larger_than_the_frame_is_refused(occluder: Occluder, what: str) -> None:
    with pytest.raises(UsageError, match=what):
        place_occluder(effect_rng(1, 1), occluder, HEAD)


def test_a_share_that_no_place_reaches_is_refused_with_the_most_there_is() -> None:
    most = 3600 / (120 * 161)
    with pytest.raises(UsageError, match=f"the most is {most:.1%}"):
        place_occluder(effect_rng(1, 1), BLACK_SQUARE, HEAD, min_share=0.5)
    assert place_occluder(effect_rng(1, 1), BLACK_SQUARE, HEAD, min_share=most).share == pytest.approx(most)


@pytest.mark.parametrize("head", [(700, 10, 800, 100), (10, 10, 10, 40), (1, 2, 3), (0, 0, float("nan"), 5)])
def test_a_head_box_that_is_none_is_refused(head: tuple[float, ...]) -> None:
    with pytest.raises(UsageError, match="head_box_px"):
        place_occluder(effect_rng(1, 1), BLACK_SQUARE, head)


@pytest.mark.parametrize(
    "settings",
    [
        {"kind": "circle", "width_px": 5, "height_px": 5},
        {"kind": "square", "width_px": 5, "height_px": 6},
        {"kind": "rectangle", "width_px": 0, "height_px": 6},
        {"kind": "rectangle", "width_px": 5.5, "height_px": 6},
        {"kind": "square", "width_px": 5, "height_px": 5, "fill": "skin"},
        {"kind": "square", "width_px": 5, "height_px": 5, "fill": "plaid"},
        {"kind": "square", "width_px": 5, "height_px": 5, "colour": (0, 0, 256)},
        {"kind": "square", "width_px": 5, "height_px": 5, "colour": (0, 0)},
    ],
)
def test_an_occluder_that_cannot_be_is_refused(settings: dict[str, object]) -> None:
    with pytest.raises(UsageError, match="occluder"):
        Occluder(**settings)  # type: ignore[arg-type]


def test_a_crop_or_mask_of_another_size_is_refused() -> None:
    placed = place_occluder(effect_rng(1, 1), BLACK_SQUARE, HEAD)
    with pytest.raises(UsageError, match="crop_box_px"):
        cover(FRAME_PICTURE, placed, (0, 0, 100, 100))
    with pytest.raises(UsageError, match="head_mask"):
        cover(FRAME_PICTURE, placed, head_mask=np.zeros((10, 10), bool))


def test_tiny_hands_still_cover_a_pixel() -> None:
    assert place_occluder(effect_rng(1, 1), Occluder("hand", 1, 1, fill="skin"), HEAD, min_share=0).share > 0
