"""Who holds a lock: a process, told apart from any other one, also of a machine or container of the same name."""

from __future__ import annotations

import json
import os
import socket
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

_BOOT = Path("/proc/sys/kernel/random/boot_id")
_NAMESPACE = Path("/proc/self/ns/pid")
_SELF = Path("/proc/self")


@dataclass(frozen=True)
class Holder:
    """A process. `pid` counts in `namespace`, of the kernel that has run since `boot`; `since` is when it began, in
    ticks from then on, which tells it from a later one of its number. "" = the system doesn't say.

    Names of hosts don't tell machines apart: containers and machines of a cloud share them.
    """

    pid: int
    host: str
    since: str = ""
    boot: str = ""
    namespace: str = ""

    @classmethod
    def ours(cls) -> Self:
        """This process."""
        return cls(os.getpid(), socket.gethostname(), _start_of(os.getpid()), _boot(), _namespace())

    @classmethod
    def parse(cls, content: bytes) -> Self | None:
        """What `to_bytes` wrote, None if it is something else. A lock of an older version says less."""
        try:
            fields = json.loads(content)
            texts = {name: str(fields.get(name, ""))[:255] for name in ("since", "boot", "namespace")}
            return cls(int(fields["pid"]), str(fields["host"])[:255], **texts)
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
            return None

    def to_bytes(self, **more: str) -> bytes:
        return json.dumps({**asdict(self), **more}).encode()

    def is_surely_gone(self) -> bool:
        """Whether the process has ended, as far as that can be known: only where its number is one that we see."""
        if "" in (self.since, self.boot, self.namespace) or self._is_foreign():
            return False
        return _start_of(self.pid) not in (self.since, "?")

    def __str__(self) -> str:
        named = f"PID {self.pid} on host {self.host}"
        if self.host != socket.gethostname() or not self._is_foreign():
            return named
        if self.boot and self.boot != _boot():
            return f"{named} (another machine of that name, or this one before it was restarted)"
        return f"{named} (in another container)" if self.namespace else named

    def _is_foreign(self) -> bool:
        """Whether its number counts elsewhere."""
        return (self.host, self.boot, self.namespace) != (socket.gethostname(), _boot(), _namespace())


def _boot() -> str:
    try:
        return _BOOT.read_text().strip()
    except OSError:
        return ""


def _namespace() -> str:
    """Empty also where /proc is of another namespace than ours (`unshare --pid --fork`): its numbers aren't ours."""
    try:
        return str(_NAMESPACE.readlink()) if str(_SELF.readlink()) == str(os.getpid()) else ""
    except OSError:
        return ""


def _start_of(pid: int) -> str:
    """When a process that we see began, in ticks since the machine did; "" if it ended, "?" if that is hidden."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except FileNotFoundError:
        return "?" if _is_there(pid) else ""
    except (ProcessLookupError, IndexError):
        return ""
    except OSError:
        return "?"
    return "" if fields[0] in "ZX" else fields[19]


def _is_there(pid: int) -> bool:
    """Whether there is a process of this number: another user's may have no place in /proc for us."""
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True
    except (ProcessLookupError, OverflowError):
        return False
    return True
