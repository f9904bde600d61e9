"""What the trainer and the evaluation do, they do in one place."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[2] / "synth"
HERE = ("data", "train", "evaluate", "predict")
_LONG = 60  # characters of code from which on a body that stands twice is a copy


def body_of(function: ast.FunctionDef) -> str:
    """Its code without docstring and annotations."""
    lines = function.body[1:] if ast.get_docstring(function) is not None else function.body
    return "\n".join(map(ast.unparse, lines))


def test_no_function_is_written_in_two_modules():
    homes: dict[str, set[str]] = defaultdict(set)
    for path in sorted(path for name in HERE for path in (PACKAGE / name).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and len(body := body_of(node)) > _LONG:
                homes[body].add(str(path.relative_to(PACKAGE)))
    assert [places for places in homes.values() if len(places) > 1] == []


def test_no_list_of_names_is_written_twice():
    """Tuples of texts at a module's top level: the parts of a split, the angles, the contents."""
    homes: dict[str, list[str]] = defaultdict(list)
    for path in sorted(path for name in HERE for path in (PACKAGE / name).rglob("*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
            if (
                isinstance(value, ast.Tuple)
                and len(value.elts) > 2
                and all(isinstance(e, ast.Constant) for e in value.elts)
            ):
                homes[ast.unparse(value)].append(str(path.relative_to(PACKAGE)))
    assert [places for places in homes.values() if len(places) > 1] == []


def test_angles_are_wrapped_in_one_place():
    found = [
        str(p.relative_to(PACKAGE))
        for p in PACKAGE.rglob("*.py")
        if re.search(r"% 360(\.0)? - 180", p.read_text(encoding="utf-8"))
    ]
    assert found == ["geometry/pose.py"]
