"""`synth doctor`: is everything here that rendering needs?"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from synth.errors import EXIT_FAULTS

if TYPE_CHECKING:
    from synth.run.doctor import Check

_COLOURS = {"ok": "green", "warn": "yellow", "bad": "red"}


@click.command(epilog="Example: synth doctor --out /data")
@click.option(
    "--out", metavar="DIR", type=click.Path(path_type=Path), help="Where datasets are to go.  [default: here]"
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--quiet", "-q", is_flag=True, help="Print what isn't right only.")
@click.pass_context
def doctor(ctx: click.Context, out: Path | None, as_json: bool, quiet: bool) -> None:
    """Check this machine: versions, system libraries, memory, room, and a timed first render on each device.

    Below each thing that isn't right stands what mends it. Exit code 1 if something is missing.
    """
    from synth.run.doctor import checks

    found = checks(out or Path.cwd())
    if as_json:
        from synth.cli.plain import as_json_text

        everything = list(found)
        click.echo(as_json_text({"ok": _fit(everything), "checks": everything}))
    else:
        everything = list(_shown(found, quiet))
        if not quiet:
            click.echo(_verdict(everything))
    if not _fit(everything):
        ctx.exit(EXIT_FAULTS)


def _fit(checks: Iterable[Check]) -> bool:
    return all(check.state != "bad" for check in checks)


def _shown(checks: Iterable[Check], quiet: bool) -> Iterator[Check]:
    """Prints each check as it comes: the last ones take seconds. quiet: those alone that aren't right."""
    for check in checks:
        if quiet and check.state == "ok":
            yield check
            continue
        state = click.style(f"{check.state:<4}", fg=_COLOURS[check.state])
        click.echo(f"{state}  {check.name:<16}  {check.found}")
        if check.state != "ok" and check.mend:
            click.echo(f"{'':<24}→ {check.mend}")
        sys.stdout.flush()
        yield check


def _verdict(checks: list[Check]) -> str:
    bad = [check.name for check in checks if check.state == "bad"]
    if bad:
        return f"\nNot ready: {', '.join(bad)}. Do what stands behind the arrows, then run synth doctor again."
    return "\nReady. Next: synth render --recipe demo"
