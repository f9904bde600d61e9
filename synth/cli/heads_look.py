"""`synth heads show` and `synth heads stats`: a pack's people, seen and counted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from synth.cli.completing import pack_or_folder
from synth.cli.progress import Manner, count_progress, manner_of

if TYPE_CHECKING:
    from synth.heads.census import Census
    from synth.heads.diversity import Diversity
    from synth.heads.pack import HeadPack

_PATH = click.Path(path_type=Path)
_SHOW_EXAMPLES = """\b
Examples:
  synth heads show demo8
  synth heads show people_300 --where "age_years > 60 and skin_tone > 0.6" --yaw -50 --yaw 0 --yaw 50
  synth heads show people_300 --page 2 --columns 10
"""
_STATS_EXAMPLES = """\b
Examples:
  synth heads stats demo8
  synth heads stats people_300 --nearest 10 --json
"""


@click.command(epilog=_SHOW_EXAMPLES)
@click.argument("pack", metavar="PACK", shell_complete=pack_or_folder)
@click.option("--out", metavar="PNG", type=_PATH, help="[default: heads-<pack>.png]")
@click.option("--only", metavar="IDS", help="These heads, ids with commas between them.")
@click.option(
    "--where", metavar="CONDITION", help="Heads that meet it, as in --where \"hat != 'none' and age_years < 13\"."
)
@click.option("--count", type=click.IntRange(min=1), help="Only the first of these.")
@click.option("--page", type=click.IntRange(min=1), help="This page alone.  [default: all]")
@click.option("--page-size", type=click.IntRange(1, 300), default=60, show_default=True, help="Heads on a page.")
@click.option("--columns", type=click.IntRange(1, 40), default=10, show_default=True, help="Heads in a row, at most.")
@click.option("--yaw", "yaws_deg", type=click.FloatRange(-180, 180), multiple=True, default=(20.0,), show_default=True,
              help="Degrees by which heads are turned; given again, one more portrait of each.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--quiet", "-q", is_flag=True, help="Print errors only.")
def show(
    pack: str,
    out: Path | None,
    only: str | None,
    where: str | None,
    count: int | None,
    page: int | None,
    page_size: int,
    columns: int,
    yaws_deg: tuple[float, ...],
    as_json: bool,
    quiet: bool,
) -> None:
    """Render a portrait of each head of PACK (a name or a folder) onto a contact sheet.

    Below each stand the colour of its skin and its shares of MakeHuman's three origins, and what it has and wears. More
    heads than fit on a page go onto several, heads-<pack>-1.png and so on.
    """
    from synth.errors import UsageError
    from synth.heads.ensure import ensure_pack
    from synth.heads.pack import load_pack
    from synth.view.heads_sheet import heads_sheet
    from synth.view.preview import require_png, write_png

    path = ensure_pack(pack)
    loaded = load_pack(path)
    target = require_png(out or Path(f"heads-{loaded.name}.png"))
    slots = _chosen(loaded, only, where)[:count]
    pages = [slots[start : start + page_size] for start in range(0, len(slots), page_size)]
    if page is not None and page > len(pages):
        mend = f"Give 1 to {len(pages)}."
        raise UsageError(f"There is no page {page}.", where="--page", mend=mend)
    sheets: list[Path] = []
    for number, places in enumerate(pages, start=1):
        if page not in (None, number):
            continue
        pictures = _portraits(path, places, yaws_deg, manner_of("auto", quiet))
        said = [f"{len(loaded.heads):,} heads", loaded.license]
        said[1:1] = [f"{len(slots):,} shown"] if len(slots) < len(loaded.heads) else []
        said[1:1] = [f"page {number} of {len(pages)}"] if len(pages) > 1 else []
        sheet = target.with_stem(f"{target.stem}-{number}") if len(pages) > 1 else target
        write_png(sheet, heads_sheet(pictures, loaded.name, " · ".join(said), columns))
        sheets.append(sheet)
        if not quiet and not as_json:
            click.echo(f"contact sheet  {sheet}")
    if as_json:
        from synth.cli.plain import as_json_text

        click.echo(as_json_text({"pack": loaded.name, "heads": len(slots), "contact_sheets": sheets}))


def _chosen(pack: HeadPack, only: str | None, where: str | None) -> list[int]:
    """Places of the heads that are asked for, in the pack's order."""
    from synth.share.heads_where import heads_where

    places = list(range(len(pack.heads)))
    if only is not None:
        wanted = {pack.head(name.strip()).id for name in only.split(",")}
        places = [place for place in places if pack.heads[place].id in wanted]
    if where is not None:
        met = heads_where(where, [pack.heads[place] for place in places])
        places = [places[place] for place in met]
    return places


