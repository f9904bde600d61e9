"""A lock's process is judged gone only where that can be known: not by the name of a machine that others have too."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from synth.run import holder
from synth.run.holder import Holder


def ended() -> Holder:
    """A process of this machine that has ended."""
    code = "import sys; from synth.run.holder import Holder; sys.stdout.buffer.write(Holder.ours().to_bytes())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    found = Holder.parse(done.stdout)
    assert found is not None
    return found


def test_it_says_what_tells_a_process_from_every_other() -> None:
    ours = Holder.parse(Holder.ours().to_bytes())
    assert ours == Holder.ours()
    assert (ours.pid, ours.host) == (os.getpid(), socket.gethostname())
    assert all((ours.since, ours.boot, ours.namespace))


def test_a_process_of_this_machine_that_ended_is_gone_and_one_that_lives_is_not() -> None:
    assert ended().is_surely_gone()
    assert not Holder.ours().is_surely_gone()


def test_a_later_process_of_the_same_number_does_not_stand_for_it() -> None:
    assert replace(Holder.ours(), since="1").is_surely_gone()


def test_a_process_that_ended_but_is_not_waited_for_is_gone() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    theirs = replace(Holder.ours(), pid=child.pid, since=holder._start_of(child.pid))
    assert not theirs.is_surely_gone()
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert theirs.is_surely_gone()
    child.communicate()


@pytest.mark.parametrize("field", ["host", "boot", "namespace"])
def test_a_process_of_another_machine_container_or_boot_is_never_judged_gone(field: str) -> None:
    """Its number means another process here, or none; and where it counts it may well live."""
    gone = ended()
    assert gone.is_surely_gone()
    assert not replace(gone, **{field: "another"}).is_surely_gone()
    assert not replace(Holder.ours(), since="1", **{field: "another"}).is_surely_gone()


@pytest.mark.parametrize("field", ["since", "boot", "namespace"])
def test_what_does_not_say_where_its_number_counts_is_never_judged_gone(field: str) -> None:
    assert not replace(ended(), **{field: ""}).is_surely_gone()


def test_where_the_system_does_not_say_nobody_is_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = replace(ended(), boot="", namespace="")
    monkeypatch.setattr(holder, "_boot", lambda: "")
    monkeypatch.setattr(holder, "_namespace", lambda: "")
    assert not theirs.is_surely_gone()


def test_where_proc_shows_another_namespace_than_ours_nobody_is_judged() -> None:
    """The numbers that /proc lists are those outside: a living process of ours would be looked up under another's."""
    code = "import sys; from synth.run.holder import Holder; sys.stdout.buffer.write(Holder.ours().to_bytes())"
    inside = ["unshare", "--user", "--map-root-user", "--pid", "--fork", sys.executable, "-c", code]
    done = subprocess.run(inside, capture_output=True, check=False)
    if done.returncode:
        pytest.skip("no namespace can be made here")
    theirs = Holder.parse(done.stdout)
    assert theirs is not None
    assert (theirs.namespace, theirs.is_surely_gone()) == ("", False)


def test_who_sees_a_proc_that_is_not_its_own_judges_nobody(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    gone = ended()
    (tmp_path / "self").symlink_to(str(os.getpid() + 1))
    monkeypatch.setattr(holder, "_SELF", tmp_path / "self")
    assert Holder.ours().namespace == ""
    assert not gone.is_surely_gone()
    assert not replace(gone, namespace="").is_surely_gone()


@pytest.mark.parametrize("hiding", [PermissionError, FileNotFoundError])
def test_another_users_process_that_is_hidden_from_us_is_not_judged_gone(
    monkeypatch: pytest.MonkeyPatch, hiding: type[OSError]
) -> None:
    """Systems mount /proc so that processes of others can't be read there, or aren't there at all."""
    theirs = Holder.ours()

    def hidden(*given: object, **more: object) -> str:
        raise hiding

    def not_yours(pid: int, number: int) -> None:
        raise PermissionError

    monkeypatch.setattr(holder, "_boot", lambda: theirs.boot)
    monkeypatch.setattr(holder.Path, "read_text", hidden)
    monkeypatch.setattr(holder.os, "kill", not_yours)
    assert not theirs.is_surely_gone()


def test_an_older_lock_is_understood_and_not_judged() -> None:
    older = Holder.parse(json.dumps({"pid": 7, "host": socket.gethostname(), "since": "1"}).encode())
    assert older == Holder(7, socket.gethostname(), "1")
    assert not older.is_surely_gone()
    assert str(older) == f"PID 7 on host {socket.gethostname()}"


@pytest.mark.parametrize(
    "content",
    [
        b"", b"torn", b"[]", b'{"pid": "x", "host": "h"}', b'{"pid": 1}', b"\xff", b"null",
        b'{"pid": 1e400, "host": "h"}', b"[" * 100_000,
    ],
    ids=lambda content: content[:28].decode(errors="replace"),
)  # fmt: skip
def test_what_is_no_holder_is_none(content: bytes) -> None:
    assert Holder.parse(content) is None


def test_a_name_that_two_machines_share_is_told_apart() -> None:
    ours = Holder.ours()
    assert str(ours) == f"PID {os.getpid()} on host {socket.gethostname()}"
    assert str(replace(ours, namespace="pid:[1]")).endswith("(in another container)")
    assert "another machine of that name, or this one before it was restarted" in str(replace(ours, boot="x"))
    assert str(replace(ours, host="elsewhere", boot="x")) == f"PID {os.getpid()} on host elsewhere"
