"""Where the package keeps its assets, in a checkout and in an installed wheel."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent


def assets_dir() -> Path:
    """The assets folder: `<package>/assets` where it exists (a wheel), else `<package>/../assets` (a checkout)."""
    inside = PACKAGE / "assets"
    return inside if inside.is_dir() else PACKAGE.parent / "assets"
