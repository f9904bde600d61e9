"""A test that is left out for want of what CI requires is a failure, anything else may be left out."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

CONFTEST = Path(__file__).with_name("conftest.py")
SKIPPING = {
    "in a test": 'import pytest\ndef test_it():\n    pytest.importorskip("no_such_module")\n',
    "as a mark": 'import pytest\n@pytest.mark.skipif(True, reason="there is no Chromium here")\ndef test_it(): ...\n',
    "as a whole": 'import pytest\npytest.importorskip("no_such_module")\n',
    "for its own reason": 'import pytest\ndef test_it():\n    pytest.skip("EEVEE can\'t render on this machine")\n',
}


def ends_with(folder: Path, source: str, required: str) -> int:
    (folder / "conftest.py").write_text(CONFTEST.read_text(encoding="utf-8"), encoding="utf-8")
    (folder / "test_it.py").write_text(source + "\ndef test_another(): ...\n", encoding="utf-8")
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(folder), str(folder)]
    environment = {"SYNTH_REQUIRE": required, "PATH": ""}
    return subprocess.run(words, env=environment, capture_output=True, check=False).returncode


@pytest.mark.parametrize(
    ("how", "required", "code"),
    [("in a test", "extras", 1), ("as a mark", "extras,chromium", 1), ("as a whole", "extras", 2),
     ("for its own reason", "extras,chromium", 0), ("as a mark", "extras", 0)],
)  # fmt: skip
def test_what_is_required_is_not_left_out(tmp_path: Path, how: str, required: str, code: int):
    assert ends_with(tmp_path, SKIPPING[how], required) == code
