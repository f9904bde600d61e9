"""Real pictures with a label file, blurred or occluded: a folder of JPEGs and a label file again.

Shards can't hold them: their labels say where a head is in millimetres, which nobody knows of these pictures.
"""

from __future__ import annotations

import csv
import io
import math
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image

from synth.effects.variants import apply_effect
from synth.errors import DatasetError, DiskError, UsageError
from synth.geometry.camera import Box
from synth.plan.streams import stream
from synth.plan.variants import draw_effect, split_index
from synth.recipe.schema import Recipe
from synth.recipe.variants import Variants
from synth.recipe.vary import Kind, variant_recipe
from synth.shard.encode import MAX_PIXELS, encode_rgb

REQUIRED = ("file", "pitch", "yaw", "roll")
BOX = ("x0", "y0", "x1", "y1")
_MOST_FAULTS = 10
_MAX_ROWS = 10_000_000
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class LabelledPicture:
    """One line of the label file. `fields` are its columns as text; `head_box_px` is None without x0, y0, x1, y1."""

    path: Path
    width_px: int
    height_px: int
    head_box_px: tuple[float, float, float, float] | None
    fields: Mapping[str, str]


def read_pictures(folder: Path, label_file: Path) -> list[LabelledPicture]:
    """The label file's pictures, each there and with plausible numbers; of the pictures only the headers are read.

    A CSV with a header: file (a path inside the folder), pitch, yaw, roll (degrees), and optionally x0, y0, x1, y1 (the
    head's box in pixels); further columns are carried along. Raises `DatasetError` with the first faults, a line each.
    """
    try:
        with label_file.open(newline="", encoding="utf-8-sig") as file:
            rows = csv.DictReader(file)
            missing = [name for name in REQUIRED if name not in (rows.fieldnames or ())]
            if missing:
                raise DatasetError(
                    f"The column {missing[0]} is missing.",
                    where=str(label_file),
                    mend=f"Its first line names the columns {', '.join((*REQUIRED, *BOX))}; a box is optional.",
                )
            found = [
                _picture_or_fault(folder, rows.line_num, row) for row, _ in zip(rows, range(_MAX_ROWS), strict=False)
            ]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DatasetError(
            f"It can't be read: {error}.", where=str(label_file), mend="Save it as CSV, UTF-8."
        ) from error
    faults = [one for one in found if isinstance(one, str)]
    if faults:
        more = f"\n  and {len(faults) - _MOST_FAULTS} more" if len(faults) > _MOST_FAULTS else ""
        raise DatasetError("\n  ".join(["Faults:", *faults[:_MOST_FAULTS]]) + more, where=str(label_file))
    if not found:
        raise DatasetError("It lists no pictures.", where=str(label_file))
    return [one for one in found if isinstance(one, LabelledPicture)]


def pictures_recipe(
    folder: Path, pictures: Sequence[LabelledPicture], kind: Kind, overrides: Sequence[str] = ()
) -> Recipe:
    """The settings by which the pictures are varied, with the smallest picture as the frame.

    Raises UsageError for light and for what is rendered, RecipeError for faulty settings (as an occluder larger than a
    picture), `DatasetError` for occlusion without head boxes.
    """
    if kind == "illumination":
        raise UsageError("Light can't be changed in real pictures.", where="--illumination", mend="Leave it away.")
    others = [
        text for text in overrides if text.split(".")[0].split("=")[0].strip() not in ("variants", "seed", "samples")
    ]
    if others:
        raise UsageError(f"{others[0]} means nothing for real pictures.", where="--set", mend="Set variants.… or seed.")
    width, height = (
        min(max(32, min(sizes)), 8192) for sizes in zip(*((p.width_px, p.height_px) for p in pictures), strict=True)
    )
    name = "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "_" for c in folder.resolve().name)
    tree = {"name": f"p{name}"[:50], "samples": len(pictures), "camera": {"width_px": width, "height_px": height}}
    recipe = variant_recipe(Recipe.model_validate(tree), kind, overrides)
    variants = recipe.variants
    if variants and variants.blur and variants.blur.kind == "turn":
        raise UsageError("The blur of a turning head is rendered.", where="variants.blur.kind", mend="Take motion.")
    unboxed = [p for p in pictures if p.head_box_px is None]
    if kind == "occlusion" and unboxed:
        raise DatasetError(
            f"{len(unboxed)} pictures have no head box, the first is {unboxed[0].fields['file']}.",
            where=str(folder),
            mend="Add the columns x0, y0, x1, y1 (pixels) to the label file.",
        )
    return recipe


