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
from safetensors.torch import load_file, save
from torch import Tensor

from synth.data.network_input import NetworkInput
from synth.errors import DatasetError, UsageError, one_line
from synth.shard.commit import commit_bytes
from synth.train.network import PoseNetwork, build_network
from synth.train.parts import read_data, read_splits
from synth.train.settings import NetworkSettings
from synth.train.tensor_header import KEY, read_json_header

FORMAT, VERSION = "synth-checkpoint", 1
# What a network's angles mean, in every checkpoint so that nobody has to guess.
POSE = {"convention": "300wlp", "pose": "along_ray", "angles": "pitch, yaw, roll in degrees"}
_TYPES = {torch.float32: "F32", torch.int64: "I64"}  # as safetensors calls those of our networks


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
    commit_bytes(path, save(tensors, metadata={KEY: json.dumps(header)}))
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
    except (KeyError, TypeError, ValueError, UsageError) as error:  # pydantic's is a ValueError
        raise DatasetError(
            f"Its header doesn't describe a network: {one_line(error)}.", where=str(file), mend="Train it again."
        ) from error
    if not isinstance(info := header.get("info"), dict):
        raise DatasetError("Its header doesn't say how it came about.", where=str(file), mend="Train it again.")
    read_splits(info, str(file)), read_data(info, str(file))
    if (fed.channels, fed.size_px) != (network.channels, network.size_px):
        raise DatasetError(
            f"Its header gives an input of {fed.channels} × {fed.size_px} px to a network for {network.channels} ×"
            f" {network.size_px} px.",
            where=str(file), mend="Copy it again, or train it again.",
        )  # fmt: skip
    _check_fits(network, file)
    model = build_network(network)
    model.load_state_dict(load_file(file))
    return Checkpoint(model.eval(), network, fed, info, file)


def read_header(file: Path) -> dict[str, Any]:
    """The JSON header of a checkpoint file. Raises `DatasetError` if it isn't one, or of a newer version."""
    header = read_json_header(file, _MEND)
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


def _check_fits(network: NetworkSettings, file: Path) -> None:
    """Names, shapes and types by the file's header alone: no weight is read and no network takes memory before."""
    with torch.device("meta"):
        model = build_network(network)
    own = {name: f"{tuple(value.shape)} {_TYPES[value.dtype]}" for name, value in model.state_dict().items()}
    with safetensors.safe_open(file, framework="pt") as opened:
        slices = {name: opened.get_slice(name) for name in opened.keys()}  # noqa: SIM118  # it is no dict
        there = {name: f"{tuple(part.get_shape())} {part.get_dtype()}" for name, part in slices.items()}
    faults = [f"{name} is missing" for name in own.keys() - there.keys()]
    faults += [f"{name} is not of this network" for name in there.keys() - own.keys()]
    faults += [
        f"{name} is {there[name]}, not {own[name]}" for name in own.keys() & there.keys() if own[name] != there[name]
    ]
    if faults:
        more = f" and {len(faults) - 3} more" if len(faults) > 3 else ""
        raise DatasetError(
            f"The weights are of another architecture: {'; '.join(sorted(faults)[:3])}{more}.",
            where=str(file), mend="Use the checkpoint with the version of synth that wrote it, or train it again.",
        )  # fmt: skip
