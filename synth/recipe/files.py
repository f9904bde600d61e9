"""Where recipes lie, and their text: names of those that come with the package, paths of a user's own."""

from __future__ import annotations

import difflib
import os
import stat
from pathlib import Path

from synth.errors import RecipeError
from synth.recipe.strict_yaml import MAX_BYTES


def recipes_dir() -> Path:
    """Where the recipes that come with the package lie: inside it when installed, beside it in a checkout."""
    package = Path(__file__).resolve().parents[1]
    inside = package / "recipes"
    return inside if inside.is_dir() else package.parent / "recipes"


def recipe_names() -> list[str]:
    """Names of the recipes that come with the package, sorted."""
    return sorted(path.stem for path in recipes_dir().glob("*.yaml"))


def locate(name_or_path: str | os.PathLike[str], beside: Path | None = None) -> tuple[Path, str]:
    """A recipe's file, and what faults call it.

    What ends in .yaml or .yml, or holds a path separator, is a file (as seen from the folder `beside`, by default from
    here); anything else is the name of a recipe that comes with the package. Raises RecipeError for an unknown name.
    """
    given = os.fspath(name_or_path)
    if isinstance(name_or_path, str) and not given.endswith((".yaml", ".yml")) and Path(given).name == given:
        if given not in recipe_names():
            raise RecipeError([_unknown_name(given)])
        return recipes_dir() / f"{given}.yaml", f"{given}.yaml"
    path = Path(given) if beside is None else beside / given
    return path, given if beside is None else str(path)


def read_text(path: Path, source: str) -> str:
    """The file's text; `source` is what faults call it. Raises RecipeError."""
    try:
        with path.open("rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise RecipeError([f"{source}: this isn't a file; give the path of a .yaml file."])
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise RecipeError([f"{source}: there is no such file. Recipes by name: {', '.join(recipe_names())}."]) from None
    except IsADirectoryError:
        raise RecipeError([f"{source}: this is a folder; give the path of a .yaml file in it."]) from None
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        reason = error.strerror if isinstance(error, OSError) else error
        raise RecipeError([f"{source}: the file can't be read ({reason}); check its path and permissions."]) from None
    if len(data) > MAX_BYTES:
        raise RecipeError(
            [f"{source}: larger than {MAX_BYTES // 1000} kB, and a recipe has a few. Is this the right file?"]
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise RecipeError(
            [f"{source}:{line}: byte 0x{data[error.start]:02x} isn't UTF-8; save the file with the encoding UTF-8."]
        ) from None


def _unknown_name(name: str) -> str:
    known = recipe_names()
    meant = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    guess = f" Did you mean {meant[0]}?" if meant else ""
    shown = name if name.isprintable() and len(name) < 80 else f"{name[:40]!r}…"
    return (
        f"there is no recipe {shown or '(empty)'}.{guess} There are {', '.join(known)};"
        " a file of your own is given by its path, ending in .yaml."
    )
