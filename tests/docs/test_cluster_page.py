"""The cluster page's files: Ray's schema takes the YAML, and the SLURM script is a script."""

from __future__ import annotations

import re
import subprocess

import pytest
import yaml
from commands import ROOT

from synth.recipe.load import load_recipe
from synth.run.span import parse_span
from synth.run.task import shard_count

PAGE = (ROOT / "docs" / "cluster.md").read_text(encoding="utf-8")


@pytest.mark.filterwarnings("ignore")
def test_ray_takes_the_cluster_that_the_page_shows():
    util = pytest.importorskip("ray.autoscaler._private.util")
    (shown,) = re.findall(r"^```yaml\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    util.validate_config(util.prepare_config(yaml.safe_load(shown)))


def test_the_ranges_of_the_slurm_array_cover_every_shard_of_the_recipe():
    (script,) = re.findall(r"^```sh\n(#!/bin/sh\n.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    first, last = (int(number) for number in re.findall(r"--array=(\d+)-(\d+)", script)[0])
    recipe = load_recipe("rgb_310k")
    shards = shard_count(recipe.samples, recipe.shards.samples)
    assert f"{shards} shards of `rgb_310k`" in PAGE
    told = script.replace("exec srun", "echo")
    covered: list[int] = []
    for task in (first, 7, last):
        done = subprocess.run(
            ["/bin/sh", "-s"], input=told, env={"SLURM_ARRAY_TASK_ID": str(task)}, capture_output=True, text=True,
            check=True,
        )  # fmt: skip
        span = parse_span(done.stdout.split("--shards ")[1].split()[0], shards)
        assert span.first == task * 10
        covered.append(span.stop)
    assert covered[-1] == shards
