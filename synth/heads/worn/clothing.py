"""The bare torso and what is worn over it: shells of the body, cut cleanly along necklines, sleeves and hems."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from synth.heads.body import Body
from synth.heads.colour import linear_to_srgb, smooth_step, to_bytes
from synth.heads.cut import blend, clip_triangles, rim_band
from synth.heads.mesh import quads_to_triangles, split_by_uv, vertex_normals
from synth.heads.noise import value_noise
from synth.heads.part import ByteArray, FloatArray, IntArray, Material, Part
from synth.heads.person import Person
from synth.heads.skin.colour import RESTING_BLOOD, skin_rgb
from synth.heads.skin.features import THROAT_TONE
from synth.heads.skin.material import ground_colour
from synth.heads.skin.uvmap import picture_uv, torso_points
from synth.heads.worn.drape import draped

SKIN_PX, CLOTH_PX = 256, 256
CLOTH_OFFSET_M = 0.006
HIDDEN_M = 0.02
"""Skin further than this inside the cloth is left out: nobody sees it."""

NECK_AXIS_Z = 0.012
NECKLINE_TOP_M = 0.600
"""Height of the necklines' middle on the template: the openings are drawn below it, as seen from the front."""

NECKLINES_M = {"crew": (0.070, 0.046, 0.012), "v": (0.074, 0.098, 0.014), "scoop": (0.096, 0.084, 0.030)}
"""Half width, depth in front and depth behind of each opening."""

TURTLE_TOP_M = 0.635
JAW_M = 0.66
HEM_M, ANKLE_M = -0.03, -0.735
"""Heights of the shirt's lower end and of the trousers' on the template; the hips' joints are at 0.05."""

ARMS_FROM_M, HANDS_ABOVE_M = 0.21, 0.05
"""On the template, whose arms are half raised, all that is further out than the first and higher than the second."""

HANGING_M = 0.010
"""How much further off than at the neck a shirt stands at its hem."""

SLEEVES = {
    "long": (np.array([0.313, 0.349, 0.013]), np.array([0.431, 0.245, 0.176]), 1.0),
    "short": (np.array([0.168, 0.525, 0.015]), np.array([0.313, 0.349, 0.013]), 0.72),
}
"""Where a sleeve ends: between two places of the template's left arm (elbow and wrist, shoulder and elbow), and the
share of the way."""


def cloth_field(points: FloatArray, neckline: str) -> FloatArray:
    """How far inside the garment template points (N, 3) lie, m; negative outside."""
    if neckline == "turtle":
        return TURTLE_TOP_M - points[..., 1] + 0.35 * (NECK_AXIS_Z - points[..., 2]).clip(-0.06, 0.06)
    half_width, front, back = NECKLINES_M[neckline]
    depth = np.interp(points[..., 2], [-0.03, 0.04], [back, front])
    across = np.abs(points[..., 0]) / half_width
    down = (NECKLINE_TOP_M - points[..., 1]).clip(0) / depth
    roundness = 1.15 if neckline == "v" else 2.2
    return ((across**roundness + down**roundness) ** (1 / roundness) - 1) * half_width


def on_arms(points: FloatArray) -> np.ndarray:
    """Which template points (N, 3) lie on arms and hands."""
    return (np.abs(points[:, 0]) > ARMS_FROM_M) & (points[:, 1] > HANDS_ABOVE_M)


def sleeve_field(points: FloatArray, sleeves: str) -> FloatArray:
    """How far up the arm from the sleeve's end template points (N, 3) lie, m; negative beyond it, 1 off the arms."""
    start, end, share = SLEEVES[sleeves]
    length = float(np.linalg.norm(end - start))
    along = (np.stack([np.abs(points[:, 0]), points[:, 1], points[:, 2]], 1) - start) @ (end - start) / length
    return np.where(on_arms(points), share * length - along, 1.0)


