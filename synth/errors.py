"""The one exception tree.

Every error a user can cause says *what* is wrong, *where* it stands and how to *mend* it, and carries the exit code
that the command line ends with. Libraries raise these; only `synth.cli` turns them into an exit.
"""

from __future__ import annotations

from collections.abc import Sequence

EXIT_DONE = 0
EXIT_FAULTS = 1  # `verify` found faults, or an error of no other kind
EXIT_USAGE = 2  # recipe or command line
EXIT_PARTIAL = 3  # done, but with samples that failed
EXIT_LOCKED = 11
EXIT_DISK = 28
EXIT_INTERRUPTED = 130
EXIT_TERMINATED = 143


class SynthError(Exception):
    """What went wrong, where, and the mend.

    `what` is a full sentence without its where; `where` names a file, a line, a field or a sample; `mend` is what the
    user can do. `str(error)` is one line: ``where: what mend``; if `what` has several, the mend stands on a line of its
    own below them.
    """

    exit_code = EXIT_FAULTS

    def __init__(self, what: str, *, where: str = "", mend: str = "") -> None:
        self.what, self.where, self.mend = what, where, mend
        super().__init__(self._message())

    def _message(self) -> str:
        what = self.what.rstrip()
        head = f"{self.where}: {what}" if self.where else what
        return head + ("\n" if "\n" in what else " ") + self.mend if self.mend else head

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return _rebuild, (type(self), self.__dict__.copy())


def _rebuild(kind: type[SynthError], state: dict[str, object]) -> SynthError:
    error = kind.__new__(kind)
    error.__dict__.update(state)
    Exception.__init__(error, error._message())
    return error


def one_line(error: BaseException) -> str:
    """What another library's error says, as part of a sentence of ours: at most 200 characters, no full stop."""
    return (" ".join(str(error).split())[:200] or type(error).__name__).rstrip(".")


class UsageError(SynthError):
    """The command line or an API call asks for something that can't be."""

    exit_code = EXIT_USAGE


class RecipeError(SynthError):
    """A recipe with one or more faults; all of them are reported at once, a line each, in `faults`."""

    exit_code = EXIT_USAGE

    def __init__(self, faults: Sequence[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(self.faults))


class HeadError(SynthError):
    """A head file or a head pack that can't be used as it is."""

    exit_code = EXIT_USAGE


class DeviceError(SynthError):
    """The render device or engine that was asked for isn't there."""

    exit_code = EXIT_USAGE


class RenderError(SynthError):
    """A shot that couldn't be rendered."""


class TrainError(SynthError):
    """A training that can't go on: a loss that isn't finite, data or weights that don't fit the network."""


class ShardError(SynthError):
    """A shard file that isn't what it should be: damaged, foreign, hostile, or of a newer format."""


class DatasetError(SynthError):
    """A dataset folder that isn't whole, isn't ours, or belongs to another recipe."""


class MismatchError(DatasetError):
    """The folder holds another recipe's samples."""

    exit_code = EXIT_USAGE


class LockedError(SynthError):
    """Another process is at work in this folder."""

    exit_code = EXIT_LOCKED


class DiskError(SynthError):
    """No room, or the file system refused."""

    exit_code = EXIT_DISK
