"""The parts of a report that are plain text and tables: everything out of data is escaped here."""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

from synth.evaluate.table import Table, shown
from synth.shard.manifest import Manifest
from synth.share.provenance import Step

_MOST_ROWS, _MOST_TEXT, _MOST_RECIPE = 300, 400, 100_000
_NOT_STATED = "not stated"


def escaped(text: Any, most: int = _MOST_TEXT) -> str:
    """One line of text for a page, quotes and all; what is longer than `most` ends in …."""
    line = str(text)
    return html.escape(line if len(line) <= most else line[:most] + "…", quote=True)


def facts_html(pairs: Iterable[tuple[str, str]]) -> str:
    """A list of names and what stands beside them, as text."""
    rows = "".join(f"<div><dt>{escaped(name)}</dt><dd>{escaped(text)}</dd></div>" for name, text in pairs)
    return f"<dl>{rows}</dl>"


def table_html(heads: Sequence[str], rows: Sequence[Sequence[str]], numbers: Sequence[bool], caption: str) -> str:
    """A table that scrolls by itself where it is wider than the page; rows past a few hundred are counted."""
    kinds = [' class="n"' if number else "" for number in numbers]
    head = "".join(f'<th scope="col"{kind}>{escaped(text)}</th>' for text, kind in zip(heads, kinds, strict=True))
    body = "".join(
        "<tr>" + "".join(f"<td{kind}>{escaped(text)}</td>" for text, kind in zip(row, kinds, strict=True)) + "</tr>"
        for row in rows[:_MOST_ROWS]
    )
    more = f"<p>{len(rows) - _MOST_ROWS:,} more rows.</p>" if len(rows) > _MOST_ROWS else ""
    name = escaped(caption)
    return (
        f'<div class="wide" role="region" tabindex="0" aria-label="{name}"><table><caption>{name}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>{more}"
    )


def results_html(tables: Sequence[Table]) -> str:
    """The tables of `synth evaluate`, each with its notes; what they were made with once, at the end."""
    parts = []
    for table in tables:
        rows = [tuple(shown(cell, c) for cell, c in zip(row, table.columns, strict=True)) for row in table.rows]
        numbers = [column.kind != "text" for column in table.columns]
        notes = "".join(f"<li>{escaped(note)}</li>" for note in table.notes)
        drawn = table_html([column.title for column in table.columns], rows, numbers, table.title)
        parts.append(f"<details open><summary>{escaped(table.title)}</summary>{drawn}<ul>{notes}</ul></details>")
    settings = dict.fromkeys(line for table in tables for line in table.settings)
    lines = "".join(f"<li>{escaped(line)}</li>" for line in settings)
    return "".join(parts) + f"<details><summary>Made with</summary><ul>{lines}</ul></details>"


def camera_html(labels: Mapping[str, NDArray[Any]]) -> str:
    """The cameras and how heads stand before them, over all samples."""
    crop, box = (np.asarray(labels[name], np.float64) for name in ("crop_box_px", "head_box_px"))
    t_mm = np.asarray(labels["t_mm"], np.float64)
    off_axis = np.degrees(np.arctan2(np.hypot(t_mm[:, 0], t_mm[:, 1]), t_mm[:, 2]))
    sides = np.maximum(crop[:, 2] - crop[:, 0], crop[:, 3] - crop[:, 1])
    heads = np.maximum(box[:, 2] - box[:, 0], box[:, 3] - box[:, 1])
    pairs = [
        ("Distance, camera to head centre", _spread(labels["distance_mm"], " mm")),
        ("Focal length", _spread(labels["K"][:, 0, 0], " px")),
        ("Head off the optical axis", _spread(off_axis, "°", 1)),
        ("Longer side of the stored picture", _spread(sides, " px")),
        ("Longer side of the head's box", _spread(heads, " px")),
        ("Sensor noise, σ in levels of 255", _spread(labels["noise_sigma"], "", 1)),
    ]
    return facts_html(pairs)


def origin_html(manifest: Manifest, steps: Sequence[Step], alike: Mapping[str, str], bytes_text: str) -> str:
    """What the dataset is made of: recipe, versions, heads, licences, what failed. Hosts and folders are left out."""
    recipe = dict(manifest.recipe)
    pairs = [
        ("Dataset", f"{manifest.name}, id {manifest.dataset_id}, schema {manifest.schema_version}"),
        ("What the recipe says", str(recipe.get("description") or _NOT_STATED)),
        ("Samples", f"{manifest.samples:,} in {_shards(manifest)}, {bytes_text}; seed {manifest.seed}"),
        ("Licence of the data", manifest.license or _NOT_STATED),
        ("The same for all", "; ".join(f"{name}: {value}" for name, value in alike.items()) or "—"),
        ("Made with", ", ".join(f"{name} {version}" for name, version in manifest.versions.items()) or _NOT_STATED),
        ("When", ", ".join(f"{what} {when}" for what, when in manifest.dates.items()) or _NOT_STATED),
        ("Made out of others by", "; ".join(_step(step) for step in steps) or "nothing: it was rendered"),
    ]
    text = yaml.safe_dump(recipe, sort_keys=False, allow_unicode=True, width=100)
    recipe_html = (
        f"<details><summary>The recipe, SHA-256 {escaped(manifest.recipe_sha256[:12])}</summary>"
        f'<pre tabindex="0">{escaped(text, _MOST_RECIPE)}</pre></details>'
    )
    return facts_html(pairs) + _assets(manifest) + _failed(manifest) + recipe_html


def _shards(manifest: Manifest) -> str:
    return "1 shard" if len(manifest.shards) == 1 else f"{len(manifest.shards):,} shards"


def _assets(manifest: Manifest) -> str:
    listed = [(a.name, a.kind, a.license or _NOT_STATED, a.source or "—", a.sha256[:12]) for a in manifest.assets]
    if not listed:
        listed = [(h.name, "head pack", h.license or _NOT_STATED, "—", h.sha256[:12]) for h in manifest.heads]
    heads = ("asset", "kind", "licence", "source", "SHA-256")
    return table_html(heads, listed, [False] * len(heads), "Assets and their licences") if listed else ""


def _failed(manifest: Manifest) -> str:
    if not manifest.failed:
        return "<p>No sample failed.</p>"
    reasons = Counter(sample.reason for sample in manifest.failed)
    rows = [(reason, f"{count:,}") for reason, count in reasons.most_common()]
    title = f"{len(manifest.failed):,} samples failed and were left out"
    return table_html(("reason", "samples"), rows, (False, True), title)


def _step(step: Step) -> str:
    options = ", ".join(f"{name} {value}" for name, value in step.options.items() if not isinstance(value, dict))
    return f"{step.operation} of {', '.join(source.name for source in step.sources)} ({options})"


def _spread(values: NDArray[Any], unit: str, digits: int = 0) -> str:
    known = np.asarray(values, dtype=np.float64).ravel()
    known = known[np.isfinite(known)]
    if not known.size:
        return "unknown"
    low, mean, high = (f"{value:,.{digits}f}".replace("-", "−") for value in (known.min(), known.mean(), known.max()))
    return f"{low}{unit}, all" if low == high else f"{low} to {high}{unit}, mean {mean}"
