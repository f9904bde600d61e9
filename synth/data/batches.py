"""Batches of labelled pictures: the same whatever the number of workers, and from any batch of any epoch on."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch.utils.data import DataLoader

from synth.data.augment import Augmentation
from synth.data.labels import Poses, moved_poses
from synth.data.making import BatchMaker, Kept, Made, Request, prepare_worker
from synth.data.mix import epoch_rows
from synth.data.network_input import NetworkInput
from synth.data.sample import Maker
from synth.data.source import PoseSource, narrowed
from synth.data.store import Store, default_limit_bytes
from synth.effects.checks import check_whole
from synth.errors import SynthError, UsageError


class Batch(NamedTuple):
    """pictures: (B, C, S, S) uint8 levels, a network is fed levels / 255. R: (B, 3, 3) float32, euler_deg: (B, 3)
    float32, pitch, yaw, roll, 300wlp, of the picture as it is shown (mirrored, turned); NaN = unlabelled. category:
    (B,) int64, 0 … 3, -1 = unlabelled. index: (B,) int64, row of the source.
    """

    pictures: torch.Tensor
    R: torch.Tensor
    euler_deg: torch.Tensor
    category: torch.Tensor
    index: torch.Tensor  # type: ignore[assignment]  # hides tuple.index, which nobody needs here


class Batches:
    """All pictures of `source` once an epoch (a `Mixture`: as its weights say), as `input` shows them.

    Order, augmentation and fresh noise follow from (`seed`, epoch): the same for any number of `workers` and however
    far a run was interrupted. `shuffle=False` keeps the source's order. `drop_last` leaves out what doesn't fill a
    batch, by default if shuffled. With `rank` of `world` processes each gets its own part of every `batch_size · world`
    pictures. `workers` processes make pictures beside this one; they are started afresh (never forked from a process
    that may hold threads or a GPU), so that a script that starts them needs `if __name__ == "__main__":`.
    `cache=True` keeps pictures in memory after their first use, up to `cache_gb` (default: 8 GB or half of what is
    free), without augmentation those that a network sees, else the decoded ones; what doesn't fit is decoded again.

    Take one `epoch` at a time. Raises `UsageError` for settings that can't be, and, while it is iterated, what the
    source raises for damaged data.
    """

    def __init__(
        self,
        source: PoseSource,
        input: NetworkInput,
        batch_size: int,
        seed: int,
        augmentation: Augmentation | None = None,
        shuffle: bool = True,
        workers: int = 0,
        cache: bool = False,
        drop_last: bool | None = None,
        rank: int = 0,
        world: int = 1,
        cache_gb: float | None = None,
    ) -> None:
        self.batch_size = check_whole("batch_size", batch_size, 1, 1 << 20)
        self.workers = check_whole("workers", workers, 0, 512)
        self.world = check_whole("world", world, 1, 1 << 20)
        self.rank = check_whole("rank", rank, 0, self.world - 1)
        self.source, self.input, self.seed, self.shuffle = source, input, seed, shuffle
        self._drop_last = shuffle if drop_last is None else drop_last
        table = source.table
        self._ids, self._poses = table.ids, Poses(table.R_camera_from_head, table.euler_deg)
        self._length = self._count()
        limit = default_limit_bytes() if cache_gb is None else int(cache_gb * 1e9)
        self._store = Store(limit) if cache else None
        self._kept: dict[int, Kept] = {}
        reader = self._store.reader if self._store else None
        self._making = BatchMaker(narrowed(source, input.content), Maker(input, seed, augmentation), reader)
        self._requests = _Requests()
        self._loader: DataLoader[Any] | None = None

    def __len__(self) -> int:
        """Batches an epoch."""
        return self._length

    @property
    def cache_note(self) -> str:
        """One line for a log: what is kept."""
        if self._store is None:
            return "no pictures are kept in memory"
        used, limit = self._store.used_bytes / 1e9, self._store.limit_bytes / 1e9
        kind = "pictures" if all(kept.is_final for kept in self._kept.values()) else "decoded pictures"
        return f"{len(self._kept):,} of {len(self._ids):,} {kind} in memory, {used:.2f} of at most {limit:.2f} GB"

    def rows(self, epoch: int) -> list[npt.NDArray[np.int64]]:
        """The rows of each batch of an epoch, of this rank."""
        order = epoch_rows(self.source, self.seed, epoch) if self.shuffle else np.arange(len(self.source))
        step = self.batch_size * self.world
        whole = [order[start : start + step] for start in range(0, len(order), step)]
        if self._drop_last and len(whole[-1]) < step:
            whole.pop()
        return [np.array_split(rows, self.world)[self.rank] for rows in whole]

    def epoch(self, n: int, start_batch: int = 0) -> Iterator[Batch]:
        """The batches of epoch `n` from `start_batch` on. Raises `UsageError` for a number out of range."""
        check_whole("epoch", n, 0, 1 << 62)
        check_whole("start_batch", start_batch, 0, len(self))
        todo = self.rows(n)[start_batch:]
        here = [self.workers == 0 or self._all_final(rows) for rows in todo]
        elsewhere = self._made_elsewhere(n, [rows for rows, is_here in zip(todo, here, strict=True) if not is_here])
        for rows, is_here in zip(todo, here, strict=True):
            made = self._made_here(self._request(n, rows)) if is_here else next(elsewhere)
            self._keep(made)
            yield self._batch(rows, made)

    def close(self) -> None:
        """End the workers and give back the cache's memory."""
        self._loader = None
        if self._store is not None:
            self._store.close()

    def _count(self) -> int:
        count = len(self.rows(0)) if len(self.source) else 0
        if not count:
            raise UsageError(
                f"{len(self.source)} pictures don't fill a batch of {self.batch_size * self.world}.",
                where=self.source.name,
                mend="Take more data or smaller batches.",
            )
        return count

    def _request(self, epoch: int, rows: npt.NDArray[np.int64]) -> Request:
        kept = [self._kept.get(row) for row in rows.tolist()]
        return Request(epoch, rows, self._ids[rows], kept, self._store is not None and not self._store.is_full)

    def _all_final(self, rows: npt.NDArray[np.int64]) -> bool:
        return all((kept := self._kept.get(row)) is not None and kept.is_final for row in rows.tolist())

    def _made_here(self, request: Request) -> Made:
        threads = cv2.getNumThreads()
        cv2.setNumThreads(1)  # the pictures are small: threads would only get into torch's way
        try:
            return self._making.make(request)
        finally:
            cv2.setNumThreads(threads)

    def _made_elsewhere(self, epoch: int, todo: Sequence[npt.NDArray[np.int64]]) -> Iterator[Made]:
        if not todo:
            return
        self._requests.plan = (self._request(epoch, rows) for rows in todo)
        self._loader = self._started() if self._loader is None else self._loader
        answers = iter(self._loader)
        while True:
            try:
                made = next(answers)
            except StopIteration:
                return
            except RuntimeError as error:
                if "exited unexpectedly" not in str(error):
                    raise
                raise SynthError(
                    "A worker process that reads pictures died.",
                    where=self.source.name,
                    mend="If memory ran out, take fewer workers; 0 reads them in this process.",
                ) from error
            if isinstance(made, SynthError):
                raise made
            yield made

    def _started(self) -> DataLoader[Any]:
        methods = multiprocessing.get_all_start_methods()
        context = multiprocessing.get_context("forkserver" if "forkserver" in methods else "spawn")
        if "forkserver" in methods:
            context.set_forkserver_preload(["torch.utils.data", "synth.data.shards", "synth.data.making"])
        return DataLoader(
            self._making,  # type: ignore[arg-type]  # a request is a whole batch
            batch_size=None,
            sampler=self._requests,
            num_workers=self.workers,
            collate_fn=_unchanged,
            worker_init_fn=prepare_worker,
            multiprocessing_context=context,
            persistent_workers=True,
            generator=torch.Generator().manual_seed(0),  # else each epoch would draw from the global one
        )

    def _keep(self, made: Made) -> None:
        for new in made.to_keep:
            if self._store is None or new.row in self._kept:
                continue
            place = self._store.add(new.array)
            if place is not None:
                lean = new.image
                self._kept[new.row] = Kept(place, new.is_final, lean.head_box_px, lean.labels, lean.fresh_noise)

    def _batch(self, rows: npt.NDArray[np.int64], made: Made) -> Batch:
        stored = Poses(self._poses.R[rows], self._poses.euler_deg[rows])
        poses = moved_poses(stored, made.mirrored, made.turn_deg)
        return Batch(
            torch.from_numpy(made.pictures),
            torch.from_numpy(poses.R.astype(np.float32)),
            torch.from_numpy(poses.euler_deg.astype(np.float32)),
            torch.from_numpy(poses.category),
            torch.from_numpy(rows),
        )


class _Requests:
    """What the loader takes its requests from; the plan is another one each epoch."""

    plan: Iterator[Request] = iter(())

    def __iter__(self) -> Iterator[Request]:
        return self.plan


def _unchanged(made: Any) -> Any:
    return made
