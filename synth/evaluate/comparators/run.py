"""Fit a comparator by name into a folder, and read it back: what `synth train --model` and `synth evaluate` call."""

from __future__ import annotations

import csv
import difflib
import io
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from synth.data.source import PoseSource
from synth.errors import UsageError
from synth.evaluate.comparators import COMPARATORS
from synth.evaluate.comparators.base import Budget, Comparator
from synth.evaluate.comparators.storage import read_about
from synth.shard.commit import commit_bytes

CURVE_NAME = "fit.csv"


def fit_comparator(
    name: str,
    source: PoseSource,
    out: Path,
    *,
    seed: int,
    steps: int | None = None,
    samples: int | None = None,
    init: str | None = None,
    device: str = "auto",
    info: Mapping[str, Any] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Comparator:
    """Fit the method `name` to `source` and keep it in the folder `out`, beside the curve of its fit, `fit.csv`.

    steps, samples: the `Budget`, by default the method's own. init: "imagenet" or a .safetensors file, where an
    AlexNet, VGG-16 or ResNet-50 begins. device: for the networks; the others run on the CPU. info: what it is trained
    on, plain JSON values, kept in the JSON. Raises `UsageError` for a name that there isn't, or data without the
    pictures or labels that the method needs; `DatasetError` and `DiskError`.
    """
    comparator = make_comparator(name, device)
    budget = Budget(steps, samples)
    if init is not None:
        _begin_with(comparator, init)
    curve: list[dict[str, float]] = []

    def report(done: int, of: int, numbers: Mapping[str, float]) -> None:
        curve.append({"step": done, **numbers})
        if progress is not None:
            progress(done, of)

    comparator.fit(source, seed=seed, budget=budget, progress=report)
    counted = {"seed": seed, "steps": len(curve), "init": init or "scratch"}
    comparator.save(Path(out), {**(info or {"source": source.name, "samples": len(source)}), **counted})
    commit_bytes(Path(out) / CURVE_NAME, _as_csv(curve))
    return comparator


def make_comparator(name: str, device: str = "auto") -> Comparator:
    """The method with its default settings, not fitted. Raises `UsageError` for a name that there isn't."""
    from synth.evaluate.comparators.networks import NetworkComparator

    kind = comparator_class(name)
    return kind(device=device) if issubclass(kind, NetworkComparator) else kind()


def load_comparator(folder: Path) -> Comparator:
    """The comparator that a folder holds, of whatever method. Raises `UsageError` if there is no whole one."""
    name = read_about(Path(folder)).get("name")
    return comparator_class(str(name), where=str(folder)).load(Path(folder))


def comparator_class(name: str, where: str = "--model") -> type[Comparator]:
    if name not in COMPARATORS:
        near = difflib.get_close_matches(name, COMPARATORS, 1)
        mend = f"Did you mean {near[0]}?" if near else f"There are {', '.join(COMPARATORS)}."
        raise UsageError(f"There is no comparator {name!r}.", where=where, mend=mend)
    return COMPARATORS[name]


def _begin_with(comparator: Comparator, init: str) -> None:
    from synth.evaluate.comparators.classifier_weights import WEIGHTS, classifier_weights
    from synth.evaluate.comparators.networks import NetworkComparator

    if comparator.name not in WEIGHTS or not isinstance(comparator, NetworkComparator):
        raise UsageError(
            f"{comparator.name} always starts from scratch.",
            where="--init",
            mend=f"Leave it out; {', '.join(WEIGHTS)} can start from given weights.",
        )
    comparator.start_from(classifier_weights(comparator.name, init))


def _as_csv(curve: list[dict[str, float]]) -> bytes:
    text = io.StringIO()
    names = list(dict.fromkeys(name for row in curve for name in row))
    table = csv.DictWriter(text, names or ["step"], lineterminator="\n")
    table.writeheader()
    table.writerows(curve)
    return text.getvalue().encode()
