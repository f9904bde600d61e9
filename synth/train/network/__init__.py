"""Networks that tell a head's pose: trunks, heads, losses, the test-time cascade. Importing it loads torch."""

from synth.train.network.build import build_network
from synth.train.network.interface import PoseNetwork, Prediction, Target, make_target

__all__ = ["PoseNetwork", "Prediction", "Target", "build_network", "make_target"]
