"""Is there room: before a run starts, and again before each shard."""

from __future__ import annotations

from pathlib import Path

from synth.errors import DiskError
from synth.recipe.schema import Recipe
from synth.run.limits import Limits
from synth.run.place import Folder, Place, as_place

# Bytes a stored pixel, measured on 192×192 crops (JPEG q95 4:4:4 clean and noisy, PNG16 range), rounded up.
_JPEG_CLEAN, _JPEG_NOISY, _RANGE_PNG = 0.30, 0.58, 0.38
# The further truths, measured on the regions around heads that the demo renders.
_TRUTHS = {"normals": 0.85, "parts": 0.05, "alpha": 0.06}
_LABELS_BYTES = 600
_LANDMARKS_BYTES = 68 * (2 * 4 + 3 * 4 + 1)
_HEAD_MM = 260.0  # the longer side of a head's box: the tallest heads, chin up


def estimated_sample_bytes(recipe: Recipe) -> int:
    """About how many bytes a sample of this recipe takes in a shard; an upper guess, not a promise."""
    pixels = float(recipe.camera.width_px * recipe.camera.height_px)
    if recipe.render.frame == "head":
        near_mm, far_mm = recipe.camera.distance_mm
        focal_px = max(recipe.camera.fx_px, recipe.camera.fy_px)
        # The mean of 1/d² over a uniform d is 1/(near · far).
        pixels = min(pixels, (focal_px * _HEAD_MM * recipe.render.margin) ** 2 / (near_mm * far_mm))
    rgb = (_JPEG_NOISY if recipe.noise.mode == "baked" else _JPEG_CLEAN) if recipe.outputs.rgb else 0.0
    truths = sum(each for name, each in _TRUTHS.items() if getattr(recipe.outputs, name))
    labels = _LABELS_BYTES + (_LANDMARKS_BYTES if recipe.outputs.landmarks else 0)
    return round(pixels * (rgb + (_RANGE_PNG if recipe.outputs.depth else 0.0) + truths)) + labels


def free_bytes(folder: Path) -> int:
    """Bytes that this user may still write in `folder`."""
    return Folder(folder).free_bytes()


def require_room(place: Place | Path, wanted_bytes: float, limits: Limits) -> None:
    """Raise `DiskError` (path, needed, free) unless `wanted_bytes` fit with the limits' margin and reserve."""
    place = as_place(place)
    free = place.free_bytes() if limits.check_disk else None
    if free is None:
        return
    needed = round(limits.disk_margin * wanted_bytes) + limits.disk_reserve_bytes
    if free < needed:
        raise DiskError(
            f"Not enough room: {_gb(needed)} needed, {_gb(free)} free.",
            where=place.where,
            mend="Make room or choose another --out, then start the same command again; what is finished is kept.",
        )


def _gb(count: int) -> str:
    return f"{count / 1e9:.2f} GB ({count:,} bytes)"
