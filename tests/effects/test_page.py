"""docs/effects.md: its examples run, and it names all that there is."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import synth
from synth.effects import depth, depth_motion, kinect
from synth.effects.depth_kinds import RangeEffect
from synth.effects.pipeline import effects_from_yaml
from synth.effects.rgb_kinds import RgbEffect

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "effects.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


def test_the_examples_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    y, x = np.indices((192, 192)) - 96
    range_mm = np.where(x**2 + y**2 < 4000, 1000, 0).astype(np.float32)
    labels = {
        "id": 5, "noise_sigma": 2.0, "noise_seed": 1, "K": [[580, 0, 96], [0, 580, 96], [0, 0, 1]],
        "head_box_px": (260, 170, 380, 310), "crop_box_px": (224, 144, 416, 336),
    }  # fmt: skip
    sample = SimpleNamespace(id=5, rgb=np.full((192, 192, 3), 128, np.uint8), range_mm=range_mm, labels=labels)
    monkeypatch.setattr(synth, "open_dataset", lambda path, noise: [sample] * 6)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "effects.yaml").write_text(next(text for kind, text in BLOCKS if kind == "yaml"))
    names: dict[str, object] = {"range_mm": range_mm, "labels": labels}
    for kind, text in BLOCKS:
        if kind == "python":
            exec(text, names)  # noqa: S102
    assert names["hidden"].share > 0  # type: ignore[attr-defined]
    assert "stored_noise" in names["done"].drawn  # type: ignore[attr-defined]


def test_every_kind_of_effect_is_named() -> None:
    kinds = [k.model_fields["kind"].default for base in (RgbEffect, RangeEffect) for k in base.__subclasses__()]
    assert len(kinds) == 14
    assert not [kind for kind in kinds if f"`{kind}`" not in PAGE]
    assert effects_from_yaml(next(text for kind, text in BLOCKS if kind == "yaml"))


def test_the_numbers_are_those_of_the_code() -> None:
    assert f"disparity {depth.BASELINE_MM:g} mm · {depth.FOCAL_PX:g} px / z in steps of 1/8 px" in PAGE
    assert f"lost from {kinect.KINECT.grazing_start_deg:g}°, all from {kinect.KINECT.grazing_full_deg:g}°" in PAGE
    assert f"within {kinect.KINECT.edge_width_px:g} px of a jump of {depth.EDGE_MM:g} mm" in PAGE
    assert all(f"`{rule}`" in PAGE for rule in depth_motion.EDGES)
