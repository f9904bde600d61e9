"""What the pages show: their YAML recipes and their command lines, also those in the recipes' comments."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.DOTALL | re.MULTILINE)
_INLINE = re.compile(r"(?<!`)`(synth [^`]+)`(?!`)")
_AT_THE_END = re.compile(r"(?<=  )synth [^`]+$")  # two blanks before it, as no sentence has
_SEPARATORS = frozenset({"&&", "||", ";", "|", ">", ">>"})


@dataclass(frozen=True)
class Shown:
    """A piece of a page. `name` tells pieces apart in a test's name; `whole` is false where a command is only named."""

    name: str
    text: str
    whole: bool = True


def recipes() -> list[Shown]:
    """Every ```yaml block that starts with `name:`."""
    found = []
    for page in PAGES:
        for kind, text in _FENCE.findall(page.read_text(encoding="utf-8")):
            if kind == "yaml" and text.startswith("name:"):
                found.append(Shown(text.splitlines()[0].removeprefix("name:").strip(), text))
    return found


def command_lines() -> list[Shown]:
    """Every `synth …` command line of a code block, and those in the running text, without what a shell does."""
    found = []
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        blocks = [line for _, block in _FENCE.findall(text) for line in block.splitlines()]
        whole = [part for line in blocks if line.strip().startswith("synth ") for part in split_line(line)]
        inline = [part for line in _INLINE.findall(_FENCE.sub("", text)) for part in split_line(line)]
        found += [Shown(f"{page.name}: {part}", part) for part in whole]
        found += [Shown(f"{page.name}: {part}", part, " -" in part) for part in inline if "…" not in part]
    for recipe in sorted((ROOT / "recipes").glob("*.yaml")):
        comments = [line.partition("#")[2] for line in recipe.read_text(encoding="utf-8").splitlines()]
        whole = [part for line in comments for words in _AT_THE_END.findall(line) for part in split_line(words)]
        inline = [part for line in _INLINE.findall("\n".join(comments)) for part in split_line(line)]
        found += [Shown(f"{recipe.name}: {part}", part, part in whole) for part in dict.fromkeys(whole + inline)]
    return found


def split_line(line: str) -> list[str]:
    """The `synth` commands of a line, without what the shell does around them."""
    commands: list[list[str]] = [[]]
    for word in shlex.split(line, comments=True):
        if word in _SEPARATORS:
            commands.append([])
        else:
            commands[-1].append(word)
    return [shlex.join(words) for words in commands if words[:1] == ["synth"]]
