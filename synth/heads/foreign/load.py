"""Trimesh behind a door: it gets bytes that were checked, and no way to open anything."""

from __future__ import annotations

import io
import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import trimesh

from synth.errors import HeadError
from synth.heads.foreign.folder import shown
from synth.heads.foreign.mesh import Floats, Ints, Paint, Piece


class InMemory(trimesh.resolvers.Resolver):
    """Answers trimesh's requests for other files from `files`, and from nowhere else."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = dict(files)

    def get(self, key: str) -> bytes:
        """The bytes named `key`; FileNotFoundError for all others."""
        if key not in self._files:
            raise FileNotFoundError(key)
        return self._files[key]

    def keys(self) -> list[str]:
        """The names there are."""
        return list(self._files)

    def namespaced(self, namespace: str) -> InMemory:
        """Nothing lies in folders here."""
        return InMemory({})

    def write(self, name: str, data: Any) -> None:
        """Nothing is written."""
        raise PermissionError(name)


def load_scene(data: bytes, kind: str, files: Mapping[str, bytes], *, where: str, **options: Any) -> trimesh.Scene:
    """Trimesh's scene of `data`, with nothing merged. Raises HeadError for whatever it can't read."""
    try:
        with warnings.catch_warnings():
            # NumPy only warns where a number is malformed, and goes on with the numbers before it.
            warnings.filterwarnings("error", message="string or file could not be read", category=DeprecationWarning)
            return trimesh.load_scene(
                io.BytesIO(data), file_type=kind, resolver=InMemory(files), process=False, validate=False, **options
            )
    except IndexError as error:
        raise bad_index(where) from error
    # A reader of strangers' bytes can fail in any way; whatever it is, the file is at fault and nothing was changed.
    except Exception as error:
        detail = shown(str(error) or type(error).__name__, 160)
        raise HeadError(f"The file can't be read: {detail}.", where=where, mend="Export it again.") from error


def bad_index(where: str) -> HeadError:
    """The error for a face that names what isn't there."""
    return HeadError(
        "A face names a vertex or texture coordinate that isn't in the file.", where=where, mend="Export it again."
    )


def geometry(mesh: Any, *, where: str, R: Floats | None = None) -> tuple[Floats, Ints]:
    """Vertices (N, 3) float64, moved by the (4, 4) `R` if given, and triangles (M, 3) int64 of a trimesh mesh."""
    vertices = np.array(mesh.vertices, dtype=np.float64).reshape(-1, 3)
    triangles = np.array(mesh.faces, dtype=np.int64).reshape(-1, 3)
    if len(triangles) and not 0 <= triangles.min() <= triangles.max() < len(vertices):
        raise bad_index(where)
    if R is not None:
        with np.errstate(invalid="ignore", over="ignore"):  # `check_numbers` refuses what isn't finite
            vertices = vertices @ R[:3, :3].T + R[:3, 3]
        if np.linalg.det(R[:3, :3]) < 0:  # a mirror turns the winding round; glTF says to turn it back
            triangles = triangles[:, ::-1].copy()
    return vertices, triangles


def top_left(uv: Any, count: int) -> Floats | None:
    """Trimesh's texture coordinates (bottom left) as glTF's (top left), or None where a vertex has none."""
    if uv is None or len(uv) != count:
        return None
    flipped = np.array(uv, dtype=np.float64)[:, :2]
    flipped[:, 1] = 1.0 - flipped[:, 1]
    return flipped


def srgb_colours(mesh: Any) -> Floats | None:
    """Vertex colours (N, 3) as linear RGB, where the mesh has any; they stand as sRGB in PLY and OBJ files."""
    if getattr(mesh.visual, "kind", None) not in {"vertex", "face"}:
        return None
    return linear(np.asarray(mesh.visual.vertex_colors, dtype=np.float64)[:, :3] / 255.0)


def linear(srgb: Floats) -> Floats:
    """sRGB 0..1 to linear (IEC 61966-2-1)."""
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def plain_piece(mesh: Any, paint: Paint, *, where: str) -> Piece:
    """A piece of a trimesh mesh with sRGB colours and texture coordinates from the bottom left."""
    vertices, triangles = geometry(mesh, where=where)
    uv = top_left(getattr(mesh.visual, "uv", None), len(vertices))
    return Piece(vertices, triangles, uv, None if paint.texture else srgb_colours(mesh), paint)
