"""`synth info`, `synth verify`, `synth preview`: what can be done with a finished dataset."""

from __future__ import annotations

import json
import shutil
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from synth.cli.place import PLACE, local
from synth.errors import EXIT_FAULTS

if TYPE_CHECKING:
    from synth.shard.info import DatasetInfo

_FOLDER = click.Path(path_type=Path)
_NAMED_ASSETS = 8


@click.command(epilog="Example: synth info datasets/demo")
@click.argument("folder", metavar="DIR", type=PLACE)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def info(folder: Path | str, as_json: bool) -> None:
    """Say what the dataset in DIR holds: counts, people, ranges, files, how it was made."""
    from synth.shard.info import describe_dataset

    found = describe_dataset(folder)
    if as_json:
        from synth.cli.plain import as_json_text

        click.echo(as_json_text(found))
        return
    for name, text in _rows(found):
        click.echo(_wrapped(f"{name:<12}{text}"))
    click.echo(f"\nsynth verify {folder} checks it; synth preview {folder} draws it.")


def _wrapped(line: str) -> str:
    """On a terminal folded under its second column; a pipe gets one line a fact."""
    if not sys.stdout.isatty():
        return line
    width = max(40, shutil.get_terminal_size().columns)
    return textwrap.fill(line, width, subsequent_indent=" " * 12, break_long_words=False, drop_whitespace=True)


def _rows(found: DatasetInfo) -> list[tuple[str, str]]:
    from synth.cli.plain import bytes_text, spread_text

    lost = f", {len(found.failed):,} failed" if found.failed else ""
    noise = "baked into the pictures" if found.noise_baked else "added on reading"
    shards = "1 shard" if found.shards == 1 else f"{found.shards:,} shards"
    rows = [
        ("name", f"{found.name} (id {found.dataset_id}, schema {found.schema_version})"),
        ("recipe", f"{_recipe_name(found)} (seed {found.seed}, SHA-256 {found.recipe_sha256[:12]})"),
        *([("made of", "; ".join(_operation(*step) for step in found.operations))] if found.operations else []),
        ("samples", f"{found.samples:,}{lost}; {_counts(found.conditions)}"),
        ("people", f"{found.identities:,}; samples by sex: {_counts(found.sexes)}"),
        ("pitch", spread_text(found.pitch_deg, "°")),
        ("yaw", spread_text(found.yaw_deg, "°")),
        ("roll", spread_text(found.roll_deg, "°")),
        ("distance", spread_text(found.distance_mm, " mm")),
        ("width", spread_text(found.crop_width_px, " px")),
        ("height", spread_text(found.crop_height_px, " px")),
        ("noise", f"σ {spread_text(found.noise_sigma, ' levels', 1)}; {noise}"),
        ("colour", _pictures(found.rgb)),
        ("depth", _pictures(found.depth)),
        ("maps", _maps(found)),
        ("labels", ", ".join(column.name for column in found.columns)),
        ("files", f"{shards}, {bytes_text(found.bytes)}, {found.bytes_per_sample / 1000:.1f} kB a sample"),
        ("heads", "; ".join(f"{h.name} ({h.license or 'no licence'}, {h.sha256[:12]})" for h in found.heads) or "—"),
        ("licence", found.license or "not stated"),
        ("assets", "; ".join(_assets(found.assets)) or "not listed"),
        ("made", ", ".join(f"{what} {when}" for what, when in found.dates.items()) or "—"),
        ("with", ", ".join(f"{what} {version}" for what, version in found.versions.items()) or "—"),
    ]
    return rows


def _recipe_name(found: DatasetInfo) -> str:
    """Of the recipe, or of all recipes that were merged."""
    merged = found.recipe.get("merged")
    several = [one for one in merged if isinstance(one, dict)] if isinstance(merged, list) else [found.recipe]
    return ", ".join(dict.fromkeys(str(one.get("name", "without a name")) for one in several))


def _operation(name: str, options: Any) -> str:
    said = ", ".join(f"{option} {value}" for option, value in options.items() if not isinstance(value, dict))
    return f"{name} ({said})" if said else name or "can't be read"


def _maps(found: DatasetInfo) -> str:
    """Normals, parts, alpha and landmarks, those that there are."""
    maps = [f"{name} {_pictures(stored)}" for name, stored in found.further.items()]
    landmarks = any(column.name == "landmarks_px" for column in found.columns)
    return "; ".join([*maps, *(["68 landmarks"] if landmarks else [])]) or "none"


