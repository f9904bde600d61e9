"""A command line that is called as a user would, with a head pack and a renderer that need no Blender."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

_TESTS = str(Path(__file__).resolve().parent.parent)
if _TESTS not in sys.path:
    sys.path.insert(0, _TESTS)

from synth.cli import main  # noqa: E402
from synth.heads.pack import HeadRecord, pack_json  # noqa: E402


@pytest.fixture
def synth(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Runs `synth ARGUMENTS`; the result has exit_code, stdout and stderr. A fault of the program itself is raised."""
    monkeypatch.delenv("SYNTH_DEBUG", raising=False)
    return lambda *arguments: CliRunner().invoke(
        main, [str(a) for a in arguments], prog_name="synth", catch_exceptions=False
    )


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """A pack of four heads whose files nobody reads."""
    folder = tmp_path / "pack"
    (folder / "heads").mkdir(parents=True)
    records = []
    for number in range(4):
        data = b"glTF" + bytes([number])
        (folder / f"heads/m{number}.glb").write_bytes(data)
        records.append(
            HeadRecord(
                id=f"m{number}",
                file=f"heads/m{number}.glb",
                sha256=hashlib.sha256(data).hexdigest(),
                bytes=len(data),
                triangles=1,
                head_center_m=(0, 0, 0),
                head_box_m=((-1, -1, -1), (1, 1, 1)),
                rig="none",
                license="CC0-1.0",
            )
        )
    (folder / "pack.json").write_bytes(pack_json("four", records, []))
    return folder


@pytest.fixture
def recipe(tmp_path: Path, pack: Path) -> Path:
    """A recipe of 12 samples in 3 shards with that pack."""
    path = tmp_path / "small.yaml"
    path.write_text(
        "name: small\nsamples: 12\noutputs: {depth: true}\nshards: {samples: 4}\n"
        f"heads: {{pack: {pack}, block: 2}}\n"
    )
    return path
