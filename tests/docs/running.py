"""Runs what the pages show, in folders where datasets, networks and pictures stand that they speak of."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from commands import ROOT
from stand_ins import MADE
from stories import Step

from synth.recipe.files import recipe_names

PROGRAMS = Path(__file__).resolve().parent / "programs"
# `name: words to run`. They stand before the real ones on the PATH.
STANDING_FOR = {
    "synth": f"{sys.executable} {PROGRAMS / 'short.py'}",
    "pip": f"{sys.executable} {PROGRAMS / 'as_pip.py'}",
    "torchrun": f"{sys.executable} {PROGRAMS / 'as_torchrun.py'}",
    "ray": f"{sys.executable} {PROGRAMS / 'as_ray.py'}",
    "sbatch": f"/bin/sh {PROGRAMS / 'sbatch.sh'}",
    "srun": "",
    "python": sys.executable,
}
# Folders at the root of a machine stand in the test's folder, and a task of an array is one of the two that are run.
_ROOTS = re.compile(r"(?<=[ =])/(?=(?:shared|copied|data)/)")
_REPLACED = {"--array=7": "--array=1", "first:6379": "127.0.0.1:$RAY_PORT", "--port 6379": "--port $RAY_PORT"}
_PARTS = {"copied/from-a": "0:10", "copied/from-b": "10:20"}
_EXPORT = re.compile(r"export (\w+)=(\S+)")
_RENDER = re.compile(r"synth render --recipe (\w+)((?: (?!--ray|--shards|--only|--retry)\S+)*)")
_OUT = re.compile(r"(?:--out|merge-manifest) (\S+)")  # what the line makes, or makes whole
PATIENCE_S = 600


class StepError(AssertionError):
    """A step that didn't do what the page says."""


@dataclass
class Runner:
    """Runs lines in folders below `home`; one that renders a recipe of ours is run once, then its dataset is copied."""

    home: Path
    environment: Mapping[str, str]
    rendered: dict[str, Path] = field(default_factory=dict)
    programs: Path = field(init=False)

    def __post_init__(self) -> None:
        self.programs = self.home / "programs"
        self.programs.mkdir()
        for name, words in STANDING_FOR.items():
            (self.programs / name).write_text(f'#!/bin/sh\nexec {words} "$@"\n')
            (self.programs / name).chmod(0o755)

    def variables(self, exported: Mapping[str, str]) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("SYNTH_", "AWS_"))}
        own = {
            "PATH": f"{self.programs}:{Path(sys.executable).parent}:{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "SYNTH_CACHE": str(self.home / "cache"),
            "OMP_NUM_THREADS": "1",
        }
        return kept | own | dict(self.environment) | dict(exported)

    def section(self, name: str) -> Place:
        folder = self.home / re.sub(r"\W+", "-", name)
        folder.mkdir()
        return Place(self, folder)


@dataclass
class Place:
    """A section's folder, and what its lines have exported."""

    runner: Runner
    folder: Path
    exported: dict[str, str] = field(default_factory=dict)
    snippets: list[str] = field(default_factory=list)

    def do(self, step: Step) -> None:
        """Raises StepError with what was printed."""
        text = step.text
        for shown, meant in _REPLACED.items():
            text = text.replace(shown, meant)
        text = _ROOTS.sub(f"{self.folder}/", text)
        self._stand_in(_OUT.sub("", text))
        match step.kind:
            case "file":
                (self.folder / step.name).write_text(text, encoding="utf-8")
            case "script":
                (self.folder / step.name).write_text(text, encoding="utf-8")
                self.line(f"sbatch {step.name}")
            case "python":
                self._python(text)
            case "line":
                self.line(text, step.prints)

    def line(self, text: str, prints: str | None = None) -> None:
        """As a shell runs it."""
        words = text.partition("  #")[0].strip()
        if export := _EXPORT.fullmatch(words):
            self.exported[export[1]] = export[2]
            return
        out = self.folder / (_OUT.findall(words) or ["."])[0]
        recipe = _RENDER.fullmatch(words)
        if recipe and recipe[1] in recipe_names() and "/" not in (_OUT.sub("", recipe[2])):
            out = out if out != self.folder else self.folder / "datasets" / recipe[1]
            if words in self.runner.rendered:
                copy(self.runner.rendered[words], out)
                return
        self._run(["bash", "-c", text], prints)
        refused = prints is not None and prints.startswith("error:")
        if not refused and "://" not in words and not out.exists():
            raise StepError(f"{text}\ndidn't leave {out.name}")
        if recipe and out != self.folder and "s3:" not in words:
            self.runner.rendered[words] = self.runner.home / "rendered" / str(len(self.runner.rendered))
            copy(out, self.runner.rendered[words])

    def _python(self, text: str) -> None:
        """With the section's earlier snippets before it, as one would type them."""
        self.snippets.append(text)
        file = self.folder / f"snippet-{len(self.snippets)}.py"
        file.write_text("\n".join(self.snippets), encoding="utf-8")
        arguments = ["datasets/demo/shard-00000.h5"] if "sys.argv" in text else []
        if arguments:
            self._stand_in(arguments[0])
        self._run([sys.executable, "-W", "error", str(file), *arguments])

    def _run(self, words: list[str], prints: str | None = None) -> None:
        done = subprocess.run(
            words, cwd=self.folder, env=self.runner.variables(self.exported), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=PATIENCE_S,
        )  # fmt: skip
        if prints is not None and done.stdout != prints:
            raise StepError(f"{words[-1]}\nprints\n{done.stdout}\nand the page says\n{prints}")
        if prints is None and done.returncode:
            raise StepError(f"{words[-1]}\nends with {done.returncode}:\n{done.stdout[-3000:]}")

    # ---------------------------------------------------------------- what stands there

    def _stand_in(self, text: str) -> None:
        """Puts in place what the text names and no earlier line has made."""
        if re.fullmatch(r"synth train *(#.*)?", text):
            text = "datasets/rgb_310k"  # some dataset, which is then the newest
        for data, kind in dict.fromkeys(re.findall(r"training/(\w+?)-(\w+)", text)):
            if not (self.folder / "training" / f"{data}-{kind}").exists():
                copy(self._trained(data, kind), self.folder)
        if "datasets/demo" in text and not (self.folder / "datasets/demo").exists():
            self.line("synth render --recipe demo")
        for name, shards in _PARTS.items():
            if name in text:
                self.line(f"synth render --recipe wide --shards {shards} --out {name}")
        for name, make in MADE.items():
            if re.search(rf"(?<![\w-]){re.escape(name)}\b", text) and not (self.folder / name).exists():
                (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
                make(self.folder / name)

    def _trained(self, data: str, kind: str) -> Path:
        """A folder with the dataset and the training."""
        home = self.runner.home / f"trained-{data}-{kind}"
        if not home.exists():
            home.mkdir()
            option = "--model" if kind in ("gllim", "template_ranking") else "--preset"
            place = Place(self.runner, home)
            place.do(Step("line", f"synth train --data datasets/{data} {option} {kind}"))
        return home


def copy(source: Path, target: Path) -> None:
    shutil.copytree(source, target, dirs_exist_ok=True)
