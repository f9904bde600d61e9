"""Which way a built face looks in its file: the pitch by which a head is lifted until it looks straight ahead.

That a face is frontal is a decision. Here it is taken by the landmarks: a face looks where the template's does once its
68 landmarks, turned about the ear-to-ear axis, lie best on the template's. MakeHuman's shapes tip the face by several
degrees between women and men, young and old, so one angle for all would make labels depend on sex and age.
"""

from __future__ import annotations

import functools

import numpy as np

from synth.heads.base import BaseMesh
from synth.heads.face import face_template
from synth.heads.mesh import split_by_uv
from synth.heads.part import FloatArray, IntArray

TEMPLATE_PITCH_DEG = 3.4
"""How far the template's own face looks down. Set once, by an independent model of faces (MediaPipe's face mesh), so
that over 96 renders of 32 built heads it reads about the pitch of the label; it is no part of this repository, so
nothing here measures it again. It reads bearded men as about 4° lower than others."""


@functools.lru_cache(maxsize=1)
def skin_rows(base: BaseMesh) -> IntArray:
    """The template vertex of each vertex of the part `skin`, whose numbering landmarks are told in."""
    return split_by_uv(base.quads["head"], base.uv_quads["head"])[0]


def landmarks(base: BaseMesh, vertices: FloatArray) -> FloatArray:
    """(68, 3) m: the landmarks of a body's vertices (V, 3)."""
    return face_template().landmarks(vertices[skin_rows(base)])


def frontal_pitch_deg(base: BaseMesh, vertices: FloatArray) -> float:
    """Degrees by which the head of vertices (V, 3) has to be lifted to look straight ahead."""
    own, reference = (_profile(landmarks(base, points)) for points in (vertices, base.vertices))
    turned = float(np.degrees(np.angle(np.sum(own * np.conj(reference)))))
    return TEMPLATE_PITCH_DEG - turned


def _profile(points: FloatArray) -> np.ndarray:
    """(68,) complex: the landmarks in the middle plane, forward + i up, about their mean."""
    profile = points[:, 2] + 1j * points[:, 1]
    return np.asarray(profile - profile.mean())
