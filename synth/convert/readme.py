"""What a converted folder says of itself: README.md for people, about.json for programs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from synth.convert.sample import IN_PICTURE, WHERE_CUT, How
from synth.shard import layout
from synth.shard.columns import Column
from synth.share.front_matter import front_matter
from synth.share.markdown import plain_text
from synth.share.pictures import picture_kinds
from synth.share.provenance import origin_of
from synth.share.source import Source

ABOUT_NAME = "about.json"
ABOUT_FORMAT = "synth-converted"


@dataclass(frozen=True)
class Conversion:
    """What was converted, into which format and how; `columns` are the labels as they are written."""

    to: str
    source: Source
    how: How
    noise: str
    columns: tuple[Column, ...]
    split: str


def about_json(said: Conversion) -> str:
    """The dataset that it came from, the licence, and the meaning of every label, as JSON."""
    manifest = said.source.manifest
    content: dict[str, Any] = {
        "format": ABOUT_FORMAT,
        "converted_to": said.to,
        "source": vars(origin_of(manifest)),
        "license": manifest.license,
        "heads": [{"name": h.name, "sha256": h.sha256, "license": h.license} for h in manifest.heads],
        "recipe": dict(manifest.recipe),
        "noise": said.noise,
        "pictures": {"codec": said.how.pictures, "color": "sRGB"},
        "maps": {layout.DEPTH: layout.DEPTH_ATTRIBUTES, **layout.FURTHER_ATTRIBUTES},
        "labels": [
            {"name": c.name, "unit": c.unit, "frame": c.frame, "order": c.order, "description": c.description}
            for c in said.columns
        ],
    }
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def readme_text(said: Conversion, files: Mapping[str, int]) -> str:
    """README.md; with the front matter of a Hugging Face dataset if it is one."""
    manifest = said.source.manifest
    head = f"# {plain_text(manifest.name)} as {_TITLES[said.to]}\n"
    samples = f"{manifest.samples:,} rendered heads with exact poses, made from the dataset `{manifest.dataset_id}`."
    parts = [head, samples, _USE[said.to](said, files), _noise(said), _labels(said), _licence(said)]
    text = "\n\n".join(part.strip() for part in parts) + "\n"
    return _hugging_face(said) + text if said.to == "huggingface" else text


def _noise(said: Conversion) -> str:
    said_of = {
        "as labelled": "The sensor noise that the labels promise (`noise_sigma`) is in the pictures.",
        "none": "The pictures are the clean renders: `noise_sigma` is **not** in them (`noise_in_picture` is false).",
    }.get(said.noise, "The sensor noise (`noise_sigma`) was put in when the pictures were rendered.")
    encoded = {
        "as labelled": "For that they were encoded anew" + (
            " as JPEGs of the same quality, which bends the noise a little." if said.how.pictures == "jpeg"
            else " as PNGs, which hold exactly what the dataset's own reader gives."),
    }.get(said.noise, "JPEGs are the stored ones, byte for byte." if said.how.pictures == "jpeg" else "")  # fmt: skip
    return f"## Pictures\n\n{said_of} {encoded} Maps are as stored."


def _labels(said: Conversion) -> str:
    cells = [(f"`{c.name}`", *map(plain_text, (c.unit, c.order, c.frame, c.description))) for c in said.columns]
    rows = [f"| {' | '.join(row)} |" for row in cells]
    return (
        "## Labels\n\n"
        f"Pixels are those of the {IN_PICTURE.replace(', pixel', ' (pixel')}), and `K` is its camera matrix; only"
        f" `{WHERE_CUT}` is in pixels of the full frame: where the picture was cut from it."
        " `R_camera_from_head` is against the camera's axes. A crop shows the head turned by the angle of its ray too:"
        " that pose is `R_along_ray`, `euler_along_ray_deg`. Angles are pitch, yaw, roll in degrees, convention 300wlp:"
        " R = Rx(−pitch) Ry(yaw) Rz(roll); face up, to the image's left, clockwise are positive.\n\n"
        "| label | unit | order | frame | meaning |\n|---|---|---|---|---|\n" + "\n".join(rows)
    )


def _licence(said: Conversion) -> str:
    manifest = said.source.manifest
    packs = (
        ", ".join(f"{plain_text(h.name)} ({plain_text(h.license) or 'not stated'})" for h in manifest.heads)
        or "not stated"
    )
    return (
        f"## Licence\n\n{plain_text(manifest.license) or 'Not stated'}; see LICENSE. Heads: {packs}."
        " NOTICE.md names all that is in the pictures."
        f" `{ABOUT_NAME}` has the recipe and where it came from."
    )


def _hugging_face(said: Conversion) -> str:
    manifest = said.source.manifest
    configs = [
        {
            "config_name": "default",
            "data_files": [{"split": said.split, "path": f"data/{said.split}-*.parquet"}],
        }
    ]
    holds = {*picture_kinds(said.source.contents), *(column.name for column in said.columns)}
    return front_matter(manifest, configs, holds)


def _use_webdataset(said: Conversion, files: Mapping[str, int]) -> str:
    last = files["tar"] - 1
    return f"""## Reading it