def torso_parts(body: Body, skin_rng: np.random.Generator, rng: np.random.Generator) -> list[Part]:
    """The bare part of the torso, and the garment. `skin_rng` must be the one that painted the head's ground."""
    return [_bare_torso(body, skin_rng), *garments(body, rng)]


def _bare_torso(body: Body, rng: np.random.Generator) -> Part:
    rows, uv_rows, triangles = split_by_uv(body.base.quads["torso"], body.base.uv_quads["torso"])
    field = cloth_field(body.base.vertices[rows], body.person.neckline)
    triangles = triangles[field[triangles].min(1) < HIDDEN_M]
    kept, triangles = np.unique(triangles, return_inverse=True)
    rows, uv = rows[kept], picture_uv(body.base.uv[uv_rows[kept]], "torso")
    uv_map, points = torso_points(SKIN_PX)
    picture = to_bytes(linear_to_srgb(uv_map.fill(ground_colour(points, body.person, rng))))
    material = Material("torso", base_colour_texture=picture, roughness=0.6, specular=0.35, jpeg_quality=80)
    shape = body.vertices[rows], triangles.reshape(-1, 3), uv
    return Part("torso", *shape, material, weights=body.weights[rows], normals=skin_normals(body)[rows])


def skin_normals(body: Body) -> FloatArray:
    """Normals (V, 3) of head and torso as one surface, without the cuts of UV map and parts."""
    return vertex_normals(body.vertices, np.concatenate([body.base.quads["torso"], body.base.quads["head"]]))


def garments(body: Body, rng: np.random.Generator) -> list[Part]:
    """What is worn: shirt, trousers and shoes; and the skin that shows from the sleeves on."""
    base, person = body.base, body.person
    cut = Cutting.of(body)
    height = base.vertices[:, 1]
    shirt = np.minimum(cloth_field(base.vertices, person.neckline), sleeve_field(base.vertices, person.sleeves))
    shirt = np.minimum(shirt, np.where(on_arms(base.vertices), 1.0, height - HEM_M))
    legs = np.minimum(HEM_M + 0.03 - height, height - ANKLE_M)
    legs = np.where(on_arms(base.vertices), -1.0, legs)
    bare = 0.02 - sleeve_field(base.vertices, person.sleeves)
    red, green, blue = person.trouser_rgb
    trousers = Material("trousers", base_colour=person.trouser_rgb, roughness=0.85, specular=0.2)
    leather = Material("shoes", base_colour=(0.35 * red, 0.35 * green, 0.35 * blue), roughness=0.5)
    return [
        cut.piece("garment", shirt, cut.draped, cloth_lift, cloth_material(body, rng), rng),
        cut.piece("garment.trousers", legs, cut.draped, trouser_lift, trousers, rng),
        cut.piece("garment.shoes", ANKLE_M + 0.02 - height, cut.draped, 0.006, leather, rng),
        cut.piece("torso.arms", bare, body.vertices, 0.0, _plain_skin(person), rng),
    ]


def _plain_skin(person: Person) -> Material:
    """The skin of arms and hands: one colour, the mean of the torso's."""
    red, green, blue = (float(c) for c in skin_rgb(np.array(person.skin_tone + THROAT_TONE), np.array(RESTING_BLOOD)))
    return Material("torso", base_colour=(red, green, blue), roughness=0.6, specular=0.35)


def cloth_lift(template: FloatArray) -> FloatArray:
    """How far a shirt stands off the body (N,), m at template size: little at the neck, more where it hangs."""
    hangs = smooth_step(0.46, 0.05, template[:, 1])
    return CLOTH_OFFSET_M + HANGING_M * np.where(on_arms(template), 0.35, hangs)


def trouser_lift(template: FloatArray) -> FloatArray:
    """How far trousers stand off the body (N,), m at template size: little at the hips, more down the legs."""
    return 0.004 + 0.014 * smooth_step(-0.05, -0.5, template[:, 1])


