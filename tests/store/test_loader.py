"""Training reads from a bucket in several processes, however those are started."""

from __future__ import annotations

from typing import Any

import pytest
from fake_renderer import fake_recipe
from s3_server import BUCKET, Server

from synth.data.shards import ShardSource
from synth.run.limits import Limits
from synth.run.supervise import render_dataset

OUT = f"s3://{BUCKET}/sets/loaded"


class Ids:
    """Of each sample its id and the sum of its picture."""

    def __init__(self, source: ShardSource) -> None:
        self.source = source

    def __len__(self) -> int:
        return len(self.source)

    def __getitem__(self, index: int) -> tuple[int, int]:
        image = self.source[index]
        return int(image.labels["id"]), int(image.rgb.sum())


@pytest.mark.parametrize("start", ["fork", pytest.param("spawn", marks=pytest.mark.slow)])
def test_worker_processes_read_from_a_bucket_after_their_parent_did(s3: Server, start: str) -> None:
    from torch.utils.data import DataLoader

    render_dataset(
        fake_recipe(40, 16), [], OUT, workers=1, renderer="fake_renderer:make_fake", limits=Limits(disk_reserve_bytes=0)
    )
    source = ShardSource(OUT)
    first = Ids(source)[0]  # the connection is there before the fork
    loaded: list[Any] = []
    for ids, sums in DataLoader(Ids(source), batch_size=8, num_workers=2, multiprocessing_context=start):
        loaded += list(zip(ids.tolist(), sums.tolist(), strict=True))
    assert [identity for identity, _ in loaded] == list(range(40))
    assert loaded[0] == first
