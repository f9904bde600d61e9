"""Labels as JSON: numbers as short as they can be read back without loss, null for what isn't known."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from synth.convert.sample import PlainSample


def json_text(value: Any) -> str:
    """One line of JSON, ASCII, keys in their order."""
    return json.dumps(value, separators=(", ", ": "), allow_nan=False)


def plain_value(value: npt.NDArray[Any]) -> Any:
    """A label as JSON data: nested lists, NaN and the empty text as None."""
    if value.ndim:
        return [plain_value(part) for part in value]
    if value.dtype.kind == "S":
        return bytes(value.item()).decode("ascii", "replace") or None
    if value.dtype.kind == "f":
        # A float32 that is written as 2.3 is to be read as 2.3, not as 2.299999952316284.
        return float(str(value)) if np.isfinite(value) else None
    return int(value)


def plain_labels(sample: PlainSample) -> dict[str, Any]:
    """All labels of a sample, and what only an exported picture needs to have said."""
    return {
        **{name: plain_value(np.asarray(value)) for name, value in sample.labels.items()},
        **plain_pose_along_ray(sample),
        "width_px": sample.width_px,
        "height_px": sample.height_px,
        "noise_in_picture": sample.noise_in_picture,
    }


def plain_pose_along_ray(sample: PlainSample) -> Mapping[str, Any]:
    """The pose that the cropped picture shows, beside the one against the camera's axes."""
    return {
        "R_along_ray": sample.R_along_ray.tolist(),
        "euler_along_ray_deg": sample.euler_along_ray_deg.tolist(),
    }
