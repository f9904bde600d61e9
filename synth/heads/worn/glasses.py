"""Eyeglass frames: rims, a bridge on the nose, temples that hook over the ears; sunglasses with dark lenses.

Clear glasses have no lenses: thin transparent sheets cost a path tracer more noise than they show. The lenses of
sunglasses are opaque, so that a ray hits what the picture shows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.interpolate import PchipInterpolator

from synth.errors import HeadError
from synth.heads.body import Body
from synth.heads.hair.scalp import EYE_HEIGHT_M
from synth.heads.mesh import quads_to_triangles
from synth.heads.part import FloatArray, IntArray, Material, Part

RIM_POINTS = 44


@dataclass(frozen=True)
class Frame:
    """A kind of frame; lengths in metres on a head of template size."""

    half_width: float
    half_height: float
    squareness: float
    """Exponent of the superellipse: 2 round, 4 and more boxy."""
    rim: float
    """Radius of the rim's wire."""
    brow: float
    """Radius of the upper rim, where it is thicker."""
    drop: float
    """How far the outer lower corner of an aviator's lens hangs."""
    cat: float
    """How far the outer upper corner rises."""
    half_rim: bool
    """Whether the lower half has no rim."""
    dark: bool = False
    """Whether there are lenses, opaque ones."""


FRAMES: dict[str, Frame] = {
    "round": Frame(0.0225, 0.0215, 2.0, 0.0009, 0.0009, 0.0, 0.0, False),
    "rectangle": Frame(0.0255, 0.0165, 4.5, 0.0013, 0.0015, 0.0, 0.0, False),
    "wide": Frame(0.0270, 0.0215, 3.2, 0.0019, 0.0021, 0.0, 0.0015, False),
    "half": Frame(0.0255, 0.0160, 3.8, 0.0011, 0.0013, 0.0, 0.0, True),
    "browline": Frame(0.0255, 0.0195, 2.8, 0.0008, 0.0021, 0.0, 0.0010, False),
    "aviator": Frame(0.0270, 0.0225, 2.5, 0.0008, 0.0008, 0.0045, 0.0, False),
    "sun_wide": Frame(0.0268, 0.0202, 3.2, 0.0019, 0.0024, 0.0, 0.0025, False, dark=True),
    "sun_aviator": Frame(0.0272, 0.0222, 2.3, 0.0008, 0.0009, 0.0060, 0.0, False, dark=True),
    "sun_round": Frame(0.0228, 0.0226, 2.0, 0.0011, 0.0011, 0.0, 0.0, False, dark=True),
}
LENS_TINTS = ((0.010, 0.010, 0.011), (0.020, 0.011, 0.006), (0.008, 0.013, 0.009))
MIRRORED_SHARE = 0.15
LENS_RISE_M = 0.0022
"""How far the middle of a dark lens stands before its rim."""


def glasses_parts(body: Body, rng: np.random.Generator) -> list[Part]:
    """The glasses that `body.person` wears, rigid on the head: a frame and, of sunglasses, lenses; or none.

    Raises HeadError for a kind of frame that isn't in `FRAMES`.
    """
    person = body.person
    if person.glasses == "none":
        return []
    if person.glasses not in FRAMES:
        known = ", ".join(FRAMES)
        raise HeadError(f"There are no glasses called {person.glasses}.", where="glasses", mend=f"Use one of {known}.")
    frame, face = FRAMES[person.glasses], _Face(body)
    size = float(rng.uniform(0.95, 1.06)) * face.fit
    rims = [_rim(frame, face, side, size) for side in (1.0, -1.0)]
    pieces = [_rim_tube(frame, rim, face.scale) for rim in rims]
    pieces.append(tube(_bridge(frame, face, rims), np.full(9, max(frame.rim, 0.0010) * face.scale)))
    for side, rim in zip((1.0, -1.0), rims, strict=True):
        path = _temple(face, side, rim)
        # Temples thin out towards the ear's hook.
        radius = np.interp(np.linspace(0, 1, len(path)), [0, 0.1, 1], [1.1, 0.9, 0.8])
        pieces.append(tube(path, radius * max(frame.rim, 0.0010) * face.scale))
    vertices, triangles = joined(pieces)
    metal = bool(person.glasses_metal)
    material = Material(
        name="glasses",
        base_colour=person.glasses_rgb,
        roughness=0.32 if metal else 0.38,
        specular=0.5,
        metallic=1.0 if metal else 0.0,
    )
    parts = [Part("glasses", vertices, triangles, np.zeros((len(vertices), 2)), material, joint="head")]
    return [*parts, _lenses(rims, face.scale, rng)] if frame.dark else parts


