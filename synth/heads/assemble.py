"""A person to the list of parts of their head."""

from __future__ import annotations

import numpy as np

from synth.heads.colour import srgb_to_linear
from synth.heads.eyes.eyes import eye_parts
from synth.heads.hair.beard import beard_parts
from synth.heads.hair.hair import hair_parts
from synth.heads.hair.thin import LIGHT_SHARE, LIGHT_TEXTURE_PX, thin_strands
from synth.heads.mesh import split_by_uv
from synth.heads.part import Body, Material, Part
from synth.heads.person import Person
from synth.heads.shape import shape_body
from synth.heads.skin.colour import plain_skin_rgb
from synth.heads.skin.material import skin_material
from synth.heads.skin.uvmap import picture_uv
from synth.heads.worn.clothing import skin_normals, torso_parts
from synth.heads.worn.glasses import glasses_parts
from synth.heads.worn.headwear import headwear
from synth.heads.worn.masks import face_mask

STREAMS = ("skin", "ground", "eyes", "clothing", "hair", "beard", "glasses", "hat", "mask")
"""Every group of parts draws from its own stream, so that a change to one doesn't move the others."""


def streams(seed: int) -> dict[str, np.random.Generator]:
    """The generators of one head, by name."""
    return {name: np.random.default_rng([seed, index]) for index, name in enumerate(STREAMS)}


def assemble(person: Person, seed: int, texture_px: int) -> tuple[Body, list[Part]]:
    """The body and all its parts, rest pose, m, glTF frame. `seed` drives what `person` doesn't fix: grain, strands."""
    body = shape_body(person)
    rng = streams(seed)
    skin = skin_material(body, rng["skin"], rng["ground"], texture_px)
    parts = [_island(body, "skin", ("head",), skin), *_inner_parts(body)]
    parts += eye_parts(body, rng["eyes"])
    parts += torso_parts(body, streams(seed)["ground"], rng["clothing"])
    grown = [*hair_parts(body, rng["hair"]), *beard_parts(body, rng["beard"])]
    if texture_px <= LIGHT_TEXTURE_PX:
        grown = [thin_strands(part, LIGHT_SHARE.get(part.name.split(".")[0], 1.0)) for part in grown]
    grown = face_mask(body, headwear(body, grown, parts, rng["hat"]), rng["mask"])
    parts += [*grown, *glasses_parts(body, rng["glasses"])]
    return body, parts


def _island(body: Body, name: str, shapes: tuple[str, ...], material: Material, joint: str | None = None) -> Part:
    """A piece of the template as a part; on `joint`, or skinned where that is None."""
    quads = np.concatenate([body.base.quads[shape] for shape in shapes])
    uv_quads = np.concatenate([body.base.uv_quads[shape] for shape in shapes])
    rows, uv_rows, triangles = split_by_uv(quads, uv_quads)
    uv = body.base.uv[uv_rows]
    uv = picture_uv(uv, "head") if shapes == ("head",) else np.stack([uv[:, 0], 1 - uv[:, 1]], 1)
    weights = body.weights[rows] if joint is None else None
    normals = skin_normals(body)[rows] if shapes == ("head",) else None
    return Part(name, body.vertices[rows], triangles, uv, material, joint, weights, rows, normals)


def _inner_parts(body: Body) -> list[Part]:
    """Eye sockets, the mouth's cavity, teeth and tongue: flat colours, seen only in slits."""

    def flat(name: str, srgb: tuple[float, float, float], roughness: float) -> Material:
        red, green, blue = (float(c) for c in srgb_to_linear(srgb))
        return Material(name, base_colour=(red, green, blue), roughness=roughness)

    red, green, blue = (float(c) for c in plain_skin_rgb(body.person.skin_tone) * np.array([0.8, 0.5, 0.45]))
    sockets = Material("sockets", base_colour=(red, green, blue), roughness=0.45)
    enamel = flat("teeth", (0.86, 0.82, 0.73), 0.3)
    return [
        _island(body, "sockets", ("socket_l", "socket_r"), sockets),
        _island(body, "mouth", ("mouth",), flat("mouth", (0.42, 0.17, 0.16), 0.4)),
        _island(body, "teeth.upper", ("teeth_u",), enamel, "head"),
        _island(body, "teeth.lower", ("teeth_l",), enamel, "jaw"),
        _island(body, "tongue", ("tongue",), flat("tongue", (0.62, 0.30, 0.28), 0.45), "jaw"),
    ]
