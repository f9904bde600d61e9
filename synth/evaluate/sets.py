"""The sets that are judged on, and the part of each that a candidate hasn't been trained on."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from synth.data.shards import ShardSource
from synth.data.source import PoseSource, Subset
from synth.errors import UsageError
from synth.evaluate.first_frame import FIRST_FRAME_TEXT, films_of, labels_against_first_frame
from synth.evaluate.groups import attributes_of
from synth.evaluate.nominal import PROTOCOL_TEXT, within_protocol
from synth.evaluate.trial import Candidate, JudgedSet, Protocol
from synth.train.parts import Part, SplitRecord, read_splits

Split = Literal["test", "validation", "all"]
_NO_PROTOCOL: Protocol = ""
_STRANGERS, _NOT_KNOWN = "it wasn't trained on this set", "what it was trained on isn't known"


def part_to_judge(source: PoseSource, candidate: Candidate, split: Split = "test") -> JudgedSet:
    """The part of `source` that this candidate is judged on.

    Of a set that it was trained on: the people (or, if it was split so, the pictures) of that part of its split. Of
    another set: the people whose names aren't among those it was trained on or chosen by (a part of a real set knows
    its people by the same names as the whole). Else everything.
    Raises UsageError if nothing is left.
    """
    rows, text = _everything(source, candidate) if split == "all" else _unseen(source, candidate, split)
    if rows.size == 0:
        raise UsageError(
            f"{candidate.name} was trained on everybody in it.",
            where=source.name,
            mend="Judge on another set, or on what it has seen: --split all.",
        )
    return judged_part(source, source if rows.size == len(source) else Subset(source, rows), text)


def judged_part(source: PoseSource, part: PoseSource, text: str) -> JudgedSet:
    """A part of `source`, called `text`, under the set's own rules; Pointing'04 loses the pictures outside them."""
    table, protocol = part.table, _NO_PROTOCOL
    if source.name == "pointing04":
        protocol = "pointing04"
        part, text = within_protocol(part), f"{text} with {PROTOCOL_TEXT}"
        table = part.table
    elif (films := films_of(part)) is not None:
        protocol = "first frame"
        table, text = labels_against_first_frame(table, films), f"{text}, {FIRST_FRAME_TEXT}"
    described = f"{text}: {counted(part, source)}"
    return JudgedSet(part, described, is_rendered(source), table, attributes_of(part), protocol)


def is_rendered(source: PoseSource) -> bool:
    """Whether its pictures were made by this program."""
    return is_rendered(source.source) if isinstance(source, Subset) else isinstance(source, ShardSource)


def _everything(source: PoseSource, candidate: Candidate) -> tuple[NDArray[np.int64], str]:
    """All rows, and a word of warning if the candidate has met them."""
    seen = _names_seen(read_splits(candidate.info, candidate.path))
    met = bool(seen & {str(subject) for subject in source.table.subjects})
    return np.arange(len(source)), "everything, also people whom it was trained on" if met else "everything"


def _unseen(source: PoseSource, candidate: Candidate, split: Part) -> tuple[NDArray[np.int64], str]:
    """Rows, and what they are called."""
    splits = read_splits(candidate.info, candidate.path)
    for said in splits[:1]:  # of what the weights went through before only the people are left out
        own = next((number for number, one in enumerate(said.sets) if one.is_of(source)), None)
        if own is not None:
            by_image = " pictures (split by image: the same people were trained on)"
            return said.rows_of(own, source, split), f"its {split}{by_image if said.by == 'image' else ' people'}"
    rows = np.flatnonzero(~np.isin(np.asarray(source.table.subjects), sorted(_names_seen(splits))))
    if rows.size < len(source):
        return rows, "the people whose names it wasn't trained on"
    return rows, f"everything ({_STRANGERS if any(said.sets for said in splits) else _NOT_KNOWN})"


def _names_seen(splits: tuple[SplitRecord, ...]) -> set[str]:
    """Who was trained on, or was looked at to choose the best step."""
    return {name for said in splits for name in said.seen("training", "validation")}


def counted(part: PoseSource, whole: PoseSource) -> str:
    """How much of a set a part is: pictures and people."""
    people, all_people = (len(np.unique(np.asarray(s.table.subjects))) for s in (part, whole))
    return f"{len(part):,} of {len(whole):,} pictures, {people:,} of {all_people:,} people"
