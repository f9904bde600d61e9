"""What each section of a page shows, in its order: command lines, scripts, Python, recipes and other files."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from commands import PAGES, ROOT, command_lines

_PIECES = re.compile(
    r"^```(?P<kind>\w*)\n(?P<block>.*?)^```|^## (?P<title>.*?)$|(?<!`)`(?P<inline>[^`]+)`(?!`)",
    re.DOTALL | re.MULTILINE,
)
_PROGRAMS = ("synth ", "make ", "python ", "pip ", "ray ", "sbatch ", "torchrun ", "source .venv")
_FILES = {"name:": "{}.yaml", "effects:": "effects.yaml", "cluster_name:": "cluster.yaml"}


@dataclass(frozen=True)
class Step:
    """A thing to do. `prints`: what the page says it prints, `name`: of the file that is to be written."""

    kind: Literal["line", "script", "python", "file"]
    text: str
    prints: str | None = None
    name: str = ""


@dataclass
class Section:
    page: str
    title: str
    steps: list[Step] = field(default_factory=list)

    @property
    def name(self) -> str:
        return f"{self.page}: {self.title}" if self.title else self.page


def sections() -> list[Section]:
    """Those of all pages, and the comments of each recipe, that show something to run."""
    found = [section for page in PAGES for section in _sections_of(page)]
    for recipe in sorted((ROOT / "recipes").glob("*.yaml")):
        shown = [c.text for c in command_lines() if c.name.startswith(f"{recipe.name}: ") and is_whole(c.text)]
        found.append(Section(recipe.name, "", [Step("line", text) for text in dict.fromkeys(shown)]))
    return [section for section in found if section.steps]


def is_whole(inline: str) -> bool:
    """Whether a command in the running text is one to type, not only a command's name or one with places to fill in."""
    words = inline.split()
    return (
        inline.startswith(_PROGRAMS)
        and "…" not in inline
        and not any(word.isupper() for word in words)
        and (words[0] != "synth" or len(words) > (3 if words[1] == "heads" else 2))
    )


def _sections_of(page: Path) -> list[Section]:
    found = [Section(page.name, "")]
    for piece in _PIECES.finditer(page.read_text(encoding="utf-8")):
        if piece["title"]:
            found.append(Section(page.name, piece["title"]))
        elif piece["inline"]:
            text = " ".join(piece["inline"].split())
            found[-1].steps += [Step("line", text)] if is_whole(text) else []
        else:
            found[-1].steps += _steps_of(piece["kind"], piece["block"])
    return found


def _steps_of(kind: str, block: str) -> list[Step]:
    match kind:
        case "sh" if block.startswith("#!"):
            return [Step("script", block, name="array.sh")]
        case "sh":
            return [Step("line", line) for line in block.splitlines() if line.strip()]
        case "python":
            return [Step("python", block)]
        case "yaml":
            first, _, value = block.partition("\n")[0].partition(" ")
            name = _FILES[first].format(value)
            recipe = [Step("line", f"synth render --recipe {shlex.quote(name)}")] if first == "name:" else []
            return [Step("file", block, name=name), *recipe]
        case "text":
            if any(line.startswith(_PROGRAMS) for line in block.splitlines()):
                raise ValueError(f"A command belongs into a block of sh, or behind a $ with what it prints:\n{block}")
            shown = re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE)
            return [Step("line", line, prints) for line, prints in shown]
    raise ValueError(f"Nobody has said what is to be done with a block of {kind or 'no language'}:\n{block}")
