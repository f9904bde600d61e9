"""Trained networks and comparators as candidates: files in, readers of poses out. Importing it loads torch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from synth.errors import UsageError
from synth.evaluate.categories import QUADRANTS
from synth.evaluate.comparators.base import Comparator
from synth.evaluate.comparators.networks import NetworkComparator
from synth.evaluate.comparators.run import load_comparator
from synth.evaluate.comparators.storage import JSON_NAME, read_about
from synth.evaluate.trial import Candidate, Reading
from synth.train.checkpoint import Checkpoint, load_checkpoint
from synth.train.device import device_text, network_arithmetic, numpy_device_text, pick_device
from synth.train.network import PoseNetwork
from synth.train.parts import read_data, read_splits

Pictures = NDArray[np.uint8]


def open_candidate(word: str, device: str = "auto") -> Candidate:
    """From `PATH` or `NAME=PATH`: a checkpoint (file or training folder) or a fitted comparator's folder.

    Without a name it is called by its preset or method. Raises `UsageError` if there is neither, and what
    `load_checkpoint` and `Comparator.load` raise for files that are damaged or of another architecture.
    """
    name, path = _named(word)
    if (path / JSON_NAME).is_file():
        return comparator_candidate(load_comparator(path), path, name, device)
    return network_candidate(load_checkpoint(path), name, device)


def network_candidate(checkpoint: Checkpoint, name: str = "", device: str = "auto") -> Candidate:
    """A checkpoint's network, put on a device; channels last in memory, which is faster and the same network."""
    where = pick_device(device)
    model = checkpoint.model.eval().to(where)
    for parameter in model.parameters():
        if parameter.ndim == 4:
            parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)
    settings, info = checkpoint.network, checkpoint.info
    known = {"preset": info.get("preset"), "step": info.get("step")}
    origin = [f"{what} {str(value)[:80]}" for what, value in known.items() if value]
    return Candidate(
        name or str(info.get("preset") or settings.kind)[:80],
        checkpoint.path.as_posix(),
        checkpoint.input,
        _network_reader(model, where),
        device_text(where),
        settings.strategy if settings.kind == "c2f" else None,
        ", ".join(filter(None, [_trained_on(info), *origin])),
        network_arithmetic(where),
        info=info,
    )


def _network_reader(model: PoseNetwork, device: torch.device) -> Callable[[Pictures], Reading]:
    @torch.inference_mode()
    def read(pictures: Pictures) -> Reading:
        fed = torch.from_numpy(pictures).to(device).float().div_(255)
        found = model(fed.contiguous(memory_format=torch.channels_last))
        category = None if found.posterior is None else found.posterior.argmax(dim=1).cpu().numpy()
        return Reading(_as_numpy(found.R), _as_numpy(found.euler_deg), category)

    return read


def comparator_candidate(comparator: Comparator, path: Path, name: str = "", device: str = "auto") -> Candidate:
    """A fitted comparator; its network, if it is one, is put on the device, the others run on the CPU."""
    on, arithmetic = numpy_device_text(), "float64"  # and float32 in OpenCV's features
    if isinstance(comparator, NetworkComparator) and comparator.network is not None:
        where = pick_device(device)
        comparator.network.to(where)
        on, arithmetic = device_text(where), network_arithmetic(where)
    is_classifier = comparator.estimates == "category"

    def read(pictures: Pictures) -> Reading:
        found = comparator.predict(pictures)
        return Reading(None, None, found) if is_classifier else Reading(None, found, None)

    info: dict[str, Any] = read_about(path)["trained_on"] if path.is_dir() else {}
    read_splits(info, path.as_posix()), read_data(info, path.as_posix())
    approximate = f"approximate: {comparator.approximate}" if comparator.approximate else ""
    return Candidate(
        name or comparator.name,
        path.as_posix(),
        comparator.input,
        read,
        on,
        QUADRANTS if is_classifier else None,
        "; ".join(filter(None, [comparator.about, approximate, _trained_on(info)])),
        arithmetic,
        info=info,
    )


def _trained_on(info: Mapping[str, Any]) -> str:
    """ "trained on wide (8,000)"; empty if that isn't known."""
    named = ", ".join(f"{part.name} ({part.samples:,})" for part in read_data(info))
    return f"trained on {named}" if named else ""


def _named(word: str) -> tuple[str, Path]:
    """`NAME=PATH` apart; a path that exists as it is has no name before it."""
    name, equals, rest = word.partition("=")
    if not equals or Path(word).exists():
        return "", Path(word)
    if not name.strip() or not rest:
        raise UsageError(f"{word!r} names no model.", where="CHECKPOINT", mend="Write PATH, or NAME=PATH.")
    return name.strip(), Path(rest)


def distinct(candidates: list[Candidate]) -> list[Candidate]:
    """With different names: those who share one get their folder's or file's name behind it."""
    names = [candidate.name for candidate in candidates]
    renamed = [c if names.count(c.name) == 1 else replace(c, name=f"{c.name} ({_place(c)})") for c in candidates]
    again = [candidate.name for candidate in renamed]
    for candidate in renamed:
        if again.count(candidate.name) > 1:
            raise UsageError(
                f"Two models are called {candidate.name}.", where="CHECKPOINT", mend="Tell them apart with NAME=PATH."
            )
    return renamed


def _place(candidate: Candidate) -> str:
    path = Path(candidate.path)
    return "/".join(path.with_suffix("").parts[-2:])


def _as_numpy(tensor: torch.Tensor) -> NDArray[np.float64]:
    return np.asarray(tensor.float().cpu().numpy(), dtype=np.float64)
