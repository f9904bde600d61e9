"""README.md of a dataset: the card that a person reads, and Hugging Face shows."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from synth.card.facts import Facts
from synth.card.limits import limits_of
from synth.card.origin import Origin
from synth.card.people import People
from synth.card.sections import distributions_section, people_section, table
from synth.card.table import TABLE_NAME
from synth.share.front_matter import front_matter
from synth.share.licence import assets_of
from synth.share.markdown import plain_text

SUMS_NAME = "SHA256SUMS"
AXES_NAME = "axes.png"
_VERSION = re.compile(r"[0-9][A-Za-z0-9.+!-]{0,40}")
_SIGNATURE = re.compile(r"\n<!-- written by synth card; sha256 of what stands above: ([0-9a-f]{64}) -->\n\Z")


@dataclass(frozen=True)
class Page:
    """What a card says. `files` are the names of those that lie beside it; `author` and `url` may be empty."""

    facts: Facts
    people: People
    origin: Origin
    files: Collection[str]
    author: str = ""
    url: str = ""


def readme_of(page: Page) -> str:
    """The whole file, signed, so that it can be told whether someone changed it."""
    manifest = page.facts.manifest
    parts = [
        f"# {plain_text(manifest.name)}",
        description(page),
        "![Samples with their labels drawn on them](preview.png)",
        _contents(page),
        _use(page),
        _axes(page),
        distributions_section(page.facts),
        people_section(page.people, page.facts.info.samples),
        "## Known limits\n\n" + "\n".join(f"- {sentence}" for sentence in limits_of(page.facts, page.people)),
        _origin(page),
        _licence(page),
        f"## Citing it\n\n```bibtex\n{citation(page)}\n```",
        _files(page),
    ]
    return signed(_front_matter(page) + "\n\n".join(part.strip() for part in parts) + "\n")


def signed(text: str) -> str:
    """The text with a line at its end that says whose it is."""
    digest = hashlib.sha256(text.encode("utf-8")).hexdigest()
    return f"{text}\n<!-- written by synth card; sha256 of what stands above: {digest} -->\n"


def is_ours(text: str) -> bool:
    """Whether `signed` gave this text and nobody changed it since."""
    found = _SIGNATURE.search(text)
    return found is not None and hashlib.sha256(text[: found.start()].encode("utf-8")).hexdigest() == found[1]


def description(page: Page) -> str:
    """What it is, in two sentences."""
    info, people = page.facts.info, page.people
    kinds = [kind for kind, stored in _kinds(page.facts).items() if stored]
    known = [name for name, there in (
        ("head pose", True), ("translation", True), ("camera", True), ("head box", True),
        ("68 facial landmarks", any(c.name == "landmarks_px" for c in page.facts.columns)),
    ) if there]  # fmt: skip
    samples = "1 sample" if info.samples == 1 else f"{info.samples:,} samples"
    return (
        f"{samples} of {people.count:,} rendered {'person' if people.count == 1 else 'people'}"
        f"{', none of whom exists' if people.made_up else ''}: {_listed(kinds)}. Each has its exact {_listed(known)};"
        " nothing was annotated by hand."
    )


def citation(page: Page) -> str:
    """A BibTeX entry of what is known; nobody's name is made up."""
    manifest = page.facts.manifest
    year = str(manifest.dates.get("finished", ""))[:4]
    program = f"synth {manifest.versions.get('synth-heads', manifest.versions.get('synth', ''))}".strip()
    fields = {
        "author": page.author,
        "title": f"{manifest.name}: rendered heads with exact poses",
        "year": year,
        "url": page.url,
        "note": f"Dataset {manifest.dataset_id}, rendered with {program}, recipe SHA-256 {manifest.recipe_sha256[:16]}",
    }
    key = re.sub(r"[^A-Za-z0-9]", "_", manifest.dataset_id)
    lines = [f"  {name} = {{{_bibtex(text)}}}," for name, text in fields.items() if text]
    return "\n".join([f"@misc{{{key},", *lines, "}"])


