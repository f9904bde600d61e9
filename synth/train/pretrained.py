"""ImageNet weights for the GoogLeNet trunk.

The official file is a pickle (.pth). It is the one kind of foreign pickle that this program opens, here only, and only
with torch's restricted unpickler (`weights_only=True`), which builds tensors and nothing else; after a download the
SHA-256 in the file's name is checked first.
"""

from __future__ import annotations

import http.client
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor

from synth.errors import DatasetError, UsageError, one_line
from synth.train.network.googlenet import GoogLeNet
from synth.train.network.interface import PoseNetwork

# torchvision's, ported from TensorFlow; its input is 2x - 1 in every channel, as our networks' is.
GOOGLENET_URL = "https://download.pytorch.org/models/googlenet-1378be20.pth"
_LEFT_OUT = ("aux1.", "aux2.", "fc.")
_FETCH_ELSEWHERE = "Fetch that file where there is a network and give it here: --init googlenet-1378be20.pth"
_MEND = "Give the file of torchvision's GoogLeNet, googlenet-1378be20.pth, or its tensors as .safetensors."


def load_imagenet(network: PoseNetwork, path: Path | None = None) -> None:
    """Put ImageNet weights into the network's trunk, in place; the rest of the network is left as it is.

    path: a .pth or .safetensors file with torchvision's GoogLeNet; None fetches the official file (50 MB, kept in
    torch.hub's folder). A network with one channel gets the first convolution's weights summed over the colours, which
    is what it would answer to grey in all three. Raises `UsageError` if the trunk isn't torchvision's GoogLeNet or
    there is no such file, `DatasetError` if it can't be fetched, can't be read, or holds other weights.
    """
    trunk = network.trunk
    if not isinstance(trunk, GoogLeNet) or network.settings.trunk_norm != "batch":
        raise UsageError(
            "ImageNet weights fit the trunk googlenet with batch normalisation, and this network has another.",
            where="--init",
            mend="Set network.trunk=googlenet and network.trunk_norm=batch, or leave --init out.",
        )
    where = str(path) if path else GOOGLENET_URL
    found = _read(path) if path else fetch_imagenet(GOOGLENET_URL, _FETCH_ELSEWHERE)
    weights = {name: value for name, value in found.items() if not name.startswith(_LEFT_OUT)}
    first = weights.get("conv1.conv.weight")
    if first is not None and first.ndim == 4 and first.shape[1] == 3 and network.settings.channels == 1:
        weights["conv1.conv.weight"] = first.sum(dim=1, keepdim=True)
    _check(weights, trunk.state_dict(), where)
    trunk.load_state_dict(weights, strict=False)  # old files lack num_batches_tracked; _check has seen to the rest


def fetch_imagenet(url: str, mend: str) -> dict[str, Tensor]:
    """torchvision's state dict at `url`, kept in torch.hub's folder; the digits in its name are checked against its
    SHA-256. Raises `DatasetError` with this mend if it can't be fetched, or is another file."""
    try:
        found = torch.hub.load_state_dict_from_url(
            url, map_location="cpu", progress=False, check_hash=True, weights_only=True
        )
    except (OSError, http.client.HTTPException, RuntimeError) as error:  # RuntimeError: another checksum
        raise DatasetError(
            f"The ImageNet weights couldn't be fetched: {one_line(error)}.", where=url, mend=mend
        ) from error
    return _tensors(found, url)


def _read(path: Path) -> dict[str, Tensor]:
    if not path.is_file():
        raise UsageError("There is no such file.", where=str(path), mend=_MEND)
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        return _tensors(torch.load(path, map_location="cpu", weights_only=True), str(path))
    except DatasetError:
        raise
    except Exception as error:  # a foreign file makes torch raise many kinds, one of them the banned unpickler's own
        raise DatasetError(f"It holds no weights: {one_line(error)}.", where=str(path), mend=_MEND) from error


def _tensors(value: Any, where: str) -> dict[str, Tensor]:
    if not isinstance(value, Mapping) or not all(isinstance(v, Tensor) for v in value.values()):
        raise DatasetError("It holds no state dict of tensors.", where=where, mend=_MEND)
    return {str(name): tensor for name, tensor in value.items()}


def _check(weights: Mapping[str, Tensor], own: Mapping[str, Tensor], where: str) -> None:
    missing = [n for n in own if n not in weights and not n.endswith("num_batches_tracked")]
    faults = [f"{name} is missing" for name in missing]
    faults += [f"{name} isn't GoogLeNet's" for name in weights if name not in own]
    faults += [
        f"{name} is {tuple(value.shape)}, not {tuple(own[name].shape)}"
        for name, value in weights.items()
        if name in own and value.shape != own[name].shape
    ]
    if faults:
        more = f" and {len(faults) - 3} more" if len(faults) > 3 else ""
        raise DatasetError(f"The weights don't fit: {'; '.join(faults[:3])}{more}.", where=where, mend=_MEND)
