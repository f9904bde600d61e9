"""Synthetic heads with exact pose and depth labels: recipes to shots to rendered, verified shards.

Importing `synth` loads nothing heavy; the names below are loaded when first used, and none of them needs Blender.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from synth.plan.plan import plan_shot
    from synth.recipe.load import load_recipe
    from synth.shard.dataset import open_dataset

    __version__: str

__all__ = ["__version__", "load_recipe", "open_dataset", "plan_shot"]

_HOMES = {
    "load_recipe": "synth.recipe.load",
    "open_dataset": "synth.shard.dataset",
    "plan_shot": "synth.plan.plan",
}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        value: Any = _version()
    elif name in _HOMES:
        from importlib import import_module

        value = getattr(import_module(_HOMES[name]), name)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def _version() -> str:
    """From the installed package's metadata, the one place that states it; a bare checkout has none."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("synth-heads")
    except PackageNotFoundError:
        return "0+unknown"
