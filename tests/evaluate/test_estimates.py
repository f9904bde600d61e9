"""What a candidate says, collected over a set, and how long it takes."""

from __future__ import annotations

import dataclasses
import math
import re

import cv2
import numpy as np
import pytest
import torch
from known_errors import FakeSource, fake_candidate, trial_of
from tiny_dataset import make_tiny_dataset

from synth.data.batches import Batches
from synth.data.network_input import NetworkInput
from synth.data.shards import ShardSource
from synth.errors import UsageError
from synth.evaluate.estimates import estimate, measure_runtime
from synth.evaluate.trial import Candidate, Reading
from synth.geometry.pose import rotation_from_euler
from synth.train.device import numpy_device_text

TRUE = np.stack([np.linspace(-60, 60, 10), np.linspace(40, -40, 10), np.linspace(-9, 9, 10)], axis=1)


@pytest.mark.parametrize("batch_size", [1, 3, 10, 64])
def test_estimates_stand_in_the_order_of_the_set_whatever_the_batch(batch_size):
    found = estimate(fake_candidate(TRUE + 1), FakeSource(TRUE), batch_size=batch_size)
    assert found.euler_deg == pytest.approx(TRUE + 1)
    assert found.R_camera_from_head == pytest.approx(rotation_from_euler(TRUE + 1))


def test_known_errors_come_out_as_they_are():
    trial = trial_of(fake_candidate(np.add(TRUE, [2, -3, 7])), FakeSource(TRUE))
    errors = trial.errors()
    assert (errors.pitch.mean, errors.yaw.mean, errors.roll.mean) == pytest.approx((2, 3, 7))
    assert errors.pitch.std == pytest.approx(0, abs=1e-9)
    assert errors.mean_deg == pytest.approx(4)
    half = trial.errors(np.arange(5))
    assert half.samples == 5


def test_pitch_alone_is_off_by_the_geodesic_distance_too():
    trial = trial_of(fake_candidate(np.add(TRUE, [5, 0, 0])), FakeSource(TRUE))
    assert trial.errors().geodesic.mean == pytest.approx(5)


def test_a_classifier_has_no_angles_and_no_errors():
    trial = trial_of(fake_candidate(None, category=[0] * 10, strategy="pitch+yaw"), FakeSource(TRUE))
    assert not trial.estimates.gives_angles
    assert math.isnan(trial.errors().mean_deg)
    assert trial.estimates.category.tolist() == [0] * 10


def test_a_picture_without_estimate_is_counted_apart():
    guess = TRUE.copy()
    guess[3] = np.nan
    trial = trial_of(fake_candidate(guess), FakeSource(TRUE))
    assert trial.errors().yaw.count == 9
    assert trial.errors().geodesic.count == 9


def test_pictures_that_other_processes_read_give_the_same_numbers(tmp_path):
    make_tiny_dataset(tmp_path / "tiny", samples=20, shard_samples=8)
    source, seen = ShardSource(tmp_path / "tiny"), []

    def read(pictures):
        seen.append(pictures)
        return Reading(None, np.tile(pictures.reshape(len(pictures), -1)[:, :3], 1).astype(float), None)

    candidate = Candidate("m", "m", NetworkInput(32), read, "a test")
    alone, served = (estimate(candidate, source, batch_size=8, workers=workers) for workers in (0, 1))
    assert alone.euler_deg.tobytes() == served.euler_deg.tobytes()
    assert np.concatenate(seen[:3]).tobytes() == np.concatenate(seen[3:]).tobytes()
    direct = np.stack([candidate.input.picture(source[row]) for row in range(20)])
    assert direct.tobytes() == np.concatenate(seen[:3]).tobytes()


def test_asked_for_processes_are_started_and_without_asking_not_for_a_few_pictures(monkeypatch):
    asked = []

    class Recorded(Batches):
        def __init__(self, *arguments, workers, **options):
            asked.append(workers)
            super().__init__(*arguments, workers=0, **options)

    monkeypatch.setattr("synth.data.batches.Batches", Recorded)
    monkeypatch.setattr("synth.evaluate.estimates.usable_cores", lambda: 9)
    for workers in (3, None):
        estimate(fake_candidate(TRUE), FakeSource(TRUE), workers=workers)
    monkeypatch.setattr("synth.evaluate.estimates._WORTH_PROCESSES", 5)
    estimate(fake_candidate(TRUE), FakeSource(TRUE), workers=None)
    assert asked == [3, 0, 8]


def test_progress_tells_how_many_are_done():
    told: list[int] = []
    estimate(fake_candidate(TRUE), FakeSource(TRUE), batch_size=4, progress=told.append)
    assert told == [4, 8, 10]


def test_runtime_is_measured_warm_and_names_its_batch():
    calls: list[int] = []
    slow = fake_candidate(TRUE)
    counted = dataclasses.replace(slow, read=lambda pictures: calls.append(len(pictures)) or slow.read(pictures))
    found = measure_runtime(counted, np.zeros((3, 1, 32, 32), np.uint8), 8)
    assert set(calls) == {8}
    assert len(calls) == found.repeats + 2
    assert found.batch == 8
    assert found.device == "a test"
    assert 0 < found.median_s < 1


def test_looking_twice_is_timed_as_two_readings():
    calls: list[int] = []
    once = fake_candidate(TRUE, arithmetic="float32")
    counted = dataclasses.replace(once, read=lambda fed: calls.append(len(fed)) or once.read(fed), looks=2)
    found = measure_runtime(counted, np.zeros((3, 1, 32, 32), np.uint8), 8)
    assert len(calls) == 2 * found.repeats + 2
    assert (found.looks, found.arithmetic) == (2, "float32")


def test_methods_without_a_network_name_the_threads_that_they_run_on():
    assert re.fullmatch(r"cpu: .*, BLAS \d+ threads(, OpenMP \d+ threads)?, OpenCV \d+ threads", numpy_device_text())
    before = cv2.getNumThreads()
    try:
        cv2.setNumThreads(3)
        torch.set_num_threads(1)
        assert numpy_device_text().endswith("OpenCV 3 threads")
    finally:
        cv2.setNumThreads(before)


def test_an_empty_set_is_refused():
    with pytest.raises(UsageError, match="nothing to judge on"):
        estimate(fake_candidate(TRUE), FakeSource(np.empty((0, 3))))


def test_a_candidate_for_depth_is_refused_on_colour_pictures():
    candidate = dataclasses.replace(fake_candidate(TRUE), input=NetworkInput(32, "depth"))
    with pytest.raises(UsageError, match="no depth maps"):
        estimate(candidate, FakeSource(TRUE))


def test_a_candidate_that_says_nothing_is_refused():
    with pytest.raises(UsageError, match="neither angles nor categories"):
        estimate(fake_candidate(None), FakeSource(TRUE))
