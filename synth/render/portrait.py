"""Portraits of a pack's heads, for its contact sheet: each head the same way, as a passport photograph would."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from synth.geometry.camera import Camera
from synth.heads.pack import HeadRecord, load_pack
from synth.plan.shot import KeyLight, Shot, Surroundings
from synth.recipe.schema import Noise, Recipe, Render

_DISTANCE_MM = 1100.0
_GROUND = (0.30, 0.33, 0.37)  # linear grey-blue


def portrait_shot(slot: int, yaw_deg: float, size_px: int) -> Shot:
    """Head `slot` seen at eye height, turned by `yaw_deg`, filling a frame of size_px × size_px with some shoulder."""
    focal = 2.6 * size_px
    camera = Camera(size_px, size_px, focal, focal, size_px / 2, size_px / 2)
    return Shot(
        index=slot,
        head_slot=slot,
        euler_deg=(0.0, yaw_deg, 0.0),
        t_mm=(0.0, -25.0, _DISTANCE_MM),
        camera=camera,
        gaze_deg=(0.0, -yaw_deg / 2),
        expression=(("mouthSmileLeft", 0.2), ("mouthSmileRight", 0.2)),
        torso_yaw_deg=0.4 * yaw_deg,
        key_light=KeyLight(35.0, 35.0, 0.6, (1.0, 1.0, 1.0)),
        surroundings=Surroundings("studio", 20.0, _GROUND, 0.0, 0.0),
        noise_sigma=0.0,
        render_seed=slot,
    )


def portraits(
    pack: Path,
    size_px: int = 256,
    *,
    yaw_deg: float = 20.0,
    samples: int = 16,
    slots: Sequence[int] | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Iterator[tuple[HeadRecord, NDArray[np.uint8]]]:
    """Each head of the pack with its picture, (size_px, size_px, 3) uint8 sRGB.

    slots: which heads; None = all. Raises HeadError for a pack or head that can't be used.
    """
    from synth.render.renderer import Renderer

    heads = load_pack(pack)
    chosen = range(len(heads.heads)) if slots is None else slots
    settings, no_noise = Render(samples=samples, frame="full"), Noise(sigma_levels=(0, 0))
    recipe = Recipe(name="portraits", samples=1, render=settings, noise=no_noise)
    renderer = Renderer(recipe, heads)
    for done, slot in enumerate(chosen, start=1):
        picture = renderer.render(portrait_shot(slot, yaw_deg, size_px)).rgb
        assert picture is not None  # noqa: S101  (the recipe asks for one)
        yield heads.heads[slot], picture
        progress(done, len(chosen))
