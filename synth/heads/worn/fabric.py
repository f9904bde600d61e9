"""Small pictures of knitted, woven and felted cloth, that repeat around a hat."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from synth.heads.colour import linear_to_srgb, smooth_step, to_bytes
from synth.heads.part import ByteArray, FloatArray, Material

TILE_PX = 64
"""Width of a tile; a tile is as high as the whole piece, so that stripes run around it."""
HEIGHT_PX = 256
RIBS = 4


def knit(
    name: str, first: FloatArray, second: FloatArray, pattern: str, rng: np.random.Generator, rib: float = 0.8
) -> Material:
    """Ribbed knitting: `RIBS` ribs across a tile, stitches up and down. Colours are linear RGB, `rib` is how deep."""
    u, v = _places()
    stitch = np.abs(np.sin(np.pi * (v * 64 + 0.5 * np.abs(np.sin(np.pi * RIBS * u)))))
    ribs = np.abs(np.sin(np.pi * RIBS * u)) ** 0.6
    height = rib * ribs + 0.25 * stitch
    shade = 0.62 + 0.38 * ribs * (0.75 + 0.25 * stitch)
    if pattern == "mottled":  # yarn of two colours
        yarn = smooth_step(-0.3, 0.9, ndimage.gaussian_filter(rng.standard_normal(u.shape), 1.2, mode="wrap") / 0.24)
        cloth = np.asarray(first) * (1 - 0.6 * yarn[..., None]) + np.asarray(second) * 0.6 * yarn[..., None]
    else:
        cloth = _patterned(first, second, pattern, v, u, rng)
    colour = cloth * (shade * _grain(rng, 0.07))[..., None]
    return _material(name, colour, height, 0.011, 0.92)


def woven(
    name: str,
    first: FloatArray,
    second: FloatArray,
    pattern: str,
    rng: np.random.Generator,
    seam: bool = False,
    roughness: float = 0.85,
) -> Material:
    """Cotton, felt or wool: fine grain, soft creases; with `seam` a sewn seam along each tile's edge."""
    u, v = _places()
    soft = _soft(rng)
    height = 0.5 * soft + 0.06 * rng.standard_normal(u.shape)
    colour = _patterned(first, second, pattern, v, u, rng) * (np.exp(0.05 * soft) * _grain(rng, 0.05))[..., None]
    if seam:
        off = np.minimum(u, 1 - u) * TILE_PX
        height = height - 0.9 * np.exp(-((off / 1.1) ** 2)) + 0.35 * np.exp(-(((off - 4.5) / 1.2) ** 2))
        colour = colour * (1 - 0.22 * np.exp(-((off / 1.0) ** 2)))[..., None]
    return _material(name, colour, height, 0.012, roughness)


def plain(name: str, rgb: tuple[float, float, float], roughness: float = 0.85) -> Material:
    """One colour."""
    return Material(name, base_colour=rgb, roughness=roughness, specular=0.25)


def _places() -> tuple[FloatArray, FloatArray]:
    u, v = np.meshgrid((np.arange(TILE_PX) + 0.5) / TILE_PX, (np.arange(HEIGHT_PX) + 0.5) / HEIGHT_PX)
    return u, v


def _grain(rng: np.random.Generator, amount: float) -> FloatArray:
    return np.exp(amount * rng.standard_normal((HEIGHT_PX, TILE_PX)))


def _soft(rng: np.random.Generator) -> FloatArray:
    """Blotches of about unit height, the same at both ends of the tile."""
    drawn = ndimage.gaussian_filter(rng.standard_normal((HEIGHT_PX, TILE_PX)), (9, 7), mode="wrap")
    return np.asarray(drawn / drawn.std())


def _patterned(
    first: FloatArray, second: FloatArray, pattern: str, v: FloatArray, u: FloatArray, rng: np.random.Generator
) -> FloatArray:
    share = np.zeros_like(v)
    if pattern == "stripes":
        bands = int(rng.integers(2, 7))
        share = smooth_step(-0.06, 0.06, np.sin(2 * np.pi * bands * v + 1.0) - rng.uniform(-0.3, 0.5))
    elif pattern == "mottled":
        share = 0.75 * smooth_step(0.2, 1.1, _soft(rng))
    return np.asarray(np.asarray(first) * (1 - share[..., None]) + np.asarray(second) * share[..., None])


def _material(name: str, colour: FloatArray, height: FloatArray, depth: float, roughness: float) -> Material:
    picture: ByteArray = to_bytes(linear_to_srgb(np.clip(colour, 0.0, 0.9)))
    slope_u = (np.roll(height, -1, 1) - np.roll(height, 1, 1)) * depth * TILE_PX
    slope_v = (np.roll(height, -1, 0) - np.roll(height, 1, 0)) * depth * TILE_PX
    normal = np.stack([-slope_u, slope_v, np.ones_like(height)], -1)
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
    return Material(
        name, picture, roughness=roughness, normal_texture=to_bytes(0.5 + 0.5 * normal), specular=0.2, jpeg_quality=80
    )


def mask_cloth(kind: str, rgb: FloatArray, rng: np.random.Generator) -> Material:
    """A face mask's picture, once over all of it: folds of a surgical mask, the welded seams of an FFP2 mask."""
    u, v = np.meshgrid((np.arange(128) + 0.5) / 128, (np.arange(128) + 0.5) / 128)
    edge = np.minimum(np.minimum(u, 1 - u), np.minimum(v, 1 - v))
    shade = np.exp(0.03 * rng.standard_normal(u.shape))
    height = 0.1 * rng.standard_normal(u.shape)
    seam = np.exp(-(((edge - 0.045) / 0.006) ** 2))
    if kind == "surgical":
        for line in 0.24 + 0.56 * np.arange(3) / 3:
            shade = shade * (1 - 0.22 * np.exp(-(((v - line) / 0.012) ** 2)))
    elif kind == "ffp2":
        middle = np.exp(-(((u - 0.5) / 0.008) ** 2))
        shade = shade * (1 - 0.12 * middle)
        height = height - 1.2 * middle
    shade = shade * (1 - 0.10 * seam)
    return _material("mask", np.asarray(rgb) * shade[..., None], height - 0.8 * seam, 0.006, 0.8)
