"""The effect that docs/extending.md shows works as it stands there."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "extending.md").read_text(encoding="utf-8")


def test_the_shown_effect_darkens_corners_and_keeps_the_middle():
    (shown,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    names: dict[str, object] = {"__name__": "shown"}
    exec(compile(shown, "extending.md", "exec", dont_inherit=True), names)  # noqa: S102  (our own page)
    effect = names["Vignette"].model_validate({"strength": (0.5, 0.5)})  # type: ignore[attr-defined]
    white = np.full((9, 9, 3), 200, np.uint8)
    changed, drawn = effect.on_rgb(white, np.random.default_rng(0), {})
    assert drawn == {"strength": 0.5}
    assert changed[4, 4, 0] == 200
    assert changed[0, 0, 0] == 100
