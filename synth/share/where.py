"""Which samples meet a condition on their labels.

What isn't known (NaN) meets no condition and no condition's opposite: a sample is taken if the condition surely holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt

from synth.shard.columns import Column
from synth.share.labels import value_names
from synth.share.where_syntax import parse, refuse
from synth.share.where_tree import Arithmetic, Call, Comparison, Junction, Label, Literal, Negative, Node, Not

Bools = npt.NDArray[np.bool_]
_COMPARE: dict[str, Any] = {
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
    "==": np.equal,
    "!=": np.not_equal,
}
_COMBINE: dict[str, Any] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "min": np.minimum,
    "max": np.maximum,
}


@dataclass(frozen=True)
class _Truth:
    """For each sample: does it surely hold, does it surely not; neither = unknown."""

    yes: Bools
    no: Bools


class Condition:
    """A condition on the labels in `columns`. Raises `UsageError` with the place of the fault."""

    def __init__(self, text: str, columns: Iterable[Column]) -> None:
        columns = tuple(columns)
        self.text = text
        self._tree = parse(text, columns, value_names(columns))
        self.columns = frozenset(_columns_in(self._tree))
        """The names of the columns that it asks for."""
        self.holds({column.name: np.zeros((0, *column.shape), column.dtype) for column in columns}, 0)

    def holds(self, labels: Mapping[str, npt.NDArray[Any]], samples: int) -> Bools:
        """(samples,) which of them meet it. `labels`: whole columns as stored, (samples, *shape)."""
        with np.errstate(all="ignore"):  # 1 / 0 is infinite, 0 / 0 unknown
            found = _Evaluation(self.text, labels).truth(self._tree)
        return np.broadcast_to(found.yes, (samples,)).copy()


def _columns_in(node: Node) -> set[str]:
    match node:
        case Label(value):
            return {value.column}
        case Call(_, parts) | Junction(_, parts):
            return set().union(*map(_columns_in, parts))
        case Arithmetic(first, rest) | Comparison(first, rest):
            return _columns_in(first).union(*(_columns_in(operand) for _, operand in rest))
        case Negative(inner) | Not(inner):
            return _columns_in(inner)
    return set()


class _Evaluation:
    def __init__(self, text: str, labels: Mapping[str, npt.NDArray[Any]]) -> None:
        self._text, self._labels = text, labels

    def truth(self, node: Node) -> _Truth:
        match node:
            case Junction(word, parts):
                if word == "and":
                    return reduce(_both, map(self.truth, parts))
                return _opposite(reduce(_both, (_opposite(self.truth(part)) for part in parts)))
            case Not(inner):
                return _opposite(self.truth(inner))
            case Comparison(first, rest):
                return self._compared(first, rest)
            case Call("known", (inner,)):
                return self._known(inner)
            case Call("starts_with", (whole, start)):
                yes = np.char.startswith(self._texts(whole), self._texts(start))
                return _Truth(yes, ~yes)
        self._refuse(node, "It is a value, not a condition.", "Compare it with something: … < 30.")

    def _compared(self, first: Node, rest: tuple[tuple[str, Node], ...]) -> _Truth:
        operands = [first, *(operand for _, operand in rest)]
        triples = zip(operands, (sign for sign, _ in rest), operands[1:], strict=False)
        return reduce(_both, (self._pair(*triple) for triple in triples))

    def _pair(self, left: Node, sign: str, right: Node) -> _Truth:
        one, other = self._any(left), self._any(right)
        texts = (one.dtype.kind == "S", other.dtype.kind == "S")
        if any(texts):
            if not all(texts):
                self._refuse(right, "A text can't be compared with a number.", 'Texts stand in quotes: sex == "male".')
            if sign not in ("==", "!="):
                self._refuse(right, f"Texts have no order, so {sign} means nothing.", "Use ==, != or in.")
            yes = np.asarray(_COMPARE[sign](one, other))
            return _Truth(yes, ~yes)
        one, other = _as_precise(one, left, other), _as_precise(other, right, one)
        yes, unknown = np.asarray(_COMPARE[sign](one, other)), np.isnan(one) | np.isnan(other)
        return _Truth(yes & ~unknown, ~yes & ~unknown)

    def _known(self, node: Node) -> _Truth:
        values = self._any(node)
        yes = np.asarray(values != b"" if values.dtype.kind == "S" else np.isfinite(values))
        return _Truth(yes, ~yes)

    def _any(self, node: Node) -> npt.NDArray[Any]:
        """Numbers, or texts as bytes: (N,) or ()."""
        match node:
            case Literal(str(text)):
                if not text.isascii():
                    self._refuse(node, "Labels hold ASCII alone.")
                return np.array(text.encode("ascii"))
            case Literal(number):
                return np.array(number)
            case Label(value):
                index: Any = (slice(None), *value.index)
                return np.asarray(self._labels[value.column][index])
            case Call("abs", (inner,)):
                values = self._numbers(inner)
                return np.abs(values if values.dtype.kind == "f" else values.astype(np.float64))
            case Call(("min" | "max") as name, arguments):
                smaller_or_larger = _COMBINE[str(name)]
                return np.asarray(reduce(smaller_or_larger, map(self._numbers, arguments)))
            case Negative(inner):
                values = self._numbers(inner)
                return -(values if values.dtype.kind == "f" else values.astype(np.float64))
            case Arithmetic(first, rest):
                total = self._numbers(first).astype(np.float64)
                for sign, operand in rest:
                    total = np.asarray(_COMBINE[sign](total, self._numbers(operand).astype(np.float64)))
                return total
        self._refuse(node, "It is a condition, not a value.", "Join conditions with and, or, not.")

    def _numbers(self, node: Node) -> npt.NDArray[Any]:
        values = self._any(node)
        if values.dtype.kind == "S":
            self._refuse(node, "It is a text, not a number.")
        return values

    def _texts(self, node: Node) -> npt.NDArray[Any]:
        values = self._any(node)
        if values.dtype.kind != "S":
            self._refuse(node, "It is a number, not a text.", 'Texts stand in quotes: starts_with(condition, "blur").')
        return values

    def _refuse(self, node: Node, what: str, mend: str = "") -> NoReturn:
        refuse(self._text, node.at, what, mend)


def _both(one: _Truth, other: _Truth) -> _Truth:
    return _Truth(np.asarray(one.yes & other.yes), np.asarray(one.no | other.no))


def _opposite(truth: _Truth) -> _Truth:
    return _Truth(truth.no, truth.yes)


def _as_precise(values: npt.NDArray[Any], node: Node, other: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """A number that is written down, as precise as the label beside it: 2.3 is what float32 stores for 2.3.

    NumPy 1 does so by itself, NumPy 2 no longer.
    """
    return values.astype(np.float32) if isinstance(node, Literal) and other.dtype == np.float32 else values
