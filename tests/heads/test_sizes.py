"""Built heads have the metric sizes of people of their age and sex: distance and size are labels."""

from __future__ import annotations

import numpy as np
import pytest

from synth.heads.base import load_base
from synth.heads.body import Body
from synth.heads.fit import measured_mm
from synth.heads.person import Sex, sample_person
from synth.heads.shape import head_box_m, shape_body
from synth.heads.sizes import SIGMA, mean_interpupillary_mm, mean_sizes_mm

PUBLISHED_MM = {
    # means: ANSUR II (Gordon et al. 2014) for adults; MacLachlan and Howland (2002), Snyder et al. (1977) and
    # Farkas (1994) for children of eight years
    ("male", 35): {
        "interpupillary_mm": (62.5, 65.5),
        "head_height_mm": (227, 239),
        "head_breadth_mm": (150, 158),
        "head_length_mm": (194, 203),
        "face_breadth_mm": (138, 146),
        "face_height_mm": (118, 127),
    },
    ("female", 35): {
        "interpupillary_mm": (60.2, 63.2),
        "head_height_mm": (213, 225),
        "head_breadth_mm": (143, 151),
        "head_length_mm": (185, 194),
        "face_breadth_mm": (129, 138),
        "face_height_mm": (109, 117),
    },
    ("male", 8): {
        "interpupillary_mm": (53, 57),
        "head_height_mm": (195, 211),
        "head_breadth_mm": (138, 147),
        "head_length_mm": (180, 189),
        "face_breadth_mm": (116, 124),
        "face_height_mm": (97, 106),
    },
}


def _bodies(sex: Sex, age: float, count: int) -> list[Body]:
    return [shape_body(sample_person(np.random.default_rng([7, seed]), sex, age)) for seed in range(count)]


@pytest.mark.parametrize(("sex", "age"), list(PUBLISHED_MM))
def test_mean_sizes_of_two_hundred_built_heads_lie_in_published_ranges(sex: Sex, age: float) -> None:
    measured = [measured_mm(body.base, body.vertices) for body in _bodies(sex, age, 200)]
    for name, (low, high) in PUBLISHED_MM[sex, age].items():
        values = [sizes[name] for sizes in measured]
        assert low < np.mean(values) < high, name
        assert 0.02 < np.std(values) / np.mean(values) < 0.06, name  # people differ, and nobody is a giant


def test_every_built_head_has_the_sizes_that_its_person_was_drawn_with() -> None:
    for seed in range(30):
        body = shape_body(sample_person(np.random.default_rng(seed)))
        sizes = measured_mm(load_base(), body.vertices)
        for name in SIGMA:
            assert sizes[name] == pytest.approx(getattr(body.person, name), abs=1.5), (seed, name)


def test_the_eyes_stand_exactly_as_far_apart_as_the_person_says() -> None:
    for body in _bodies("female", 30, 8):
        apart = body.joints["eye.L"][0] - body.joints["eye.R"][0]
        assert 1000 * apart == pytest.approx(body.person.interpupillary_mm, abs=0.5)


def test_children_are_smaller_than_adults() -> None:
    person = [sample_person(np.random.default_rng(3), "male", age) for age in (4.0, 9.0, 35.0)]
    heights = [np.ptp(head_box_m(shape_body(one)), axis=0)[1] for one in person]
    assert heights[0] < heights[1] < heights[2]
    assert mean_interpupillary_mm("female", 3) < mean_interpupillary_mm("female", 10) < 57


def test_a_childs_face_is_small_in_its_head_and_its_eyes_are_large_in_its_face() -> None:
    def ratios(age: float) -> tuple[float, float]:
        measured = [measured_mm(body.base, body.vertices) for body in _bodies("female", age, 25)]
        mean = {name: np.mean([one[name] for one in measured]) for name in SIGMA}
        return mean["face_height_mm"] / mean["head_height_mm"], mean["eye_length_mm"] / mean["face_breadth_mm"]

    (child_face, child_eyes), (adult_face, adult_eyes) = ratios(5), ratios(35)
    assert child_face < 0.97 * adult_face
    assert child_eyes > 1.03 * adult_eyes


def test_skulls_are_no_cones_and_no_boxes() -> None:
    """The breadth falls off evenly toward the crown: neither at once, nor only at the very top."""
    base = load_base()
    y = base.vertices[:, 1] - base.eye_height
    for seed in range(40):
        body = shape_body(sample_person(np.random.default_rng([9, seed])))
        sizes = measured_mm(base, body.vertices)
        rows = np.unique(base.quads["head"])
        high = rows[(y[rows] > 0.085) & (y[rows] < 0.095)]
        share = 1000 * np.ptp(body.vertices[high, 0]) / sizes["head_breadth_mm"]
        assert 0.62 < share < 0.97, seed


def test_women_have_narrower_jaws_than_men_of_their_age() -> None:
    woman, man = mean_sizes_mm("female", 30), mean_sizes_mm("male", 30)
    assert woman["jaw_breadth_mm"] / woman["face_breadth_mm"] < man["jaw_breadth_mm"] / man["face_breadth_mm"]


def test_childrens_mean_sizes_agree_with_studies_that_did_not_set_them() -> None:
    def of_both(name: str, age: float) -> float:
        return float(np.mean([mean_sizes_mm(sex, age)[name] for sex in ("male", "female")]))

    # Pacific University (1993), 220 children, looking far, by year of life
    for age, published in ((2.5, 47.5), (3.5, 49.5), (4.5, 51.0), (5.5, 51.0)):
        assert of_both("interpupillary_mm", age) == pytest.approx(published, abs=1.35)
    # Farkas et al. (1992): grown heads of girls of 10 and 14 and boys of 14 years
    assert mean_sizes_mm("female", 10)["head_length_mm"] == pytest.approx(182.7, rel=0.02)
    assert mean_sizes_mm("female", 14)["head_breadth_mm"] == pytest.approx(142.7, rel=0.02)
    assert mean_sizes_mm("male", 14)["head_length_mm"] == pytest.approx(189.2, rel=0.02)
    # Ferrario et al. (1998): growth of the face's middle and lower thirds from six years on
    for sex, low, high in (("male", 1.18, 1.24), ("female", 1.13, 1.18)):
        assert low < mean_sizes_mm(sex, 40)["face_height_mm"] / mean_sizes_mm(sex, 6)["face_height_mm"] < high
