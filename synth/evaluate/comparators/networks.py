"""Comparators that are a torch network: one short training loop for all, and the six methods that use it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from itertools import count
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from synth.data.batches import Batches
from synth.data.network_input import NetworkInput
from synth.data.source import PoseSource, Subset
from synth.errors import SynthError, UsageError
from synth.evaluate.comparators.base import Arrays, Budget, Comparator, Progress, fitted, labelled_rows
from synth.evaluate.comparators.classifier_networks import VGG16, AlexNet, ResNet50
from synth.evaluate.comparators.shallow_networks import AhnNetwork, LiuNetwork, PoseidonNetwork
from synth.geometry.pose import pose_category
from synth.train.device import pick_device

FULL_SCALE_DEG = 90.0
_PREDICT_ROWS = 64

# (pictures uint8 (B, C, S, S), euler_deg float32 (B, 3)), for ever.
_Stream = Iterator[tuple[Tensor, Tensor]]


class NetworkComparator(Comparator):
    """Built by `make_network`, trained by `optimiser`; its rate rises for a twentieth of the steps, then falls to 0."""

    batch_size: ClassVar[int] = 64
    approximate = "optimiser, schedule and batch size are ours"

    def __init__(self, *, device: str = "auto") -> None:
        self.device = device
        self.network: nn.Module | None = None
        self._start: dict[str, Tensor] = {}

    def make_network(self) -> nn.Module:
        raise NotImplementedError

    def optimiser(self, network: nn.Module) -> torch.optim.Optimizer:
        raise NotImplementedError

    def loss(self, output: Tensor, euler_deg: Tensor) -> Tensor:
        """The mean over the batch, from the network's output and (B, 3) degrees, NaN where not labelled."""
        raise NotImplementedError

    def prepare(self, pictures: Tensor) -> Tensor:
        """uint8 levels → what the network takes."""
        return pictures.float() / 255

    def start_from(self, state: Mapping[str, Tensor]) -> None:
        """Take the weights of `state` (torchvision's, for 1,000 classes) at the start of `fit`, save the last layer's.

        Raises `UsageError` for a missing name or another shape.
        """
        with torch.device("meta"):
            network = self.make_network()
        head = f"{getattr(network, 'head', '')}."
        wanted = {key: tuple(value.shape) for key, value in network.state_dict().items() if not key.startswith(head)}
        wrong = [key for key, shape in wanted.items() if key not in state or tuple(state[key].shape) != shape]
        if wrong:
            raise UsageError(
                f"These aren't weights of {self.name}: {wrong[0]} and {len(wrong) - 1} more are missing or misshapen.",
                where="init",
                mend="Give torchvision's state dict of that network.",
            )
        self._start = {key: state[key].detach().clone() for key in wanted}

    def fit(
        self, source: PoseSource, *, seed: int, budget: Budget | None = None, progress: Progress | None = None
    ) -> None:
        """As `Comparator.fit`, but streamed: pictures are prepared a batch at a time, so any number will do."""
        chosen = budget or Budget()
        rows = labelled_rows(source, self.input, self.estimates, partly=True)
        limit = chosen.samples or self.default_samples
        if limit is not None and limit < len(rows):
            rows = np.sort(np.random.default_rng(seed).choice(rows, limit, replace=False))
        # A mixture goes in as it is, since it says itself how often each of its parts is drawn.
        data = source if len(rows) == len(source) else Subset(source, rows)
        batches = Batches(data, self.input, min(self.batch_size, len(rows)), seed, cache=True)
        stream = ((b.pictures, b.euler_deg) for epoch in count() for b in batches.epoch(epoch))
        try:
            self._train(stream, seed, chosen.steps or self.default_steps, progress)
        finally:
            batches.close()

    def fit_arrays(
        self,
        pictures: npt.NDArray[np.uint8],
        euler_deg: npt.NDArray[np.float64],
        *,
        seed: int,
        steps: int | None = None,
        progress: Progress | None = None,
    ) -> None:
        self.check_pictures(pictures)
        stream = _array_stream(pictures, euler_deg, min(self.batch_size, len(pictures)), seed)
        self._train(stream, seed, steps or self.default_steps, progress)

    def _train(self, stream: _Stream, seed: int, steps: int, progress: Progress | None) -> None:
        device = pick_device(self.device)
        with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
            torch.manual_seed(seed)
            network = self.make_network()
            network.load_state_dict(self._start, strict=False)
            network.to(device).train()
            optimiser = self.optimiser(network)
            falling = torch.optim.lr_scheduler.LambdaLR(optimiser, _rise_and_half_cosine(steps))
            for step, (pictures, euler_deg) in zip(range(steps), stream, strict=False):
                loss = self.loss(network(self.prepare(pictures.to(device))), euler_deg.to(device))
                if not math.isfinite(loss.item()):
                    raise SynthError(f"The loss is {loss.item()}.", where=f"{self.name}, step {step}")
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
                falling.step()
                if progress is not None:
                    progress(step + 1, steps, {"loss": loss.item()})
        self.network = network.eval()

    def _outputs(self, pictures: npt.NDArray[np.uint8]) -> Tensor:
        network = fitted(self.name, self.network)
        self.check_pictures(pictures)
        device = next(network.parameters()).device
        with torch.inference_mode():
            parts = [
                network(self.prepare(part.to(device))).cpu()
                for part in torch.as_tensor(np.asarray(pictures)).split(_PREDICT_ROWS)
            ]
        return torch.cat(parts)

    def settings(self) -> dict[str, Any]:
        return {}  # the device isn't the method's

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        weights = fitted(self.name, self.network).state_dict()
        return {key: value.detach().cpu().numpy() for key, value in weights.items()}

    def set_arrays(self, arrays: Arrays) -> None:
        network = self.make_network()
        expected = {key: (tuple(v.shape), str(v.dtype)[6:]) for key, v in network.state_dict().items()}
        found = {key: (value.shape, str(value.dtype)) for key, value in arrays.items()}
        wrong = [key for key in sorted({*expected, *found}) if expected.get(key) != found.get(key)]
        wrong += [key for key, value in arrays.items() if not np.isfinite(value).all()]
        if wrong:
            raise UsageError("The weights don't fit the network.", where=wrong[0], mend="Train it again.")
        network.load_state_dict({key: torch.as_tensor(np.array(value)) for key, value in arrays.items()})
        self.network = network.to(pick_device(self.device)).eval()


