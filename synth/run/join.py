"""Parts of a dataset, made by runs over ranges of its shards, joined to the whole."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from synth.errors import DatasetError, MismatchError, ShardError, UsageError
from synth.plan.plan import plan_shot
from synth.recipe.schema import Recipe
from synth.run.folder import differences
from synth.run.ledger import Ledger, LostSample, RunNote
from synth.run.place import Folder, Place, as_place
from synth.run.span import LEDGER_NAME, manifest_name, span_of_part
from synth.run.task import shard_count, shard_range
from synth.shard.header import index_of_shard_name
from synth.shard.manifest import MAX_MANIFEST_BYTES, FailedSample, Manifest, ShardEntry, manifest_bytes
from synth.shard.read_manifest import parse_manifest

_WHERE_ENDED = "Give the folders in which `synth render --shards` ended."
_AGAIN = "Start the `synth render --shards` of that range again."
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Part:
    """The part of a manifest that lies at `place` under `name`."""

    place: Place
    name: str
    manifest: Manifest

    def __str__(self) -> str:
        return f"{self.place.where}/{self.name}"


def merge_manifest(out: Place | Path | str, parts: Sequence[Place | Path | str] = ()) -> Manifest:
    """Join the parts that lie in `parts` (default: in `out` itself) to one dataset in `out`, and return its manifest.

    Shards that lie elsewhere are copied, every one is held against its SHA-256, and the manifest is written last.
    Raises `MismatchError` if the parts aren't of one recipe and head pack, `DatasetError` if they contradict each other
    or a shard is missing or damaged, `UsageError` if `out` holds another dataset, `LockedError` while a run is at work
    in `out`, `DiskError`.
    """
    target = as_place(out)
    places = [as_place(place) for place in parts] or [target]
    _parts_of(places)  # before a folder is made for nothing
    target.prepare()
    with target.locked(None):
        found = _parts_of(places)
        _check_same(found)
        recipe = _recipe(found[0])
        shards = _shards(found)
        failed = {lost.id: lost for part in found for lost in part.manifest.failed}
        _check_complete(recipe, shards, failed, target)
        _refuse_another(target, found, {entry.name: entry for _, entry in shards.values()})
        for part, entry in shards.values():
            _bring(part, entry, target)
        whole = _whole(found, [entry for _, (_, entry) in sorted(shards.items())], failed)
        _write_ledger(target, recipe, whole)
        target.commit(manifest_name(None), manifest_bytes(whole, f"{target.where}/{manifest_name(None)}"))
        return whole


def _parts_of(places: Sequence[Place]) -> list[_Part]:
    """All parts that lie there. Raises `DatasetError` if there are none, or no such folder."""
    for place in places:
        if isinstance(place, Folder) and not place.path.is_dir():
            raise DatasetError("There is no such folder.", where=place.where, mend=_WHERE_ENDED)
    found = [part for place in places for part in _parts_at(place)]
    if not found:
        raise DatasetError(
            "There is no part of a manifest.",
            where=", ".join(place.where for place in places),
            mend=_WHERE_ENDED,
        )
    return found


def _parts_at(place: Place) -> list[_Part]:
    parts = []
    for name in place.names():
        span = span_of_part(name)
        if span is None or name != manifest_name(span):
            continue
        data = place.read(name, MAX_MANIFEST_BYTES)
        try:
            parts.append(_Part(place, name, parse_manifest(data or b"")))
        except (DatasetError, ShardError) as error:
            where = f"{place.where}/{name}" + (f": {error.where}" if error.where else "")
            raise DatasetError(error.what, where=where, mend=error.mend or _AGAIN) from error
    return parts


def _check_same(parts: Sequence[_Part]) -> None:
    first = parts[0]
    for part in parts[1:]:
        if found := differences(first.manifest.recipe, part.manifest.recipe):
            shown = "\n  ".join(line.replace(" in the folder, ", " there, ").replace(" now", " here") for line in found)
            raise MismatchError(
                f"It is of another recipe than {first}:\n  {shown}",
                where=str(part),
                mend="Join parts of one recipe, rendered with one head pack.",
            )
        if part.manifest.heads != first.manifest.heads:
            raise MismatchError(
                f"It was made with another head pack than {first}: "
                f"{_packs(part.manifest)} here, {_packs(first.manifest)} there.",
                where=str(part),
                mend="Join parts that were rendered with one head pack.",
            )


def _packs(manifest: Manifest) -> str:
    return ", ".join(f"{head.name} ({head.sha256[:12]})" for head in manifest.heads) or "none"


def _recipe(part: _Part) -> Recipe:
    try:
        return Recipe.model_validate(dict(part.manifest.recipe))
    except ValueError as error:  # pydantic's
        raise DatasetError(
            "Its recipe isn't one of this version.", where=str(part), mend="Use the version that rendered it."
        ) from error


def _shards(parts: Sequence[_Part]) -> dict[int, tuple[_Part, ShardEntry]]:
    """Every shard by its number. Raises `DatasetError` if two parts have different ones of the same number."""
    shards: dict[int, tuple[_Part, ShardEntry]] = {}
    for part in parts:
        for entry in part.manifest.shards:
            earlier, known = shards.setdefault(entry.index, (part, entry))
            if known != entry:
                raise DatasetError(
                    f"{entry.name} isn't the same in {earlier} and in {part} "
                    f"({known.samples} samples, SHA-256 {known.sha256[:12]}; {entry.samples}, {entry.sha256[:12]}).",
                    where=f"{part.place.where}/{entry.name}",
                    mend="Render both ranges on one kind of device, or leave one of the parts out.",
                )
    return shards


def _check_complete(
    recipe: Recipe,
    shards: Mapping[int, tuple[_Part, ShardEntry]],
    failed: Mapping[int, FailedSample],
    target: Place,
) -> None:
    samples, size = recipe.samples, recipe.shards.samples
    missing: list[int] = []
    for shard in range(shard_count(samples, size)):
        ids = shard_range(shard, samples, size)
        lost = sum(sample in failed for sample in ids) if failed else 0
        held = shards[shard][1].samples if shard in shards else 0
        if held + lost != len(ids):
            missing.append(shard)
    if extra := sorted(set(shards) - set(range(shard_count(samples, size)))):
        raise DatasetError(f"There is no shard {extra[0]} in this recipe.", where=str(shards[extra[0]][0]))
    if missing:
        ranges = _ranges(missing)
        raise DatasetError(
            f"{len(missing)} of {shard_count(samples, size)} shards are missing: {', '.join(ranges[:10])}"
            + (" …" if len(ranges) > 10 else "") + ".",
            where=target.where,
            mend=f"Render them: synth render … --shards {ranges[0]}",
        )  # fmt: skip


def _refuse_another(target: Place, parts: Sequence[_Part], shards: Mapping[str, ShardEntry]) -> None:
    """Raise `UsageError` if the target holds samples that are none of these parts', before one of them is replaced."""
    names, manifest = target.names(), parts[0].manifest
    if LEDGER_NAME in names:
        # Shards that differ from this recipe's ledger are damaged, and are made whole.
        with Ledger.open(target, manifest.recipe, manifest.recipe_sha256) as ledger:
            another = ledger.header.recipe != manifest.recipe
    else:
        here = {entry.name for part in parts if part.place.where == target.where for entry in part.manifest.shards}
        strange = [name for name in names if index_of_shard_name(name) is not None and name not in here]
        another = _recipe_there(target) not in (None, manifest.recipe) or not all(
            name in shards and target.is_whole(name, shards[name].bytes, shards[name].sha256) for name in strange
        )
    if another:
        raise UsageError("OUT holds another dataset.", where=target.where, mend="Choose another OUT.")


