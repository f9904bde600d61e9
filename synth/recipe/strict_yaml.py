"""YAML as a recipe may use it: plain values, each with the line it stands on, and every fault named.

PyYAML keeps the last of two equal keys, follows aliases however often they multiply and reads `1e-3` as text. Here the
document is composed once, within bounds, and what a person didn't mean is a fault instead.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import yaml

MAX_BYTES = 256_000
MAX_DEPTH = 12
MAX_NODES = 5_000

Path = tuple[str | int, ...]

_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_NUMBER = re.compile(r"[-+]?([0-9][0-9_]*(\.[0-9_]*)?|\.[0-9][0-9_]*)([eE][-+]?[0-9]+)?")
_ENDLESS = re.compile(r"[-+]?\.?(nan|inf|infinity)", re.IGNORECASE)
_WORDS: dict[str, Any] = {"": None, "~": None, "null": None, "true": True, "false": False}
_WORDS |= {"yes": True, "no": False, "on": True, "off": False}  # as YAML 1.1, and people, have it

_HALF_CHARACTER = "holds half a character (\\uD800 to \\uDFFF); write the character itself."

# What PyYAML says, and what to do about it.
_HINTS = (
    ("mapping values are not allowed", "Is there a colon too many, or is the indentation off?"),
    ("cannot start any token", "Indent with spaces, not tabs, and put text with special characters in quotes."),
    ("could not find expected ':'", "A setting is written `name: value`."),
    ("expected <block end>", "Is the indentation of this line, or of one above, off?"),
    ("expected ',' or ']'", "Is a ] or a comma missing?"),
    ("expected ',' or '}'", "Is a } or a comma missing?"),
    ("found unexpected end of stream", "Is a closing quote missing?"),
    ("expected a single document", "Keep one recipe a file, without `---` between."),
)


@dataclass(frozen=True)
class Fault:
    """`line` is 1-based; `path` says which value is concerned, () for the file as a whole; `source` is its file, if it
    isn't the one that is being read."""

    line: int
    path: Path
    what: str
    source: str = ""


@dataclass
class Document:
    """A parsed document: plain dicts, lists, text, numbers, booleans and None.

    `lines` gives the line of each value's key (of each item's text, in a list). A value that has a fault is None and
    its path stands in `faults`, so that nothing else needs to be said about it.
    """

    value: Any = None
    lines: dict[Path, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)


class _Stop(yaml.YAMLError):
    """The document goes past a bound: composing ends here."""

    def __init__(self, line: int, what: str) -> None:
        self.line, self.what = line, what
        super().__init__(what)