@dataclass(frozen=True, eq=False)
class Cutting:
    """The surface that garments are cut from: the body's shell and the head's island near it."""

    body: Body
    triangles: IntArray
    normals: FloatArray
    draped: FloatArray

    @classmethod
    def of(cls, body: Body) -> Cutting:
        """The body's surface below the jaw, as it is and draped."""
        base = body.base
        head = quads_to_triangles(base.quads["head"])
        triangles = np.concatenate([base.body_shell, head[base.vertices[head][..., 1].max(1) < JAW_M]])
        normals = vertex_normals(body.vertices, np.concatenate([base.body_shell, head]))
        return cls(body, triangles, normals, draped(body, normals))

    def piece(
        self,
        name: str,
        field: FloatArray,
        surface: FloatArray,
        lift: float | Callable[[FloatArray], FloatArray],
        material: Material,
        rng: np.random.Generator,
    ) -> Part:
        """Where `field` (V,) is positive, cut cleanly, lifted off `surface` (V, 3) by `lift`, with a turned-in rim."""
        corners, shares, triangles = clip_triangles(self.triangles, field)
        template = blend(self.body.base.vertices, corners, shares)
        place, weights = blend(surface, corners, shares), blend(self.body.weights, corners, shares)
        normal = blend(self.normals, corners, shares)
        normal /= np.linalg.norm(normal, axis=1, keepdims=True) + 1e-9
        off = self.body.scale * (lift(template) if callable(lift) else np.full(len(template), lift))
        off = off * (1 + 0.25 * value_noise(template, 16, rng, 2).clip(-1.5, 1.5))
        rim_of, rim = rim_band(triangles)
        tucked = (place + normal * np.minimum(off - 0.004, 0.004)[:, None])[rim_of]
        tucked -= normal[rim_of] * 0.0035
        vertices = np.concatenate([place + normal * off[:, None], tucked])
        uv = _cloth_uv(np.concatenate([template, template[rim_of]]))
        weights = np.concatenate([weights, weights[rim_of]])
        return Part(name, vertices, np.concatenate([triangles, rim]), uv, material, weights=weights)


def _cloth_uv(template: FloatArray) -> FloatArray:
    """One picture every 0.3 m, seen slantwise, so that neither a seam nor a mirrored pattern shows."""
    return np.stack([(template[:, 0] + 0.5 * template[:, 2]) / 0.3, -template[:, 1] / 0.3], 1)


def cloth_material(body: Body, rng: np.random.Generator) -> Material:
    """The shirt's cloth."""
    return Material("garment", cloth_picture(body, rng), roughness=0.85, specular=0.2, jpeg_quality=80)


def cloth_picture(body: Body, rng: np.random.Generator) -> ByteArray:
    """The cloth's colour (CLOTH_PX, CLOTH_PX, 3) uint8 sRGB, tileable: plain, striped or mottled, with a soft weave."""
    person = body.person
    turn = 2 * np.pi * (np.arange(CLOTH_PX) + 0.5) / CLOTH_PX
    u, v = np.meshgrid(turn, turn)
    ring = np.stack([np.cos(u), np.sin(u), np.cos(v), np.sin(v)], -1) * 0.5
    soft = value_noise(ring[..., [0, 1, 2]] + ring[..., [3, 3, 1]] * 0.7, 3, rng, 3)
    weave = rng.normal(0, 1, u.shape)
    first, second = np.array(person.garment_rgb), np.array(person.pattern_rgb)
    share = np.zeros_like(u)
    if person.garment_pattern == "stripes":
        share = smooth_step(-0.15, 0.15, np.sin(v * rng.integers(4, 14) + 0.15 * np.sin(u * 3)))
    elif person.garment_pattern == "mottled":
        share = 0.6 * smooth_step(-0.6, 1.2, soft)
    colour = first * (1 - share[..., None]) + second * share[..., None]
    return to_bytes(linear_to_srgb(np.clip(colour * np.exp(0.10 * soft + 0.07 * weave)[..., None], 0, 0.9)))
