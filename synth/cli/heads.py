"""`synth heads`: packs of heads, built, imported, looked at."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from synth.cli.lazy import Lazy, LazyGroup
from synth.cli.progress import count_progress, manner_of

if TYPE_CHECKING:
    from synth.heads.worn.shares import Shares

_COMMANDS = {
    "list": Lazy("synth.cli.heads", "list_packs", "List the packs that are at hand by name."),
    "build": Lazy("synth.cli.heads", "build", "Build a pack of new heads."),
    "show": Lazy("synth.cli.heads_look", "show", "Draw a contact sheet of a pack."),
    "stats": Lazy("synth.cli.heads_look", "stats", "Say how a pack's people are spread, and which are most alike."),
    "import": Lazy("synth.cli.heads", "import_meshes", "Make a pack of your own meshes."),
}
_PATH = click.Path(path_type=Path)
_AXES = ("+x", "-x", "+y", "-y", "+z", "-z")


@click.group(cls=LazyGroup, lazy=_COMMANDS, epilog="Example: synth heads build --count 20 --seed 1 --out my_heads")
def heads() -> None:
    """Build head packs, look at them, import meshes of your own.

    A pack is a folder of GLB files with a pack.json; a recipe names one by heads.pack.
    """


@click.command("list", epilog="Example: synth heads list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_packs(as_json: bool) -> None:
    """List the packs that are at hand by name: those that come with synth and those that were built into the cache."""
    from synth.heads.ensure import default_cache_dir
    from synth.heads.pack import PACK_FILE, bundled_packs

    built = sorted(path.parent for path in (default_cache_dir() / "heads").glob(f"*/{PACK_FILE}"))
    packs = [(name, path) for name, path in bundled_packs().items()]
    packs += [(str(path), path) for path in built if path.suffix != ".partial"]
    rows = [_row(name, path) for name, path in packs]
    if as_json:
        click.echo(json.dumps(rows, indent=1))
        return
    for row in rows:
        said = f"damaged: {row['error']}" if "error" in row else f"{row['heads']} heads"
        click.echo(f"{row['pack']}  {said}")
    if not rows:
        click.echo("There are none yet. synth heads build --count 8 builds one.")


def _row(name: str, folder: Path) -> dict[str, str | int]:
    """A pack's name, folder, and number of heads, or what is wrong with it: `error`, on one line."""
    from synth.errors import HeadError, one_line
    from synth.heads.pack import load_pack

    try:
        return {"pack": name, "heads": len(load_pack(folder).heads), "folder": str(folder)}
    except HeadError as error:
        return {"pack": name, "folder": str(folder), "error": one_line(error)}


@click.command(epilog="Example: synth heads build --males 200 --females 100 --seed 2019 --out people_300")
@click.option("--count", type=click.IntRange(min=1), help="Heads in all; half of them men unless said otherwise.")
@click.option("--males", type=click.IntRange(min=0), help="Of which men.")
@click.option("--females", type=click.IntRange(min=0), help="Of which women.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Another seed, other people.")
@click.option("--texture-px", type=click.Choice(["256", "512", "1024", "2048"]), default="1024", show_default=True,
              help="Side of the skin's picture.")  # fmt: skip
@click.option("--share", "given_shares", metavar="NAME=SHARE", multiple=True,
              help="How many wear glasses, sunglasses, hats, headscarves, masks, beards: hats=0.5.")  # fmt: skip
@click.option("--out", metavar="DIR", type=_PATH, help="[default: the cache, where recipes find it]")
@click.option("--workers", type=click.IntRange(min=1), default=1, show_default=True, help="Processes.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--quiet", "-q", is_flag=True, help="Print errors only.")
def build(
    count: int | None,
    males: int | None,
    females: int | None,
    seed: int,
    texture_px: str,
    given_shares: tuple[str, ...],
    out: Path | None,
    workers: int,
    as_json: bool,
    quiet: bool,
) -> None:
    """Build a pack of new heads; started again, it goes on. The same numbers give the same bytes."""
    from synth.errors import UsageError
    from synth.heads.build import BuildSpec, build_pack
    from synth.heads.ensure import ensure_pack

    if count is None and males is None and females is None:
        raise UsageError("How many heads?", where="--count", mend="Give --count, or --males and --females.")
    if count is not None and max(males or 0, females or 0) > count:
        raise UsageError(
            f"{max(males or 0, females or 0)} of {count} heads can't be.",
            where="--count",
            mend="Raise --count or leave it out.",
        )
    spec = BuildSpec.of(count, males, females, seed, int(texture_px), _shares(given_shares))
    with count_progress(manner_of("auto", quiet), "heads") as progress:
        if out is None:
            path = ensure_pack(build=spec, workers=workers, progress=progress)
        else:
            path = build_pack(out, spec, workers=workers, progress=progress)
    if as_json:
        click.echo(json.dumps({"pack": str(path), "heads": spec.count}))
    elif not quiet:
        click.echo(f"{path}: {spec.count:,} heads. synth heads show {path} draws them.")


def _shares(given: tuple[str, ...]) -> Shares:
    """`hats=0.5` and the like; every other share stays the builder's own."""
    from synth.errors import UsageError
    from synth.heads.worn.shares import Shares

    numbers: dict[str, float] = {}
    for text in given:
        name, _, value = text.partition("=")
        try:
            numbers[name.strip()] = float(value)
        except ValueError as error:
            mend = "Write it as hats=0.5."
            raise UsageError(f"{text!r} is no share.", where="--share", mend=mend) from error
    return Shares.of(numbers)


@click.command("import", epilog="Example: synth heads import scans --unit mm --up +z --front -y --out my_heads")
@click.argument("folder", metavar="DIR", type=_PATH)
@click.option("--out", required=True, metavar="DIR", type=_PATH, help="The pack's folder; a new one.")
@click.option("--unit", type=click.Choice(["m", "cm", "mm", "in"]), help="Of the meshes; glTF and FBX state theirs.")
@click.option("--up", type=click.Choice(_AXES), default="+y", show_default=True, help="Axis toward the crown.")
@click.option("--front", type=click.Choice(_AXES), default="+z", show_default=True, help="Axis the face looks along.")
@click.option("--license", "license_name", metavar="NAME", help="The meshes' licence, as datasets will state it.")
@click.option("--max-triangles", type=click.IntRange(min=1), help="Refuse larger meshes.  [default: 2,000,000]")
@click.option("--quiet", "-q", is_flag=True, help="Print errors only.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def import_meshes(
    folder: Path,
    out: Path,
    unit: str | None,
    up: str,
    front: str,
    license_name: str | None,
    max_triangles: int | None,
    quiet: bool,
    as_json: bool,
) -> None:
    """Make a pack of the meshes in DIR: OBJ, PLY, STL, GLB, glTF or FBX, one head a file.

    Each is inspected, scaled, turned and centred, and it is said what was done. A table heads.csv in DIR (file, id,
    sex, age_years) may say more. A fault in one file means that no pack is made.
    """
    from synth.cli.plain import as_json_text
    from synth.heads.foreign.importing import import_heads
    from synth.heads.foreign.limits import MAX_TRIANGLES

    def say(line: str) -> None:
        if not quiet:
            click.echo(line, err=as_json)

    made = import_heads(
        folder,
        out,
        unit=unit,
        up=up,
        front=front,
        max_triangles=max_triangles or MAX_TRIANGLES,
        license=license_name,
        report=say,
    )
    if as_json:
        click.echo(as_json_text(made))
    else:
        say(f"synth heads show {out} draws them; heads.pack: {out} in a recipe renders them.")
