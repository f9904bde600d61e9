"""Datasets by the words that a command line names them with."""

from __future__ import annotations

from pathlib import Path

from synth.data.shards import ShardSource
from synth.data.source import PoseSource
from synth.errors import UsageError
from synth.shard.manifest import MANIFEST_NAME

DATASETS = Path("datasets")


def open_source(text: str, *, fresh_noise: bool = False) -> PoseSource:
    """`DIR`, a rendered dataset, or `NAME=DIR`, a real set in its original layout: `biwi=/data/hpdb`.

    fresh_noise: leave the labelled sensor noise off, for a training that draws its own. Raises `DatasetError` if the
    folder isn't what it should be, and `UsageError` for an unknown name.
    """
    name, equals, folder = text.partition("=")
    if equals and not Path(text).exists():
        from synth.data.readers import open_real

        return open_real(name, Path(folder))
    return ShardSource(Path(text), noise="fresh" if fresh_noise else True)


def newest_dataset(folder: Path = DATASETS) -> Path:
    """The finished dataset under `folder` that was written last. Raises `UsageError` if there is none."""
    found = sorted(folder.glob(f"*/{MANIFEST_NAME}"), key=lambda path: (path.stat().st_mtime_ns, path.parent.name))
    if not found:
        raise UsageError(
            "There is no finished dataset.",
            where=f"{folder}/",
            mend="Render one: synth render --recipe demo (or rgb_310k); or name one: --data DIR",
        )
    return found[-1].parent
