"""The weights that a training begins with, when they aren't random."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from synth.errors import DatasetError, UsageError
from synth.train.checkpoint import load_checkpoint, read_header
from synth.train.network import PoseNetwork
from synth.train.network_settings import NetworkSettings
from synth.train.pretrained import load_imagenet

IMAGENET = "imagenet"


def starting_weights(init: str, settings: NetworkSettings) -> Callable[[PoseNetwork], PoseNetwork]:
    """What puts the weights named by `init` into a new network of these settings.

    "imagenet": torchvision's GoogLeNet into the trunk, fetched once. A file of it (.pth or .safetensors): the same
    without fetching. A checkpoint of `synth train`: all of its weights. Raises `UsageError` or `DatasetError` if they
    aren't there or don't fit.
    """
    if init == IMAGENET:
        return _imagenet(None)
    path = Path(init)
    if not path.exists():
        raise UsageError(
            "There are no weights.", where=init, mend="Say imagenet, or name a checkpoint or a file of GoogLeNet's."
        )
    return _of_checkpoint(path, settings) if _is_checkpoint(path) else _imagenet(path)


def _imagenet(path: Path | None) -> Callable[[PoseNetwork], PoseNetwork]:
    def put(network: PoseNetwork) -> PoseNetwork:
        load_imagenet(network, path)
        return network

    return put


def _of_checkpoint(path: Path, settings: NetworkSettings) -> Callable[[PoseNetwork], PoseNetwork]:
    found = load_checkpoint(path)
    own, other = settings.model_dump(), found.network.model_dump()
    shapes = ("kind", "trunk", "trunk_norm", "channels", "strategy", "head_width", "fc_width", "bn_heads", "size_px")
    different = [f"{name} {other[name]} there, {own[name]} here" for name in shapes if own[name] != other[name]]
    if different:
        raise UsageError(
            f"The checkpoint is of another network: {'; '.join(different)}.", where=str(path),
            mend="Train with these settings (--set network.…), or begin with other weights.",
        )  # fmt: skip

    def put(network: PoseNetwork) -> PoseNetwork:
        network.load_state_dict(found.model.state_dict())
        return network

    return put


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
