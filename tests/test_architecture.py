"""The rules that keep the code easy to follow: who may import whom, where chance and clocks are banned."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.requirements import Requirement

PACKAGE = Path(__file__).resolve().parents[1] / "synth"
MODULES = sorted(PACKAGE.rglob("*.py"))

# A module imports only from packages left of its own, or from its own.
ORDER = (
    "errors",
    "device",
    "geometry",
    "recipe",
    "plan",
    "store",
    "heads",
    "scenes",
    "effects",
    "shard",
    "render",
    "run",
    "data",
    "share",
    "convert",
    "train",
    "evaluate",
    "view",
    "card",
    "predict",
    "cli",
    "__main__",
)
PURE = ("geometry", "recipe", "plan", "heads", "scenes", "render", "effects")
MAX_LINES = 320
DATES = PACKAGE / "run" / "folder.py"
FOREIGN_WEIGHTS = PACKAGE / "train" / "pretrained.py"
WALL_CLOCK = {"time.time", "time.time_ns", "datetime.datetime.now", "datetime.datetime.utcnow", "datetime.date.today"}

# Packages on the index that are imported by other names.
DISTRIBUTIONS = {
    **dict.fromkeys(("bpy_extras", "mathutils", "cycles"), "bpy"),
    "cv2": "opencv_python",
    "pydantic_core": "pydantic",  # pinned by it to the one version that fits
    "PIL": "pillow",
    "sklearn": "scikit_learn",
    "yaml": "pyyaml",
}

# What makes a generator of its own from a seed; everything else in numpy.random is the global one.
SEEDED = {"Generator", "Philox", "PCG64", "SeedSequence", "BitGenerator", "default_rng"}


def name_of(path: Path) -> str:
    """`synth.plan.shot`"""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def package_of(module: str) -> str:
    """`plan` of `synth.plan.shot`; empty for `synth` itself."""
    return module.split(".")[1] if "." in module else ""


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def imports(tree: ast.AST, module: str, is_package: bool) -> Iterator[tuple[str, int]]:
    """(full dotted name, line) of all that is imported anywhere in the tree, also inside functions."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parents = module.split(".")[: len(module.split(".")) - node.level + is_package]
                base = ".".join([*parents, *([base] if base else [])])
            yield from ((f"{base}.{alias.name}", node.lineno) for alias in node.names)


def imports_of(path: Path) -> list[tuple[str, int]]:
    return list(imports(tree_of(path), name_of(path), path.name == "__init__.py"))


def dotted(node: ast.AST) -> str:
    """`np.random.rand` of the expression; empty if it isn't a plain chain of names."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (base := dotted(node.value)):
        return f"{base}.{node.attr}"
    return ""


def full_names(path: Path) -> Iterator[tuple[str, ast.AST]]:
    """Every dotted name that is used, with import aliases resolved: `np.random.rand` → `numpy.random.rand`."""
    tree = tree_of(path)
    aliases: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            aliases |= {a.asname: a.name for a in node.names if a.asname}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            aliases |= {a.asname or a.name: f"{node.module}.{a.name}" for a in node.names}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name | ast.Attribute) and (name := dotted(node)):
            first, _, rest = name.partition(".")
            yield ".".join(filter(None, [aliases.get(first, first), rest])), node


def everywhere(paths: list[Path]) -> list[pytest.param]:  # type: ignore[valid-type]
    return [pytest.param(path, id=name_of(path)) for path in paths]


def test_there_is_something_to_check():
    assert len(MODULES) > 10
    assert {package_of(name_of(path)) for path in MODULES} >= {"errors", "geometry", "recipe", "plan"}


@pytest.mark.parametrize("path", everywhere(MODULES))
def test_only_render_imports_blender(path):
    if package_of(name_of(path)) == "render":
        return
    found = [f"line {line}: {name}" for name, line in imports_of(path) if name.split(".")[0] in ("bpy", "mathutils")]
    assert not found


def test_every_package_has_its_place_in_the_order_of_imports():
    packages = {package_of(name_of(path)) for path in MODULES} - {""}
    assert not packages - set(ORDER), "put new packages into ORDER, where the data flows through them"


@pytest.mark.parametrize("path", everywhere([path for path in MODULES if package_of(name_of(path))]))
def test_imports_go_one_way(path):
    here = package_of(name_of(path))
    allowed = {*ORDER[: ORDER.index(here) + 1], ""}
    wrong = [
        f"line {line}: {name}"
        for name, line in imports_of(path)
        if name.split(".")[0] == "synth" and name != "synth" and _target(name) not in allowed
    ]
    assert not wrong, f"{here} may import {', '.join(sorted(allowed - {''}))}"


def _target(name: str) -> str:
    """The package that `synth.x.y` lies in; a name of `synth/__init__.py` itself is in none."""
    part = name.split(".")[1]
    return part if part in ORDER or (PACKAGE / part).is_dir() or (PACKAGE / f"{part}.py").is_file() else ""


@pytest.mark.parametrize("path", everywhere(sorted((PACKAGE / "run").rglob("*.py"))))
def test_the_runner_gets_its_renderer_by_name_and_never_imports_it(path):
    assert not [name for name, _ in imports_of(path) if name.startswith("synth.render")]


@pytest.mark.parametrize("path", everywhere([p for p in MODULES if package_of(name_of(p)) in PURE]))
def test_no_clock_and_no_global_chance_where_data_is_made(path):
    found = [f"line {node.lineno}: {name}" for name, node in full_names(path) if _impure(name)]  # type: ignore[attr-defined]
    found += [
        f"line {line}: {name}" for name, line in imports_of(path) if name.split(".")[0] in ("random", "uuid", "secrets")
    ]
    unseeded = [
        f"line {node.lineno}: default_rng()"
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Call) and dotted(node.func).endswith("default_rng") and not node.args
    ]
    assert not found + unseeded


@pytest.mark.parametrize("path", everywhere([path for path in MODULES if path != DATES]))
def test_no_deadline_and_no_order_follows_the_wall_clock(path):
    """It may be set back a day in the middle of a run; only the manifest's dates are taken from it."""
    found = [f"line {node.lineno}: {name}" for name, node in full_names(path) if name in WALL_CLOCK]
    assert not found


