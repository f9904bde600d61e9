"""Every command line, script, snippet and recipe that the pages show runs, as it stands, on small data.

A section's steps run in its order, in a folder of its own, by a shell. In place of `synth` stands `programs/short.py`,
which adds to the line what makes it short (its docstring says what) and runs the program; the others in `programs` say
what they stand for. Datasets, networks, photographs and scans that a line names and no earlier line has made are there:
datasets by the line that a page would render them with, networks by two steps of training. `/shared`, `/copied` and
`/data` stand in the section's folder.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from commands import ROOT
from running import Failed, Runner
from stories import Section, sections

from benchmarks.__main__ import ALL as BENCHMARKS

# Whole pages that another test runs: the walk-through needs its own datasets from the first line to the last.
ELSEWHERE = {"walkthrough.md": "test_walkthrough.py"}
NOT_RUN = {
    "make demo": ".ci/run does it",
    "make test": ".ci/run does it",
    "make lint types test": ".ci/run does each",
    "make test-all": "the whole suite, of which this is a part",
    "make bench": "the speed tables: half an hour",
    "python -m benchmarks head_cost": "a speed table",
    "python -m benchmarks network loader train": "a speed table",
    "python -m benchmarks.bench_effects": "a speed table",
    "python -m synth.heads.pack_base": "needs a wheel of another project; tests/heads/test_pack_base.py",
    "pip install .": ".ci/run installs the wheel, and a test would change its own environment",
    "ray up cluster.yaml": "needs an account; tests/docs/test_cluster_page.py holds the file against Ray's schema",
    "ray attach cluster.yaml": "needs an account",
    "synth train --data datasets/rgb_310k --init imagenet --set precision=bf16": "fetches 50 MB; tests/train/test_pretrained.py",
    'eval "$(_SYNTH_COMPLETE=zsh_source synth)"': "needs zsh",
    "_SYNTH_COMPLETE=fish_source synth | source": "needs fish",
}  # fmt: skip
SECTIONS = [section for section in sections() if section.page not in ELSEWHERE]


def bare(line: str) -> str:
    return re.split(r" +# ", line)[0].strip()


def to_run(section: Section) -> list:
    return [step for step in section.steps if bare(step.text) not in NOT_RUN]


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runner]:
    yield Runner(tmp_path_factory.mktemp("pages"), {})


@pytest.mark.slow
@pytest.mark.render
@pytest.mark.parametrize("section", [s for s in SECTIONS if to_run(s)], ids=lambda section: section.name)
def test_what_a_section_shows_runs(section: Section, runner: Runner):
    place = runner.section(section.name)
    faults = []
    import time

    for step in to_run(section):
        t = time.time()
        try:
            place.do(step)
        except Failed as fault:
            faults.append(str(fault))
        print(
            f"{time.time() - t:6.1f} {step.text.splitlines()[0][:100]}",
            faults[-1] if faults and bare(step.text)[:30] in faults[-1] else "",
            flush=True,
        )
    assert not faults, "\n\n".join(faults)
