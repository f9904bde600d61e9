"""The fitted light carries what the panorama shines with, and the background is where it should be."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from synth.render.environment import LUMINANCE, EnvironmentMap, fit_lights

K = np.array([[100.0, 0, 50], [0, 100.0, 50], [0, 0, 1]])


def panorama(*, sun_column, sun_row, level=0.2, sun=400.0):
    picture = np.full((64, 128, 3), level, np.float32)
    picture[sun_row - 1 : sun_row + 1, sun_column - 1 : sun_column + 1] = sun
    return picture


def irradiance_by_sum(picture, normal):
    rows, columns = picture.shape[:2]
    elevation = (0.5 - (np.arange(rows) + 0.5) / rows)[:, None] * np.pi
    azimuth = ((np.arange(columns) + 0.5) / columns - 0.5)[None] * 2 * np.pi
    x, y, z = np.cos(elevation) * np.sin(azimuth), np.sin(elevation) + 0 * azimuth, -np.cos(elevation) * np.cos(azimuth)
    cosine = np.clip(x * normal[0] + y * normal[1] + z * normal[2], 0, None)
    weight = cosine * np.cos(elevation) * (np.pi / rows) * (2 * np.pi / columns)
    return (picture * weight[..., None]).sum((0, 1))


@pytest.mark.parametrize("normal", [(0, 0, 1), (0.6, 0, 0.8), (0, 0.6, 0.8)])
def test_the_fit_keeps_the_light_that_falls_on_a_face(normal):
    picture = panorama(sun_column=110, sun_row=20)  # behind the camera, to its right, above
    fitted = fit_lights(picture, 1).irradiance(np.array(normal))
    assert fitted @ LUMINANCE == pytest.approx(irradiance_by_sum(picture, normal) @ LUMINANCE, rel=0.1)


def test_the_brightest_light_comes_from_the_sun():
    field = fit_lights(panorama(sun_column=110, sun_row=20), 1)
    azimuth, elevation = (110 / 128 - 0.5) * 2 * np.pi, (0.5 - 20 / 64) * np.pi
    sun = [np.cos(elevation) * np.sin(azimuth), np.sin(elevation), -np.cos(elevation) * np.cos(azimuth)]
    brightest = max(field.lights, key=lambda light: sum(light.irradiance))
    assert np.dot(brightest.toward, sun) > np.cos(np.radians(6))


def test_turning_the_surroundings_turns_light_and_background_alike():
    surroundings = EnvironmentMap(panorama(sun_column=64, sun_row=32))  # straight ahead of the camera
    ahead = surroundings.background(K, 100, 100, 0.0, 0.0)
    assert ahead[48:52, 48:52].max() > 100
    turned = surroundings.background(K, 100, 100, 90.0, 0.0)
    assert turned.max() < 1
    brightest = max(surroundings.light_field(90.0).lights, key=lambda light: sum(light.irradiance))
    assert abs(brightest.toward[0]) > 0.99
    # Wherever the light goes, the picture shows it there.
    small = surroundings.light_field(10.0)
    toward = np.array(max(small.lights, key=lambda light: sum(light.irradiance)).toward)
    column = 50 + 100 * toward[0] / -toward[2]
    seen = np.argmax(surroundings.background(K, 100, 100, 10.0, 0.0)[..., 0].max(axis=0))
    assert abs(seen + 0.5 - column) < 4


def test_an_even_panorama_is_all_ambient():
    field = fit_lights(np.full((64, 128, 3), 0.5, np.float32), 1)
    assert np.allclose(field.ambient, 0.5)
    assert np.allclose([light.irradiance for light in field.lights], 0)
    assert np.allclose(field.gradient, 0, atol=1e-9)


def test_a_bright_sky_becomes_a_gradient_from_above():
    picture = np.full((64, 128, 3), 0.2, np.float32)
    picture[:32] = 0.4
    field = fit_lights(picture, 0)
    for normal in ((0, 1, 0), (0, 0, 1), (0, -1, 0)):
        assert field.irradiance(np.array(normal)) == pytest.approx(irradiance_by_sum(picture, normal), rel=0.08)


def test_light_turns_and_scales_as_a_whole():
    field = fit_lights(panorama(sun_column=30, sun_row=20), 1)
    turn = Rotation.from_euler("y", 40, degrees=True).as_matrix()
    normal = np.array([0.6, 0.0, 0.8])
    assert field.turned(turn).irradiance(turn @ normal) == pytest.approx(field.irradiance(normal))
    gain = np.array([2.0, 1.0, 0.5])
    assert field.times(gain).irradiance(normal) == pytest.approx(gain * field.irradiance(normal))


def test_a_crop_shows_what_the_whole_frame_shows_there():
    rng = np.random.default_rng(2)
    surroundings = EnvironmentMap(rng.random((64, 128, 3), dtype=np.float32))
    whole = surroundings.background(K, 100, 100, 25.0, 2.0)
    shifted = K.copy()
    shifted[:2, 2] -= [30, 40]
    assert np.allclose(surroundings.background(shifted, 40, 30, 25.0, 2.0), whole[40:70, 30:70], atol=1e-4)
