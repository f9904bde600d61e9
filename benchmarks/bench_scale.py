"""What ten million samples and hundreds of workers cost the supervisor and every reader of a dataset.

Parts, all by default: `processes` (real ones), `simulated` (the real supervisor, workers on paper), `shard_size` and
`node` (simulated, too: the end of a run, a node that is lost), `files` (ledger and manifest), `dataset` (opened,
described, split, read). `--largest 1e5` takes ten minutes on an idle machine, most of them for `processes`; 1e7 takes
hours and 5 GB of room. Run: python -m benchmarks scale [--largest N] [PART …]
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks.apart import Cost, run_apart
from benchmarks.table import print_table

# Of a sample of the demo, `python -m benchmarks.bench_scale samples`; the start and the writing of a shard are rounded
# up from what `benchmarks start` and `benchmarks shards` say.
TIMES = {"sample_s": 1.12, "scatter": 0.35, "start_s": 10.0, "write_s": 1.0}
WORKERS = (1, 2, 8, 64, 512)
SAMPLES = (10**4, 10**5, 10**6, 10**7)
_LONGEST_RUN_S = 1e6  # of simulated time; longer runs say nothing that shorter ones don't
# Workers, samples a shard, seconds a sample, light or not, seconds that the run is to take.
_PROCESSES = (
    (1, 128, 0.1, False),
    (2, 128, 0.1, False),
    (8, 128, 0.1, False),
    (64, 16, 1.0, True),
    (512, 16, 1.0, True),
)


def processes(_: int) -> None:
    """Real processes: up to 8 that write real shards, then light ones that only speak."""
    rows = []
    for workers, shard_samples, sample_s, light in _PROCESSES:
        samples = round(60 * workers / sample_s / shard_samples) * shard_samples
        cost = _in_folder("scale_processes:run_processes", samples, shard_samples, workers, sample_s, light)
        said = cost.said
        kind = "light processes" if light else "real workers that draw balls"
        rate, share = said["samples_per_s"], 100 * said["supervisor_share"]
        rows.append((workers, kind, sample_s, rate, f"{100 * said['busy']:.0f} %", said["supervisor_ms_per_sample"],
                     f"{share:.1f} %", cost.peak_mib))  # fmt: skip
    head = ("workers", "measured with", "s a sample", "samples/s", "of ideal", "supervisor, ms a sample", "of a core")
    print_table("Measured: the supervisor with processes", (*head, "its memory, MiB more"), rows)


def simulated(largest: int) -> None:
    """The supervisor as it is, on a clock that jumps."""
    rows = []
    for workers in WORKERS:
        for samples in (count for count in SAMPLES if count <= largest):
            if samples * TIMES["sample_s"] / workers > _LONGEST_RUN_S:
                continue
            with tempfile.TemporaryDirectory() as folder:
                cost = run_apart("benchmarks.scale_run:simulate", folder, samples, workers, TIMES)
                again = run_apart("benchmarks.scale_run:go_on", folder, samples)
            said = cost.said
            rows.append((workers, f"{samples:,}", f"{said['run_s'] / 3600:,.1f}", f"{said['samples_per_s']:.1f}",
                         f"{100 - 100 * said['busy']:.1f} %", f"{said['tail_s'] / 60:.0f}",
                         f"{said['supervisor_ms_per_sample']:.3f}", f"{cost.peak_mib:.0f}",
                         f"{again.seconds:.2f}"))  # fmt: skip
            print(rows[-1], flush=True)
    head = ("workers", "samples", "hours", "samples/s", "not rendering", "last shards, min", "supervisor, ms a sample")
    title = f"Simulated: {TIMES['sample_s']} s a sample ± {100 * TIMES['scatter']:.0f} %, shards of 1,024"
    print_table(title, (*head, "its memory, MiB more", "going on, s by the clock"), rows)


def shard_size(largest: int) -> None:
    """The end of a run, at which workers wait for the last shards, by the size of the shards."""
    rows = []
    samples, workers = min(largest, 10**5), 64
    for size in (1024, 256, 64):
        with tempfile.TemporaryDirectory() as folder:
            arguments = ("benchmarks.scale_run:simulate", folder, samples, workers, TIMES, 0, size)
            said = run_apart(*arguments).said
        rows.append((size, f"{samples / size / workers:.1f}", f"{said['run_s'] / 60:.0f}",
                     f"{100 - 100 * said['busy']:.1f} %", f"{said['supervisor_ms_per_sample']:.3f}"))  # fmt: skip
    head = ("samples a shard", "shards a worker", "minutes", "not rendering", "supervisor, ms a sample")
    print_table(f"Simulated: {samples:,} samples on {workers} workers", head, rows)


def node(largest: int) -> None:
    """In the middle of a run 32 of 512 workers are gone at once."""
    rows = []
    for lost in (0, 32):
        with tempfile.TemporaryDirectory() as folder:
            said = run_apart("benchmarks.scale_run:simulate", folder, min(largest, 10**6), 512, TIMES, lost).said
        rows.append((lost, said["deaths"], f"{said['run_s'] / 3600:.2f}", f"{100 - 100 * said['busy']:.1f} %"))
    print_table("Simulated: a node is lost", ("workers lost", "deaths", "hours", "not rendering"), rows)


def files(largest: int) -> None:
    """The ledger and the manifest, without shards."""
    rows = []
    for samples in (count for count in SAMPLES if count <= largest):
        for scattered in (False, True):
            with tempfile.TemporaryDirectory() as folder:
                works = [("manifest_write", (folder, samples, scattered)), ("manifest_read", (folder,))]
                if not scattered:
                    works = [("ledger_write", (folder, samples)), ("ledger_read", (folder,)), *works]
                for work, arguments in works:
                    cost = run_apart(f"benchmarks.scale_files:{work}", *arguments)
                    size = f"{cost.said['bytes'] / 1e6:.1f}" if "bytes" in cost.said else ""
                    ids = "four fifths, scattered" if scattered else "all"
                    rows.append(
                        (f"{samples:,}", ids, work.replace("_", ": "), size, cost.cpu_s, f"{cost.peak_mib:.0f}")
                    )
    print_table("Ledger and manifest", ("samples", "ids", "what", "MB", "CPU s", "memory, MiB more"), rows)


def dataset(largest: int) -> None:
    """A whole dataset: labels and landmarks with tiny pictures up to a million samples, labels alone beyond."""
    rows = []
    for samples in (count // 1024 * 1024 for count in SAMPLES if 10**5 <= count <= largest):
        lean = samples > 2 * 10**6
        with tempfile.TemporaryDirectory() as folder:
            size = run_apart("benchmarks.scale_dataset:write_many", folder, samples, lean).said["bytes"]
            works = [("opened", ()), ("described", ()), ("verified", ()), ("tabled", ()), ("read_at_random", (20_000,))]
            for work, arguments in works:
                cost = run_apart(f"benchmarks.scale_dataset:{work}", folder, *arguments)
                rows.append(
                    (f"{samples:,}", f"{size / samples:,.0f}", _NAMES[work], cost.cpu_s, f"{cost.peak_mib:.0f}")
                )
                print(rows[-1], flush=True)
    print_table("A dataset and its readers", ("samples", "bytes a sample", "what", "CPU s", "memory, MiB more"), rows)


def samples(_: int) -> None:
    """What `TIMES` holds of a real worker."""
    said = run_apart("benchmarks.scale_samples:sample_times", 48).said
    print_table("A sample of the demo, one thread", ("CPU s", "scatter"), [(said["sample_s"], said["scatter"])])


_NAMES = {
    "opened": "open it",
    "described": "synth info",
    "verified": "synth verify",
    "tabled": "a training's table, split by person",
    "read_at_random": "20,000 samples from anywhere",
}
PARTS: dict[str, Callable[[int], None]] = {
    "processes": processes, "simulated": simulated, "shard_size": shard_size, "node": node, "files": files,
    "dataset": dataset, "samples": samples,
}  # fmt: skip


def _in_folder(work: str, *arguments: object) -> Cost:
    with tempfile.TemporaryDirectory() as folder:
        return run_apart(f"benchmarks.{work}", str(Path(folder)), *arguments)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], default=[])
    parser.add_argument("--largest", type=lambda text: int(float(text)), default=10**6)
    chosen = parser.parse_args()
    for part in chosen.parts or [name for name in PARTS if name != "samples"]:
        PARTS[part](chosen.largest)


if __name__ == "__main__":
    main()
