"""A person to the list of parts of their head."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from synth.heads.body import Body
from synth.heads.colour import srgb_to_linear
from synth.heads.eyes.eyes import eye_parts
from synth.heads.hair.beard import beard_parts
from synth.heads.hair.hair import hair_parts
from synth.heads.hair.thin import LIGHT_SHARE, LIGHT_TEXTURE_PX, thin_strands
from synth.heads.mesh import split_by_uv
from synth.heads.mouth import teeth_picture, teeth_uv
from synth.heads.part import Material, Part
from synth.heads.person import Person
from synth.heads.shape import shape_body
from synth.heads.skin.colour import plain_skin_rgb
from synth.heads.skin.material import skin_material
from synth.heads.skin.uvmap import picture_uv
from synth.heads.worn.clothing import skin_normals, torso_parts
from synth.heads.worn.glasses import glasses_parts
from synth.heads.worn.headwear import headwear
from synth.heads.worn.masks import face_mask

STREAMS = ("skin", "ground", "eyes", "clothing", "hair", "beard", "glasses", "hat", "mask", "mouth")
"""Every group of parts draws from its own stream, so that a change to one doesn't move the others."""


def streams(seed: int) -> dict[str, np.random.Generator]:
    """The generators of one head, by name."""
    return {name: np.random.default_rng([seed, index]) for index, name in enumerate(STREAMS)}


def assemble(person: Person, seed: int, texture_px: int) -> tuple[Body, list[Part]]:
    """The body and all its parts, rest pose, m, glTF frame. `seed` drives what `person` doesn't fix: grain, strands."""
    body = shape_body(person)
    rng = streams(seed)
    skin = skin_material(body, rng["skin"], rng["ground"], texture_px)
    parts = [_island(body, "skin", ("head",), skin), *_inner_parts(body, rng["mouth"])]
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


def _inner_parts(body: Body, rng: np.random.Generator) -> list[Part]:
    """Eye sockets, the mouth's cavity, teeth and tongue; all but the teeth in flat colours, seen only in slits."""

    def flat(name: str, srgb: tuple[float, float, float], roughness: float) -> Material:
        red, green, blue = (float(c) for c in srgb_to_linear(srgb))
        return Material(name, base_colour=(red, green, blue), roughness=roughness)

    red, green, blue = (float(c) for c in plain_skin_rgb(body.person.skin_tone) * np.array([0.8, 0.5, 0.45]))
    sockets = Material("sockets", base_colour=(red, green, blue), roughness=0.45)
    picture = teeth_picture(body.person.age_years, rng)
    enamel = Material("teeth", base_colour_texture=picture, roughness=0.25, jpeg_quality=90)

    def teeth(name: str, shape: str, joint: str) -> Part:
        part = _island(body, name, (shape,), enamel, joint)
        if part.base_vertex is None:
            raise ValueError(f"{name} has no template vertices")
        return replace(part, uv=teeth_uv(body.base, part.base_vertex))

    return [
        _island(body, "sockets", ("socket_l", "socket_r"), sockets),
        _island(body, "mouth", ("mouth",), flat("mouth", (0.45, 0.19, 0.18), 0.4)),
        teeth("teeth.upper", "teeth_u", "head"),
        teeth("teeth.lower", "teeth_l", "jaw"),
        _island(body, "tongue", ("tongue",), flat("tongue", (0.70, 0.38, 0.36), 0.4), "jaw"),
    ]
