"""What the shell offers when Tab is pressed behind an option: names that synth knows, else files.

It must answer at once, so nothing is imported here that takes time; not even the recipes' schema.
"""

from __future__ import annotations

from collections.abc import Callable

import click
from click.shell_completion import CompletionItem

from synth.heads.locate import assets_dir

Complete = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]

PRESETS = ("c2f", "direct6d", "paper")


def words(*names: str) -> Complete:
    """Offers these names."""
    return lambda ctx, param, incomplete: [CompletionItem(name) for name in names if name.startswith(incomplete)]


def recipe_or_file(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Recipes that come with the package, which lie beside its assets."""
    names = sorted(path.stem for path in (assets_dir().parent / "recipes").glob("*.yaml"))
    return _named_or_file(names, incomplete)


def pack_or_folder(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Head packs that come with the package."""
    names = sorted(path.parent.name for path in (assets_dir() / "heads").glob("*/pack.json"))
    return _named_or_file(names, incomplete)


def comparator(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Methods that our network is compared with."""
    from synth.evaluate.comparators import COMPARATORS

    return [CompletionItem(name) for name in COMPARATORS if name.startswith(incomplete)]


def _named_or_file(names: list[str], incomplete: str) -> list[CompletionItem]:
    """A shell completes files where it is told to, but not files and names at once: names come first."""
    fit = [CompletionItem(name) for name in names if name.startswith(incomplete)]
    return fit or [CompletionItem(incomplete, type="file")]
