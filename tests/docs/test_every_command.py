"""Every command line, script, snippet and recipe that the pages show runs, as it stands, on small data.

A section's steps run in its order, in a folder of its own, by a shell. In place of `synth` stands `programs/short.py`,
which adds to the line what makes it short (its docstring says what) and runs the program; the others in `programs` say
what they stand for. Datasets, networks, photographs and scans that a line names and no earlier line has made are
there (`stand_ins.py`; networks by two steps of training). `/shared`, `/copied` and `/data` stand in the section's
folder, `s3://bucket` is a server on the loopback, the Ray cluster two nodes on this machine, started first; of SLURM's
array two tasks are run. A line that isn't run stands in NOT_RUN.
"""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from time import monotonic

import pytest
from commands import PAGES, ROOT
from running import Runner, StepError
from s3_server import prepared_server
from stories import Section, Step, sections

from benchmarks.__main__ import ALL as BENCHMARKS

# A page that another test runs as a whole: each of its sections needs what the ones before have made.
ELSEWHERE = {"walkthrough.md": "tests/docs/test_walkthrough.py"}
# By themselves, each with its reason.
NOT_RUN = {
    "source .venv/bin/activate": "make setup makes it; .ci/run uses what it names",
    "python -m synth.heads.pack_base": "needs another project's wheel; tests/heads/test_pack_base.py",
    "pip install .": ".ci/run installs the wheel; here it would change the environment of the tests",
    "ray up cluster.yaml": "needs an account; tests/docs/test_cluster_page.py holds the file against Ray's schema",
    "ray attach cluster.yaml": "needs an account",
    "synth train --data datasets/rgb_310k --init imagenet --set precision=bf16": "fetches 50 MB; "
    "tests/train/test_pretrained.py",
    'eval "$(_SYNTH_COMPLETE=zsh_source synth)"': "needs zsh; tests/cli/test_manners.py",
    "_SYNTH_COMPLETE=fish_source synth | source": "needs fish; tests/cli/test_manners.py",
}
# Of a kind: what .ci/run runs, or a developer for an hour. That there is such a target, benchmark or suite is tested.
MAKE = re.compile(r"make ((?:[\w-]+ ?)+)")
MEASURING = re.compile(r"python -m benchmarks(?:\.bench_(\w+)(?: \w+)*|((?: \w+)*))(?: --.*)?")
SUITES = re.compile(r"python -m (tests\.\w+)(?: .*)?")
SECTIONS = [section for section in sections() if section.page not in ELSEWHERE]


def bare(line: str) -> str:
    return re.split(r" +# ", line)[0].strip()


def is_run(line: str) -> bool:
    return line not in NOT_RUN and not any(kind.fullmatch(line) for kind in (MAKE, MEASURING, SUITES))


def to_run(section: Section) -> list[Step]:
    """The nodes of a cluster first."""
    steps = [step for step in section.steps if is_run(bare(step.text))]
    return sorted(steps, key=lambda step: not step.text.startswith("ray start"))


LINES = {bare(step.text) for section in SECTIONS for step in section.steps if step.kind == "line"}


# ---------------------------------------------------------------- what is run and what isn't


def test_what_is_not_run_is_on_the_pages_and_the_tests_that_stand_for_it_are_there():
    assert len(NOT_RUN) <= 8
    assert not NOT_RUN.keys() - LINES
    for reason in NOT_RUN.values():
        assert all((ROOT / file).is_file() for file in re.findall(r"tests/\S+\.py", reason))


def test_nearly_all_that_is_shown_is_run():
    assert sum(len(to_run(section)) for section in SECTIONS) >= 180


def test_what_make_is_asked_for_is_a_target_and_ci_makes_what_a_newcomer_is_told_to():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for line in filter(MAKE.fullmatch, LINES):
        for target in line.split()[1:]:
            assert re.search(rf"^{target}:", makefile, re.MULTILINE), line
    of_ci = (ROOT / ".ci/run").read_text(encoding="utf-8").splitlines()
    assert {"make setup", "make lint", "make types", "make test", "make demo", "make docs"} <= set(of_ci)
    (pages,) = [line for line in of_ci if "tests/docs/test_walkthrough.py" in line]
    assert "tests/docs/test_every_command.py" in pages


def test_the_benchmarks_and_suites_of_the_pages_are_there():
    for shown in filter(None, map(MEASURING.fullmatch, LINES)):
        assert {*(shown[2] or "").split(), *filter(None, [shown[1]])} <= set(BENCHMARKS), shown[0]
    for shown in filter(None, map(SUITES.fullmatch, LINES)):
        assert find_spec(f"{shown[1]}.__main__"), shown[0]


