"""`write_report`: a dataset, and what networks make of it, as one HTML file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synth.data.shards import ShardSource
from synth.errors import SynthError, UsageError
from synth.evaluate.report import build_tables
from synth.evaluate.trial import Trial
from synth.shard.commit import commit_bytes
from synth.share.provenance import read_steps
from synth.view.contact_sheet import spread_evenly
from synth.view.report.columns import MOST_SAMPLES, Facets, Numbers, facets_of, pose_numbers
from synth.view.report.models import error_numbers, models_json, with_angles, worst_rows
from synth.view.report.page import page_html, script_json
from synth.view.report.sampling import shown_rows
from synth.view.report.sections import camera_html, escaped, origin_html, results_html
from synth.view.report.thumbnails import thumbnails

REPORT_NAME = "report.html"
MOST_BYTES = 15_000_000
DEFAULT_PICTURES, MOST_PICTURES = 720, 4000

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Report:
    """Where it is, its size, how many samples have a picture in it, and what is wrong with those that couldn't."""

    path: Path
    bytes: int
    pictures: int
    samples: int
    damaged: tuple[SynthError, ...]


def write_report(
    source: ShardSource, out: Path, trials: Sequence[Trial] = (), pictures: int = DEFAULT_PICTURES
) -> Report:
    """Write the report of a dataset as `out`, an .html file, whole or not at all; at most `MOST_BYTES`.

    `trials`: of models on this dataset. All samples are counted and can be filtered, up to `columns.MOST_SAMPLES`; up
    to `pictures` of them are shown, fewer where they wouldn't fit. Raises `UsageError` for another kind of file or if
    there is nothing to show, what reading the labels raises, and `DiskError`.
    """
    require_html(out)
    dataset = source.dataset
    labels, ids, angled = dataset.labels, dataset.ids, with_angles(trials)
    worst = [worst_rows(trial, ids)[1] for trial in angled]
    rows = np.unique(np.concatenate([spread_evenly(len(dataset), MOST_SAMPLES), *worst]))
    numbers = [*pose_numbers(labels, rows), *error_numbers(angled, ids, rows)]
    facets = facets_of(source, rows)
    size = sum(entry.bytes for entry in dataset.manifest.shards)
    parts = {
        "title": escaped(dataset.manifest.name, 100),
        "summary": escaped(_summary(dataset.manifest.failed, labels, len(dataset), len(rows))),
        "camera": camera_html(labels),
        "results": results_html(build_tables(trials)) if trials else "",
        "origin": origin_html(dataset.manifest, read_steps(dataset.folder), facets.alike, f"{size / 1e6:,.1f} MB"),
        "has_models": "" if trials else "hidden",
    }
    data: dict[str, Any] = _columns_json(len(dataset), len(rows), numbers, facets)
    used = len(script_json(data)) + sum(len(part.encode()) for part in parts.values()) + _ROOM_BYTES
    spread = _spread(labels, pictures).tolist()
    place_of = {int(row): place for place, row in enumerate(rows)}
    # The worst first, so that they have room; on the page they come last, where they aren't among the others anyway.
    chosen = [row for row in dict.fromkeys([*np.concatenate([*worst, rows[:0]]).tolist(), *spread]) if row in place_of]
    found, damaged = thumbnails(dataset, chosen, MOST_BYTES - used)
    made = {row: found[row] for row in dict.fromkeys([*spread, *found]) if row in found}
    if not made:
        raise damaged[0] if damaged else UsageError("There is no room for a picture.", where=str(out))
    data["thumbnails"] = [{"row": row, "place": place_of[row], **thumbnail} for row, thumbnail in made.items()]
    data["models"] = models_json(angled, ids, labels, made)
    content = page_html(parts, data).encode("utf-8", "replace")
    commit_bytes(out, content)
    return Report(out, len(content), len(made), len(dataset), tuple(damaged))


def require_html(out: Path) -> Path:
    """`out`, if it names an HTML file. Raises UsageError."""
    if out.suffix.lower() not in (".html", ".htm"):
        mend = "Give the path of an .html file."
        raise UsageError(f"{out.name!r} doesn't end in .html.", where="--out", mend=mend)
    return out


_ROOM_BYTES = 200_000  # for the page's own style and script, and the models' maps


def _spread(labels: Any, count: int) -> Rows:
    conditions = np.array([text.partition(":")[0] for text in labels["condition"].tolist()])
    return shown_rows(np.asarray(labels["euler_deg"], dtype=np.float64), conditions, count)


def _columns_json(total: int, counted: int, numbers: list[Numbers], facets: Facets) -> dict[str, Any]:
    return {
        "total": total,
        "counted": counted,
        "numbers": [one.as_json() for one in numbers],
        "facets": [one.as_json() for one in facets.shown],
        "left_out": list(facets.left_out),
    }


def _summary(failed: Sequence[Any], labels: Any, samples: int, counted: int) -> str:
    people = len(np.unique(labels["subject"]))
    facts = [f"{samples:,} samples", f"{people:,} {'person' if people == 1 else 'people'}"]
    facts += [f"{len(failed):,} failed"] * bool(failed)
    facts += [f"{counted:,} of them counted here, spread evenly"] * (counted < samples)
    return " · ".join(facts)
