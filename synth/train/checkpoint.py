"""A trained network in one file: weights as safetensors, everything else as JSON in its header.

`NAME.safetensors` alone is the checkpoint; `NAME.json` beside it repeats the header for people and scripts. Nothing in
it is ever executed: no pickle, and the network is built from checked settings, not from names in the file.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import safetensors
import torch
from pydantic import ValidationError
from safetensors.torch import load_file, save
from torch import Tensor

from synth.data.network_input import NetworkInput
from synth.errors import DatasetError, UsageError
from synth.shard.commit import commit_bytes
from synth.train.network import PoseNetwork, build_network
from synth.train.settings import NetworkSettings

FORMAT, VERSION = "synth-checkpoint", 1
# What a network's angles mean, in every checkpoint so that nobody has to guess.
POSE = {"convention": "300wlp", "pose": "along_ray", "angles": "pitch, yaw, roll in degrees"}
_HEADER = "synth"
_MAX_BYTES = 4 << 30
_MAX_HEADER_BYTES = 16 << 20


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """A network in evaluation mode on the CPU, what it was fed, and how it came about.

    `info`: JSON values: preset, step, the training sets, the split ("by", "shares", "seed", "subjects"), versions.
    """

    model: PoseNetwork
    network: NetworkSettings
    input: NetworkInput
    info: Mapping[str, Any]
    path: Path


def save_checkpoint(
    path: Path, weights: Mapping[str, Tensor], network: NetworkSettings, fed: NetworkInput, info: Mapping[str, Any]
) -> None:
    """Write a checkpoint atomically: `path` (.safetensors) and the same header as .json beside it.

    weights: a `PoseNetwork`'s state dict. Raises `DiskError`.
    """
    header = {
        "format": FORMAT, "version": VERSION, **POSE,
        "network": network.model_dump(mode="json"), "input": fed.as_dict(), "info": dict(info),
    }  # fmt: skip
    tensors = {name: value.detach().cpu().contiguous() for name, value in weights.items()}
    commit_bytes(path, save(tensors, metadata={_HEADER: json.dumps(header)}))
    commit_bytes(path.with_suffix(".json"), (json.dumps(header, indent=2) + "\n").encode())


def load_checkpoint(path: Path | str) -> Checkpoint:
    """The checkpoint at `path`: a .safetensors file, its .json, or a training folder (then its best.safetensors).

    Raises `UsageError` if there is none, `DatasetError` if the file isn't a checkpoint of this program, is of a newer
    version, or its weights don't fit the network that it names.
    """
    file = _file_of(Path(path))
    header = read_header(file)
    try:
        network = NetworkSettings.model_validate(header["network"])
        fed = NetworkInput.from_dict(header["input"])
        info = dict(header["info"])
    except (KeyError, TypeError, ValueError, ValidationError, UsageError) as error:
        raise DatasetError(
            f"Its header doesn't describe a network: {_one_line(error)}.", where=str(file), mend="Train it again."
        ) from error
    if (fed.channels, fed.size_px) != (network.channels, network.size_px):
        raise DatasetError(
            f"Its header gives an input of {fed.channels} × {fed.size_px} px to a network for {network.channels} ×"
            f" {network.size_px} px.",
            where=str(file), mend="Copy it again, or train it again.",
        )  # fmt: skip
    model = build_network(network)
    weights = load_file(file)
    _check_fits(model, weights, file)
    model.load_state_dict(weights)
    return Checkpoint(model.eval(), network, fed, info, file)


def read_header(file: Path) -> dict[str, Any]:
    """The JSON header of a checkpoint file. Raises `DatasetError` if it isn't one, or of a newer version."""
    if file.stat().st_size > _MAX_BYTES:
        raise DatasetError(f"It has more than {_MAX_BYTES >> 30} GiB.", where=str(file), mend="That is no checkpoint.")
    try:
        with safetensors.safe_open(file, framework="pt") as opened:
            text = (opened.metadata() or {}).get(_HEADER, "")
        header = json.loads(text) if 0 < len(text) <= _MAX_HEADER_BYTES else None
    except (safetensors.SafetensorError, ValueError, RecursionError) as error:
        raise DatasetError(f"It is no safetensors file: {_one_line(error)}.", where=str(file), mend=_MEND) from error
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        raise DatasetError("It is no checkpoint of synth.", where=str(file), mend=_MEND)
    if header.get("version") != VERSION:
        raise DatasetError(
            f"It is a checkpoint of version {header.get('version')!r}; this program reads {VERSION}.",
            where=str(file), mend="Install a newer synth.",
        )  # fmt: skip
    return header


_MEND = "Give a .safetensors file that `synth train` wrote; pickles (.pt, .pth) are never opened."


def _file_of(path: Path) -> Path:
    file = path / "best.safetensors" if path.is_dir() else path.with_suffix(".safetensors")
    if path.is_file() and path.suffix not in (".safetensors", ".json"):
        raise UsageError("This is no checkpoint.", where=str(path), mend=_MEND)
    if not file.is_file():
        raise UsageError("There is no checkpoint.", where=str(file), mend="Train one: synth train --out DIR")
    return file


def _check_fits(model: torch.nn.Module, weights: Mapping[str, Tensor], file: Path) -> None:
    own = model.state_dict()
    faults = [f"{name} is missing" for name in own.keys() - weights.keys()]
    faults += [f"{name} is not of this network" for name in weights.keys() - own.keys()]
    faults += [
        f"{name} is {tuple(weights[name].shape)}, not {tuple(own[name].shape)}"
        for name in own.keys() & weights.keys()
        if own[name].shape != weights[name].shape
    ]
    if faults:
        more = f" and {len(faults) - 3} more" if len(faults) > 3 else ""
        raise DatasetError(
            f"The weights are of another architecture: {'; '.join(sorted(faults)[:3])}{more}.",
            where=str(file), mend="Use the checkpoint with the version of synth that wrote it, or train it again.",
        )  # fmt: skip


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:200].rstrip(".")