def vary_pictures(
    pictures: Sequence[LabelledPicture], recipe: Recipe, out: Path, *, workers: int, progress: Progress | None = None
) -> None:
    """Write the variants into the new folder `out`, which appears when all is done: 000000.jpg … and labels.csv.

    Raises `DiskError` if it can't be written, `DatasetError` if there is something already or a picture can't be read,
    `UsageError` if an occluder has no place on one.
    """
    if recipe.variants is None:
        raise UsageError("The recipe has no variants.", where=recipe.name)
    if out.exists() and any(out.iterdir() if out.is_dir() else [out]):
        raise DatasetError("There is something already.", where=str(out), mend="Choose another --out, or remove it.")
    being_made = out.with_name(f".{out.name}.part-{os.getpid()}")
    try:
        being_made.mkdir(parents=True)
        rows = _written(pictures, recipe, recipe.variants, being_made, workers, progress)
        (being_made / "labels.csv").write_text(_csv_text(rows), encoding="utf-8")
        being_made.replace(out)
    except OSError as error:
        raise DiskError(
            f"It can't be written: {error.strerror}.", where=str(out), mend="Choose another --out."
        ) from error
    finally:
        shutil.rmtree(being_made, ignore_errors=True)


def _picture_or_fault(folder: Path, line: int, row: Mapping[str, str | None]) -> LabelledPicture | str:
    fields = {name: (value or "").strip() for name, value in row.items() if name}
    path = folder / fields["file"]
    if not fields["file"] or not path.resolve().is_relative_to(folder.resolve()):
        return f"line {line}: {fields['file']!r} isn't a file in the folder"
    for name in REQUIRED[1:]:
        if not _is_number(fields[name]):
            return f"line {line}: {name} {fields[name]!r} isn't a number of degrees"
    box = [fields.get(name, "") for name in BOX]
    if any(box) and not all(map(_is_number, box)):
        return f"line {line}: the head's box {', '.join(box)} isn't four numbers"
    try:
        with Image.open(path) as image:
            width, height = image.size
    except FileNotFoundError:
        return f"line {line}: there is no {fields['file']}"
    except (OSError, Image.DecompressionBombError, ValueError) as error:
        return f"line {line}: {fields['file']} is no picture ({error})"
    if width * height > MAX_PIXELS:
        return f"line {line}: {fields['file']} has {width}x{height} pixels, more than {MAX_PIXELS:,}"
    if not all(box):
        return LabelledPicture(path, width, height, None, fields)
    x0, y0, x1, y1 = (float(edge) for edge in box)
    if not (0 <= max(x0, 0) < min(x1, width) and 0 <= max(y0, 0) < min(y1, height)):
        return f"line {line}: the head's box {', '.join(box)} holds nothing of the picture of {width}x{height}"
    return LabelledPicture(path, width, height, (x0, y0, x1, y1), fields)


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def _written(
    pictures: Sequence[LabelledPicture],
    recipe: Recipe,
    variants: Variants,
    out: Path,
    workers: int,
    progress: Progress | None,
) -> list[dict[str, Any]]:
    def write(index: int) -> dict[str, Any]:
        number, _ = split_index(variants, index)
        effect = draw_effect(variants, stream(recipe.seed, f"variants {variants.kind}", index))
        picture = pictures[number]
        frame = Box(0, 0, picture.width_px, picture.height_px)
        try:
            varied = apply_effect(effect, _read(picture), picture.head_box_px, frame.as_tuple(), frame)
        except UsageError as error:
            raise UsageError(error.what, where=f"{picture.path}: {error.where}", mend=error.mend) from error
        name = f"{index:06d}.jpg"
        (out / name).write_bytes(encode_rgb(varied.rgb) if varied.rgb is not None else b"")
        own = {"file": name, "base_file": picture.fields["file"], "condition": effect.condition}
        own |= _flat(varied.labels)
        return own | {n if n not in own else f"base_{n}": v for n, v in picture.fields.items() if n != "file"}

    rows = []
    with ThreadPoolExecutor(max(1, workers)) as pool:
        for row in pool.map(write, range(recipe.samples)):
            rows.append(row)
            if progress:
                progress(len(rows), recipe.samples)
    return rows


def _read(picture: LabelledPicture) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """(H, W, 3) uint8, sRGB, as the file stores it: no turning by EXIF, since the labels are of the pixels."""
    data = np.frombuffer(picture.path.read_bytes(), np.uint8)
    bgr = cv2.imdecode(data, cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
    if bgr is None or bgr.shape[:2] != (picture.height_px, picture.width_px):
        raise DatasetError(
            "The picture can't be decoded.", where=str(picture.path), mend="Remove it from the label file."
        )
    return np.ascontiguousarray(bgr[..., ::-1])


def _flat(labels: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in labels.items():
        if name == "occluder_box_px":
            yield from ((f"occluder_{edge}", str(int(v))) for edge, v in zip(BOX, value, strict=True))
        else:
            yield name, f"{float(value):.6g}"


def _csv_text(rows: Sequence[Mapping[str, Any]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
