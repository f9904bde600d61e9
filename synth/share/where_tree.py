"""The parts of a condition; `at` is the character at which each begins."""

from __future__ import annotations

from dataclasses import dataclass

from synth.share.labels import Value


@dataclass(frozen=True)
class Literal:
    value: int | float | str
    at: int


@dataclass(frozen=True)
class Label:
    value: Value
    at: int


@dataclass(frozen=True)
class Call:
    name: str
    arguments: tuple[Node, ...]
    at: int


@dataclass(frozen=True)
class Negative:
    inner: Node
    at: int


@dataclass(frozen=True)
class Arithmetic:
    """first, then (sign, operand) from left to right."""

    first: Node
    rest: tuple[tuple[str, Node], ...]
    at: int


@dataclass(frozen=True)
class Comparison:
    """`-30 < yaw_deg < 30` is one with two signs: every neighbouring pair has to hold."""

    first: Node
    rest: tuple[tuple[str, Node], ...]
    at: int


@dataclass(frozen=True)
class Junction:
    """`word` is "and" or "or"."""

    word: str
    parts: tuple[Node, ...]
    at: int


@dataclass(frozen=True)
class Not:
    inner: Node
    at: int


Node = Literal | Label | Call | Negative | Arithmetic | Comparison | Junction | Not