def program_of(line: str) -> str:
    """The module that takes the line's options: of `python -m benchmarks NAME` that is the benchmark's."""
    measuring, suite = MEASURING.fullmatch(line), SUITES.fullmatch(line)
    if suite:
        return suite[1]
    assert measuring
    names = [measuring[1]] if measuring[1] else (measuring[2] or "").split()
    assert len(names) == 1, f"{line}: options are those of one benchmark"
    return f"benchmarks.bench_{names[0]}"


@cache
def help_of(program: str) -> str:
    spec = find_spec(f"{program}.__main__" if program.startswith("tests.") else program)
    assert spec
    assert spec.origin
    # One that reads no options would begin to measure.
    assert "argparse" in Path(spec.origin).read_text(encoding="utf-8"), f"{program} has no options"
    command = [sys.executable, "-m", program, "--help"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60).stdout


def test_the_options_of_benchmarks_and_suites_on_the_pages_are_ones_that_they_have():
    shown = [line for line in LINES if " --" in line and any(kind.fullmatch(line) for kind in (MEASURING, SUITES))]
    assert shown
    for line in shown:
        known = re.findall(r"--[a-z][\w-]*", help_of(program_of(line)))
        assert not set(re.findall(r"(?<= )--[a-z][\w-]*", line)) - set(known), line


def test_no_command_in_the_running_text_is_written_so_that_it_is_not_seen_here():
    for page in PAGES:
        text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
        inline = [" ".join(code.split()) for code in re.findall(r"(?<!`)`([^`]+)`(?!`)", text)]
        unseen = re.compile(r"(?:python3(?:\.\d+)?|\./\S+|(?:[A-Z_][A-Z0-9_]*=\S* )+(?:synth|python|make)) ")
        assert not [code for code in inline if unseen.match(code)], page.name


def test_a_pages_blocks_are_of_kinds_that_can_be_run():
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        assert not re.search(r"^[ \t]+(?:```|~~~)", text, re.MULTILINE), (
            f"{page.name}: an indented block isn't seen here"
        )
        fences = re.findall(r"^(?:```|~~~).*$", text, re.MULTILINE)
        assert not [fence for fence in fences if not re.fullmatch(r"```\w*", fence)], f"{page.name}: not seen here"
        assert len(fences) % 2 == 0, f"{page.name}: a block has no end"
        blocks = re.findall(r"^```sh\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
        assert not any(line.endswith("\\") for block in blocks for line in block.splitlines()), page.name


# ---------------------------------------------------------------- all of it


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runner]:
    environment: dict[str, str] = {}
    with ExitStack() as stack:
        if find_spec("s3fs") and find_spec("moto"):
            patch = stack.enter_context(pytest.MonkeyPatch.context())
            stack.enter_context(prepared_server(patch, tmp_path_factory.mktemp("store")))
            environment |= {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
        if find_spec("ray"):
            environment |= stack.enter_context(ray_nodes())
        yield Runner(tmp_path_factory.mktemp("pages"), environment)


def cpu_s() -> float:
    """What ended processes of ours have used."""
    used = getrusage(RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@contextmanager
def ray_nodes() -> Iterator[dict[str, str]]:
    """What `programs/as_ray.py` needs to know. Ends the nodes that it started."""
    with tempfile.TemporaryDirectory(prefix="ray", dir="/tmp", ignore_cleanup_errors=True) as folder:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        ours = {"PAGES_RAY": f"{port} {folder}", "RAY_PORT": str(port), "RAY_ADDRESS": f"127.0.0.1:{port}"}
        yield ours | {"RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0"}
        pids = Path(folder) / "pids"
        for pid in reversed(pids.read_text().split() if pids.exists() else []):
            with suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGTERM)


@pytest.mark.slow
@pytest.mark.render
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("section", [s for s in SECTIONS if to_run(s)], ids=lambda section: section.name)
def test_what_a_section_shows_runs(section: Section, runner: Runner):
    place = runner.section(section.name)
    faults: list[str] = []
    for step in to_run(section):
        began_s, used_s = monotonic(), cpu_s()
        try:
            place.do(step)
        except StepError as fault:
            faults.append(str(fault))
            print(fault)
        took = f"{monotonic() - began_s:6.1f} s, {cpu_s() - used_s:5.1f} s of CPU"
        print(f"{took}  {step.text.splitlines()[0]}", flush=True)
    lacking = [fault for fault in faults if "pip install synth-heads[" in fault]
    if faults and faults == lacking:
        pytest.skip(f"could not import what these need: {'; '.join(fault.splitlines()[0] for fault in lacking)}")
    assert not faults, "\n\n".join(faults)
