"""The named starting points of a training, and how one becomes settings.

`paper` is the source paper's recipe where the paper states it; docs/training.md says what is our reading. `c2f` is what
learns best in this family, each difference a setting; `direct6d` regresses one rotation from the same trunk.
docs/results.md measures them against each other.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from synth.errors import UsageError
from synth.recipe.faults import Origin, faults_of
from synth.recipe.overrides import Override, apply
from synth.recipe.settings import close_to, walk
from synth.recipe.strict_yaml import parse
from synth.train.settings import TrainSettings

DEFAULT_PRESET = "c2f"

PRESETS: dict[str, dict[str, Any]] = {
    "paper": {
        "network": {
            "kind": "c2f",
            "trunk_norm": "none",
            "init_trunk": "xavier",
            # Without normalisation, and with Xavier's halving of the signal at each ReLU, next to nothing of a picture
            # is left 21 layers on (a spread of 0.0002). The paper is silent; 0.2 is what GoogLeNet's published training
            # in Caffe began its biases at (models/bvlc_googlenet/train_val.prototxt).
            "trunk_bias": 0.2,
            "init_heads": "normal",
            "head_width": 128,
            "bn_heads": False,
            "margin_deg": 0.0,
            "routing": "hard",
            "pitch_range_deg": [-75, 75],
            "yaw_range_deg": [-50, 50],
            "roll_range_deg": [-20, 20],
            "angle_weight": 1.0,
        },
        "input": {"size_px": 256, "content": "grey"},
        "data": {"augment": False},  # but for the sensor noise of the renders themselves
        "optimiser": {
            "name": "sgd",
            "lr": 0.01,
            "momentum": 0.9,
            "weight_decay": 5e-4,
            "schedule": "constant",
            "warmup_steps": 0,
        },
        "steps": 40_000,
        "batch": 128,
        "labels": "split",
        "validate_every": 1000,
    },
    "c2f": {"network": {"kind": "c2f"}},
    "direct6d": {"network": {"kind": "direct6d"}},
}
PRESET_ABOUT: dict[str, str] = {
    "paper": "the source paper's recipe: 256 px, SGD, no normalisation, hard routing, 40,000 steps of 128",
    "c2f": "coarse to fine: AdamW, normalised regressors that learn 10° across their borders, soft routing",
    "direct6d": "the same trunk with one 6-D rotation head and the geodesic loss",
}
# Follow from `input`, so nobody sets them.
_DERIVED = {("network", "size_px"): "input.size_px", ("network", "channels"): "input.content"}


def load_settings(preset: str = DEFAULT_PRESET, overrides: Sequence[str] = ()) -> TrainSettings:
    """A preset with `"optimiser.lr=0.01"` and the like laid over it; values are YAML, as in recipes.

    Raises `UsageError` with every fault, a line each.
    """
    if preset not in PRESETS:
        meant = close_to(preset, list(PRESETS))
        raise UsageError(
            f"There is no preset {preset!r}.",
            where="--preset",
            mend=f"Did you mean {meant}?" if meant else f"Use one of {', '.join(PRESETS)}.",
        )
    return settings_from(PRESETS[preset], overrides)


def settings_from(tree: Mapping[str, Any], overrides: Sequence[str] = ()) -> TrainSettings:
    """The settings of plain JSON values (`TrainSettings.model_dump(mode="json")`, or a preset) and overrides.

    Raises `UsageError` with every fault, a line each.
    """
    faults: list[str] = []
    laid_over = [override for text in overrides if (override := _read(text, faults)) is not None]
    repeated = {".".join(o.path) for n, o in enumerate(laid_over) if o.path in [p.path for p in laid_over[:n]]}
    faults += [f"--set {name} stands there twice; keep one of the two." for name in sorted(repeated)]
    whole = copy.deepcopy(dict(tree))
    faults += [f"settings: {fault}" for fault in _unknown(whole, ())]
    apply(laid_over, whole)
    if not faults:
        _derive(whole)
        try:
            return TrainSettings.model_validate_json(json.dumps(whole), strict=True)
        except ValidationError as error:
            origin = Origin("settings", {}, [override.path for override in laid_over])
            found = [fault for fault in faults_of(error, origin) if fault.path not in _DERIVED]
            faults = [line.removeprefix("settings:1: ") for line in origin.fault_lines(found)]
    raise UsageError("\n".join(faults))


def setting_names() -> list[str]:
    """Every setting as `--set` takes it: `optimiser.lr`."""
    return [".".join(path) for path, _ in walk(TrainSettings) if path not in _DERIVED]


def _read(text: str, faults: list[str]) -> Override | None:
    """One `section.setting=value`; None and a line in `faults` if it isn't one."""
    name, equals, value_text = text.partition("=")
    path = tuple(part.strip() for part in name.split("."))
    known = dict(walk(TrainSettings))
    before = len(faults)
    if not name.strip():
        faults.append("--set (nothing) is not a setting. Write it so: --set optimiser.lr=0.01")
    elif path in _DERIVED:
        faults.append(f"--set {name.strip()} follows from {_DERIVED[path]}; set that.")
    elif path not in known:
        faults.append(f"--set {name.strip()} is not a setting. {_hint(path)}")
    elif not equals:
        faults.append(f"--set {name.strip()} has no value; write --set {name.strip()}=VALUE.")
    else:
        document = parse(value_text)
        faults += [f"--set {name.strip()}: {fault.what}" for fault in document.faults]
        faults += [f"--set {fault}" for fault in _unknown(document.value, path)]
        return Override(path, document.value) if len(faults) == before else None
    return None


def _unknown(value: Any, path: tuple[str, ...]) -> list[str]:
    """What is said of the names in a tree of settings that aren't any, or that nobody sets."""
    known = {names for names, _ in walk(TrainSettings)}
    if not isinstance(value, Mapping) or (path and path not in known):
        return []
    lines = []
    for name, inner in value.items():
        here = (*path, str(name))
        lines += _unknown(inner, here) if here in known else [f"{'.'.join(here)} is not a setting. {_hint(here)}"]
    return lines


def _hint(path: tuple[str, ...]) -> str:
    """What someone who wrote the unknown setting `path` may have meant: a sentence."""
    names = [tuple(name.split(".")) for name in setting_names()]
    elsewhere = [".".join(name) for name in names if name[-1] == path[-1]]
    if elsewhere:
        return f"Did you mean {' or '.join(elsewhere)}?"
    beside = [name[-1] for name in names if name[:-1] == path[:-1]]
    if here := close_to(path[-1], beside):
        return f"Did you mean {'.'.join((*path[:-1], here))}?"
    if anywhere := close_to(path[-1], [name[-1] for name in names]):
        return f"Did you mean {next('.'.join(name) for name in names if name[-1] == anywhere)}?"
    if beside:
        return f"There {'are' if path[:-1] else 'are, at the top level,'} {', '.join(beside)}."
    return f"There are {', '.join(name[0] for name in names if len(name) == 1)}."


def _derive(tree: dict[str, Any]) -> None:
    """Put what the network takes from its input where it isn't given; wrong values are left to be named as such."""
    shown, network = tree.get("input", {}), tree.setdefault("network", {})
    if isinstance(shown, dict) and isinstance(network, dict):
        network["size_px"] = shown.get("size_px", network.get("size_px", 128))
        network["channels"] = 3 if shown.get("content") == "rgb" else 1
