"""Several datasets in one.

Ids stay what they are, since a sample's sensor noise is drawn from `noise_seed` and its id: under another id its
picture would be another one, pixel by pixel. So ids that collide are refused; samples get other ids only where that
changes no picture (noise that is baked in, or none), or where the caller takes other noise of the same strength.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from synth.errors import DatasetError, UsageError
from synth.shard.accounts import Accounts, joined_accounts
from synth.shard.columns import Column
from synth.shard.header import canonical_json
from synth.shard.manifest import FailedSample
from synth.shard.read import Shard
from synth.share.derive import Made, asked_for
from synth.share.folder import new_folder
from synth.share.provenance import Step, new_step, origin_of
from synth.share.source import Picks, Progress, Source, joined, open_source, picks_of
from synth.share.write import NewDataset, write_dataset

MERGED = "merged"
"""The key of a merged recipe: a mapping that lists the recipes of all that was merged."""

_HOLDS_TOGETHER = ("base_id",)  # without it readers would put a sample and its variants on two sides of a split
_MAX_ID = 2**62
_NOT_STATED = "NOASSERTION"  # SPDX's word for a licence that nobody stated
_log = logging.getLogger(__name__)


def merge(
    folders: Sequence[Path],
    out: Path,
    *,
    renumber: bool = False,
    redraw_noise: bool = False,
    name: str | None = None,
    shard_samples: int | None = None,
    progress: Progress | None = None,
) -> Made:
    """Write the samples of several datasets, by ascending id, as one.

    `renumber`: samples of a later dataset whose ids collide with an earlier one's get ids after all others;
    `redraw_noise`: also where their sensor noise is then another draw. Raises `UsageError` for fewer than two, ids that
    collide, or other ids among variants; `DatasetError` for datasets that differ in labels, pictures or where their
    noise is, or aren't whole; `ShardError`; `LockedError`; `DiskError`.
    """
    if len(folders) < 2:
        raise UsageError("Merging takes two datasets or more.", where="DIR", mend="Name all of them before --out.")
    with new_folder(out) as content:
        sources = [open_source(folder) for folder in folders]
        for other in sources[1:]:
            _check_alike(sources[0], other)
        _warn_of_labels_that_some_lack(sources)
        shifts = _shifts(sources, renumber, redraw_noise)
        picks = joined([picks_of(s, number, shifts[number]) for number, s in enumerate(sources)])
        options = {"id_shifts": shifts, **asked_for(name=name, shard_samples=shard_samples)}
        new = _merged(sources, shifts, name or joint_name([source.manifest.name for source in sources]), options, picks)
        size = max(source.shard_samples for source in sources) if shard_samples is None else shard_samples
        manifest = write_dataset(content, new, sources, picks, size, progress)
        return Made(Path(out), manifest, _count_people(sources))


def _check_alike(one: Source, other: Source) -> None:
    """Raise `DatasetError` with all that differs in what the two datasets hold of each sample."""
    differ = [f"label {name}: {what}" for name, what in _different_columns(one, other)]
    kinds, others = _kinds(one), _kinds(other)
    differ += [f"{kind}: only in {(one if kind in kinds else other).folder}" for kind in sorted(kinds ^ others)]
    if "rgb" in kinds & others and _baked(one) != _baked(other):
        differ.append(
            f"sensor noise: baked into the pictures of {(one if True in _baked(one) else other).folder} alone"
        )
    if differ:
        mend = "Merge datasets of the same labels and pictures; `synth train` takes several without merging."
        what = f"It doesn't hold the same of each sample as {one.folder}:\n  " + "\n  ".join(differ[:20])
        raise DatasetError(what, where=str(other.folder), mend=mend)


def _different_columns(one: Source, other: Source) -> Iterable[tuple[str, str]]:
    ours, theirs = _columns(one), _columns(other)
    for name in sorted(ours.keys() | theirs.keys()):
        if name not in ours or name not in theirs:
            if name in _HOLDS_TOGETHER:
                yield name, f"only in {(one if name in ours else other).folder}"
        elif ours[name] != theirs[name]:
            yield name, f"{' '.join(map(str, ours[name]))} against {' '.join(map(str, theirs[name]))}"


def _warn_of_labels_that_some_lack(sources: Sequence[Source]) -> None:
    """They stay in the shards that have them, but readers give labels that every shard has."""
    held: list[set[str]] = [set(_columns(source)) for source in sources]
    if lacking := sorted(held[0].union(*held) - held[0].intersection(*held)):
        _log.warning(
            "%s: not all of the datasets have the label%s %s; what is read of the merged one is without",
            *(sources[0].folder, "" if len(lacking) == 1 else "s", ", ".join(lacking)),
        )


def _columns(source: Source) -> dict[str, tuple[Any, ...]]:
    """What each label means; a text may be stored wider or narrower."""
    return {c.name: _meaning(c) for contents in source.contents for c in contents.columns}


def _meaning(column: Column) -> tuple[Any, ...]:
    return ("text" if column.is_text else column.dtype, column.shape, column.unit, column.frame, column.order)


def _kinds(source: Source) -> set[str]:
    blobs = [{"rgb": c.rgb, "depth": c.depth, **c.further} for c in source.contents]
    return {kind for shard in blobs for kind, stored in shard.items() if stored.offsets[-1] > 0}


def _baked(source: Source) -> set[bool]:
    return {contents.noise_baked for contents in source.contents}


def _shifts(sources: Sequence[Source], renumber: bool, redraw_noise: bool) -> list[int]:
    """What is added to the ids of each source; 0 where none of its ids is taken by one before it."""
    shifts, taken = [0], sources[0].ids
    for number, source in enumerate(sources[1:], start=1):
        common, shift = np.intersect1d(taken, source.ids), 0
        if common.size:
            where = _owner(sources[:number], shifts, int(common[0]))
            if not renumber:
                _refuse_collision(source, where, common)
            for one in sources:
                _refuse_variants(one)
            if not redraw_noise:
                _refuse_other_noise(source)
            shift = int(taken.max()) + 1 - int(source.ids.min())
        if int(source.ids.max()) + shift >= _MAX_ID:
            raise UsageError("Its samples would get ids that are too large.", where=str(source.folder))
        shifts.append(shift)
        taken = np.concatenate([taken, source.ids + shift])
    return shifts


def _owner(sources: Sequence[Source], shifts: Sequence[int], sample_id: int) -> Path:
    pairs = zip(sources, shifts, strict=True)
    return next(source.folder for source, shift in pairs if sample_id - shift in source.ids)


def _refuse_collision(source: Source, other: Path, common: Any) -> None:
    ids = "id is" if common.size == 1 else "ids are"
    what = f"{common.size:,} {ids} in {other} as well, the first {int(common[0])}."
    mend = "If these are other samples, --renumber gives them other ids; the same samples can't be in twice."
    raise UsageError(what, where=str(source.folder), mend=mend)


def _refuse_variants(source: Source) -> None:
    """Raise `UsageError` if the source has variants: their `base_id` is an id, too, and stays what it is."""
    have = [contents for contents in source.contents if any(c.name == "base_id" for c in contents.columns)]
    if any(bool((Shard(contents.path).labels["base_id"] >= 0).any()) for contents in have):
        what = "It has variants, whose base_id would name the wrong shots among samples that get other ids."
        mend = "Merge without --renumber what has other ids, or leave them as they are: `synth train` takes several."
        raise UsageError(what, where=str(source.folder), mend=mend)


def _refuse_other_noise(source: Source) -> None:
    """Raise `UsageError` if other ids would change a picture of the source."""
    pictures = any(c.rgb.offsets[-1] > 0 and not c.noise_baked for c in source.contents)
    if pictures and bool((source.labels(["noise_sigma"])["noise_sigma"] > 0).any()):
        what = "With other ids its pictures would get other sensor noise, which is drawn from noise_seed and id."
        mend = (
            "Add --redraw-noise to take other noise of the same strength; or leave the datasets as they are: "
            "`synth train` takes several."
        )
        raise UsageError(what, where=str(source.folder), mend=mend)


def _merged(
    sources: Sequence[Source], shifts: Sequence[int], name: str, options: Mapping[str, Any], picks: Picks
) -> NewDataset:
    manifests = [source.manifest for source in sources]
    heads = tuple(dict.fromkeys(head for manifest in manifests for head in manifest.heads))
    return NewDataset(
        name=name,
        step=new_step("merge", options, tuple(map(origin_of, manifests)), name),
        earlier=_earlier(sources),
        seed=manifests[0].seed,
        recipe=_recipe([m.recipe for m in manifests], name, manifests[0].seed),
        heads=heads,
        license=_licenses([manifest.license for manifest in manifests]),
        versions={
            program: ", ".join(dict.fromkeys(m.versions[program] for m in manifests if program in m.versions))
            for program in dict.fromkeys(program for m in manifests for program in m.versions)
        },
        hosts=tuple(sorted({host for manifest in manifests for host in manifest.hosts})),
        dates={
            what: (min if what == "began" else max)(m.dates[what] for m in manifests if what in m.dates)
            for what in dict.fromkeys(what for m in manifests for what in m.dates)
        },
        failed=_failed(sources, shifts, picks),
        accounts=joined_accounts(Accounts(m.assets, m.subjects) for m in manifests),
    )


def _earlier(sources: Sequence[Source]) -> tuple[Step, ...]:
    steps: list[Step] = []
    for step in (step for source in sources for step in source.steps):
        if step not in steps:
            steps.append(step)
    return tuple(steps)


def _recipe(recipes: Sequence[Any], name: str, seed: int) -> dict[str, Any]:
    """The one recipe of all, or a mapping that lists them; the recipes of what was merged before are listed singly."""
    single = [one for recipe in recipes for one in (recipe[MERGED] if _is_merged(recipe) else [dict(recipe)])]
    different = list({canonical_json(recipe): recipe for recipe in single}.values())
    return different[0] if len(different) == 1 else {"name": name, "seed": seed, MERGED: different}


def _is_merged(recipe: Any) -> bool:
    return isinstance(recipe.get(MERGED), list) and all(isinstance(one, dict) for one in recipe[MERGED])


def _licenses(licenses: Sequence[str]) -> str:
    """All that apply, as an SPDX expression: whoever uses the whole keeps to each."""
    if not any(licenses):
        return ""
    parts = dict.fromkeys(text or _NOT_STATED for text in licenses)
    single = dict.fromkeys(one for text in parts for one in (text.split(" AND ") if "(" not in text else [text]))
    return " AND ".join(f"({one})" if " OR " in one and not one.startswith("(") else one for one in single)


def _failed(sources: Sequence[Source], shifts: Sequence[int], picks: Picks) -> tuple[FailedSample, ...]:
    """Those of all, each id once, and none that another of the datasets holds."""
    found: dict[int, FailedSample] = {}
    for source, shift in zip(sources, shifts, strict=True):
        for sample in source.manifest.failed:
            found.setdefault(sample.id + shift, FailedSample(sample.id + shift, sample.reason))
    stored = set(picks.id[np.isin(picks.id, list(found))].tolist()) if found else set()
    return tuple(sample for sample_id, sample in sorted(found.items()) if sample_id not in stored and sample_id >= 0)


def joint_name(names: Sequence[str]) -> str:
    """What a merged dataset is called if nobody says."""
    joint = "-and-".join(dict.fromkeys(names))
    return joint if len(joint) <= 80 else MERGED


def _count_people(sources: Sequence[Source]) -> int:
    subjects = [np.unique(source.labels(["subject"])["subject"]) for source in sources]
    packs = [{head.sha256 for head in source.manifest.heads} for source in sources]
    for number, (theirs, pack) in enumerate(zip(subjects, packs, strict=True)):
        for ours, other in zip(subjects[:number], packs[:number], strict=True):
            common = np.intersect1d(ours, theirs)
            if common.size and pack != other:
                _log.warning(
                    "%s: %d subjects (%s, …) have the names of others, from other heads; they count as the same people",
                    *(sources[number].folder, common.size, common[0].decode("ascii", "replace")),
                )
    return len(np.unique(np.concatenate(subjects)))
