"""What is said of the package in several places is the same in all of them; what is shipped is all that is needed."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def test_the_version_stands_in_one_place_and_what_cites_it_agrees():
    version = PROJECT["project"]["version"]
    cited = re.search(r"^version: (.*)$", (ROOT / "CITATION.cff").read_text(encoding="utf-8"), re.MULTILINE)
    newest = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert cited is not None
    assert newest is not None
    assert cited[1] == newest[1] == version
    spelt = [path for path in (ROOT / "synth").rglob("*.py") if re.search(r"__version__\s*=\s*[\"']", path.read_text())]
    assert spelt == []


def test_the_source_that_is_shipped_holds_all_that_is_tracked():
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode or not listed.stdout:
        pytest.skip("this is no clone")
    top = {"/" + line.partition("/")[0] for line in listed.stdout.splitlines()}
    always = {"/pyproject.toml", "/.gitignore"}
    assert top - always == set(PROJECT["tool"]["hatch"]["build"]["targets"]["sdist"]["include"])


def test_each_command_of_the_changelog_is_one():
    from synth.cli import _COMMANDS

    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`synth ([a-z-]+)", text))
    assert named <= _COMMANDS.keys()
    unnamed = [name for name in _COMMANDS if name not in named and f"`{name}`" not in text]
    assert unnamed == []


def test_no_object_store_is_installed_that_ignores_create_on_which_the_lock_rests():
    asked = [Requirement(line) for line in PROJECT["project"]["optional-dependencies"]["s3"]]
    assert {requirement.name for requirement in asked} == {"fsspec", "s3fs"}
    assert not [str(requirement) for requirement in asked if requirement.specifier.contains("2024.10.0")]
    assert all(requirement.specifier.contains("2024.12.0") for requirement in asked)
