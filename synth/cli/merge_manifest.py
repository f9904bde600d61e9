"""`synth merge-manifest`: parts that runs over ranges of shards made become one dataset."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import click

from synth.cli.place import PLACE


@click.command("merge-manifest", epilog="Example: synth merge-manifest datasets/wide")
@click.argument("out", metavar="OUT", type=PLACE)
@click.argument("parts", metavar="[PART]...", nargs=-1, type=PLACE)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--quiet", "-q", is_flag=True, help="Print errors only.")
def merge_manifest(out: Path | str, parts: tuple[Path | str, ...], as_json: bool, quiet: bool) -> None:
    """Join what `synth render --shards` made to one dataset in OUT.

    PART are the folders in which the runs over ranges worked; without any it is OUT itself, in which all of them did.
    Shards that lie elsewhere are copied into OUT. It ends with an error that names the shards if some are missing,
    damaged, or not the same in two parts, and if the parts are of different recipes or head packs.
    """
    from synth.cli.progress import Manner, logged
    from synth.run.join import merge_manifest as merge

    with logged(Manner.QUIET if quiet else Manner.TEXT):
        whole = merge(out, parts)
    if as_json:
        found = {"folder": str(out), "dataset_id": whole.dataset_id, "samples": whole.samples}
        click.echo(json.dumps({**found, "shards": len(whole.shards), "failed": len(whole.failed)}, indent=1))
    elif not quiet:
        where = shlex.quote(str(out))
        click.echo(f"{out}: {whole.samples:,} samples in {len(whole.shards):,} shards. Next: synth verify {where}")
