"""The weights that a training begins with, when they aren't random."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from synth.errors import DatasetError, UsageError
from synth.train.checkpoint import load_checkpoint, read_header
from synth.train.network import PoseNetwork
from synth.train.network_settings import NetworkSettings
from synth.train.parts import read_splits
from synth.train.pretrained import load_imagenet

IMAGENET = "imagenet"


@dataclass(frozen=True, eq=False)
class Start:
    """Weights that a training begins with. `name`: as they were asked for; `put`: puts them into a network; `info`: the
    checkpoint's that they are of, empty for ImageNet's."""

    name: str
    put: Callable[[PoseNetwork], PoseNetwork]
    info: Mapping[str, Any] = field(default_factory=dict)

    def __call__(self, network: PoseNetwork) -> PoseNetwork:
        return self.put(network)

    @property
    def earlier_splits(self) -> dict[str, Any]:
        """For a checkpoint's info: the splits of all trainings that these weights went through, the latest first."""
        splits = [split.model_dump(mode="json", exclude_none=True) for split in read_splits(self.info, self.name)]
        return {"begun_from_splits": splits} if splits else {}


def starting_weights(init: str, settings: NetworkSettings) -> Start:
    """What puts the weights named by `init` into a new network of these settings.

    "imagenet": torchvision's GoogLeNet into the trunk, fetched once. A file of it (.pth or .safetensors): the same
    without fetching. A checkpoint of `synth train`: all of its weights. Raises `UsageError` or `DatasetError` if they
    aren't there or don't fit.
    """
    if init == IMAGENET:
        return Start(init, _imagenet(None))
    path = Path(init)
    if not path.exists():
        raise UsageError(
            "There are no weights.", where=init, mend="Say imagenet, or name a checkpoint or a file of GoogLeNet's."
        )
    return _of_checkpoint(init, settings) if _is_checkpoint(path) else Start(init, _imagenet(path))


def _imagenet(path: Path | None) -> Callable[[PoseNetwork], PoseNetwork]:
    def put(network: PoseNetwork) -> PoseNetwork:
        load_imagenet(network, path)
        return network

    return put


def _of_checkpoint(init: str, settings: NetworkSettings) -> Start:
    found = load_checkpoint(Path(init))
    own, other = settings.model_dump(), found.network.model_dump()
    shapes = ("kind", "trunk", "trunk_norm", "channels", "strategy", "head_width", "fc_width", "bn_heads", "size_px")
    different = [f"{name} {other[name]} there, {own[name]} here" for name in shapes if own[name] != other[name]]
    if different:
        raise UsageError(
            f"The checkpoint is of another network: {'; '.join(different)}.", where=init,
            mend="Train with these settings (--set network.…), or begin with other weights.",
        )  # fmt: skip

    def put(network: PoseNetwork) -> PoseNetwork:
        network.load_state_dict(found.model.state_dict())
        return network

    return Start(init, put, found.info)


def _is_checkpoint(path: Path) -> bool:
    if path.is_dir() or path.suffix == ".json":
        return True
    if path.suffix != ".safetensors":
        return False
    try:
        read_header(path)
    except DatasetError:
        return False
    return True
