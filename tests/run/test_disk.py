"""Room is asked for before a run and before each shard."""

from __future__ import annotations

from pathlib import Path
from time import monotonic

import pytest
from fake_renderer import fake_recipe

from synth.errors import EXIT_DISK, DiskError
from synth.run.disk import estimated_sample_bytes, free_bytes, require_room
from synth.run.limits import GIB, Limits
from synth.run.supervise import render_dataset


def test_it_refuses_when_estimate_margin_and_reserve_do_not_fit(tmp_path: Path) -> None:
    free = free_bytes(tmp_path)
    fits = (free - GIB) / 1.1 - 100e6
    require_room(tmp_path, fits, Limits())
    with pytest.raises(DiskError) as refusal:
        require_room(tmp_path, fits + 200e6, Limits())
    assert refusal.value.exit_code == EXIT_DISK == 28
    assert str(tmp_path) in str(refusal.value)
    assert "needed" in str(refusal.value)
    assert "free" in str(refusal.value)


def test_it_can_be_turned_off(tmp_path: Path) -> None:
    require_room(tmp_path, 1e30, Limits(check_disk=False))


def test_the_estimate_is_near_what_192_pixel_crops_were_measured_to_take() -> None:
    crop = {"width_px": 192, "height_px": 192}
    rgb = fake_recipe(8, 8, camera=crop, render={"frame": "full"}, outputs={"depth": False})
    both = fake_recipe(8, 8, camera=crop, render={"frame": "full"}, outputs={"depth": True})
    assert 10_339 < estimated_sample_bytes(rgb) < 1.25 * 10_339
    assert 10_339 + 12_853 < estimated_sample_bytes(both) < 1.25 * (10_339 + 12_853)


def test_further_truths_take_their_room_too() -> None:
    """24 demo samples with all of them took 63,590 bytes each."""
    everything = dict.fromkeys(("rgb", "depth", "normals", "parts", "alpha", "landmarks"), True)
    camera = {"distance_mm": [800, 1300]}
    assert 63_590 < estimated_sample_bytes(fake_recipe(8, 8, camera=camera, outputs=everything)) < 1.25 * 63_590
    for name in ("normals", "parts", "alpha", "landmarks"):
        less = estimated_sample_bytes(fake_recipe(8, 8, camera=camera, outputs=everything | {name: False}))
        assert less < estimated_sample_bytes(fake_recipe(8, 8, camera=camera, outputs=everything))


def test_a_refusal_takes_less_than_a_second_and_writes_no_shard(tmp_path: Path) -> None:
    began = monotonic()
    with pytest.raises(DiskError):
        render_dataset(fake_recipe(10**9, 1024), [], tmp_path / "out", renderer="fake_renderer:make_fake")
    assert monotonic() - began < 5  # promised: 1 s; five-fold slack
    assert not list((tmp_path / "out").rglob("*.h5"))


def test_noisy_pictures_are_larger_and_full_frames_too() -> None:
    plain = estimated_sample_bytes(fake_recipe(8, 8))
    assert estimated_sample_bytes(fake_recipe(8, 8, noise={"mode": "baked"})) > 1.3 * plain
    assert estimated_sample_bytes(fake_recipe(8, 8, render={"frame": "full"})) > 3 * plain
