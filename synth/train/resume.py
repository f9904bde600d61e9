"""What a stopped training needs to go on bit for bit, in one file: weights, optimiser, random state, place."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import safetensors
import torch
from safetensors.torch import load_file, save
from torch import Tensor, nn

from synth.errors import DatasetError, MismatchError, one_line
from synth.shard.commit import commit_bytes
from synth.train.tensor_header import KEY, read_json_header

RESUME_FILE = "resume.safetensors"
_FORMAT = "synth-resume-1"
_MEND = "Delete it and train from the start."


@dataclass(frozen=True)
class Place:
    """How far a training is: `step` steps are done; the next takes batch `batch` of epoch `epoch`."""

    step: int = 0
    epoch: int = 0
    batch: int = 0
    best_deg: float | None = None
    best_step: int = 0


def save_resume(
    folder: Path,
    place: Place,
    model: nn.Module,
    averaged: nn.Module | None,
    optimiser: torch.optim.Optimizer,
    scaler: torch.amp.GradScaler,
    identity: dict[str, Any],
) -> None:
    """Write everything to `folder`/resume.safetensors, atomically. `identity`: settings and data, to be equal later."""
    tensors = {f"model/{name}": value for name, value in model.state_dict().items()}
    if averaged is not None:
        tensors |= {f"averaged/{name}": value for name, value in averaged.state_dict().items()}
    moments, groups = _optimiser_tensors(optimiser)
    tensors |= {f"optimiser/{name}": value for name, value in moments.items()}
    tensors["random/cpu"] = torch.get_rng_state()
    if torch.cuda.is_available():
        tensors["random/cuda"] = torch.cuda.get_rng_state()
    header = {
        "format": _FORMAT, "place": asdict(place), "groups": groups, "scaler": scaler.state_dict(),
        "identity": identity,
    }  # fmt: skip
    stored = {name: value.detach().cpu().clone().contiguous() for name, value in tensors.items()}
    commit_bytes(folder / RESUME_FILE, save(stored, metadata={KEY: json.dumps(header)}))


def load_resume(
    folder: Path,
    model: nn.Module,
    averaged: nn.Module | None,
    optimiser: torch.optim.Optimizer,
    scaler: torch.amp.GradScaler,
    identity: dict[str, Any],
) -> Place | None:
    """Put everything back; None if there is nothing to resume.

    Raises `MismatchError` naming each difference if the folder holds a training with other settings or data, and
    `DatasetError` if the file is damaged.
    """
    path = folder / RESUME_FILE
    if not path.is_file():
        return None
    header = read_json_header(path, _MEND)
    if not isinstance(header, dict) or header.get("format") != _FORMAT or not isinstance(header.get("identity"), dict):
        raise DatasetError("It is no state of a training.", where=str(path), mend=_MEND)
    _check_same(header["identity"], identity, folder)
    place = _place(header.get("place"), path)
    try:
        tensors = load_file(path)
        model.load_state_dict(_under(tensors, "model/"))
        if averaged is not None:
            averaged.load_state_dict(_under(tensors, "averaged/"))
        _restore_optimiser(optimiser, _under(tensors, "optimiser/"), header["groups"])
        if header.get("scaler"):
            scaler.load_state_dict(header["scaler"])
        torch.set_rng_state(tensors["random/cpu"])
        if "random/cuda" in tensors and torch.cuda.is_available():
            torch.cuda.set_rng_state(tensors["random/cuda"])
        return place
    except (AttributeError, KeyError, RuntimeError, TypeError, ValueError, safetensors.SafetensorError) as error:
        raise DatasetError(f"It doesn't fit: {one_line(error)}.", where=str(path), mend=_MEND) from error


def _place(value: object, path: Path) -> Place:
    try:
        place = Place(**value)  # type: ignore[arg-type]  # that is what is looked at
        counts = (place.step, place.epoch, place.batch, place.best_step)
        best = place.best_deg
        if all(type(count) is int and count >= 0 for count in counts) and (best is None or type(best) is float):
            return place
    except TypeError:
        pass
    raise DatasetError("It doesn't fit: it says no place to go on from.", where=str(path), mend=_MEND)


def _optimiser_tensors(optimiser: torch.optim.Optimizer) -> tuple[dict[str, Tensor], list[dict[str, Any]]]:
    """Its state as named tensors ("12.exp_avg"), and its groups' plain settings."""
    state = optimiser.state_dict()
    tensors = {
        f"{number}.{name}": value if isinstance(value, Tensor) else torch.tensor(value)
        for number, values in state["state"].items()
        for name, value in values.items()
        if value is not None
    }
    return tensors, [{k: v for k, v in group.items() if k in ("lr", "params")} for group in state["param_groups"]]


def _restore_optimiser(
    optimiser: torch.optim.Optimizer, tensors: dict[str, Tensor], groups: list[dict[str, Any]]
) -> None:
    state: dict[int, dict[str, Tensor]] = {}
    for key, value in tensors.items():
        number, name = key.split(".", 1)
        state.setdefault(int(number), {})[name] = value
    own = optimiser.state_dict()["param_groups"]
    merged = [{**mine, **stored} for mine, stored in zip(own, groups, strict=True)]
    optimiser.load_state_dict({"state": state, "param_groups": merged})


def _under(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}


def _check_same(before: dict[str, Any], now: dict[str, Any], folder: Path) -> None:
    old, new = dict(_leaves(before)), dict(_leaves(now))
    lines = [
        f"{name}: {old.get(name, 'not set')} there, {new.get(name, 'not set')} now"
        for name in sorted(old.keys() | new.keys())
        if old.get(name) != new.get(name)
    ]
    if lines:
        raise MismatchError(
            "The folder holds a training with other settings or data:\n" + "\n".join(lines),
            where=str(folder), mend="Give another --out, or the same settings to go on.",
        )  # fmt: skip


def _leaves(value: Any, name: str = "") -> list[tuple[str, Any]]:
    if isinstance(value, dict):
        return [leaf for key, inner in value.items() for leaf in _leaves(inner, f"{name}.{key}" if name else str(key))]
    return [(name, json.loads(json.dumps(value)))]
