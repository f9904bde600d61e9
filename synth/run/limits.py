"""How patient the supervisor is, and what a worker gets to do."""

from __future__ import annotations

from dataclasses import dataclass

from synth.errors import UsageError

GIB = 1 << 30


@dataclass(frozen=True)
class Limits:
    """Every deadline and count of the supervisor; the defaults are what `docs/promises.md` promises.

    A worker *hangs* if it says nothing for max(`hang_floor_s`, `hang_medians` × the median time of a sample), and for
    `startup_s` while it starts, makes its first sample or commits a shard; on a GPU for `gpu_startup_s` while it
    starts, since its kernels may have to be compiled. A sample is given up at `strikes` strikes: one for
    each exception, crash or hang, half a strike for a kill from outside (the kernel short of memory, an operator),
    which says less about the sample. The run stops at `failures_in_a_row` failures without one success between them,
    or at a quarter of them if they go on for `failing_for_s`, or at `unfit_in_a_row` renderers in a row that couldn't
    be made.
    `memory_bytes` is what one worker may use. Before the run and each shard there must be `disk_margin` × the estimated
    bytes + `disk_reserve_bytes` free. `stop_s` is how long a stopped run waits for shards that are just being written.
    """

    hang_floor_s: float = 60.0
    hang_medians: float = 20.0
    startup_s: float = 300.0
    gpu_startup_s: float = 1800.0
    leave_s: float = 10.0
    stop_s: float = 10.0
    strikes: float = 2.0
    shard_tries: int = 3
    failures_in_a_row: int = 20
    failing_for_s: float = 45.0
    unfit_in_a_row: int = 3
    respawn_delay_s: float = 0.1
    respawn_delay_most_s: float = 5.0
    recycle_after_samples: int = 4096
    memory_bytes: int | None = None
    check_disk: bool = True
    disk_margin: float = 1.1
    disk_reserve_bytes: int = GIB

    def __post_init__(self) -> None:
        for name in ("hang_floor_s", "hang_medians", "startup_s", "gpu_startup_s", "leave_s", "strikes", "disk_margin"):
            if not getattr(self, name) > 0:
                raise UsageError(f"{name} must be above 0, not {getattr(self, name)!r}.", where="limits")
        for name in ("shard_tries", "failures_in_a_row", "unfit_in_a_row", "recycle_after_samples"):
            if getattr(self, name) < 1:
                raise UsageError(f"{name} must be at least 1, not {getattr(self, name)!r}.", where="limits")
        if self.memory_bytes is not None and self.memory_bytes < 1 << 26:
            raise UsageError(f"memory_bytes {self.memory_bytes} is below 64 MiB.", where="limits", mend="Raise it.")
