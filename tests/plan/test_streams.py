"""The streams that planning draws from: apart from each other, bounded, and the same for ever."""

from __future__ import annotations

import numpy as np
import pytest

from synth.plan.streams import in_unit_disc, integer, permutation, pick, stream, uniform


def test_the_first_bits_of_a_stream_are_what_they_were():
    assert [int(v) for v in stream(2019, "pose", 7).bit_generator.random_raw(3)] == FIRST_BITS


FIRST_BITS = [16797751041536863514, 10933939987224788663, 28543236853951388]


def test_streams_differ_by_seed_aspect_and_index():
    heads = {
        (seed, aspect, index): tuple(stream(seed, aspect, index).random(4))
        for seed in (0, 1, 2**63 - 1)
        for aspect in ("pose", "gaze", "pos")
        for index in (0, 1, 2, 10**9)
    }
    assert len(set(heads.values())) == len(heads)


def test_neighbouring_samples_share_no_numbers():
    first, second = stream(3, "pose", 0).random(4_000), stream(3, "pose", 1).random(4_000)
    assert not set(first) & set(second)


def test_a_range_of_one_number_gives_that_number_and_still_draws():
    rng, other = stream(1, "a", 0), stream(1, "a", 0)
    assert uniform(rng, (2.0, 2.0)) == 2.0
    other.random()
    assert rng.random() == other.random()


def test_a_uniform_number_never_leaves_its_range():
    class Highest:
        def random(self) -> float:
            return 1 - 2**-53

    assert uniform(Highest(), (0.1, 0.3)) <= 0.3  # type: ignore[arg-type]
    assert uniform(Highest(), (-1e308, 1e-300)) <= 1e-300  # type: ignore[arg-type]
    assert pick(Highest(), ("a", "b", "c")) == "c"  # type: ignore[arg-type]
    assert integer(Highest(), 2**31) == 2**31 - 1  # type: ignore[arg-type]


def test_points_of_the_disc_are_inside_it_and_fill_it():
    rng = stream(5, "disc", 0)
    points = np.array([in_unit_disc(rng) for _ in range(4_000)])
    radii = np.hypot(*points.T)
    assert radii.max() <= 1
    assert np.mean(radii < np.sqrt(0.5)) == pytest.approx(0.5, abs=0.03)


@pytest.mark.parametrize("count", [1, 2, 300])
def test_a_permutation_holds_each_number_once(count):
    assert sorted(permutation(stream(0, "heads", 0), count)) == list(range(count))


def test_every_order_of_three_is_equally_likely():
    orders = [tuple(permutation(stream(9, "heads", turn), 3)) for turn in range(3_000)]
    counts = [orders.count(order) for order in set(orders)]
    assert len(counts) == 6
    assert min(counts) > 400
