"""Blender's motion blur of a head that turns while the shutter is open."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from synth.plan.shot import Blur, Shot
from synth.render.head import HeadInScene

# The shot's pose stands in the middle, in the frame that is rendered; the shutter is open from the first to the last.
_OPENS, _MIDDLE, _CLOSES = 0, 1, 2


@contextmanager
def turning(scene: Any, head: HeadInScene, shot: Shot) -> Iterator[None]:
    """While the block runs the head turns as the shot's blur says, and Cycles renders its motion; then it is still.

    The turn is even: from half of it before the shot's pitch and yaw to half after, the head centre stays. A shot
    without such a blur changes nothing.
    """
    if not (isinstance(shot.effect, Blur) and shot.effect.kind == "turn"):
        yield
        return
    pitch_deg, yaw_deg = shot.effect.turn_deg
    for frame, share in ((_OPENS, -0.5), (_MIDDLE, 0.0), (_CLOSES, 0.5)):
        pitch, yaw, roll = shot.euler_deg
        head.pose(replace(shot, euler_deg=(pitch + share * pitch_deg, yaw + share * yaw_deg, roll)))
        head.key_pose(frame)
    render = scene.render
    render.use_motion_blur, render.motion_blur_position = True, "CENTER"
    render.motion_blur_shutter = float(_CLOSES - _OPENS)
    scene.frame_set(_MIDDLE)
    try:
        yield
    finally:
        render.use_motion_blur = False
        head.forget_keys()
        head.pose(shot)