def _bibtex(text: str) -> str:
    return re.sub(r"[{}\\`\x00-\x1f]", "", text)


def _front_matter(page: Page) -> str:
    holds = {kind for kind, stored in _kinds(page.facts).items() if stored}
    holds = {"depth" if kind == "range maps" else kind for kind in holds} | {c.name for c in page.facts.columns}
    configs = [{"config_name": "labels", "data_files": TABLE_NAME}] if TABLE_NAME in page.files else []
    return front_matter(page.facts.manifest, configs, holds)


def _kinds(facts: Facts) -> dict[str, int]:
    """Samples that have each kind of picture."""
    info = facts.info
    further = {name: stored.samples for name, stored in info.further.items()}
    return {"colour pictures": info.rgb.samples, "range maps": info.depth.samples, **further}


def _contents(page: Page) -> str:
    info, facts = page.facts.info, page.facts
    noise = "in the stored pictures" if info.noise_baked else (
        "added on reading, the same for everyone, from `noise_sigma`, `noise_seed`, `id`; stored are the clean renders"
    )  # fmt: skip
    sigma = info.noise_sigma
    spread = f"{sigma.least:g}" if sigma.least == sigma.greatest else f"{sigma.least:g} to {sigma.greatest:g}"
    size = facts.sides_px
    rows = {
        "samples": f"{info.samples:,}" + (f", and {len(info.failed):,} that couldn't be made" if info.failed else ""),
        "people": f"{page.people.count:,}, with {_of_each(page.people)} samples each",
        **{kind: f"{count:,}" for kind, count in _kinds(facts).items() if count},
        "size": f"square crops of {size[0]} to {size[1]} pixels"
        if _square(facts)
        else f"{size[0]} to {size[1]} pixels",
        "sensor noise": f"σ {spread} of 255 levels, {noise}" if sigma.greatest > 0 else "none",
        "files": f"{info.shards:,} HDF5 {'file' if info.shards == 1 else 'files'}, {info.bytes / 1e6:,.1f} MB",
        "labels": f"{len(facts.columns)}, [listed below](#axes-units-and-labels)",
        "licence": f"{plain_text(info.license) or 'not stated'}",
    }
    return "## What is in it\n\n" + table(("", ""), rows.items())


def _of_each(people: People) -> str:
    low, middle, high = people.samples
    return str(low) if low == high else f"{low:,} to {high:,} (median {middle:,})"


def _square(facts: Facts) -> bool:
    crop = facts.labels["crop_box_px"]
    return bool(((crop[:, 2] - crop[:, 0]) == (crop[:, 3] - crop[:, 1])).all())


def _use(page: Page) -> str:
    table = f"""
The labels alone, as a table: `pandas.read_parquet("{TABLE_NAME}")`, or `datasets.load_dataset` on this folder. They are
as stored: boxes and points in pixels of the full frame, of which `crop_box_px` is the part that the pictures show.
""" if TABLE_NAME in page.files else ""  # fmt: skip
    return f"""## Using it

```python
import synth

for item in synth.open_dataset("."):
    print(item.id, item.subject, item.euler_deg, item.R_camera_from_head, item.t_mm)
```

`item.rgb` and `item.range_mm` are arrays, the noise is in the picture, `item.K` is the camera of exactly these pixels.
Without the package: the files are plain HDF5, and its page on the shard format has a reader of thirty lines.
For other stacks: `synth convert . --to webdataset` (or `huggingface`, `coco`, `300wlp`). An export has the sensor noise
baked in, because other stacks don't add it on reading; `--clean` leaves it out.
{table}"""


