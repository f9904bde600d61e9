"""What people install must be whole: the wheel has all of synth, recipes and assets; the source what tests need.

python .ci/check_wheel.py dist/*.whl dist/*.tar.gz
"""

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NOT_IN_SOURCE = {".gitignore"}


def wanted_in_wheel(tracked: list[str]) -> set[str]:
    """Modules and data of the package as they are; recipes and assets inside it."""
    inside = {name for name in tracked if name.startswith("synth/")}
    return inside | {f"synth/{name}" for name in tracked if name.startswith(("recipes/", "assets/"))}


def check(archive: str, names: set[str], wanted: set[str], refused: tuple[str, ...]) -> bool:
    missing = sorted(wanted - names)
    strays = sorted(name for name in names if name.startswith(refused) or "__pycache__" in name)
    print(f"{archive}: {len(names)} files", *(f"missing {missing}" for _ in missing[:1]), *strays, sep=", ")
    return not missing and not strays


def main(archives: list[str]) -> int:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    tracked = listed.splitlines()
    whole = bool(archives)
    for archive in archives:
        if archive.endswith(".whl"):
            names = set(zipfile.ZipFile(archive).namelist())
            whole &= check(archive, names, wanted_in_wheel(tracked), ("tests/", "docs/", "benchmarks/"))
        else:
            with tarfile.open(archive) as source:
                names = {member.name.partition("/")[2] for member in source.getmembers() if member.isfile()}
            whole &= check(archive, names, set(tracked) - NOT_IN_SOURCE, ("dist/", ".venv/", "datasets/", "site/"))
    return 0 if whole else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
