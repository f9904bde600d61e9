"""A list of effects with probabilities and ranges: read from YAML, checked at once, applied the same everywhere.

Two readers with the same (effects, seed, sample, epoch) get the same pictures, in whatever order and process. Each
effect draws from a stream of its own, so that adding one, or changing its probability, leaves what the others draw.

```yaml
effects:
  - {kind: exposure, ev: [-1, 1], probability: 0.5}
  - {kind: occluder, shape: hand, width_px: [80, 140], fill: skin, probability: 0.2}
  - {kind: gaussian_blur, sigma_px: [0.5, 2]}
  - {kind: stored_noise}
```
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
import yaml
from pydantic import Field, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from synth.effects.checks import check_range, check_rgb
from synth.effects.depth_kinds import DepthGaussianNoise, DepthMotionBlur, Kinect
from synth.effects.effect import Drawn, Effect, Pictures
from synth.effects.randomness import effect_rng
from synth.effects.rgb_kinds import (
    DownUp,
    Exposure,
    GaussianBlur,
    GaussianNoise,
    Grey,
    Jpeg,
    MotionBlur,
    Occlusion,
    ShotReadNoise,
    StoredNoise,
    WhiteBalance,
)
from synth.errors import UsageError
from synth.recipe.strict_yaml import parse

_AnyEffect = Annotated[
    Exposure
    | WhiteBalance
    | Occlusion
    | GaussianBlur
    | MotionBlur
    | DownUp
    | Grey
    | Jpeg
    | ShotReadNoise
    | GaussianNoise
    | StoredNoise
    | DepthMotionBlur
    | DepthGaussianNoise
    | Kinect,
    Field(discriminator="kind"),
]
_READER: TypeAdapter[Any] = TypeAdapter(list[_AnyEffect])
_ORDER = (
    "exposure and white_balance, occluder, gaussian_blur and motion_blur, down_up, grey, jpeg, noise; "
    "for depth depth_motion_blur, then the sensor"
)


@dataclass(frozen=True)
class Effects:
    """Effects in the order in which they are applied, which is the order in which they happen to a real picture.

    Raises `UsageError` if two stand the wrong way round.
    """

    effects: tuple[Effect, ...] = ()

    def __post_init__(self) -> None:
        for on in ("rgb", "range"):
            names = [effect for effect in self.effects if effect.on == on]
            for before, after in pairwise(names):
                if before.stage > after.stage:
                    raise UsageError(
                        f"{_kind(after)} stands after {_kind(before)}.",
                        where="effects",
                        mend=f"The order is {_ORDER}.",
                    )

    def as_list(self) -> list[dict[str, Any]]:
        """Plain values, all settings written out; `read_effects` makes the same effects of them."""
        return [{"kind": _kind(effect), **effect.model_dump(mode="json")} for effect in self.effects]

    def as_yaml(self) -> str:
        """YAML text that `effects_from_yaml` reads."""
        return str(yaml.safe_dump({"effects": self.as_list()}, sort_keys=False, default_flow_style=None))


@dataclass(frozen=True, eq=False)
class Applied:
    """`rgb` and `range_mm` as they went in, changed; `drawn`: by effect, the numbers that were drawn, if it happened.

    An effect's name is its kind; the second of a kind is "kind_2".
    """

    rgb: npt.NDArray[np.uint8] | None
    range_mm: npt.NDArray[np.float32] | None
    drawn: Mapping[str, Drawn]


def apply(
    effects: Effects,
    rgb: npt.NDArray[np.uint8] | None,
    range_mm: npt.NDArray[np.float32] | None,
    labels: Mapping[str, Any],
    seed: int,
    sample_id: int,
    epoch: int = 0,
) -> Applied:
    """Put the effects on one sample.

    `rgb`: (H, W, 3) uint8, sRGB, `range_mm`: (H, W) float32, mm, 0 = missing; either may be None, and the effects on it
    are left out then. `labels`: the sample's own (`K`, `head_box_px`, `crop_box_px`, noise, as effects need them). The
    pictures that go in aren't changed. Raises `UsageError`.
    """
    if rgb is not None:
        check_rgb(rgb)
    if range_mm is not None:
        check_range(range_mm)
    pictures, drawn = Pictures(rgb, range_mm, labels), {}
    for name, effect in _named(effects.effects):
        rng = effect_rng(seed, sample_id, epoch, name)
        happens = float(rng.random()) < effect.probability
        if happens and (pictures.rgb if effect.on == "rgb" else pictures.range_mm) is not None:
            pictures, drawn[name] = effect.change(pictures, rng)
    return Applied(pictures.rgb, pictures.range_mm, drawn)


def read_effects(value: object) -> Effects:
    """Effects from plain values: a list of sections with a `kind`, or a section `effects` that holds one.

    Raises `UsageError` with all faults, a line each.
    """
    if isinstance(value, Mapping):
        if set(value) != {"effects"}:
            raise UsageError("Give a list of effects, or one setting `effects` with it.", where="effects")
        value = value["effects"]
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise UsageError("Effects are a list, an item each.", where="effects", mend="Begin each with `- kind: …`.")
    try:
        return Effects(tuple(_READER.validate_python(list(value))))
    except ValidationError as error:
        faults = [_fault(detail) for detail in error.errors(include_url=False)]
        raise UsageError("\n".join(faults)) from error


def effects_from_yaml(text: str) -> Effects:
    """Effects from YAML text, read as strictly as recipes. Raises `UsageError` with all faults, a line each."""
    document = parse(text)
    if document.faults:
        raise UsageError("\n".join(f"line {fault.line}: {fault.what}" for fault in document.faults), where="effects")
    return read_effects(document.value)


def _named(effects: Sequence[Effect]) -> Iterator[tuple[str, Effect]]:
    seen: Counter[str] = Counter()
    for effect in effects:
        kind = _kind(effect)
        seen[kind] += 1
        yield (kind if seen[kind] == 1 else f"{kind}_{seen[kind]}"), effect


def _kind(effect: Effect) -> str:
    return str(type(effect).model_fields["kind"].default)


def _fault(detail: ErrorDetails) -> str:
    """`effects[2].ev: …`"""
    index, *rest = detail["loc"] or ("",)
    where = f"effects[{index}]" if isinstance(index, int) else "effects"
    names = ".".join(str(part) for part in rest[1:] if isinstance(part, str) and part.isidentifier())
    where = f"{where} ({rest[0]})" + (f".{names}" if names else "") if rest else where
    context = detail.get("ctx", {})
    kinds = str(context.get("expected_tags")).replace("'", "")
    what = {
        "value_error": f"{context.get('error')}.",
        "extra_forbidden": "is not a setting of this effect.",
        "union_tag_invalid": f"is of no known kind; there are {kinds}.",
        "union_tag_not_found": "has no kind; begin it with `kind: …`.",
    }.get(detail["type"], f"{detail['msg']}.")
    return f"{where}: {what}"