def _recipe_there(target: Place) -> Mapping[str, object] | None:
    """Of the dataset that the target holds; empty if its manifest can't be read, None if there is none."""
    data = target.read(manifest_name(None), MAX_MANIFEST_BYTES)
    if data is None:
        return None
    try:
        return parse_manifest(data).recipe
    except (DatasetError, ShardError):
        return {}


def _ranges(numbers: Sequence[int]) -> list[str]:
    """Ascending numbers as `3:4`, `7:10`."""
    found: list[list[int]] = []
    for number in numbers:
        if found and found[-1][1] == number:
            found[-1][1] += 1
        else:
            found.append([number, number + 1])
    return [f"{first}:{stop}" for first, stop in found]


def _bring(part: _Part, entry: ShardEntry, target: Place) -> None:
    """The shard is in the target, as listed, when this returns."""
    if target.is_whole(entry.name, entry.bytes, entry.sha256):
        return
    data = None if part.place.where == target.where else part.place.read(entry.name, entry.bytes)
    if data is None or len(data) != entry.bytes or hashlib.sha256(data).hexdigest() != entry.sha256:
        state = "is damaged" if part.place.size(entry.name) is not None else "is missing"
        raise DatasetError(f"The shard {state}.", where=f"{part.place.where}/{entry.name}", mend=_AGAIN)
    target.commit(entry.name, data)


def _whole(parts: Sequence[_Part], shards: Sequence[ShardEntry], failed: Mapping[int, FailedSample]) -> Manifest:
    manifests = [part.manifest for part in parts]
    versions: dict[str, list[str]] = {}
    for manifest in manifests:
        for name, version in manifest.versions.items():
            versions.setdefault(name, [])
            versions[name] += [each for each in version.split(", ") if each not in versions[name]]
    for name, several in versions.items():
        if len(several) > 1:
            _log.warning("the parts were made with several: %s %s", name, ", ".join(several))
    began = [manifest.dates["began"] for manifest in manifests if "began" in manifest.dates]
    finished = [manifest.dates["finished"] for manifest in manifests if "finished" in manifest.dates]
    return replace(
        manifests[0],
        shards=tuple(shards),
        failed=tuple(failed[sample] for sample in sorted(failed)),
        versions={name: ", ".join(several) for name, several in versions.items()},
        hosts=tuple(sorted({host for manifest in manifests for host in manifest.hosts})),
        dates={**({"began": min(began)} if began else {}), **({"finished": max(finished)} if finished else {})},
    )


def _write_ledger(target: Place, recipe: Recipe, whole: Manifest) -> None:
    """What a run over all shards would know, so that one can check the place and make damaged shards again."""
    size = recipe.shards.samples
    with Ledger.open(target, whole.recipe, whole.recipe_sha256) as ledger:
        if ledger.header.recipe != whole.recipe:
            raise UsageError("It holds another recipe's samples.", where=target.where, mend="Choose another OUT.")
        for host in whole.hosts:
            if not any(run.host == host for run in ledger.runs):
                ledger.add_run(RunNote(host, whole.dates.get("began", "")))
        for lost in whole.failed:
            if lost.id not in ledger.lost:
                seed = plan_shot(recipe, lost.id).render_seed
                ledger.add_lost(LostSample(lost.id, lost.id // size, seed, lost.reason, 0, ""))
        listed = {entry.index: entry for entry in whole.shards}
        for shard in range(shard_count(recipe.samples, size)):
            entry = listed.get(shard)
            if shard in ledger.shards and ledger.shards[shard] == entry:
                continue
            if entry is None:
                ledger.add_empty(shard)
            else:
                ledger.add_shard(entry)
