"""The card of a dataset, written into its folder: every file whole or as it was, the checksums last."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import cv2

from synth.card.axes import axes_picture
from synth.card.croissant import CROISSANT_NAME, croissant_json
from synth.card.faces import people_picture
from synth.card.facts import facts_of
from synth.card.origin import origin_of_dataset
from synth.card.people import people_of
from synth.card.readme import AXES_NAME, SUMS_NAME, Page, citation, description, is_ours, readme_of
from synth.card.sections import PEOPLE_NAME
from synth.card.table import TABLE_NAME, labels_parquet
from synth.errors import SynthError, UsageError
from synth.shard.commit import commit_bytes
from synth.shard.dataset import open_dataset
from synth.shard.manifest import MANIFEST_NAME
from synth.shard.read import Shard
from synth.shard.read_manifest import read_manifest
from synth.share.licence import licence_file, notice_file
from synth.share.parquet import pyarrow
from synth.share.pictures import picture_kinds
from synth.share.sound import require_sound_labels
from synth.share.source import Source, open_source
from synth.store.address import require_folder
from synth.view.contact_sheet import draw_contact_sheet
from synth.view.histograms import histograms_png
from synth.view.preview import CONTACT_SHEET_NAME, HISTOGRAMS_NAME
from synth.view.sheet import Picture

README_NAME, LICENSE_NAME, NOTICE_NAME = "README.md", "LICENSE", "NOTICE.md"
_ALSO_OURS = (CONTACT_SHEET_NAME, HISTOGRAMS_NAME)  # `synth render` makes them, too
SHEET_PICTURES = 48
"""On the contact sheet, maps counted too: what is looked through in a minute, and a file of a megabyte or two."""


@dataclass(frozen=True)
class Card:
    """Where it was written, the names of its files, and the errors of samples that could not be shown."""

    folder: Path
    files: tuple[str, ...]
    damaged: tuple[SynthError, ...]


def write_card(folder: Path, *, parquet: bool = True, force: bool = False, author: str = "", url: str = "") -> Card:
    """Write a dataset's card into its folder. Run again, it writes the same, or what has changed.

    `parquet=False` leaves `labels.parquet` out. `author` and `url` go into the citation. A README.md that `synth card`
    didn't write, or that someone changed since, is only replaced with `force`. Where there is none, so is any other
    file that has a name of the card's, but for the pictures that `synth render` makes. Everything is made before
    anything is written. Raises `UsageError` for such files or without pyarrow, `DatasetError` and `ShardError` for a
    dataset that isn't whole, `DiskError`.
    """
    require_folder(folder)
    folder = Path(folder)
    read_manifest(folder)  # before anything else is missed: where there is no dataset, all else is beside the point
    ours = force or _is_ours(folder)
    if parquet:
        _require_pyarrow()
    source = open_source(folder)
    for contents in source.contents:
        require_sound_labels(Shard(contents.path))
    facts = facts_of(source)
    dataset = open_dataset(folder)
    origin = origin_of_dataset(source)
    sheet = draw_contact_sheet(dataset, _sheet_samples(source))
    files: dict[str, bytes] = {
        LICENSE_NAME: licence_file(source.manifest).encode("utf-8"),
        NOTICE_NAME: notice_file(source.manifest).encode("utf-8"),
        CONTACT_SHEET_NAME: _png(sheet.picture),
        HISTOGRAMS_NAME: histograms_png(dataset.labels, source.manifest.name),
        AXES_NAME: _png(axes_picture(dataset)),
        PEOPLE_NAME: _png(people_picture(dataset)),
    }
    files |= {recipe.name: recipe.text.encode("utf-8") for recipe in origin.recipes}
    if parquet:
        files[TABLE_NAME] = labels_parquet(source)
    names = (*files, CROISSANT_NAME, README_NAME)
    page = Page(facts, people_of(facts.labels, source.manifest), origin, names, _line(author), _line(url))
    listed = _data_sums(source) | {n: _sha256(files[n]) for n in (TABLE_NAME,) if n in files}
    machine = croissant_json(facts, description(page), citation(page), listed, page.url)
    files[CROISSANT_NAME] = machine.encode("utf-8")
    files[README_NAME] = readme_of(page).encode("utf-8")
    sums = _data_sums(source) | {name: _sha256(data) for name, data in files.items()}
    files[SUMS_NAME] = "".join(f"{digest}  {name}\n" for name, digest in sorted(sums.items())).encode("ascii")
    if not ours:
        _refuse_taken(folder, files)
    for name, data in files.items():
        commit_bytes(folder / name, data)
    return Card(folder, tuple(files), sheet.damaged)


def _require_pyarrow() -> None:
    try:
        pyarrow()
    except UsageError as error:
        raise UsageError(error.what, mend=f"{error.mend}, or give --no-parquet.") from error


def _sheet_samples(source: Source) -> int:
    """Whole rows of eight."""
    return max(8, SHEET_PICTURES // max(1, len(picture_kinds(source.contents))) // 8 * 8)


def _is_ours(folder: Path) -> bool:
    """Whether a card lies there, not yet if there is no README.md. Raises `UsageError` for one of somebody else."""
    readme = folder / README_NAME
    try:
        ours = is_ours(readme.read_bytes().decode("utf-8", "replace")) if readme.exists() else None
    except OSError as error:
        raise UsageError(f"It can't be read: {error.strerror}.", where=str(readme)) from error
    if ours is False:
        raise UsageError(
            "`synth card` didn't write it, or it was changed since.",
            where=str(readme),
            mend="Move it away, or give --force to replace it.",
        )
    return bool(ours)


def _refuse_taken(folder: Path, files: Mapping[str, bytes]) -> None:
    """Raise `UsageError` for a file of a card's name; one of the same content is from a call that was stopped."""
    for name, data in files.items():
        path = folder / name
        if name not in _ALSO_OURS and path.exists() and not (path.is_file() and path.read_bytes() == data):
            raise UsageError(
                "`synth card` didn't write it.", where=str(folder / name), mend="Move it away, or give --force."
            )


def _data_sums(source: Source) -> dict[str, str]:
    """Of the files that are the dataset: they were held against the manifest when it was opened."""
    manifest = hashlib.sha256((source.folder / MANIFEST_NAME).read_bytes()).hexdigest()
    return {MANIFEST_NAME: manifest, **{entry.name: entry.sha256 for entry in source.manifest.shards}}


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _png(picture: Picture) -> bytes:
    done, data = cv2.imencode(".png", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    if not done:
        raise UsageError(f"A picture of shape {picture.shape} can't be written as PNG.", where="card")
    return bytes(data)


def _line(text: str) -> str:
    if not text.isprintable() or len(text) > 500:
        raise UsageError("It is not a line of at most 500 characters.", where="--author or --url")
    return text.strip()