def _portraits(path: Path, slots: Sequence[int], yaws_deg: Sequence[float], manner: Manner) -> list[tuple[Any, Any]]:
    """Each head's record and its portraits."""
    from synth.cli.own_output import blender_to_stderr
    from synth.render.portrait import portraits

    shown: dict[str, tuple[Any, list[Any]]] = {}
    with count_progress(manner, "portraits") as progress, blender_to_stderr():
        for turn, yaw_deg in enumerate(yaws_deg):

            def count(done: int, total: int, before: int = turn * len(slots)) -> None:
                progress(before + done, total * len(yaws_deg))

            for record, picture in portraits(path, yaw_deg=yaw_deg, slots=slots, progress=count):
                shown.setdefault(record.id, (record, []))[1].append(picture)
    return list(shown.values())


@click.command(epilog=_STATS_EXAMPLES)
@click.argument("pack", metavar="PACK", shell_complete=pack_or_folder)
@click.option("--out", metavar="PNG", type=_PATH, help="[default: heads-<pack>-stats.png]")
@click.option("--nearest", type=click.IntRange(min=1), metavar="N", help="Also the N pairs most alike in shape.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def stats(pack: str, out: Path | None, nearest: int | None, as_json: bool) -> None:
    """Say how the people of PACK are spread over ages, origins, skin tones, hair and what they wear; draw it, too.

    With --nearest every two heads that synth built are compared: the root mean square distance of their skins' vertices
    after the best rigid motion, in mm.
    """
    from synth.cli.plain import as_json_text
    from synth.heads.census import census
    from synth.heads.diversity import diversity
    from synth.heads.ensure import ensure_pack
    from synth.heads.pack import load_pack
    from synth.shard.commit import commit_bytes
    from synth.view.heads_stats import stats_png
    from synth.view.preview import require_png

    loaded = load_pack(ensure_pack(pack))
    target = require_png(out or Path(f"heads-{loaded.name}-stats.png"))
    found = census(loaded)
    alike = diversity(loaded, nearest) if nearest else None
    commit_bytes(target, stats_png(loaded))
    if as_json:
        click.echo(as_json_text({"census": found, "diversity": alike, "picture": target}))
        return
    for name, text in (*_census_rows(found), *(_alike_rows(alike, loaded) if alike else ())):
        click.echo(f"{name:<20}{text}".rstrip())
    click.echo(f"{'picture':<20}{target}")


def _census_rows(found: Census) -> Iterator[tuple[str, str]]:
    from synth.cli.plain import bytes_text

    built = "" if found.builder_version is None else f", seed {found.seed}, builder {found.builder_version}"
    yield "pack", f"{found.pack}: {found.heads:,} heads, {bytes_text(found.bytes)}, {found.license}{built}"
    for name, spread in found.numbers.items():
        unit = {"bytes": "kB"}.get(name, name.rpartition("_")[2] if name.endswith(("_mm", "_years")) else "")
        scale = 1e-3 if name == "bytes" else 1.0
        digits = 0 if spread.greatest * scale >= 20 else 2
        least, middle, mean, most = (
            f"{scale * value:,.{digits}f}" for value in (spread.least, spread.median, spread.mean, spread.greatest)
        )
        unknown = f"; {found.heads - spread.known} unknown" if spread.known < found.heads else ""
        yield (
            name.removesuffix("_mm").removesuffix("_years"),
            (f"{least} to {most} {unit}, median {middle}, mean {mean}{unknown}".replace(" ,", ",")),
        )
    for name, counts in found.words.items():
        if name == "clothing":
            continue
        total = sum(counts.values())
        missing = found.heads - total if name != "beard_kind" else 0  # which is said of men alone
        listed = [*counts.items(), *([("unknown", missing)] if missing else [])]
        yield name, ", ".join(f"{value} {count}" for value, count in listed)
    for name, ratio in found.larger_than_mean.items():
        yield name.removesuffix("_mm"), f"on average {100 * (ratio - 1):+.1f} % of the mean for sex and age"


def _alike_rows(found: Diversity, pack: HeadPack) -> Iterator[tuple[str, str]]:
    from synth.heads.diversity import ALIKE_MM

    left = f", {len(found.left_out)} left out that synth didn't build" if found.left_out else ""
    yield (
        "shape",
        (
            f"{found.compared:,} heads{left}; nearest pair {min(found.nearest_mm):.2f} mm, "
            f"median of all pairs {found.median_mm:.2f} mm"
        ),
    )
    for place, pair in enumerate(found.pairs):
        who = " and ".join(_who(pack, identifier) for identifier in (pair.first, pair.second))
        warning = f"  under {ALIKE_MM:g} mm: one person twice" if pair.rms_mm < ALIKE_MM else ""
        yield ("most alike" if place == 0 else ""), f"{pair.rms_mm:5.2f} mm  {who}{warning}"


def _who(pack: HeadPack, identifier: str) -> str:
    head = pack.head(identifier)
    known = [head.sex or "", "" if head.age_years is None else f"{head.age_years:.0f} y"]
    text = " ".join(filter(None, known))
    return f"{identifier} ({text})" if text else identifier
