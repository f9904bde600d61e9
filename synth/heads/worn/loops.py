"""The elastic bands that hold a face mask: around the ears."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from synth.heads.body import Body
from synth.heads.hair.scalp import EYE_HEIGHT_M, ear_distance
from synth.heads.mesh import vertex_normals
from synth.heads.part import FloatArray, Part
from synth.heads.worn.fabric import plain
from synth.heads.worn.glasses import joined, tube
from synth.heads.worn.membrane import Obstacle

BEHIND_EAR_M = ((0.0775, 0.012, 0.046), (0.0760, 0.008, 0.026), (0.0745, -0.016, 0.016), (0.0720, -0.040, 0.030))
"""Where a band passes the left ear on the template: over its root, behind it, under its lobe. (side, above the eyes,
to the front), m."""


def ear_loops(body: Body, corners: FloatArray, kind: str) -> Part:
    """Both bands as one part. `corners` (2, 2, 3): the mask's upper and lower corners, the subject's right first."""
    base, scale = body.base, body.scale
    rows = np.unique(base.quads["head"])
    template = base.vertices[rows]
    normals = vertex_normals(body.vertices, base.quads["head"])[rows]
    off_ear = ear_distance(template) > 0.001
    skin = Obstacle(body.vertices[rows][off_ear], normals[off_ear], np.full(int(off_ear.sum()), 0.0016 * scale))
    pieces, tree = [], skin.tree()
    for which, side in enumerate((-1.0, 1.0)):
        stops = [corners[0, which]]
        for x, y, z in BEHIND_EAR_M:
            wanted = np.array([side * x, EYE_HEIGHT_M + y, z])
            nearest = np.linalg.norm(template - wanted, axis=1).argmin()
            stops.append(body.vertices[rows[nearest]] + scale * (wanted - template[nearest]))
        stops.append(corners[1, which])
        path = np.array(stops)
        arc = np.r_[0, np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1))]
        at = np.linspace(0, arc[-1], 48)
        line = np.stack([np.interp(at, arc, path[:, axis]) for axis in range(3)], 1)
        line[1:-1] = ndimage.gaussian_filter1d(line, 1.5, axis=0, mode="nearest")[1:-1]
        for _ in range(3):
            lack, out = skin.lack_m(tree, line)
            line[2:-2] += (np.minimum(lack, 0.012)[:, None] * out)[2:-2]
        pieces.append(tube(line, np.full(len(line), 0.0011 * scale), sides=5))
    vertices, triangles = joined(pieces)
    dark = kind == "ffp2" and max(body.person.mask_rgb) < 0.1
    material = plain("mask.loops", (0.03, 0.03, 0.03) if dark else (0.72, 0.72, 0.71))
    return Part("mask.loops", vertices, triangles, np.zeros((len(vertices), 2)), material, joint="head")
