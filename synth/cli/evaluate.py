"""`synth evaluate`: how well trained networks and comparators read poses, as tables."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from synth.cli.progress import Manner, count_progress, logged, manner_of

if TYPE_CHECKING:
    from synth.data.source import PoseSource
    from synth.evaluate.sets import Split
    from synth.evaluate.table import Table
    from synth.evaluate.trial import Candidate, Trial

_EXAMPLES = """\b
Examples:
  synth evaluate training/rgb_310k-c2f                    its unseen people, in the newest dataset
  synth evaluate training/rgb_310k-c2f training/rgb_310k-direct6d --on datasets/rgb_310k --out results
  synth evaluate training/rgb_310k-c2f --on pointing04=/data/Pointing04 --table pointing04
  synth evaluate training/rgb_310k-c2f --by skin_tone --by age --by hair
  synth evaluate ours=training/rgb_310k-c2f training/rgb_310k-gllim --table regression
"""


@click.command(epilog=_EXAMPLES)
@click.argument("checkpoints", metavar="[NAME=]CHECKPOINT...", nargs=-1, required=True)
@click.option(
    "--on",
    "on",
    multiple=True,
    metavar="DIR|NAME=DIR",
    help="A rendered dataset, or a real one by name (biwi=DIR); can be repeated.  [default: the newest]",
)
@click.option(
    "--split",
    type=click.Choice(["test", "validation", "all"]),
    default="test",
    show_default=True,
    help="Which part of a set that it was trained on; of other sets all that it hasn't seen is taken.",
)
@click.option("--table", "tables", multiple=True, metavar="NAME", help="Only this table; can be repeated.")
@click.option("--by", "by", multiple=True, metavar="NAME", help="Errors by skin_tone, age, sex, hair, glasses, hat, ….")
@click.option("--out", metavar="DIR", type=click.Path(path_type=Path), help="Also write files there.")
@click.option(
    "--batch",
    type=click.IntRange(1, 4096),
    default=64,
    show_default=True,
    help="Pictures at a time; runtimes are measured with 1 and with so many.",
)
@click.option("--workers", type=click.IntRange(min=0), help="Processes that read pictures.  [default: by the cores]")
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda, cuda:1 or mps.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--log", type=click.Choice(["auto", "text", "json"]), default="auto", show_default=True,
              help="auto: a bar on a terminal, JSON lines elsewhere.")  # fmt: skip
@click.option("--quiet", "-q", is_flag=True, help="Print errors and the tables only.")
def evaluate(
    checkpoints: tuple[str, ...],
    on: tuple[str, ...],
    split: Split,
    tables: tuple[str, ...],
    by: tuple[str, ...],
    out: Path | None,
    batch: int,
    workers: int | None,
    device: str,
    as_json: bool,
    log: str,
    quiet: bool,
) -> None:
    """Judge trained networks and comparators on labelled sets, and print tables.

    CHECKPOINT is a training folder, a .safetensors file, or a fitted comparator's folder. On the data that a model was
    trained on it is judged on the people that were kept apart. With --by it prints the errors by who is shown, group by
    group of what is named. With --out: results.md, results.csv, results.json, a line a picture in estimates.csv, and
    maps of the error over pitch and yaw.
    """
    from synth.evaluate.candidates import distinct, open_candidate
    from synth.evaluate.groups import attributes_of, chosen_attributes
    from synth.evaluate.report import build_tables, check_names
    from synth.run.folder import prepare_folder

    manner = manner_of(log, quiet)
    tables = (*tables, *(["attributes"] if by and "attributes" not in tables else []))
    check_names(tables)
    candidates = distinct([open_candidate(word, device) for word in checkpoints])
    if out is not None:
        prepare_folder(out)  # where it can't be made, that is said before hours of judging
    with logged(manner):
        timed = (1, batch) if not tables or "runtime" in tables else ()
        sources = _sources(on, manner)
        if by:  # what no set tells is said before hours of judging
            chosen_attributes(by, [name for source in sources for name in attributes_of(source)])
        trials = _judged(candidates, sources, split, batch, timed, workers, manner)
    made = build_tables(trials, tables, by)
    _print(made, as_json)
    if out is not None:
        files = _write(out, made, trials)
        if manner is not Manner.QUIET and not as_json:
            click.echo("\n".join(f"wrote {file}" for file in files), err=True)


def _sources(on: tuple[str, ...], manner: Manner) -> list[PoseSource]:
    from synth.data.opening import newest_dataset, open_source

    if on:
        return [open_source(word) for word in on]
    newest = newest_dataset()
    if manner is not Manner.QUIET:
        click.echo(f"judging on {newest}", err=True)
    return [open_source(str(newest))]


def _judged(
    candidates: list[Candidate],
    sources: list[PoseSource],
    split: Split,
    batch: int,
    timed: tuple[int, ...],
    workers: int | None,
    manner: Manner,
) -> list[Trial]:
    from synth.evaluate.judge import judge

    with count_progress(manner, "pictures") as progress:
        return judge(
            candidates, sources, split, batch_size=batch, time_batches=timed, workers=workers, progress=progress
        )


def _print(made: list[Table], as_json: bool) -> None:
    if as_json:
        from synth.cli.plain import as_json_text

        click.echo(as_json_text({"tables": [table.as_json() for table in made]}))
        return
    from synth.evaluate.table import settings_text

    click.echo("\n".join([*(table.as_text() for table in made), settings_text(made)]), nl=False)


def _write(out: Path, made: list[Table], trials: list[Trial]) -> list[Path]:
    from synth.evaluate.report import write_estimates, write_results
    from synth.view.error_map import write_error_maps

    return [*write_results(out, made), write_estimates(out, trials), *write_error_maps(out, trials)]