def _axes(page: Page) -> str:
    columns = page.facts.columns
    rows = [(f"`{c.name}`", *map(plain_text, (c.unit, c.order, c.frame, c.description))) for c in columns]
    return f"""## Axes, units and labels

![The head's axes, the camera's axes, and what the signs mean]({AXES_NAME})

- **Camera**: x right, y down, z forward (OpenCV's), millimetres. Coordinates of a picture begin in the corner of its
  first pixel, whose centre is (0.5, 0.5).
- **Head**: the origin is the centre of the box around skull, face and ears. Its axes are parallel to the camera's when
  the face looks straight into it: the identity is a frontal face. `p_camera = R_camera_from_head · p_head + t_mm`.
- **Angles**: degrees, pitch, yaw, roll, convention `300wlp`: R = Rx(−pitch) · Ry(yaw) · Rz(roll). Positive are: face
  up; toward the image's left; clockwise in the image. They are against the camera's axes, not along the ray.
- **Range**: millimetres from the camera's centre along each pixel's ray, 0 = nothing hit. It isn't the z of that point.

{table(("label", "unit", "order", "frame", "meaning"), rows)}"""


def _origin(page: Page) -> str:
    manifest, origin = page.facts.manifest, page.origin
    version = manifest.versions.get("synth-heads", manifest.versions.get("synth", ""))
    program = f"synth-heads=={version}" if _VERSION.fullmatch(version) else "synth-heads"
    lines = [f"pip install {program}", *origin.commands]
    rows = [
        ("dataset", f"`{manifest.dataset_id}`"),
        ("seed", str(manifest.seed)),
        ("recipe, SHA-256", f"`{manifest.recipe_sha256}`"),
        *((plain_text(name), plain_text(when)) for name, when in manifest.dates.items()),
        *((plain_text(name), plain_text(text)) for name, text in manifest.versions.items()),
        *((f"heads: {plain_text(h.name)}", f"`{h.sha256}`") for h in manifest.heads),
    ]
    return "\n\n".join(
        ["## How it was made", _said(origin, lines), *origin.needed, *_recipes(origin), table(("", ""), rows)]
    )


def _said(origin: Origin, lines: list[str]) -> str:
    if not origin.commands:
        return "" if origin.needed else "The manifest lists steps that no command of this program makes."
    files = _listed([f"`{recipe.name}`" for recipe in origin.recipes]) if origin.recipes else ""
    given = ", with what is said below at hand," if origin.needed else ","
    made = (
        f"These commands, in an empty folder with {files} in it{given} make it again; a sample depends on the recipe"
        " and its number alone, not on the machine's speed or the order."
        if origin.whole
        else "It was put together from others by these commands. Recipes that are missing the manifest doesn't know."
    )
    return f"{made}\n\n```sh\n{chr(10).join(lines)}\n```"


def _recipes(origin: Origin) -> Iterator[str]:
    for recipe in origin.recipes:
        yield (
            f"`{recipe.name}` is the recipe with every setting written out; its checksum is the manifest's."
            if recipe.same
            else f"`{recipe.name}` is the recipe as the manifest has it. It is another version's: the program that"
            " wrote this page would make another dataset of it, so take the version above."
        )


def _licence(page: Page) -> str:
    manifest = page.facts.manifest
    kinds: dict[tuple[str, str], int] = {}
    for asset in assets_of(manifest):
        key = (asset.kind, asset.license or "not stated")
        kinds[key] = kinds.get(key, 0) + 1
    rows = [(plain_text(kind), plain_text(licence), f"{count:,}") for (kind, licence), count in kinds.items()]
    made = (
        "What they were made from, each with its licence, source and checksum, is in `NOTICE.md`:\n\n"
        + table(("made from", "licence", "how many"), rows)
        if rows
        else "What they were made from, the manifest doesn't say."
    )
    return (
        f"## Licence\n\nPictures, maps and labels: **{plain_text(manifest.license) or 'not stated'}**; the text is in"
        f" `LICENSE`. {made}"
    )


def _files(page: Page) -> str:
    listed = ", ".join(f"`{name}`" for name in page.files)
    return (
        f"## Files and checksums\n\n`{SUMS_NAME}` has the SHA-256 of `manifest.json`, of every `shard-*.h5` and of"
        f" {listed}: `sha256sum -c {SUMS_NAME}`. `synth verify .` also looks into the files, with `--deep` at every"
        " sample."
    )


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
