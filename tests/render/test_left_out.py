"""What a head's parts don't allow is in no label."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from edited_pack import edited_pack, without_actions, without_eyes, without_rig

from synth.plan.plan import plan_shot
from synth.recipe.load import load_recipe

pytestmark = pytest.mark.render


def test_the_gaze_is_unknown_where_no_eyes_turn_and_the_pose_is_right_all_the_same(tmp_path: Path) -> None:
    from synth.render.renderer import Renderer

    pack = edited_pack(tmp_path / "p", {1: without_eyes, 2: without_actions, 3: without_rig})
    recipe = load_recipe("demo", ["heads.count=4", "outputs.rgb=false", "outputs.depth=true"])
    renderer = Renderer(recipe, pack)
    shot = plan_shot(recipe, 0)
    records = [renderer.render(dataclasses.replace(shot, head_slot=slot)) for slot in range(4)]
    assert [bool(np.isnan(record.labels["gaze_deg"]).all()) for record in records] == [False, True, False, True]
    assert records[0].labels["gaze_deg"] == pytest.approx(shot.gaze_deg, abs=1e-4)
    for record in records:
        assert record.labels["euler_deg"] == pytest.approx(shot.euler_deg)
        assert record.range_mm is not None
        assert (record.range_mm > 0).mean() > 0.1
