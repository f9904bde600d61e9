"""What is seen when a mouth opens: where teeth and tongue sit behind the lips, and the teeth's picture."""

from __future__ import annotations

import functools

import numpy as np
from scipy.spatial import cKDTree

from synth.heads.base import BaseMesh
from synth.heads.colour import linear_to_srgb, smooth_step, srgb_to_linear, to_bytes
from synth.heads.frontal import landmarks
from synth.heads.part import ByteArray, FloatArray, IntArray

UPPER_LIP = 62
"""The landmark on the middle of the upper lip's inner edge."""

BEHIND_LIPS, BELOW_LIP = 0.0045, 0.0010
"""Where the upper teeth's front edge sits against the upper lip's inner edge, m, on an adult."""

OVERJET = 0.0028
"""How far the lower teeth stand behind the upper ones, m, on an adult."""

WITHIN_SKIN = 0.003
"""How far below the skin in front of them teeth lie at least, m, on an adult."""

ROOTS = 0.4
"""Height of the lower teeth with their gums over the template's: the rest would come out of a small chin."""

ARCH_M = 0.060
"""Outer breadth of the dental arch of an adult."""

TOOTH_MM = (8.5, 6.7, 7.6, 7.1, 6.8, 10.2, 9.8)
"""Widths of the upper teeth from the middle to the back, textbook means; the lower ones are drawn alike."""

CROWN = (0.44, 0.40, 0.44, 0.38, 0.36, 0.32, 0.30)
"""Height of the crowns over the height of the strip of teeth and gums, from the middle to the back."""

PICTURE_W, PICTURE_H = 384, 48
ENAMEL_SRGB, GUM_SRGB, GAP_SRGB = (0.90, 0.87, 0.79), (0.66, 0.36, 0.35), (0.36, 0.22, 0.19)


@functools.lru_cache(maxsize=1)
def _face_rows(base: BaseMesh) -> IntArray:
    """Template vertices of the skin about mouth and chin, seen from the front."""
    rows = np.unique(base.quads["head"])
    x, y, z = (base.vertices[rows] - [0, base.eye_height, 0]).T
    return rows[(np.abs(x) < 0.045) & (y > -0.112) & (y < -0.035) & (z > 0.10)]


def seat_teeth(base: BaseMesh, vertices: FloatArray, face_breadth_mm: float) -> FloatArray:
    """Vertices (V, 3) m with teeth and tongue behind the lips, as wide as fits the face.

    Features move lips and chin but not the teeth: a child's would stand far back and come out at the chin.
    """
    lip = landmarks(base, vertices)[UPPER_LIP]
    size = face_breadth_mm / 142
    upper, lower = np.unique(base.quads["teeth_u"]), np.unique(base.quads["teeth_l"])
    tongue = np.unique(base.quads["tongue"])
    front = vertices[upper, 2].max()
    edge = np.array([0.0, vertices[upper, 1].min(), front])
    seat = np.array([0.0, lip[1] - size * BELOW_LIP, lip[2] - size * BEHIND_LIPS])
    wide = float(np.clip(ARCH_M * size / np.ptp(vertices[upper, 0]), 0.7, 1.15))
    moved = vertices.copy()
    for rows in (upper, lower, tongue):
        moved[rows] = (vertices[rows] - edge) * wide + seat
    top = moved[lower, 1].max()
    moved[lower, 1] = top + ROOTS * (moved[lower, 1] - top)
    for rows in (lower, tongue):
        moved[rows, 2] -= size * OVERJET
    front = _face_rows(base)
    skin = cKDTree(vertices[front, :2])
    for rows in (upper, lower, tongue):
        near = skin.query(moved[rows, :2], k=4)[1]
        moved[rows, 2] = np.minimum(moved[rows, 2], vertices[front][near, 2].min(1) - size * WITHIN_SKIN)
    return moved


def teeth_uv(base: BaseMesh, rows: IntArray) -> FloatArray:
    """Where the template's teeth vertices `rows` (N,) lie in `teeth_picture`: (N, 2), glTF convention.

    u runs along the arch, v from the gums (0) to the biting edge (1).
    """
    x, y, z = (base.vertices[rows] - [0, base.eye_height, 0]).T
    back, front = z.min(), z.max()
    turn = np.arctan2(np.abs(x) / np.abs(x).max(), (z - back) / (front - back)) / (np.pi / 2)
    upper = set(rows.tolist()) <= set(np.unique(base.quads["teeth_u"]).tolist())
    height = (y - y.min()) / np.ptp(y)
    return np.stack([0.5 + 0.49 * np.sign(x) * turn, 1 - height if upper else height], 1)


def teeth_picture(age_years: float, rng: np.random.Generator) -> ByteArray:
    """Enamel, gaps and gums (PICTURE_H, PICTURE_W, 3) uint8 sRGB; yellower with age."""
    edges = np.concatenate([[0], np.cumsum(TOOTH_MM)]) / np.sum(TOOTH_MM)
    along = np.abs((np.arange(PICTURE_W) + 0.5) / PICTURE_W * 2 - 1)
    tooth = np.clip(np.searchsorted(edges, along) - 1, 0, len(TOOTH_MM) - 1)
    width = np.diff(edges)[tooth]
    inside = np.minimum(along - edges[tooth], edges[tooth + 1] - along) / width  # 0 in a gap to 0.5 amid a tooth
    down = ((np.arange(PICTURE_H) + 0.5) / PICTURE_H)[:, None]
    gum_line = 1 - np.array(CROWN)[tooth] - 0.10 * (0.5 - inside) ** 2 * 4 + 0.05
    crown = smooth_step(-0.04, 0.04, down - gum_line)
    gap = smooth_step(0.10, 0.0, inside)[None] * smooth_step(0.0, 0.25, down - gum_line)
    yellow = np.array([1.0, 0.985, 0.93]) ** (0.3 + 2.2 * np.clip(age_years / 80, 0, 1) + rng.uniform(0, 0.8))
    shade = rng.uniform(0.94, 1.04, len(TOOTH_MM))[tooth] * (1 - 0.10 * smooth_step(0.75, 1.0, down))
    enamel = srgb_to_linear(ENAMEL_SRGB) * yellow * shade[..., None]
    enamel = enamel * (1 - 0.75 * gap[..., None]) + srgb_to_linear(GAP_SRGB) * 0.75 * gap[..., None]
    gum = srgb_to_linear(GUM_SRGB)
    return to_bytes(linear_to_srgb(enamel * crown[..., None] + gum * (1 - crown[..., None])))
