"""Who is trained on, validated on and tested on; and how a checkpoint remembers it."""

from __future__ import annotations

import base64
import logging
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from synth.data.source import PoseSource, Subset, dataset_id_of
from synth.data.split import groups_of, split_by_identity, split_by_image
from synth.errors import DatasetError, UsageError, one_line

if TYPE_CHECKING:
    from synth.train.settings import TrainSettings

_log = logging.getLogger(__name__)
Part = Literal["training", "validation", "test"]
PARTS: tuple[Part, ...] = ("training", "validation", "test")
Parts = tuple[Subset, Subset, Subset]


class SetRecord(BaseModel):
    """A set that was trained on. `dataset_id`: of a rendered dataset's manifest. `rows`: where the set alone would be
    split otherwise, the number of each row's part in two bits, base64: a third of a byte a picture."""

    model_config = ConfigDict(frozen=True)

    name: str
    samples: int
    dataset_id: str | None = None
    subjects: dict[Part, list[str]] = {}
    rows: str | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.rows is not None and len(base64.b64decode(self.rows, validate=True)) != (self.samples + 3) // 4:
            raise ValueError(f"rows don't tell the part of each of {self.samples} pictures")
        return self

    def is_of(self, source: PoseSource) -> bool:
        """Whether it tells of this set as it is now: by name, dataset's id, size and people."""
        people = {name for names in self.subjects.values() for name in names}
        same = self.samples == len(source) and people == {str(subject) for subject in source.table.subjects}
        return same and self.may_be_of(source)

    def may_be_of(self, source: PoseSource) -> bool:
        """Whether it tells of this set, perhaps with other samples: by name and, if both are known, dataset's id."""
        own = dataset_id_of(source)
        return self.name == source.name and (own is None or self.dataset_id is None or own == self.dataset_id)


class SplitRecord(BaseModel):
    """How the sets of a training were split."""

    model_config = ConfigDict(frozen=True)

    by: Literal["identity", "image"] = "identity"
    shares: tuple[float, float, float] = (0.8, 0.1, 0.1)
    seed: int = Field(default=0, ge=0, lt=2**63)
    sets: list[SetRecord] = []

    def seen(self, *parts: Part) -> set[str]:
        """Everybody in these parts."""
        return {name for one in self.sets for part in parts for name in one.subjects.get(part, [])}

    def rows_of(self, number: int, source: PoseSource, part: Part) -> npt.NDArray[np.int64]:
        """The rows of a part of `source`, which is set `number`."""
        own = self.sets[number]
        if own.rows is not None:
            bits = np.unpackbits(np.frombuffer(base64.b64decode(own.rows), np.uint8)).reshape(-1, 2)
            return np.flatnonzero((bits @ [2, 1])[: len(source)] == PARTS.index(part)).astype(np.int64)
        if self.by == "image":
            return split_by_image(source, self.shares, self.seed)[PARTS.index(part)].rows
        return np.flatnonzero(np.isin(np.asarray(source.table.subjects), own.subjects.get(part, []))).astype(np.int64)


class DataRecord(BaseModel):
    """How many samples of which set were trained on."""

    model_config = ConfigDict(frozen=True)

    name: str
    samples: int


def read_data(info: Mapping[str, Any], where: str = "") -> tuple[DataRecord, ...]:
    """The sets of a checkpoint's own training; empty if nothing is known. Raises `DatasetError` as `read_splits`."""
    try:
        return tuple(DataRecord.model_validate(value) for value in info.get("data") or [])
    except (ValidationError, TypeError) as error:
        raise _misread(error, where) from error


def read_splits(info: Mapping[str, Any], where: str = "") -> tuple[SplitRecord, ...]:
    """The split of a checkpoint's own training first, then those of the trainings that it was begun from.

    Empty if nothing is known. Raises `DatasetError` if the info, which may come from anyone, says it in another form.
    """
    try:
        given = [] if info.get("split") is None else [info["split"]]
        return tuple(SplitRecord.model_validate(value) for value in [*given, *(info.get("begun_from_splits") or [])])
    except (ValidationError, TypeError) as error:
        raise _misread(error, where) from error


def _misread(error: Exception, where: str) -> DatasetError:
    what = f"What it says of who was trained on can't be read: {one_line(error)}."
    return DatasetError(what, where=where, mend="Copy it again, or train it again.")


def describe_split(
    sources: Sequence[PoseSource], parts: Sequence[Sequence[Subset]], settings: TrainSettings
) -> dict[str, Any]:
    """The data and who is in which part, as JSON values, so that an evaluation can judge on the same unseen people."""
    sets = [_described(source, split, settings) for source, split in zip(sources, parts, strict=True)]
    return {
        "data": [
            {"name": s.name, "dataset_id": dataset_id_of(s), "samples": len(s), "about": s.about} for s in sources
        ],
        "split": {
            "by": settings.data.split,
            "shares": list(settings.data.shares),
            "seed": settings.seed,
            "sets": [record.model_dump(mode="json", exclude_none=True) for record in sets],
        },
    }


