"""`synth card`: what a dataset is, written into its folder for those whom it is shared with."""

from __future__ import annotations

from pathlib import Path

import click

from synth.cli.place import LOCAL
from synth.errors import EXIT_FAULTS

_EXAMPLES = """\b
Examples:
  synth card datasets/demo
  synth card datasets/demo --author "A. Person" --url https://example.org/demo
"""


@click.command(epilog=_EXAMPLES)
@click.argument("folder", metavar="DIR", type=LOCAL)
@click.option("--author", default="", help="Who is to be cited.")
@click.option("--url", default="", help="Where it will be had.")
@click.option("--no-parquet", is_flag=True, help="Leave out labels.parquet, which needs pyarrow.")
@click.option("--force", is_flag=True, help="Replace files that aren't the card's, and a README.md that was changed.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--quiet", "-q", is_flag=True, help="Print errors only.")
@click.pass_context
def card(
    ctx: click.Context, folder: Path, author: str, url: str, no_parquet: bool, force: bool, as_json: bool, quiet: bool
) -> None:
    """Write the card of the dataset in DIR: README.md, croissant.json, labels.parquet, licence, pictures, checksums.

    Everything in it is counted from the data or taken from the manifest. The shards stay as they are, and the folder
    still verifies. Started again, it writes the card anew.
    """
    from synth.card.card import write_card
    from synth.cli.plain import as_json_text

    written = write_card(folder, parquet=not no_parquet, force=force, author=author, url=url)
    if as_json:
        damaged = [str(error) for error in written.damaged]
        click.echo(as_json_text({"folder": written.folder, "files": written.files, "damaged": damaged}))
    elif not quiet:
        click.echo(f"{written.folder}: {', '.join(written.files)}.")
        click.echo(f"Read {written.folder / 'README.md'} before you share it.")
    for error in written.damaged:
        click.echo(f"damaged: {error}", err=True)
    if written.damaged:
        ctx.exit(EXIT_FAULTS)