def _assets(assets: Any) -> Iterator[str]:
    """Those of a kind and licence together, by name if they are few."""
    groups: dict[tuple[str, str], list[str]] = {}
    for asset in assets:
        groups.setdefault((asset.kind, asset.license or "no licence"), []).append(asset.name)
    for (kind, license_name), names in groups.items():
        shown = ", ".join(names) if len(names) <= _NAMED_ASSETS else f"{len(names):,}"
        yield f"{kind}: {shown} ({license_name})"


def _counts(counts: Any) -> str:
    return ", ".join(f"{name or 'unknown'} {count:,}" for name, count in counts.items())


def _pictures(stored: Any) -> str:
    return (
        f"{stored.samples:,} {stored.codec}, {stored.bytes_per_sample / 1000:.1f} kB each" if stored.samples else "none"
    )


@click.command(epilog="Example: synth verify datasets/demo --deep")
@click.argument("folder", metavar="DIR", type=PLACE)
@click.option("--deep", is_flag=True, help="Also decode every picture and hold the labels against each other.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--quiet", "-q", is_flag=True, help="Print faults only.")
@click.pass_context
def verify(ctx: click.Context, folder: Path | str, deep: bool, as_json: bool, quiet: bool) -> None:
    """Check that the dataset in DIR is whole: a line a fault, exit code 1 if there is one.

    Every file's size and SHA-256 is held against the manifest, and every shard's structure and ids.
    """
    from synth.shard.verify import verify_dataset

    faults = verify_dataset(folder, deep=deep)
    if as_json:
        listed = [{"kind": f.kind, "where": f.where, "what": f.what, "mend": f.mend} for f in faults]
        click.echo(json.dumps({"folder": str(folder), "deep": deep, "whole": not faults, "faults": listed}, indent=1))
    else:
        for fault in faults:
            click.echo(str(fault))
        if not quiet:
            how = "and every sample " if deep else ""
            many = f"{len(faults):,} {'fault' if len(faults) == 1 else 'faults'} in {folder}"
            click.echo(many if faults else f"{folder} is whole: every file {how}is what the manifest says.")
    if faults:
        ctx.exit(EXIT_FAULTS)


@click.command(epilog="Example: synth preview datasets/demo --count 64 --out demo.png")
@click.argument("folder", metavar="DIR", type=PLACE)
@click.option("--out", metavar="PNG", type=_FOLDER, help="Where the contact sheet goes.  [default: DIR/preview.png]")
@click.option("--count", type=click.IntRange(1, 2000), default=32, show_default=True, help="Samples on the sheet.")
@click.option("--faces", metavar="ROWSxCOLUMNS", help="A mosaic of faces instead, one a person: --faces 6x10.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--quiet", "-q", is_flag=True, help="Print errors only.")
@click.pass_context
def preview(
    ctx: click.Context,
    folder: Path | str,
    out: Path | None,
    count: int,
    faces: str | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Draw a contact sheet with poses and head boxes, and histograms of angles and distance.

    The samples are spread evenly over the dataset; their range maps stand below them, in colours whose scale is on the
    sheet. Of variants whole shots are shown, all conditions of one side by side. A damaged sample is crossed out and
    named at the end, with exit code 1.
    """
    from synth.view.preview import write_faces, write_preview

    if out is None:
        local(folder, "DIR, without --out,")
    if faces is not None:
        written_to = write_faces(folder, faces, out)
        if as_json or not quiet:
            click.echo(json.dumps({"faces": str(written_to)}) if as_json else f"faces  {written_to}")
        return
    written = write_preview(folder, out, count)
    if as_json:
        found = {
            "contact_sheet": str(written.contact_sheet),
            "histograms": str(written.histograms),
            "damaged": [{"where": error.where, "what": error.what, "mend": error.mend} for error in written.damaged],
        }
        click.echo(json.dumps(found, indent=1))
    elif not quiet:
        click.echo(f"contact sheet  {written.contact_sheet}\nhistograms     {written.histograms}")
    for error in written.damaged:
        click.echo(f"damaged: {error}", err=True)
    if written.damaged:
        ctx.exit(EXIT_FAULTS)