`samples-000000.tar` to `samples-{last:06d}.tar`; of each sample `.jpg` or `.png` (the picture), `.depth.png` and other
maps, and `.json` (all labels).

```python
import webdataset

for sample in webdataset.WebDataset("samples-{{000000..{last:06d}}}.tar", shardshuffle=False).decode("pil"):
    picture, labels = sample["{"jpg" if said.how.pictures == "jpeg" else "png"}"], sample["json"]
    print(sample["__key__"], picture.size, labels["euler_along_ray_deg"])
```"""


def _use_coco(said: Conversion, files: Mapping[str, int]) -> str:
    return """## Reading it

`annotations.json` with `images/`, maps in folders beside it. One head a picture: `bbox` is the head box, cut to the
picture; `keypoints` are the 68 points in iBUG's order, if the dataset has them (COCO would name fewer); `head_pose`
has the pose, which COCO knows nothing of.

```python
from pycocotools.coco import COCO

coco = COCO("annotations.json")
for entry in coco.loadAnns(coco.getAnnIds()):
    print(coco.imgs[entry["image_id"]]["file_name"], entry["bbox"], entry["head_pose"]["euler_along_ray_deg"])
```"""


def _use_huggingface(said: Conversion, files: Mapping[str, int]) -> str:
    return f"""## Reading it

Parquet with the pictures inside. `FOLDER` is this folder's path, or its name on the hub.

```python
import datasets

data = datasets.load_dataset("FOLDER", split="{said.split}")
print(data[0]["image"].size, data[0]["pitch_deg"], data[0]["yaw_deg"], data[0]["roll_deg"])
```"""


def _use_wlp300(said: Conversion, files: Mapping[str, int]) -> str:
    lent = files["mean_face"]
    points = "`pt2d` are this head's labelled points." if not lent else (
        f"For {lent:,} of {files['mat']:,} heads no points were labelled: their `pt2d` is a mean face in the labelled"
        " pose and of the head's size. It does for cropping, which is what head-pose code takes it for; don't train"
        " landmarks on it. `pt2d_of_this_head` is 0 in those files."
    )  # fmt: skip
    return f"""## Reading it

`AFW/SUBJECT_ID.jpg` with a `.mat` beside it, as in 300W-LP; the folder is called AFW because programs look for that,
and holds nothing of AFW. `Pose_Para` is pitch, yaw, roll in radians, along the ray to the head, then four zeros: no
face model is fitted here. {points} `files.txt` lists the {files["listed"]:,} pictures whose angles are all within
±99°, as 6DRepNet's training wants it:

```sh
python sixdrepnet/train.py --dataset Pose_300W_LP --data_dir FOLDER --filename_list FOLDER/files.txt
```

Pixel coordinates have their zero in the corner of the first pixel; MATLAB's would be 0.5 more."""


_TITLES = {
    "webdataset": "WebDataset",
    "coco": "COCO",
    "huggingface": "a Hugging Face dataset",
    "300wlp": "300W-LP",
}
_USE = {
    "webdataset": _use_webdataset,
    "coco": _use_coco,
    "huggingface": _use_huggingface,
    "300wlp": _use_wlp300,
}
