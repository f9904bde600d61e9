"""The words of a condition such as `abs(yaw_deg) < 30 and age_years > 12`, and how they hang together.

A parser of our own, since the text may come from anyone: it knows numbers, texts, labels, six operators, four
functions and nothing else, bounds length and depth, and says at which character it stopped. Nothing is ever executed.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import NoReturn

from synth.errors import UsageError
from synth.shard.columns import Column
from synth.share.labels import Value
from synth.share.where_tree import Arithmetic, Call, Comparison, Junction, Label, Literal, Negative, Node, Not

MAX_CHARACTERS = 4096
MAX_DEPTH = 40
_SHOWN = 60  # characters of a long condition around the fault

_TOKEN = re.compile(
    r"(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)|(?P<name>[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<text>\"[^\"]*\"|'[^']*')|(?P<sign>\*\*|//|<=|>=|==|!=|&&|\|\||[-+*/<>()\[\],])"
)
_HINTS = {
    "=": "Write == for equal.",
    "&": "Write and.",
    "&&": "Write and.",
    "|": "Write or.",
    "||": "Write or.",
    "!": "Write not, or != for unequal.",
    "**": "There are no powers; write a product.",
    "//": "Write / for a quotient.",
    '"': "The text has no end.",
    "'": "The text has no end.",
    ".": "There is nothing inside a label; a value of several is label[0].",
}
_COMPARISONS = ("<", "<=", ">", ">=", "==", "!=")
_WORDS = ("and", "or", "not", "in")
FUNCTIONS = {"abs": (1, 1), "min": (2, 16), "max": (2, 16), "known": (1, 1), "starts_with": (2, 2)}
"""Name → fewest and most arguments."""


@dataclass(frozen=True)
class Token:
    """A word: what it is ("number", "name", "text", "sign", "end"), as it is written, and at which character."""

    kind: str
    text: str
    at: int


def refuse(text: str, at: int, what: str, mend: str = "") -> NoReturn:
    """Raise `UsageError` that shows where in the condition the fault is."""
    start = max(0, at - _SHOWN)
    shown = "".join(c if c.isprintable() else "?" for c in text[start : at + _SHOWN])
    raise UsageError(f"{what}\n  {shown}\n  {' ' * (at - start)}^", where=f"--where, character {at + 1}", mend=mend)


def tokens_of(text: str) -> list[Token]:
    """The words, the last of kind "end". Raises `UsageError` for a character that no word has."""
    if len(text) > MAX_CHARACTERS:
        raise UsageError(f"It has {len(text):,} characters; {MAX_CHARACTERS:,} are allowed.", where="--where")
    found, at = [], 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        match = _TOKEN.match(text, at)
        if match is None or match[0] in _HINTS:
            word = match[0] if match else text[at]
            refuse(text, at, f"{word!r} means nothing here.", _HINTS.get(word, ""))
        found.append(Token(str(match.lastgroup), match[0], at))
        at = match.end()
    return [*found, Token("end", "", len(text))]


def parse(text: str, columns: Iterable[Column], values: Mapping[str, Value]) -> Node:
    """The condition as a tree, its labels looked up among `columns` and `values` (`labels.value_names` of them).

    Raises `UsageError` with the place of the fault.
    """
    return _Parser(text, {column.name: column for column in columns}, values).whole()


class _Parser:
    def __init__(self, text: str, columns: Mapping[str, Column], values: Mapping[str, Value]) -> None:
        self._text, self._columns, self._values = text, columns, values
        self._tokens = tokens_of(text)
        self._place = self._depth = 0

    def whole(self) -> Node:
        if self._now.kind == "end":
            raise UsageError("The condition is empty.", where="--where", mend='Example: "abs(yaw_deg) < 30".')
        node = self._or()
        if self._now.kind != "end":
            self._refuse(f"{self._now.text!r} is one word too many.", "Join conditions with and, or.")
        return node

    @property
    def _now(self) -> Token:
        return self._tokens[self._place]

    def _refuse(self, what: str, mend: str = "", at: int | None = None) -> NoReturn:
        refuse(self._text, self._now.at if at is None else at, what, mend)

    def _take(self, *texts: str) -> Token | None:
        """The current word, if it is one of these (a quoted one isn't), and on to the next."""
        token = self._now
        if token.kind in ("sign", "name") and token.text in texts:
            self._place += 1
            return token
        return None

    def _expect(self, text: str) -> None:
        if not self._take(text):
            found = repr(self._now.text) if self._now.text else "the end"
            self._refuse(f"Here should be {text!r}, not {found}.")

    def _deeper(self, rule: Callable[[], Node]) -> Node:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            self._refuse(f"It is nested more than {MAX_DEPTH} deep.", "Write it flatter.")
        node = rule()
        self._depth -= 1
        return node

    def _or(self) -> Node:
        return self._junction("or", lambda: self._junction("and", self._not))

    def _junction(self, word: str, part: Callable[[], Node]) -> Node:
        at, parts = self._now.at, [part()]
        while self._take(word):
            parts.append(part())
        return parts[0] if len(parts) == 1 else Junction(word, tuple(parts), at)

    def _not(self) -> Node:
        if token := self._take("not"):
            return Not(self._deeper(self._not), token.at)
        return self._comparison()

    def _comparison(self) -> Node:
        at, first = self._now.at, self._sum()
        negated = self._take("not")
        if self._take("in"):
            among = self._among(first, at)
            return Not(among, at) if negated else among
        if negated:
            self._refuse("Here should be 'in', after 'not'.")
        rest = []
        while sign := self._take(*_COMPARISONS):
            rest.append((sign.text, self._sum()))
        return Comparison(first, tuple(rest), at) if rest else first

    def _among(self, first: Node, at: int) -> Node:
        closing = ")" if self._take("(") else "]"
        if closing == "]":
            self._expect("[")
        parts = []
        while not self._take(closing):
            parts.append(Comparison(first, (("==", self._factor()),), at))
            if self._now.text != closing:
                self._expect(",")
        if not parts:
            self._refuse("The list is empty.", at=at)
        return Junction("or", tuple(parts), at)

    def _sum(self) -> Node:
        return self._arithmetic(("+", "-"), lambda: self._arithmetic(("*", "/"), self._factor))

    def _arithmetic(self, signs: tuple[str, ...], operand: Callable[[], Node]) -> Node:
        at, first = self._now.at, operand()
        rest = []
        while sign := self._take(*signs):
            rest.append((sign.text, operand()))
        return Arithmetic(first, tuple(rest), at) if rest else first

    def _factor(self) -> Node:
        if sign := self._take("-", "+"):
            inner = self._deeper(self._factor)
            if sign.text == "+":
                return inner
            if isinstance(inner, Literal) and not isinstance(inner.value, str):
                return Literal(-inner.value, sign.at)
            return Negative(inner, sign.at)
        return self._primary()

    def _primary(self) -> Node:
        token = self._now
        if self._take("("):
            inner = self._deeper(self._or)
            self._expect(")")
            return inner
        if token.kind == "number":
            return Literal(self._number(token), token.at)
        if token.kind == "text":
            self._place += 1
            return Literal(token.text[1:-1], token.at)
        if token.kind != "name" or token.text in _WORDS:
            found = repr(token.text) if token.text else "the end"
            self._refuse(f"Here should be a label, a number or a text, not {found}.")
        self._place += 1
        return self._call(token) if self._now.text == "(" else self._label(token)

    def _number(self, token: Token) -> int | float:
        value = int(token.text) if token.text.isdigit() and len(token.text) < 20 else float(token.text)
        if not math.isfinite(value) or (isinstance(value, int) and value >= 2**63):
            self._refuse("The number is too large.")
        self._place += 1
        return value

    def _call(self, token: Token) -> Node:
        if token.text not in FUNCTIONS:
            self._refuse(f"There is no function {token.text[:80]!r}.", f"There are {', '.join(FUNCTIONS)}.", token.at)
        self._expect("(")
        arguments = [] if self._now.text == ")" else [self._deeper(self._or)]
        while self._take(","):
            arguments.append(self._deeper(self._or))
        self._expect(")")
        fewest, most = FUNCTIONS[token.text]
        if not fewest <= len(arguments) <= most:
            takes = str(fewest) if fewest == most else f"{fewest} to {most}"
            self._refuse(f"{token.text} takes {takes} values, not {len(arguments)}.", at=token.at)
        return Call(token.text, tuple(arguments), token.at)

    def _label(self, token: Token) -> Node:
        name, column = token.text, self._columns.get(token.text)
        if column is None:
            if name not in self._values:
                self._refuse(f"There is no label {name[:80]!r}.", _nearest(name, self._names()), token.at)
            return Label(self._values[name], token.at)
        if not column.shape:
            return Label(self._values[name], token.at)
        parts = [value.name for value in self._values.values() if value.column == name]
        if self._now.text != "[":
            several = ", ".join(parts[:3]) + (", …" if len(parts) > 3 else "")
            first = ", ".join("0" for _ in column.shape)
            self._refuse(f"{name} has {len(parts)} values.", f"Take one: {several}, or {name}[{first}].", token.at)
        index = self._index(column)
        return Label(Value(name, name, index, column.is_text), token.at)

    def _index(self, column: Column) -> tuple[int, ...]:
        at = self._now.at
        index: list[int] = []
        self._expect("[")
        for side in column.shape:
            if index:
                self._expect(",")
            token = self._now
            if token.kind != "number" or not token.text.isdigit() or len(token.text) > 6 or int(token.text) >= side:
                ranges = " and ".join(f"0 to {side - 1}" for side in column.shape)
                self._refuse(f"{column.name} has values {ranges}.", at=at)
            self._place += 1
            index.append(int(token.text))
        self._expect("]")
        return tuple(index)

    def _names(self) -> list[str]:
        return [*self._values, *(name for name in self._columns if name not in self._values)]


def _nearest(name: str, names: list[str]) -> str:
    """Did you mean …: the label that has this word in its name, or one that is spelled much alike."""
    within = [known for known in names if name.lower() in known.lower().split("_")]
    near = within or difflib.get_close_matches(name[:80], names, n=1, cutoff=0.6)
    if near:
        return f"Did you mean {' or '.join(near[:3])}?"
    return f"There are {', '.join(known for known in names if not known[-1].isdigit())[:400]}."
