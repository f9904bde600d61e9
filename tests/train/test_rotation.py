"""Rotations on tensors, against the tested ones on arrays."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from synth.geometry.pose import euler_from_rotation as euler_of_array
from synth.geometry.pose import geodesic_deg, rotation_from_euler
from synth.train.network import rotation


def angles(count: int = 200) -> torch.Tensor:
    random = torch.Generator().manual_seed(2)
    spread = torch.tensor([170.0, 88.0, 170.0])
    return (2 * torch.rand(count, 3, generator=random, dtype=torch.float64) - 1) * spread


def test_angles_become_the_same_matrices_as_with_scipy():
    ours = rotation.rotation_from_euler(angles())
    np.testing.assert_allclose(ours.numpy(), rotation_from_euler(angles().numpy()), atol=1e-12)


def test_matrices_become_the_same_angles_as_with_scipy():
    R = rotation_from_euler(angles().numpy())
    ours = rotation.euler_from_rotation(torch.from_numpy(R))
    np.testing.assert_allclose(ours.numpy(), euler_of_array(R), atol=1e-8)


@pytest.mark.parametrize("yaw_deg", [90.0, -90.0])
def test_at_gimbal_lock_the_angles_still_mean_the_same_rotation(yaw_deg):
    R = rotation.rotation_from_euler(torch.tensor([[20.0, yaw_deg, 35.0]], dtype=torch.float64))
    found = rotation.euler_from_rotation(R)
    assert found[0, 2] == 0
    torch.testing.assert_close(rotation.rotation_from_euler(found), R, atol=1e-6, rtol=0)


def test_six_numbers_become_a_rotation_whose_first_columns_they_are():
    R = torch.from_numpy(rotation_from_euler(angles().numpy()))
    six = torch.cat([3 * R[..., 0], 2 * R[..., 1] + 0.7 * R[..., 0]], dim=-1)
    torch.testing.assert_close(rotation.rotation_from_6d(six), R, atol=1e-9, rtol=0)


def test_any_six_numbers_become_a_rotation_and_useless_ones_stay_finite():
    R = rotation.rotation_from_6d(torch.randn(100, 6, dtype=torch.float64))
    torch.testing.assert_close(R @ R.transpose(1, 2), torch.eye(3, dtype=torch.float64).expand(100, 3, 3))
    torch.testing.assert_close(torch.linalg.det(R), torch.ones(100, dtype=torch.float64))
    useless = torch.tensor([[0.0] * 6, [1.0, 0, 0, 2, 0, 0]], requires_grad=True)
    bad = rotation.rotation_from_6d(useless)
    bad.sum().backward()
    assert bad.isfinite().all()
    assert useless.grad is not None
    assert useless.grad.isfinite().all()


def test_the_angle_between_rotations_is_scipys():
    a, b = rotation_from_euler(angles().numpy()), rotation_from_euler(angles().flip(0).numpy())
    ours = torch.rad2deg(rotation.geodesic_rad(torch.from_numpy(a), torch.from_numpy(b)))
    np.testing.assert_allclose(ours.numpy(), geodesic_deg(a, b), atol=1e-6)


@pytest.mark.parametrize("turn_deg", [0.0, 1e-3, 90.0, 179.999, 180.0])
def test_the_angle_and_its_gradient_are_finite_from_0_to_180(turn_deg):
    six = torch.tensor([1.0, 0, 0, 0, 1, 0], requires_grad=True)
    other = rotation.rotation_from_euler(torch.tensor([0.0, turn_deg, 0.0]))
    angle = rotation.geodesic_rad(rotation.rotation_from_6d(six), other)
    angle.backward()
    assert float(angle.detach()) == pytest.approx(math.radians(turn_deg), abs=2e-6)
    assert six.grad is not None
    assert six.grad.isfinite().all()
    assert six.grad.norm() < 2


def test_the_gradient_turns_toward_the_target():
    """A step against it brings the rotation closer, also from almost the opposite side."""
    target = rotation.rotation_from_euler(torch.tensor([20.0, 150.0, -60.0]))
    six = torch.tensor([1.0, 0, 0, 0, 1, 0], requires_grad=True)
    for _ in range(100):
        angle = rotation.geodesic_rad(rotation.rotation_from_6d(six), target)
        (gradient,) = torch.autograd.grad(angle, six)
        six = (six - 0.05 * gradient).detach().requires_grad_()
    assert math.degrees(float(angle.detach())) < 5


def test_bfloat16_arithmetic_around_it_costs_no_digits():
    a, b = (rotation.rotation_from_euler(angles().float()[rows]) for rows in (slice(100), slice(100, 200)))
    plain = rotation.geodesic_rad(a, b)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        mixed = rotation.geodesic_rad(a, b)
    assert torch.equal(plain, mixed)