def test_the_wall_clock_is_asked_in_one_place():
    names = [name for name, _ in full_names(DATES) if name in WALL_CLOCK]
    assert names == ["datetime.datetime.now"]


def _impure(name: str) -> bool:
    if name in ("time.time", "time.time_ns", "datetime.datetime.now", "datetime.datetime.utcnow", "os.urandom"):
        return True
    return name.startswith("numpy.random.") and name.split(".")[2] not in SEEDED


@pytest.mark.parametrize("path", everywhere(MODULES))
def test_nothing_unpickles_evaluates_or_has_an_unsafe_flag(path):
    banned = {"eval", "exec", "os.system", "os.popen", "torch.load", "torch.save"}
    found = [
        f"line {node.lineno}: {ast.unparse(node)[:60]}"
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Call)
        and (dotted(node.func) in banned or _has_an_unsafe_flag(node))
        and not (path == FOREIGN_WEIGHTS and _loads_tensors_only(node))
    ]
    found += [
        f"line {line}: {name}"
        for name, line in imports_of(path)
        if name.split(".")[0] in ("pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal")
    ]
    assert not found


def _loads_tensors_only(call: ast.Call) -> bool:
    """`torch.load(…, weights_only=True)`: its unpickler builds tensors and nothing else."""
    flags = [word.value for word in call.keywords if word.arg == "weights_only"]
    return dotted(call.func) == "torch.load" and any(isinstance(f, ast.Constant) and f.value is True for f in flags)


def _has_an_unsafe_flag(call: ast.Call) -> bool:
    """`shell=True`, and NumPy's pickles: `allow_pickle=True`."""
    return any(
        word.arg in ("shell", "allow_pickle")
        and not (isinstance(word.value, ast.Constant) and word.value.value is False)
        for word in call.keywords
    )


def declared_packages() -> list[Requirement]:
    content = tomllib.loads((PACKAGE.parent / "pyproject.toml").read_text(encoding="utf-8"))
    return [Requirement(line) for line in content["project"]["dependencies"]]


def extra_packages() -> list[Requirement]:
    """Those of the extras that users install; `dev` is ours."""
    content = tomllib.loads((PACKAGE.parent / "pyproject.toml").read_text(encoding="utf-8"))
    extras = content["project"]["optional-dependencies"]
    return [Requirement(line) for name, lines in extras.items() if name != "dev" for line in lines]


def test_every_package_that_is_imported_is_declared():
    """One that only comes along with another package is gone the day that package drops it."""
    everyone = [*declared_packages(), *extra_packages()]
    declared = {requirement.name.lower().replace("-", "_") for requirement in everyone}
    found = {name.split(".")[0] for path in MODULES for name, _ in imports_of(path)}
    foreign = {DISTRIBUTIONS.get(name, name) for name in found - {"synth", *sys.stdlib_module_names}}
    assert not foreign - declared


@pytest.mark.parametrize("requirement", declared_packages(), ids=lambda requirement: requirement.name)
def test_the_tests_run_with_versions_that_the_pins_admit(requirement):
    assert requirement.specifier.contains(version(requirement.name), prereleases=True)


@pytest.mark.parametrize("path", everywhere(MODULES))
def test_no_module_is_too_long_to_read(path):
    lines = path.read_text(encoding="utf-8").count("\n")
    assert lines <= MAX_LINES, "cut it where one concept ends and the next begins"


@pytest.mark.parametrize("module", ["synth", "synth.recipe", "synth.plan"])
def test_importing_synth_loads_nothing_heavy(module):
    heavy = ("bpy", "torch", "trimesh", "matplotlib", "cv2", "h5py")
    code = f"import json, sys, {module}; print(json.dumps([m for m in {heavy!r} if m in sys.modules]))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=PACKAGE.parent)
    assert json.loads(done.stdout) == []


# --- the checks themselves


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import numpy as np\nnp.random.rand(3)", True),
        ("from numpy import random\nrandom.normal()", True),
        ("from numpy.random import normal\nnormal()", True),
        ("from time import time\ntime()", True),
        ("import time as t\nt.time()", True),
        ("import numpy as np\nnp.random.Generator(np.random.Philox(key=1)).random()", False),
        ("def f(rng):\n    return rng.random()", False),
        ("import time\ntime.monotonic()", False),
    ],
)
def test_the_check_for_chance_sees_through_aliases(tmp_path, source, expected):
    path = tmp_path / "module.py"
    path.write_text(source)
    assert any(_impure(name) for name, _ in full_names(path)) is expected


def test_the_check_of_imports_sees_relative_and_late_ones():
    tree = ast.parse("from ..render import engine\ndef f():\n    import synth.cli\nfrom . import shot")
    found = [name for name, _ in imports(tree, "synth.plan.plan", is_package=False)]
    assert sorted(found) == ["synth.cli", "synth.plan.shot", "synth.render.engine"]
