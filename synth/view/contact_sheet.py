"""A contact sheet: samples spread evenly over a dataset, with their labels drawn on them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from synth.errors import DatasetError, ShardError, SynthError, UsageError
from synth.shard.dataset import Dataset, Item
from synth.view.colours import AXIS_LOOK, AXIS_X, AXIS_Y, BOX, GROUND
from synth.view.overlay import (
    depth_picture,
    draw_box,
    draw_landmarks,
    draw_pose,
    normals_picture,
    parts_picture,
)
from synth.view.sheet import ColourBar, Line, Picture, Tile, Title, lay_out, scaled_to_fit
from synth.view.variant_rows import variant_rows

# Around the head centre, so that a wrong scale or a shifted map shows as a head without relief.
_NEARER_MM, _FARTHER_MM = 150.0, 200.0
_MOST_COLUMNS, _SHEET_PX = 8, 1800
_TILE_PX, _LARGEST_TILE_PX = 192, 400
_CLEAR_HEAD_PX = 88  # a head's box on the sheet that is still looked at with ease
_BOLD_HEAD_PX = 64  # from this size on axes are two pixels wide
_KEY = (("x", AXIS_X), ("y", AXIS_Y), ("where the face looks", AXIS_LOOK), ("head box", BOX))


@dataclass(frozen=True, eq=False)
class ContactSheet:
    """The sheet, (H, W, 3) uint8, and an error for each sample on it that is damaged."""

    picture: Picture
    damaged: tuple[SynthError, ...]


def contact_sheet(dataset: Dataset, count: int = 32, columns: int | None = None, tile_px: int | None = None) -> Picture:
    """Up to `count` samples, (H, W, 3) uint8: picture with pose axes and head box, range map, caption.

    The pictures carry their sensor noise as any reader of the dataset sees it. `tile_px` is the longer side of a tile,
    by default what makes heads large enough to judge; `columns` by default what fits into 1,800 pixels, at most 8.
    Raises as `draw_contact_sheet`, but leaves unsaid which samples are damaged.
    """
    return draw_contact_sheet(dataset, count, columns, tile_px).picture


def draw_contact_sheet(
    dataset: Dataset, count: int = 32, columns: int | None = None, tile_px: int | None = None
) -> ContactSheet:
    """The same, with what is wrong with each sample that can't be shown; a crossed-out tile stands in its place.

    Raises UsageError for an empty dataset or no tiles, and the first sample's error if not one can be shown.
    """
    if count < 1 or len(dataset) == 0:
        raise UsageError(f"There is nothing to show: {count} of {len(dataset)} samples.", where="count")
    rows = variant_rows(dataset, count)
    chosen = [k for row in rows for k in row] or [int(index) for index in spread_evenly(len(dataset), count)]
    read = {index: _read(dataset, index) for index in chosen}
    whole = [item for item in read.values() if isinstance(item, Item)]
    if not whole:
        raise next(error for error in read.values() if isinstance(error, SynthError))
    place = _place(whole, _clear_tile_px(whole) if tile_px is None else tile_px)
    damaged: list[SynthError] = []
    tiles: dict[int, Tile] = {}
    draw = _variant_tile if rows else _tile
    for index, item in read.items():
        tile = _tile_or_fault(item, place, draw)
        if isinstance(tile, SynthError):
            damaged.append(tile)
            tile = _crossed_out(int(dataset.ids[index]), place)
        tiles[index] = tile
    title = _title(dataset, whole, len(tiles), bool(rows))
    if rows:
        widest = max(len(row) for row in rows)
        placed = [tiles[row[k]] if k < len(row) else None for row in rows for k in range(widest)]
        return ContactSheet(lay_out(placed, title, widest, place), tuple(damaged))
    fitting = min(_MOST_COLUMNS, max(1, _SHEET_PX // (place[0] + 28)))
    sheet = lay_out(list(tiles.values()), title, fitting if columns is None else columns, place)
    return ContactSheet(sheet, tuple(damaged))


def spread_evenly(total: int, count: int) -> NDArray[np.int64]:
    """`count` different positions (fewer if there are fewer) in 0 … total - 1, ascending, evenly apart."""
    count = min(count, total)
    return np.floor((np.arange(count) + 0.5) * total / max(count, 1)).astype(np.int64)


def _clear_tile_px(items: list[Item]) -> int:
    """The longer side of a tile on which the median head is large enough; whole frames need more than crops."""
    boxes = np.array([item.head_box_px for item in items])
    frames = np.array([item.crop_box_px for item in items])
    heads = (boxes[:, 2:] - boxes[:, :2]).max(axis=1)
    share = float(np.median(heads / (frames[:, 2:] - frames[:, :2]).max(axis=1)))
    return int(np.clip(_CLEAR_HEAD_PX / max(share, 1e-6), _TILE_PX, _LARGEST_TILE_PX))


def _place(items: list[Item], tile_px: int) -> tuple[int, int]:
    """(width, height) of a tile, shaped like the stored pictures."""
    sizes = np.array([(x1 - x0, y1 - y0) for x0, y0, x1, y1 in (item.crop_box_px for item in items)])
    width, height = sizes.max(axis=0)
    scale = tile_px / max(width, height)
    return max(1, round(width * scale)), max(1, round(height * scale))


def _read(dataset: Dataset, index: int) -> Item | SynthError:
    try:
        return dataset[index]
    except (ShardError, DatasetError) as error:
        return error


def _tile_or_fault(
    item: Item | SynthError, place: tuple[int, int], draw: Callable[[Item, tuple[int, int]], Tile]
) -> Tile | SynthError:
    if isinstance(item, SynthError):
        return item
    try:
        return draw(item, place)
    except SynthError as error:  # labels that nothing can be drawn from
        return ShardError(error.what, where=f"sample {item.id}", mend="Run `synth verify --deep` on the dataset.")


def _crossed_out(sample_id: int, place: tuple[int, int]) -> Tile:
    width, height = place
    picture = np.full((height, width, 3), GROUND, np.uint8)
    for start, end in (((0, 0), (width - 1, height - 1)), ((0, height - 1), (width - 1, 0))):
        cv2.line(picture, start, end, AXIS_X, 2, cv2.LINE_AA)
    return Tile((picture,), (Line(f"#{sample_id}  damaged"),))


def _tile(item: Item, place: tuple[int, int]) -> Tile:
    first, *rest = _pictures(item)  # a sample holds a picture of some kind
    pictures = [labelled_picture(item, first, place), *(scaled_to_fit(picture, place)[0] for picture in rest)]
    pitch, yaw, roll = item.euler_deg
    who = f"#{item.id}  {item.subject}" + ("" if item.condition == "base" else f"  {item.condition}")
    angles = f"pitch {_signed(pitch)}  yaw {_signed(yaw)}  roll {_signed(roll)}"
    return Tile(tuple(pictures), (Line(who, f"{item.distance_mm:.0f} mm"), Line(angles)))


def _pictures(item: Item) -> list[Picture]:
    """What the sample holds, each as a picture, colour first. Raises ShardError if it holds nothing."""
    found: list[Picture] = [] if item.rgb is None else [item.rgb]
    if item.range_mm is not None:
        found.append(depth_picture(item.range_mm, item.distance_mm - _NEARER_MM, item.distance_mm + _FARTHER_MM))
    if item.normals is not None:
        found.append(normals_picture(item.normals))
    if item.parts is not None:
        found.append(parts_picture(item.parts))
    if item.alpha is not None:
        found.append(np.repeat(item.alpha[..., None], 3, axis=2))
    if not found:
        raise ShardError("It has neither a picture nor a map.", where=f"sample {item.id}")
    return found


def _variant_tile(item: Item, place: tuple[int, int]) -> Tile:
    """The picture alone: axes and box would hide what the condition does to it."""
    pictures = [] if item.rgb is None else [scaled_to_fit(item.rgb, place)[0]]
    if item.range_mm is not None:
        depth = depth_picture(item.range_mm, item.distance_mm - _NEARER_MM, item.distance_mm + _FARTHER_MM)
        pictures.append(scaled_to_fit(depth, place)[0])
    caption = (Line(item.condition), Line(f"of #{item.labels['base_id']}", f"#{item.id}"))
    return Tile(tuple(pictures), caption)


def labelled_picture(item: Item, picture: Picture, place: tuple[int, int]) -> Picture:
    """The picture scaled into `place` (width, height), then landmarks, head box and pose axes drawn over it."""
    scaled, scale = scaled_to_fit(picture, place)
    K = np.diag([scale, scale, 1.0]) @ item.K
    box = scale * (item.head_box_px - np.tile(item.crop_box_px[:2], 2))
    if item.landmarks_px is not None and item.landmarks_visible is not None:
        points = scale * (item.landmarks_px - item.crop_box_px[:2])
        scaled = draw_landmarks(scaled, points, item.landmarks_visible, max(0.8, 0.006 * (box[3] - box[1])))
    bold = max(box[2] - box[0], box[3] - box[1]) >= _BOLD_HEAD_PX
    return draw_pose(draw_box(scaled, box), item.R_camera_from_head, K, item.t_mm, thickness_px=2 if bold else 1)


def _title(dataset: Dataset, items: list[Item], shown: int, variants: bool) -> Title:
    manifest, labels = dataset.manifest, dataset.labels
    people = len(np.unique(labels["subject"]))
    facts = [
        f"{len(dataset):,} samples, {shown} shown" if shown < len(dataset) else f"{len(dataset):,} samples",
        f"{people:,} {'people' if people != 1 else 'person'}",
    ]
    facts += [f"{len(manifest.failed):,} failed"] * bool(manifest.failed)
    bar = depth_bar(-_NEARER_MM, _FARTHER_MM) if any(item.range_mm is not None for item in items) else None
    return Title(manifest.name, " · ".join(facts), () if variants else _KEY, bar)


def depth_bar(near_mm: float, far_mm: float) -> ColourBar:
    """The colours of `depth_picture` from `near_mm` to `far_mm`, seen from the head centre."""
    steps = np.linspace(near_mm, far_mm, 256)[None]
    strip = depth_picture(steps - near_mm + 1, 1, far_mm - near_mm + 1)
    zero = -near_mm / (far_mm - near_mm)
    return ColourBar(strip, ((0.0, f"−{-near_mm:.0f} mm"), (zero, "head centre"), (1.0, f"+{far_mm:.0f} mm")))


def _signed(degrees: float) -> str:
    """`+12°`, with a real minus sign, and no sign on zero."""
    whole = round(float(degrees))
    return f"{whole:+d}°".replace("-", "−") if whole else "0°"