def split_source(source: PoseSource, settings: TrainSettings) -> Parts:
    """Training, validation and test part of a source, drawn from the settings' seed."""
    split = split_by_identity if settings.data.split == "identity" else split_by_image
    training, validation, test = split(source, settings.data.shares, settings.seed)
    return training, validation, test


def split_sources(sources: Sequence[PoseSource], settings: TrainSettings) -> list[Parts]:
    """`split_source` of each; who, or by image which moment of somebody, is in several sources is in the same part of
    all of them: a dataset and its variants show the same moments.

    The first source that shows them decides, so that further sources don't change the parts of those before. Where
    much is shared, parts can be far from their shares, or empty.
    """
    parts: list[Parts] = []
    part_of: dict[str, int] = {}
    for source in sources:
        groups = groups_of(source, settings.data.split)
        own = _with_known(source, groups, split_source(source, settings), part_of)
        for number, part in enumerate(own):
            part_of |= dict.fromkeys(groups[part.rows].tolist(), number)
        parts.append(own)
    return parts


def _with_known(source: PoseSource, groups: npt.NDArray[np.str_], parts: Parts, part_of: Mapping[str, int]) -> Parts:
    """The parts, with all whose part is known from another source in that one."""
    placed = np.array([part_of.get(group, -1) for group in groups.tolist()])
    for number, part in enumerate(parts):
        rows = part.rows[placed[part.rows] < 0]
        placed[rows] = number
    training, validation, test = (Subset(source, np.flatnonzero(placed == n)) for n in range(len(PARTS)))
    return training, validation, test


def check_begun_from(
    name: str,
    info: Mapping[str, Any],
    sources: Sequence[PoseSource],
    parts: Sequence[Parts],
    settings: TrainSettings,
) -> None:
    """Nobody that the training before has learnt from may be judged on now. `info`: its checkpoint's; `name`: where.

    Raises `UsageError` if it was trained on one of these datasets, split otherwise. Logs a warning if people of other
    datasets have the names of some that are judged on: they may be the same.
    """
    for before in read_splits(info, name):
        for source, split in zip(sources, parts, strict=True):
            known = any(one.may_be_of(source) for one in before.sets)
            if known and (met := _met(before, source, split, settings)):
                shares = ", ".join(f"{share:g}" for share in before.shares)
                raise UsageError(
                    f"{name} was trained on {source.name} with another split; {met} would be judged on, whom it has"
                    " learnt from.",
                    where="--init",
                    mend=f"Split as it did: --set seed={before.seed} --set data.split={before.by}"
                    f" --set 'data.shares=[{shares}]'; or begin with other weights.",
                )
            judged = {str(one) for part in split[1:] for one in part.table.subjects}
            if not known and (same := judged & before.seen("training", "validation")):
                _log.warning(
                    "--init %s has learnt from %d people with the names of some that are judged on here (%s, …). If"
                    " they are the same, the errors on %s will look too good: train from other weights.",
                    name, len(same), min(same), source.name,
                )  # fmt: skip


def _met(before: SplitRecord, source: PoseSource, parts: Parts, settings: TrainSettings) -> str:
    """Who of those that are judged on now was trained on, or chosen by, before; empty if nobody."""
    own = next((number for number, one in enumerate(before.sets) if one.is_of(source)), None)
    if own is not None and before.by == settings.data.split == "image":
        seen = np.concatenate([before.rows_of(own, source, part) for part in ("training", "validation")])
        trained = before.rows_of(own, source, "training")
        rows = np.isin(parts[2].rows, seen).sum() + np.isin(parts[1].rows, trained).sum()
        return f"{rows:,} pictures" if rows else ""
    validation, test = ({str(one) for one in part.table.subjects} for part in parts[1:])
    met = (test & before.seen("training", "validation")) | (validation & before.seen("training"))
    return f"{len(met):,} people" if met else ""


def _described(source: PoseSource, parts: Sequence[Subset], settings: TrainSettings) -> SetRecord:
    subjects = {name: sorted({str(s) for s in part.table.subjects}) for name, part in zip(PARTS, parts, strict=True)}
    rows = None
    if settings.data.split == "image":  # by identity the subjects say it
        alone = split_source(source, settings)
        if any(not np.array_equal(one.rows, other.rows) for one, other in zip(alone, parts, strict=True)):
            part_of_row = np.zeros(len(source), dtype=np.uint8)
            for number, part in enumerate(parts):
                part_of_row[part.rows] = number
            bits = np.unpackbits(part_of_row[:, None], axis=1)[:, -2:]
            rows = base64.b64encode(np.packbits(bits).tobytes()).decode("ascii")
    return SetRecord(
        name=source.name, samples=len(source), dataset_id=dataset_id_of(source), subjects=subjects, rows=rows
    )
