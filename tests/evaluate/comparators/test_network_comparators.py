"""Comparators that are networks learn, are kept, and start from given weights."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from ellipsoid_heads import HeadSource, depth, grey, poses
from torch import nn

from synth.errors import SynthError, UsageError
from synth.evaluate.comparators.base import Budget
from synth.evaluate.comparators.networks import (
    AhnCNN,
    AlexNetClassifier,
    LiuCNN,
    NetworkComparator,
    PoseidonDepth,
    ResNet50Classifier,
    VGG16Classifier,
)
from synth.geometry.pose import pose_category


def losses_of(comparator: NetworkComparator, pictures: np.ndarray, euler_deg: np.ndarray, steps: int) -> list[float]:
    losses: list[float] = []
    comparator.fit_arrays(
        pictures, euler_deg, seed=0, steps=steps, progress=lambda done, of, numbers: losses.append(numbers["loss"])
    )
    assert len(losses) == steps
    return losses


def pictures_for(comparator: NetworkComparator, euler_deg: np.ndarray, side_px: int) -> np.ndarray:
    make = depth if comparator.content == "depth" else grey
    return np.repeat(make(euler_deg, side_px), comparator.input.channels, axis=1)


@pytest.mark.parametrize(("kind", "steps", "share"), [(LiuCNN, 6, 0.9), (AhnCNN, 40, 0.3), (PoseidonDepth, 12, 0.95)])
def test_a_regressor_lowers_its_loss_on_16_pictures(kind, steps, share):
    comparator, euler_deg = kind(device="cpu"), poses(16, seed=1)
    losses = losses_of(comparator, pictures_for(comparator, euler_deg, comparator.input.size_px), euler_deg, steps)
    assert min(losses[-3:]) < share * losses[0]


class Tiny(nn.Module):
    """A classifier as small as can be, with a last layer of its own name."""

    head = "fc"

    def __init__(self, classes: int = 1000) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 16, 5, stride=3)
        self.fc = nn.Linear(16 * 20 * 20, classes)

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        return self.fc(torch.relu(self.conv(pictures)).flatten(1))


class TinyClassifier(AlexNetClassifier):
    kind = Tiny


def test_a_classifier_learns_the_categories(tmp_path):
    comparator, train, test = TinyClassifier(device="cpu"), poses(200, seed=1), poses(60, seed=2)
    losses = losses_of(comparator, pictures_for(comparator, train, 64), train, 150)
    assert losses[-1] < 0.7 * losses[0]
    category = comparator.predict(pictures_for(comparator, test, 64))
    assert category.dtype == np.int64
    assert (category == pose_category(test)).mean() > 0.7
    comparator.save(tmp_path)
    kept = TinyClassifier.load(tmp_path).predict(pictures_for(comparator, test, 64))
    np.testing.assert_array_equal(kept, category)


@pytest.mark.slow
@pytest.mark.parametrize("kind", [AlexNetClassifier, VGG16Classifier, ResNet50Classifier])
def test_a_full_classifier_lowers_its_loss_on_16_pictures(kind):
    comparator, euler_deg = kind(device="cpu"), poses(16, seed=1)
    losses = losses_of(comparator, pictures_for(comparator, euler_deg, 64), euler_deg, 10)
    assert min(losses[-3:]) < 0.9 * losses[0]


def test_ahns_network_learns_to_generalise():
    train, test = poses(200, seed=1), poses(50, seed=2)
    comparator = AhnCNN(device="cpu")
    comparator.fit_arrays(grey(train, 32), train, seed=0, steps=120)
    error = np.abs(comparator.predict(grey(test, 32)) - test).mean(axis=0)
    assert error[:2].max() < 10  # always frontal: 20 and 25
    assert np.abs(pose_category(comparator.predict(grey(test, 32))) == pose_category(test)).mean() > 0.75


@pytest.mark.parametrize("kind", [AhnCNN, PoseidonDepth])
def test_the_same_seed_gives_the_same_network_and_a_folder_keeps_it(kind, tmp_path):
    one, two, euler_deg = kind(device="cpu"), kind(device="cpu"), poses(32, seed=1)
    pictures = pictures_for(one, euler_deg, one.input.size_px)
    before = torch.random.get_rng_state()
    one.fit_arrays(pictures, euler_deg, seed=5, steps=3)
    two.fit_arrays(pictures, euler_deg, seed=5, steps=3)
    assert torch.equal(before, torch.random.get_rng_state()), "a fit leaves the global generator alone"
    np.testing.assert_array_equal(one.predict(pictures), two.predict(pictures))
    one.save(tmp_path)
    np.testing.assert_array_equal(kind.load(tmp_path).predict(pictures), one.predict(pictures))


def test_weights_of_another_network_are_refused(tmp_path):
    comparator, euler_deg = AhnCNN(device="cpu"), poses(8, seed=1)
    comparator.fit_arrays(grey(euler_deg, 32), euler_deg, seed=0, steps=1)
    for name, value in [("features.0.bias", np.zeros(3, np.float32)), ("features.0.bias", np.full(16, np.nan, "f4"))]:
        with pytest.raises(UsageError, match="don't fit the network"):
            AhnCNN(device="cpu").set_arrays({**comparator.arrays(), name: value})


def test_a_fit_to_a_source_streams_its_pictures_and_skips_what_isnt_labelled():
    euler_deg = poses(40, seed=3)
    euler_deg[:5] = np.nan
    euler_deg[5:10, 2] = np.nan  # a roll that isn't labelled costs nothing
    losses: list[float] = []
    comparator = AhnCNN(device="cpu")
    comparator.fit(
        HeadSource(euler_deg),
        seed=0,
        budget=Budget(steps=40),
        progress=lambda done, of, numbers: losses.append(numbers["loss"]),
    )
    assert losses[-1] < 0.6 * losses[0]
    assert comparator.predict(grey(euler_deg[10:12], 32)).shape == (2, 3)


def test_a_depth_method_is_refused_colour_pictures():
    with pytest.raises(UsageError, match="no depth maps"):
        PoseidonDepth(device="cpu").fit(HeadSource(poses(8, 0), has_depth=False), seed=0)


def test_a_classifier_starts_from_given_weights_all_but_the_last_layer():
    given = {key: torch.full_like(value, 0.01) for key, value in Tiny(1000).state_dict().items()}
    comparator, euler_deg = TinyClassifier(device="cpu"), poses(2, seed=1)
    comparator.start_from(given)
    comparator.optimiser = lambda network: torch.optim.SGD(network.parameters(), lr=0.0)
    comparator.fit_arrays(pictures_for(comparator, euler_deg, 64), euler_deg, seed=0, steps=1)
    arrays = comparator.arrays()
    assert (arrays["conv.weight"] == np.float32(0.01)).all()
    assert arrays["fc.weight"].shape == (4, 6400)
    assert arrays["fc.weight"].std() > 0
    del given["conv.weight"]
    with pytest.raises(UsageError, match=r"aren't weights of alexnet: conv.weight"):
        comparator.start_from(given)


def test_a_loss_that_isnt_finite_stops_with_the_step_named():
    comparator = AhnCNN(device="cpu")
    comparator.loss = lambda output, euler_deg: output.sum() * float("nan")
    with pytest.raises(SynthError, match="ahn_cnn, step 0"):
        comparator.fit_arrays(grey(poses(4, 0), 32), poses(4, 0), seed=0, steps=3)


def test_pictures_of_another_size_are_refused():
    with pytest.raises(UsageError, match=r"takes \(N, 1, 32, 32\) uint8"):
        AhnCNN(device="cpu").fit_arrays(grey(poses(2, 0), 64), poses(2, 0), seed=0)