def _lenses(rims: list[FloatArray], scale: float, rng: np.random.Generator) -> Part:
    """Both dark lenses as one part: slightly domed, glossy, some mirrored."""
    tint = LENS_TINTS[int(rng.integers(len(LENS_TINTS)))]
    mirrored, silver = rng.random() < MIRRORED_SHARE, float(rng.uniform(0.25, 0.5))
    pieces = []
    for rim, side in zip(rims, (1.0, -1.0), strict=True):
        out = np.linspace(1, 0, 6)[:-1, None, None]
        middle, count = rim.mean(0), len(rim)
        points = middle + out * (rim - middle)
        points[..., 2] += LENS_RISE_M * scale * (1 - out[..., 0] ** 2)
        i, k = np.meshgrid(np.arange(4), np.arange(count), indexing="ij")
        a, b = i * count + k, i * count + (k + 1) % count
        rings = [np.stack(t, -1).reshape(-1, 3) for t in ((a, b, b + count), (a, b + count, a + count))]
        last = 4 * count + np.arange(count)
        fan = np.stack([last, np.roll(last, -1), np.full(count, 5 * count)], 1)
        sheet = np.concatenate([*rings, fan])
        top = middle + np.array([0.0, 0.0, LENS_RISE_M * scale])
        pieces.append((np.concatenate([points.reshape(-1, 3), top[None]]), sheet if side > 0 else sheet[:, ::-1]))
    vertices, triangles = joined(pieces)
    colour = (silver, 1.05 * silver, 1.15 * silver) if mirrored else tint
    gloss = Material("glasses.lenses", base_colour=colour, roughness=0.07, specular=0.5, metallic=float(mirrored))
    return Part("glasses.lenses", vertices, triangles, np.zeros((len(vertices), 2)), gloss, joint="head")


class _Face:
    """What glasses rest on: eyes, nose, temples and ears of one head."""

    def __init__(self, body: Body) -> None:
        self.scale = body.scale
        self.eyes = {1.0: body.joints["eye.L"], -1.0: body.joints["eye.R"]}
        self.middle = 0.5 * (self.eyes[1.0] + self.eyes[-1.0])
        self.rows = np.unique(body.base.quads["head"])
        self.skin = body.vertices[self.rows]
        self._template = body.base.vertices[self.rows]
        self._dense = _denser(body.vertices, quads_to_triangles(body.base.quads["head"]))
        # Frames follow the width of the face more than the distance of the eyes.
        width = 2 * np.abs(self.near([0.0745, EYE_HEIGHT_M + 0.006, 0.078])[0])
        self.fit = 0.5 * self.scale + 0.5 * float(width) / 0.149

    def near(self, template: list[float]) -> FloatArray:
        """(3,) the skin vertex nearest a template position."""
        nearest = np.linalg.norm(self._template - np.array(template), axis=1).argmin()
        return np.asarray(self.skin[nearest])

    def front(self, x: float, y: float, reach: float) -> float:
        """The foremost z of the skin within `reach` of (x, y)."""
        near = np.hypot(self._dense[:, 0] - x, self._dense[:, 1] - y) < reach
        return float(self._dense[near, 2].max()) if near.any() else float(self.middle[2])

    def side_reach(self, side: float, y: float, z: float) -> float:
        """How far the head (not the ear) reaches sideways at height y and depth z, m."""
        near = (np.hypot(self.skin[:, 1] - y, self.skin[:, 2] - z) < 0.012 * self.scale) & (side * self.skin[:, 0] > 0)
        return float((side * self.skin[near, 0]).max()) if near.any() else 0.0


def _denser(vertices: FloatArray, triangles: IntArray) -> FloatArray:
    corner = vertices[triangles]
    return np.concatenate(
        [vertices[np.unique(triangles)], corner.mean(1), *(0.5 * (corner + np.roll(corner, 1, 1))).swapaxes(0, 1)]
    )


def _rim(frame: Frame, face: _Face, side: float, size: float) -> FloatArray:
    """(RIM_POINTS, 3) the closed outline of one lens, counted from the outer corner upwards."""
    angle = np.linspace(0, 2 * np.pi, RIM_POINTS, endpoint=False)
    power = 2.0 / frame.squareness
    x = np.sign(np.cos(angle)) * np.abs(np.cos(angle)) ** power
    y = np.sign(np.sin(angle)) * np.abs(np.sin(angle)) ** power
    eye = face.eyes[side]
    # Lens centres stand a little outside the pupils and below them;
    # wider lenses move out to leave the nose its room.
    centre = max(0.0012 * size, frame.half_width * size + 0.0085 * size - float(np.abs(eye[0])))
    out = x * frame.half_width * size + centre
    up = y * frame.half_height * size - 0.0035 * size
    up = (
        up
        + frame.cat * size * np.clip(x, 0, 1) * np.clip(y, 0, 1)
        - frame.drop * size * np.clip(-y, 0, 1) * (0.3 + 0.5 * x)
    )
    px, py = eye[0] + side * out, eye[1] + up
    plane = max(
        eye[2] + 0.021 * face.scale,
        *(face.front(a, b, 0.004) for a, b in zip(px, py, strict=True) if abs(a - face.middle[0]) > 0.017),
    )
    wrap = 4.0 * np.clip(np.abs(px - face.middle[0]) - 0.02, 0, None) ** 2
    return np.c_[px, py, plane + 0.0015 - wrap]