class _Classifier(NetworkComparator):
    """Four-way softmax over the pose categories, cross-entropy.

    AdamW at 1e-4 for all three, from scratch and from ImageNet's weights alike. (With their papers' SGD at 0.01 AlexNet
    and VGG, which have no normalisation, showed no progress from scratch in a trial of 12 steps; longer wasn't tried.)
    """

    estimates = "category"
    input = NetworkInput(size_px=224, content="rgb")
    default_steps = 10_000
    any_size = True
    kind: ClassVar[Callable[..., nn.Module]]

    def make_network(self) -> nn.Module:
        return type(self).kind(4)

    def optimiser(self, network: nn.Module) -> torch.optim.Optimizer:
        return torch.optim.AdamW(network.parameters(), lr=1e-4, weight_decay=5e-4)

    def prepare(self, pictures: Tensor) -> Tensor:
        mean = torch.tensor([0.485, 0.456, 0.406], device=pictures.device)[:, None, None]
        deviation = torch.tensor([0.229, 0.224, 0.225], device=pictures.device)[:, None, None]
        return (pictures.float() / 255 - mean) / deviation

    def loss(self, output: Tensor, euler_deg: Tensor) -> Tensor:
        category = torch.as_tensor(pose_category(euler_deg.cpu().numpy()), device=output.device)
        return nn.functional.cross_entropy(output, category)

    def predict(self, pictures: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
        return np.asarray(self._outputs(pictures).argmax(dim=1).numpy(), dtype=np.int64)


class AlexNetClassifier(_Classifier):
    name = "alexnet"
    about = "AlexNet, 4-way softmax (Krizhevsky et al., NIPS 2012; torchvision's variant)"
    kind = AlexNet


class VGG16Classifier(_Classifier):
    name = "vgg16"
    about = "VGG-16, 4-way softmax (Simonyan & Zisserman, ICLR 2015)"
    kind = VGG16


class ResNet50Classifier(_Classifier):
    name = "resnet50"
    about = "ResNet-50, 4-way softmax (He et al., CVPR 2016)"
    kind = ResNet50


class _Regressor(NetworkComparator):
    """Three angles as shares of 90°, squared error; an angle that isn't labelled costs nothing."""

    estimates = "angles"
    default_steps = 20_000
    angle_weights: ClassVar[tuple[float, float, float]] = (1.0, 1.0, 1.0)

    def optimiser(self, network: nn.Module) -> torch.optim.Optimizer:
        return torch.optim.AdamW(network.parameters(), lr=1e-3, weight_decay=1e-4)

    def loss(self, output: Tensor, euler_deg: Tensor) -> Tensor:
        labelled = torch.isfinite(euler_deg)
        target = torch.where(labelled, euler_deg, 0) / FULL_SCALE_DEG
        weights = torch.tensor(self.angle_weights, device=output.device)
        return (labelled * weights * (output - target) ** 2).sum(dim=1).mean()

    def predict(self, pictures: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
        return np.asarray(self._outputs(pictures).double().numpy() * FULL_SCALE_DEG)


class LiuCNN(_Regressor):
    name = "liu_cnn"
    about = "CNN trained on synthetic pictures (Liu et al., ICIP 2016)"
    approximate = "input size, widths, dropout, optimiser and schedule are ours"
    input = NetworkInput(size_px=LiuNetwork.side_px, content="grey")

    def make_network(self) -> nn.Module:
        return LiuNetwork()


class AhnCNN(_Regressor):
    name = "ahn_cnn"
    about = "Shallow CNN on 32×32 (Ahn et al., ACCV 2014), without its particle filter"
    approximate = "widths, kernels, optimiser and schedule are ours"
    input = NetworkInput(size_px=AhnNetwork.side_px, content="grey")

    def make_network(self) -> nn.Module:
        return AhnNetwork()


class PoseidonDepth(_Regressor):
    name = "poseidon_depth"
    about = "POSEidon's depth stream (Borghi et al., CVPR 2017)"
    approximate = "schedule, weight decay and batch size are ours; the other two streams are left out"
    input = NetworkInput(size_px=PoseidonNetwork.side_px, content="depth")
    # The paper weighs yaw most, which matters most in a car: (roll, pitch, yaw) = (0.2, 0.35, 0.45).
    angle_weights = (0.35, 0.45, 0.2)

    def make_network(self) -> nn.Module:
        return PoseidonNetwork()

    def optimiser(self, network: nn.Module) -> torch.optim.Optimizer:
        return torch.optim.SGD(network.parameters(), lr=2e-2, momentum=0.9, nesterov=True, weight_decay=5e-4)


def _rise_and_half_cosine(steps: int) -> Callable[[int], float]:
    rise = max(1, steps // 20)
    return lambda step: min(1.0, (step + 1) / rise) * 0.5 * (1 + math.cos(math.pi * min(1.0, step / steps)))


def _array_stream(pictures: npt.NDArray[np.uint8], euler_deg: npt.NDArray[np.float64], size: int, seed: int) -> _Stream:
    """Whole batches of `size`, reshuffled each time around."""
    rng = np.random.default_rng(seed)
    while True:
        order = rng.permutation(len(pictures))
        for start in range(0, len(order) - size + 1, size):
            rows = order[start : start + size]
            yield torch.as_tensor(pictures[rows]), torch.as_tensor(euler_deg[rows], dtype=torch.float32)
