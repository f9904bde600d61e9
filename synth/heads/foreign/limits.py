"""How much of a stranger's file is ever read, and what counts as a head."""

from __future__ import annotations

from dataclasses import dataclass

MAX_FILE_BYTES = 512 * 2**20
"""Of one file, and of one head with everything that belongs to it."""

MAX_PICTURE_PX = 2**26
"""67 megapixels, 8192 × 8192: what a texture may hold before it is decoded."""

MAX_TEXTURE_SIDE_PX = 4096
"""Larger textures are scaled down to this side when they are embedded."""

MAX_TEXTURES = 64
MAX_FOLDER_FILES = 20_000
MAX_TRIANGLES = 2_000_000
MIN_HEIGHT_MM, MAX_HEIGHT_MM = 150.0, 400.0


@dataclass(frozen=True)
class Limits:
    """What the caller may raise: the number of triangles a file may have."""

    max_triangles: int = MAX_TRIANGLES
