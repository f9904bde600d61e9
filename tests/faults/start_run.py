"""Starts a run in a process of its own, so that tests can kill it: `python start_run.py '{"out": …, "samples": …}'`."""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path
from time import monotonic

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bad_disk import shrink_disk
from fake_renderer import fake_recipe

from synth.errors import SynthError
from synth.run.limits import Limits
from synth.run.progress import Progress
from synth.run.ray_workers import RayEngine
from synth.run.supervise import render_dataset


def say(progress: Progress) -> None:
    print(json.dumps({"done": progress.samples_done, "deaths": progress.deaths}), flush=True)


def main() -> int:
    wish = json.loads(sys.argv[1])
    if "open_files" in wish:  # here and not in the test's process, which may hold more than that itself
        resource.setrlimit(resource.RLIMIT_NOFILE, (wish["open_files"], resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    if "disk" in (options := wish.get("options", {})):
        shrink_disk(*options["disk"])
    began_s = monotonic()
    try:
        report = render_dataset(
            fake_recipe(wish["samples"], wish["shard_samples"], **wish.get("recipe", {})),
            [],
            Path(wish["out"]),
            workers=wish.get("workers", 2),
            renderer="fake_renderer:make_fake",
            renderer_options=options,
            progress=say,
            limits=Limits(**{"disk_reserve_bytes": 0, **wish.get("limits", {})}),
            environment=wish.get("environment", {}),
            ray=RayEngine(wish["ray"]) if "ray" in wish else None,
        )
    except SynthError as error:
        print(error, file=sys.stderr)
        print(json.dumps({"refused_s": monotonic() - began_s}), flush=True)
        return error.exit_code
    return report.exit_code


if __name__ == "__main__":
    sys.exit(main())
