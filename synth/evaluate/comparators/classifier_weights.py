"""ImageNet weights for AlexNet, VGG-16 and ResNet-50: torchvision's, fetched with a checksum or out of a file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from synth.errors import UsageError
from synth.train.pretrained import fetch_imagenet

# The digits in a name are the start of the file's SHA-256, which torch.hub compares after a download.
WEIGHTS = {
    "alexnet": "https://download.pytorch.org/models/alexnet-owt-7be5be79.pth",
    "vgg16": "https://download.pytorch.org/models/vgg16-397923af.pth",
    "resnet50": "https://download.pytorch.org/models/resnet50-0676ba61.pth",
}


def classifier_weights(name: str, init: str) -> Mapping[str, Tensor]:
    """torchvision's state dict for `name`. init: "imagenet" (out of torch.hub's folder, else fetched) or a .safetensors
    file. Raises `UsageError` for another file, `DatasetError` if the weights can't be fetched.
    """
    if init != "imagenet":
        return _from_file(Path(init))
    hub = f"{torch.hub.get_dir()}/checkpoints"
    return fetch_imagenet(WEIGHTS[name], f"Fetch that file where there is a network, and put it into {hub}.")


def _from_file(path: Path) -> Mapping[str, Tensor]:
    mend = "Give torchvision's tensors as .safetensors, or say imagenet."
    if path.suffix != ".safetensors" or not path.is_file():
        raise UsageError("There is no such .safetensors file.", where=str(path), mend=mend)
    try:
        return load_file(path)
    except (OSError, SafetensorError) as error:
        raise UsageError(f"It can't be read: {error}.", where=str(path), mend=mend) from error