class _BoundedLoader(yaml.SafeLoader):
    """Composes nodes, with bounds on depth and number; notes aliases, anchors and tags instead of following them."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.depth = self.nodes = 0
        self.refused: dict[int, str] = {}  # id of a node that isn't plain → what is wrong with it

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node:
        event = self.peek_event()
        line = event.start_mark.line + 1
        self.nodes += 1
        self.depth += 1
        if self.nodes > MAX_NODES:
            raise _Stop(line, f"more than {MAX_NODES} values; a recipe has fewer than a hundred.")
        if self.depth > MAX_DEPTH:
            raise _Stop(line, f"more than {MAX_DEPTH} levels deep; a recipe has three.")
        refused = _refused(event)
        if isinstance(event, yaml.AliasEvent):
            self.get_event()
            node: yaml.Node = yaml.ScalarNode("", "", event.start_mark, event.end_mark)  # type: ignore[arg-type]
        else:
            event.anchor = None  # an anchor used twice is no second fault
            node = super().compose_node(parent, index)  # type: ignore[assignment]
        if refused:
            self.refused[id(node)] = refused
        self.depth -= 1
        return node


def _refused(event: Any) -> str:
    if isinstance(event, yaml.AliasEvent):
        return f"the alias *{short(str(event.anchor))} isn't followed in recipes; write the value out."
    if event.anchor is not None:
        return f"the anchor &{short(event.anchor)} isn't allowed in recipes; write the value out where it is needed."
    if event.tag is not None:
        return f"the tag {short(event.tag)} isn't allowed in recipes; write a plain value."
    return ""


def short(text: str, limit: int = 60) -> str:
    """At most `limit` characters, for a message that stays readable whatever the file holds."""
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def parse(text: str) -> Document:
    """Never raises for what `text` holds: a document with `faults` instead."""
    document = Document()
    with _faults_of_the_syntax(document, text):
        if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
            raise _Stop(1, f"more than {MAX_BYTES // 1000} kB, and a recipe has a few. Is this the right file?")
        loader = _BoundedLoader(text)
        try:
            root = loader.get_single_node()
        except (ValueError, OverflowError):  # PyYAML lets chr() speak for an escape like "\UFFFFFFFF"
            raise _Stop(loader.line + 1, "a \\U escape names no character; write the character itself.") from None
        finally:
            loader.dispose()
        if root is not None:
            document.value = _Builder(document, loader.refused).build(root, ())
    return document


@contextmanager
def _faults_of_the_syntax(document: Document, text: str) -> Iterator[None]:
    def note(line: int, what: str) -> None:
        document.faults.append(Fault(line, (), what))

    try:
        yield
    except _Stop as stop:
        note(stop.line, stop.what)
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, int(error.position)) + 1
        note(line, f"the character {_code(error.character)} can't stand in a recipe; delete it.")
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        note(mark.line + 1 if mark else 1, _explained(error))


def _code(character: Any) -> str:
    return f"U+{character if isinstance(character, int) else ord(character):04X}"


def _explained(error: yaml.MarkedYAMLError) -> str:
    problem = error.problem or error.context or "it can't be read"
    both = f"{error.context}, {problem}"
    mend = next((hint for sign, hint in _HINTS if sign in both), "Is a quote, a bracket or a colon missing?")
    if problem.startswith("but "):  # the second half of a sentence
        problem = both
    return f"this isn't YAML: {short(problem, 120)}. {mend}"


class _Builder:
    """Turns nodes into plain values, noting lines and faults."""

    def __init__(self, document: Document, refused: dict[int, str]) -> None:
        self.document, self.refused = document, refused

    def fault(self, node: yaml.Node, path: Path, what: str) -> None:
        self.document.faults.append(Fault(node.start_mark.line + 1, path, what))

    def build(self, node: yaml.Node, path: Path) -> Any:
        if id(node) in self.refused:
            self.fault(node, path, self.refused[id(node)])
            return None
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self._item(item, (*path, place)) for place, item in enumerate(node.value)]
        try:
            return scalar(str(node.value), plain=getattr(node, "style", None) is None)
        except ValueError as error:
            self.fault(node, path, str(error))
            return None

    def _item(self, node: yaml.Node, path: Path) -> Any:
        self.document.lines[path] = node.start_mark.line + 1
        return self.build(node, path)

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for key, value in node.value:
            name = self._key(key, path)
            if name is None:
                continue
            here = (*path, name)
            if name in values:
                first = self.document.lines[here]
                again = "twice on this line" if first == key.start_mark.line + 1 else f"here and on line {first}"
                self.fault(key, here, f"stands {again}; keep one of the two.")
                continue
            self.document.lines[here] = key.start_mark.line + 1
            values[name] = self.build(value, here)
        return values

    def _key(self, key: yaml.Node, path: Path) -> str | None:
        refused = self.refused.get(id(key), "")
        if not isinstance(key, yaml.ScalarNode):
            refused = "the name of a setting is a word, not a list or a section."
        elif key.value == "<<" and key.style is None:
            refused = "merging with << isn't allowed in recipes; write the settings out."
        elif _has_half_characters(key.value):
            refused = _HALF_CHARACTER
        if not refused:
            return str(key.value)
        self.fault(key, (*path, "<<" if "<<" in refused else "?"), refused)
        return None


def scalar(text: str, *, plain: bool) -> Any:
    """The value of a scalar; quoted (`plain` false) it is text. Raises ValueError, saying the mend.

    Numbers are those of YAML 1.2, with `1e-3` and `310_000`; a whole number with an exponent (`1e5`) is an int.
    """
    if _has_half_characters(text):
        raise ValueError(_HALF_CHARACTER)
    if not plain:
        return text
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    if _ENDLESS.fullmatch(text):
        raise ValueError(f"{text} isn't a number that a recipe can hold; write an ordinary number.")
    if _NUMBER.fullmatch(text):
        return _number(text)
    return text


def _has_half_characters(text: str) -> bool:
    return any("\ud800" <= c <= "\udfff" for c in text)


def _number(text: str) -> int | float:
    if len(text) > 40:
        raise ValueError(f"the number {text[:12]}… has {len(text)} characters; write fewer digits.")
    text = text.replace("_", "")
    if _INTEGER.fullmatch(text):
        return int(text)
    digits = text.lstrip("+-")
    if len(digits) > 1 and digits[0] == "0" and digits[1].isdigit():
        raise ValueError(f"{text} begins with a 0 that YAML can read as octal; write it without, or in quotes as text.")
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text} is too large a number; write a smaller one.")
    return int(value) if value.is_integer() and abs(value) < 2**53 and "." not in text else value
