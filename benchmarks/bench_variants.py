"""Variants of stored pictures a CPU second, by the worker's own code on pictures of heads. Target: 250.

Everything counts: reading and checking the shards, decoding, the effect, encoding, labels, building and committing the
new shard. First some samples of the demo recipe are rendered, which then are varied many times each.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import cv2
import numpy as np

from benchmarks.table import print_table
from synth.recipe.load import load_recipe
from synth.recipe.vary import Kind
from synth.run.make import ShardMaker, renderer_factory
from synth.run.picture_folder import pictures_recipe, read_pictures, vary_pictures
from synth.run.prepare import pack_entry, prepare
from synth.run.supervise import render_dataset
from synth.run.task import ShardTask
from synth.run.variant_sources import OfDataset
from synth.run.variants import plan_variants
from synth.shard.dataset import Item, open_dataset
from synth.shard.read_manifest import read_manifest

PICTURES = 16  # two a head
OF_EACH = 16
TARGET_PER_S = 250
WAYS: tuple[tuple[str, Kind, tuple[str, ...]], ...] = (
    ("Gaussian blur", "blur", ()),
    ("motion blur", "blur", ("variants.blur.kind=motion",)),
    ("black square or rectangle", "occlusion", ()),
    ("textured square or rectangle", "occlusion", ("variants.occlusion.fills=[texture]",)),
    ("hand", "occlusion", ("variants.occlusion.shapes=[hand]",)),
)


class _Silent:
    def begin(self, sample: int, previous_s: float | None) -> None: ...

    def fail(self, sample: int, error: Exception) -> None:
        raise error

    def write(self, previous_s: float | None) -> None: ...


def render_base(folder: Path) -> OfDataset:
    """A finished dataset of pictures of all the demo's heads."""
    from synth.heads.pack import load_pack

    asked = load_recipe("demo", [f"samples={PICTURES}", "heads.block=2", "outputs.depth=false"])
    recipe, pack = prepare(asked, workers=1)
    heads = [pack_entry(load_pack(pack), recipe)]
    render_dataset(recipe, heads, folder, workers=1, renderer_options={"pack": str(pack)})
    return OfDataset(folder, read_manifest(folder), recipe)


def from_shards(source: OfDataset, out: Path, kind: Kind, settings: tuple[str, ...]) -> float:
    """Variants a CPU second, in shards."""
    count = PICTURES * OF_EACH
    more = [f"variants.{kind}.per_shot={OF_EACH}", f"samples={count}", f"shards.samples={count}"]
    job = plan_variants(source, kind, [*settings, *more], prepare=prepare, renderer="", options={})
    out.mkdir()
    begun = time.process_time()
    maker = ShardMaker(job.recipe, out, renderer_factory(job.renderer), job.options)
    maker.make(ShardTask(0, 0, count), _Silent())
    return count / (time.process_time() - begun)


def from_files(photos: Path, out: Path, kind: Kind, settings: tuple[str, ...]) -> float:
    """Variants a CPU second, as JPEGs with a label file."""
    begun = time.process_time()
    pictures = read_pictures(photos, photos / "labels.csv")
    recipe = pictures_recipe(photos, pictures, kind, [*settings, f"variants.{kind}.per_shot={OF_EACH}"])
    recipe = recipe.model_copy(update={"samples": PICTURES * OF_EACH})
    vary_pictures(pictures, recipe, out, workers=1)
    return recipe.samples / (time.process_time() - begun)


def _rgb(item: Item) -> np.ndarray:
    if item.rgb is None:
        raise ValueError("the demo has pictures")
    return item.rgb


def write_photos(source: OfDataset, photos: Path) -> None:
    """The same heads in whole frames, as files with a label file."""
    photos.mkdir()
    camera = source.recipe.camera
    lines = ["file,pitch,yaw,roll,x0,y0,x1,y1"]
    for item in open_dataset(source.folder):
        x0, y0, x1, y1 = (int(v) for v in item.crop_box_px)
        margins = (y0, camera.height_px - y1, x0, camera.width_px - x1)
        frame = cv2.copyMakeBorder(_rgb(item)[..., ::-1], *margins, cv2.BORDER_REFLECT)
        cv2.imwrite(str(photos / f"{item.id}.jpg"), frame)
        lines.append(f"{item.id}.jpg,0,0,0,{','.join(f'{edge:.1f}' for edge in item.head_box_px)}")
    (photos / "labels.csv").write_text("\n".join(lines) + "\n")


def main() -> None:
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = render_base(folder / "base")
        write_photos(source, folder / "photos")
        side = _rgb(open_dataset(source.folder)[0]).shape
        rows = []
        for number, (title, kind, settings) in enumerate(WAYS):
            shards = from_shards(source, folder / f"shards-{number}", kind, settings)
            files = from_files(folder / "photos", folder / f"files-{number}", kind, settings)
            rows.append((title, shards, TARGET_PER_S, files))
    print_table(
        "Variants a CPU second, decoding and encoding included",
        ("variant", f"of a dataset ({side[0]}×{side[1]})", "target", "of a folder (640×480)"),
        rows,
    )


if __name__ == "__main__":
    main()
