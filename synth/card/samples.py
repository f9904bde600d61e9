"""What to show of a sample where there is room for one picture."""

from __future__ import annotations

from synth.errors import SynthError
from synth.shard.dataset import Item
from synth.view.overlay import depth_picture, normals_picture, parts_picture
from synth.view.sheet import Picture


def shown_picture(item: Item) -> Picture:
    """Its colour picture, or the map that shows a head best."""
    if item.rgb is not None:
        return item.rgb
    if item.range_mm is not None:
        return depth_picture(item.range_mm, item.distance_mm - 150.0, item.distance_mm + 200.0)
    if item.normals is not None:
        return normals_picture(item.normals)
    if item.parts is not None:
        return parts_picture(item.parts)
    raise SynthError("It has neither a picture nor a map.", where=f"sample {item.id}")