def _rim_tube(frame: Frame, rim: FloatArray, scale: float) -> tuple[FloatArray, IntArray]:
    height = np.sin(np.linspace(0, 2 * np.pi, RIM_POINTS, endpoint=False))
    radius = scale * np.where(height > 0.25, frame.brow, frame.rim)
    if not frame.half_rim:
        return tube(rim, radius, closed=True)
    # Half rims: the upper arc only, from the nose's side over the top to the outer corner.
    upper = np.roll(np.arange(RIM_POINTS), 4)[: RIM_POINTS // 2 + 9]
    return tube(rim[upper], radius[upper])


def _bridge(frame: Frame, face: _Face, rims: list[FloatArray]) -> FloatArray:
    """(9, 3) an arch between the lenses that rests on the nose."""
    ends = []
    for rim in rims:
        high = rim[:, 1] > np.median(rim[:, 1])
        inner = np.where(high, np.abs(rim[:, 0] - face.middle[0]), np.inf)
        ends.append(rim[np.argmin(inner)] + np.array([0.0, 0.001, 0.0]))
    t = np.linspace(0, 1, 9)[:, None]
    path = ends[0] * (1 - t) + ends[1] * t
    arch = np.sin(np.pi * t[:, 0])
    path[:, 1] += 0.0035 * face.scale * arch
    nose = np.array([face.front(x, y, 0.003) for x, y in path[:, :2]])
    path[:, 2] = np.maximum(path[:, 2] + 0.001 * arch, nose + frame.rim * face.scale + 0.0008)
    return path


def _temple(face: _Face, side: float, rim: FloatArray) -> FloatArray:
    """(N, 3) from the outer corner of a rim past the temple over the ear and down behind it."""
    hinge = rim[np.argmax(side * rim[:, 0] + 0.35 * rim[:, 1])]
    ear = face.near([side * 0.079, EYE_HEIGHT_M + 0.007, 0.055])
    hook = face.near([side * 0.080, EYE_HEIGHT_M - 0.020, 0.035])
    z = np.linspace(hinge[2] - 0.006, ear[2] - 0.004, 7)
    y = np.linspace(hinge[1], ear[1] + 0.004, 7)
    out = [side * hinge[0] + 0.002]
    for k in range(1, 7):
        out.append(max(face.side_reach(side, y[k], z[k]) + 0.002, out[0] + (abs(ear[0]) - out[0]) * k / 6))
    out[-1] = abs(ear[0]) + 0.0015
    straight = np.c_[side * np.array(out), y, z]
    bend = np.array(
        [
            [side * (abs(ear[0]) + 0.001), ear[1] - 0.001, ear[2] - 0.012],
            [side * abs(hook[0]), hook[1], hook[2] - 0.006],
        ]
    )
    path = np.concatenate([hinge[None], straight, bend])
    arc = np.r_[0, np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1))]
    return np.asarray(PchipInterpolator(arc, path)(np.linspace(0, arc[-1], 16)))


def tube(path: FloatArray, radius: FloatArray, sides: int = 6, closed: bool = False) -> tuple[FloatArray, IntArray]:
    """A tube of `sides` along `path` (N, 3) with `radius` (N,): (vertices (N*sides, 3), triangles)."""
    count = len(path)
    tangent = np.roll(path, -1, 0) - np.roll(path, 1, 0) if closed else np.gradient(path, axis=0)
    tangent = tangent / (np.linalg.norm(tangent, axis=1, keepdims=True) + 1e-12)
    up = np.array([0.0, 0.0, 1.0]) if np.abs(tangent[:, 2]).mean() < 0.7 else np.array([0.0, 1.0, 0.0])
    across = np.cross(tangent, up)
    across /= np.linalg.norm(across, axis=1, keepdims=True) + 1e-12
    other = np.cross(tangent, across)
    angle = np.linspace(0, 2 * np.pi, sides, endpoint=False)
    ring = np.cos(angle)[None, :, None] * across[:, None] + np.sin(angle)[None, :, None] * other[:, None]
    vertices = (path[:, None] + radius[:, None, None] * ring).reshape(-1, 3)
    i, k = np.meshgrid(np.arange(count if closed else count - 1), np.arange(sides), indexing="ij")
    j, m = (i + 1) % count, (k + 1) % sides
    a, b, c, d = i * sides + k, j * sides + k, j * sides + m, i * sides + m
    triangles = np.concatenate([np.stack(t, -1).reshape(-1, 3) for t in ((a, d, b), (b, d, c))])
    if not closed:
        # Flat caps: a fan from each end's first vertex.
        fan = np.array([(0, n, n + 1) for n in range(1, sides - 1)])
        triangles = np.concatenate([triangles, fan[:, ::-1], fan + (count - 1) * sides])
    return vertices, triangles


def joined(pieces: list[tuple[FloatArray, IntArray]]) -> tuple[FloatArray, IntArray]:
    """Meshes as one: (vertices, triangles)."""
    starts = np.cumsum([0, *(len(vertices) for vertices, _ in pieces)])
    triangles = [triangles + start for (_, triangles), start in zip(pieces, starts, strict=False)]
    return np.concatenate([vertices for vertices, _ in pieces]), np.concatenate(triangles)
