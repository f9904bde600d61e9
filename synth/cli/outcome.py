"""What a run that makes samples ends with: one sample alone, or the report of a whole dataset."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from synth.cli.progress import Manner

if TYPE_CHECKING:
    from synth.recipe.schema import Recipe
    from synth.run.report import RunReport


def render_one(recipe: Recipe, sample: int, out: Path | None, renderer: str, options: Mapping[str, Any]) -> str:
    """Render and write one sample; its labels as JSON."""
    from synth.cli.own_output import blender_to_stderr
    from synth.cli.plain import as_json_text
    from synth.plan.plan import plan_shot
    from synth.run.make import renderer_factory
    from synth.shard.commit import commit_bytes
    from synth.shard.encode import encode_range
    from synth.view.preview import require_png, write_png

    path = require_png(out or Path(f"{recipe.name}-{sample}.png"))
    shot = plan_shot(recipe, sample)
    with blender_to_stderr():
        record = renderer_factory(renderer)(recipe, options).render(shot)
    written: dict[str, Any] = {}
    if record.rgb is not None:
        write_png(path, record.rgb)
        written["picture"] = path
    if record.range_mm is not None:
        written["range_map"] = path.with_name(f"{path.stem}-range.png")
        commit_bytes(written["range_map"], encode_range(record.range_mm))
    return as_json_text({"files": written, "labels": dict(record.labels), "shot": shot})


def show_report(report: RunReport, folder: Path | str, manner: Manner, as_json: bool = False) -> None:
    """The report on standard output: one line of JSON if that is asked for, else as this manner has it."""
    if as_json or manner is Manner.JSON:
        click.echo(json.dumps(_as_fields(report)))
    elif manner is not Manner.QUIET:
        click.echo(_summary(report, folder))


def repeat_command(words: list[str]) -> str:
    """The command line that makes one sample of a run again, as the format that `render_dataset` takes."""
    return shlex.join(words).replace("{", "{{").replace("}", "}}") + " --only {id}"


def _as_fields(report: RunReport) -> dict[str, Any]:
    return {
        "event": "stopped" if report.stopped_by else "done",
        "out_dir": report.out_dir,
        "samples_total": report.samples_total,
        "samples_kept": report.samples_kept,
        "samples_made": report.samples_made,
        "failed": [{"id": lost.id, "cause": lost.cause, "command": lost.command} for lost in report.lost],
        "worker_deaths": report.worker_deaths,
        "seconds": round(report.seconds, 3),
        "exit_code": report.exit_code,
    }


def _summary(report: RunReport, folder: Path | str) -> str:
    """The last word: what is there, how fast it was made, what comes next."""
    from synth.run.progress import duration_text

    held = report.samples_kept + report.samples_made
    rate = f", {report.samples_made / report.seconds:.3g} a second" if report.samples_made and report.seconds else ""
    before = f"; {report.samples_kept:,} were there before" if report.samples_kept else ""
    part = f" of shards {report.span}" if report.span else ""
    lines = [f"{folder}: {held:,} of {report.samples_total:,} samples{part}."]
    if report.samples_made:
        lines.append(f"{report.samples_made:,} made in {duration_text(report.seconds)}{rate}{before}.")
    else:
        lines.append("There was nothing left to make." if report.complete else "None were made.")
    if report.shards_damaged:
        lines.append(f"Damaged and made again: {', '.join(report.shards_damaged[:5])}.")
    if report.worker_deaths:
        lines.append(f"{report.worker_deaths} worker processes died and were replaced.")
    if report.lost:
        lines.append(f"{len(report.lost):,} failed and were left out. The first: {report.lost[0].cause}")
        lines.append(f"To see it again: {report.lost[0].command}")
    if report.stopped_by:
        lines.append("Stopped. Start the same command again to go on; what is finished is kept.")
    elif report.span is not None:
        lines.append(f"Next, when all ranges are done: synth merge-manifest {shlex.quote(str(folder))}")
    else:
        where = shlex.quote(str(folder))
        lines.append(f"Next: synth verify {where}, synth preview {where}")
    return "\n".join(lines)
