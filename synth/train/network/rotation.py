"""Rotations on tensors: Euler angles of `300wlp`, the 6-D representation, the geodesic angle.

Everything is written with elementwise products, no matmul: inside autocast a matmul would be rounded to bfloat16, and
8 bits of mantissa are a third of a degree.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

# Under the root: keeps its gradient finite at angle 0 and 180, at the price of an error of 1e-6 rad at most.
_TINY = 1e-12
_GIMBAL_LOCK = 1e-6
_RADIANS = math.pi / 180  # torch.deg2rad has no ONNX counterpart


def rotation_from_euler(euler_deg: Tensor) -> Tensor:
    """(…, 3) degrees (pitch, yaw, roll), `300wlp` → (…, 3, 3) R_camera_from_head = Rx(-pitch) Ry(yaw) Rz(roll)."""
    angles = euler_deg * _RADIANS
    a, b, c = -angles[..., 0], angles[..., 1], angles[..., 2]
    sa, sb, sc, ca, cb, cc = a.sin(), b.sin(), c.sin(), a.cos(), b.cos(), c.cos()
    rows = [
        torch.stack([cb * cc, -cb * sc, sb], dim=-1),
        torch.stack([ca * sc + sa * sb * cc, ca * cc - sa * sb * sc, -sa * cb], dim=-1),
        torch.stack([sa * sc - ca * sb * cc, sa * cc + ca * sb * sc, ca * cb], dim=-1),
    ]
    return torch.stack(rows, dim=-2)


def euler_from_rotation(R: Tensor) -> Tensor:
    """(…, 3, 3) → (…, 3) degrees (pitch, yaw, roll) in `300wlp`; at yaw = ±90 (gimbal lock) the roll is 0.

    Its gradient is undefined there: for reading out, not for losses.
    """
    cosine = (R[..., 0, 0] ** 2 + R[..., 0, 1] ** 2).sqrt()
    locked = cosine < _GIMBAL_LOCK
    pitch = torch.where(locked, torch.atan2(-R[..., 2, 1], R[..., 1, 1]), torch.atan2(R[..., 1, 2], R[..., 2, 2]))
    yaw = torch.atan2(R[..., 0, 2], cosine)
    roll = torch.where(locked, torch.zeros_like(yaw), torch.atan2(-R[..., 0, 1], R[..., 0, 0]))
    return torch.stack([pitch, yaw, roll], dim=-1) / _RADIANS


def rotation_from_6d(six: Tensor) -> Tensor:
    """(…, 6) → (…, 3, 3): the first two columns, made orthonormal by Gram-Schmidt (Zhou et al., CVPR 2019).

    Columns that are zero or parallel give no rotation but a finite matrix, so that one bad output stops nothing.
    """
    first = _unit(six[..., :3])
    rest = six[..., 3:] - (first * six[..., 3:]).sum(dim=-1, keepdim=True) * first
    second = _unit(rest)
    return torch.stack([first, second, _cross(first, second)], dim=-1)


def geodesic_rad(R_a: Tensor, R_b: Tensor) -> Tensor:
    """The angle between two rotations, (…, 3, 3) each → (…) radians in [0, π].

    atan2 of the sine (the axis' length) and the cosine (the trace): exact at both ends, where acos of a clamped trace
    has no digits left, and with a gradient that is finite everywhere (0 at exactly 0 and π).
    """
    axis = _cross(R_a.transpose(-1, -2), R_b.transpose(-1, -2)).sum(dim=-2)  # columns: 2 sin(angle) · axis
    sine = 0.5 * ((axis**2).sum(dim=-1) + _TINY).sqrt()
    cosine = 0.5 * ((R_a * R_b).sum(dim=(-1, -2)) - 1)
    return torch.atan2(sine, cosine)


def _unit(vector: Tensor) -> Tensor:
    return vector / ((vector**2).sum(dim=-1, keepdim=True) + _TINY).sqrt()


def _cross(a: Tensor, b: Tensor) -> Tensor:
    """(…, 3) × (…, 3); torch.linalg.cross has no ONNX counterpart."""
    (a0, a1, a2), (b0, b1, b2) = a.unbind(dim=-1), b.unbind(dim=-1)
    return torch.stack([a1 * b2 - a2 * b1, a2 * b0 - a0 * b2, a0 * b1 - a1 * b0], dim=-1)
