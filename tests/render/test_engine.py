"""Blender does exactly what the camera, the lights and the seed say."""

import numpy as np
import pytest

from synth.errors import DeviceError
from synth.geometry.camera import Box, Camera
from synth.plan.shot import KeyLight, Shot, Surroundings
from synth.recipe.schema import Render
from synth.render.environment import DistantLight, LightField
from synth.render.lighting import Lighting

pytestmark = pytest.mark.render

DARK = ((0, 0, 0), (0, 0, 0), (0, 0, 0))
CAMERA = Camera(640, 480, 525.0, 525.0, 320.0, 240.0)
SHOT = Shot(
    0,
    0,
    (0, 0, 0),
    (0, 0, 1000.0),
    CAMERA,
    (0, 0),
    (),
    0,
    KeyLight(0, 0, 0, (1, 1, 1)),
    Surroundings(None, 0, None, 0, 0),
    0,
    0,
)


@pytest.fixture
def stage():
    """An empty stage in Cycles, without denoising."""
    from synth.render.engine import configure, start_blender
    from synth.render.stage import Stage

    scene = start_blender()
    settings = Render(samples=32, noise_threshold=0, denoise="none")
    configure(scene, settings, threads=1)
    built = Stage(scene, settings)
    built.backdrop.show(np.zeros((480, 640, 3)), CAMERA, CAMERA.frame)
    built.backdrop.shine_softly((0.5, 0.5, 0.5), DARK)
    return scene, built


def add_marker(at_world_m, size_m=0.004):
    import bpy

    bpy.ops.mesh.primitive_plane_add(size=size_m, location=at_world_m)
    return bpy.context.object


@pytest.mark.parametrize(
    "camera",
    [CAMERA, Camera(640, 480, 600.0, 540.0, 305.5, 251.25), Camera(400, 300, 500.0, 550.0, 210.0, 140.0)],
    ids=["centred", "shifted", "stretched"],
)
def test_a_marker_is_seen_where_k_projects_it(stage, camera):
    from synth.render.engine import render_region, set_camera

    scene, built = stage
    set_camera(scene, camera)
    built.backdrop.show(np.zeros((camera.height_px, camera.width_px, 3)), camera, camera.frame)
    built.backdrop.shine_softly((1.0, 1.0, 1.0), DARK)
    marker_mm = np.array([60.0, -35.0, 1000.0])
    add_marker((0.060, 0.035, -1.0), 0.02)
    region = Box(200, 60, 380, 260)
    seen = render_region(scene, camera, region, 1)["Combined"][..., 0]
    rows, columns = np.mgrid[0 : region.height, 0 : region.width] + 0.5
    center = np.array([(seen * columns).sum(), (seen * rows).sum()]) / seen.sum() + [region.x0, region.y0]
    expected = (camera.K @ marker_mm)[:2] / 1000
    assert np.abs(center - expected).max() < 0.05


def test_every_region_comes_out_at_its_size(stage):
    from synth.render.engine import render_region, set_camera

    scene, _ = stage
    scene.cycles.samples = 1
    set_camera(scene, CAMERA)
    rng = np.random.default_rng(1)
    for _ in range(25):
        x0, y0 = int(rng.integers(0, 600)), int(rng.integers(0, 440))
        region = Box(
            x0, y0, x0 + int(rng.integers(8, 641 - x0 - 0)) if x0 < 632 else 640, y0 + int(rng.integers(8, 40))
        )
        assert render_region(scene, CAMERA, region, 0)["Combined"].shape == (region.height, region.width, 4)


@pytest.mark.parametrize(
    ("toward", "irradiance", "ambient"),
    [
        ((0, 0, 1), (1.0, 0.5, 0.25), (0, 0, 0)),
        ((0.6, 0, 0.8), (1, 1, 1), (0, 0, 0)),
        ((0, 0, 1), (0, 0, 0), (0.3, 0.2, 0.1)),
    ],
)
def test_a_lamp_gives_the_irradiance_it_is_asked_for(stage, toward, irradiance, ambient):
    import bpy

    from synth.render.engine import render_region, set_camera

    scene, built = stage
    set_camera(scene, CAMERA)
    plane = add_marker((0, 0, -1.0), 0.05)
    white = bpy.data.materials.new("white")
    shader = white.node_tree.nodes["Principled BSDF"]
    shader.inputs["Base Color"].default_value = (1, 1, 1, 1)
    shader.inputs["Roughness"].default_value, shader.inputs["Specular IOR Level"].default_value = 1, 0
    plane.data.materials.append(white)
    gradient = ((0.0, 0.0, 0.1), (0.0, 0.0, -0.05), (0.05, 0.0, 0.02))
    field = LightField(ambient, (), gradient if any(ambient) else DARK)
    built.light(SHOT, Lighting(field, DistantLight(toward, irradiance), (1, 1, 1)))
    radiance = render_region(scene, CAMERA, Box(312, 232, 328, 248), 1)["Combined"][..., :3].mean((0, 1))
    expected = (np.array(irradiance) * toward[2] + field.irradiance(np.array([0, 0, 1]))) / np.pi
    assert np.allclose(radiance, expected, rtol=0.02, atol=1e-3)


def test_another_seed_gives_other_noise_and_the_same_seed_the_same(stage):
    from synth.render.engine import render_region, set_camera

    scene, built = stage
    scene.cycles.samples = 1
    set_camera(scene, CAMERA)
    built.light(SHOT, Lighting(LightField((0, 0, 0), ()), DistantLight((0.6, 0, 0.8), (3, 3, 3)), (1, 1, 1)))
    add_marker((0, 0, -1.0), 0.2)
    region = Box(300, 220, 340, 260)
    first, again, other = (render_region(scene, CAMERA, region, seed)["Combined"].copy() for seed in (7, 7, 8))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_the_backdrop_is_where_the_camera_looks_and_changes_from_shot_to_shot(stage):
    from synth.render.engine import render_region, set_camera

    scene, built = stage
    set_camera(scene, CAMERA)
    region = Box(230, 150, 410, 330)
    for blue in (0.1, 0.5, 0.9):
        picture = np.zeros((180, 180, 3), np.float32)
        picture[..., 0] = np.linspace(0, 1, 180)[None, :]
        picture[..., 1] = np.linspace(0, 1, 180)[:, None]
        picture[..., 2] = blue
        built.backdrop.show(picture, CAMERA, region)
        seen = render_region(scene, CAMERA, region, 0)["Combined"]
        expected = np.linspace(0, 1, 180)
        assert np.abs(seen[90, 5:-5, 0] - expected[5:-5]).max() < 0.01
        assert np.abs(seen[5:-5, 90, 1] - expected[5:-5]).max() < 0.01
        assert np.abs(seen[..., 2] - blue).max() < 0.01


def test_a_device_that_isnt_there_is_an_error_and_auto_says_what_it_took(stage):
    from synth.render.device import available_devices, use_device

    scene, _ = stage
    missing = next(b for b in ("metal", "oneapi", "hip", "cuda") if b not in {d.kind for d in available_devices()})
    with pytest.raises(DeviceError, match=f"no {missing} device"):
        use_device(scene, missing)
    assert use_device(scene, "auto") in available_devices()
    with pytest.raises(DeviceError, match="warp"):
        use_device(scene, "warp")
