"""A folder of foreign meshes as a head pack: all of it, or nothing."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from synth.errors import HeadError
from synth.heads.foreign.folder import Folder, shown
from synth.heads.foreign.inspect import READERS, ForeignHead, Inspection, Reading, read_head
from synth.heads.foreign.limits import MAX_TRIANGLES, Limits
from synth.heads.foreign.orient import Axes
from synth.heads.foreign.picture import PICTURE_SUFFIXES
from synth.heads.foreign.table import TABLE_NAME, Row, read_table
from synth.heads.foreign.write import write_head
from synth.heads.pack import PACK_FILE, HeadRecord, Source, pack_json

UNKNOWN_LICENSE = "unknown (user's own)"
_COMPANIONS = PICTURE_SUFFIXES | {".mtl", ".bin"}
_REFUSED = {
    ".blend": "Blender files can run scripts. Export the head as GLB.",
    **dict.fromkeys((".zip", ".gz", ".bz2", ".xz", ".7z", ".rar", ".tar", ".tgz", ".zst"), "Unpack it yourself first."),
    **dict.fromkeys((".pkl", ".pickle", ".pt", ".pth"), "Such files can run code. Export a mesh."),
}

Report = Callable[[str], None]


@dataclass(frozen=True)
class ImportReport:
    """What an import made: the pack's folder, one inspection a head in the pack's order, and the files left out."""

    pack: Path
    ids: tuple[str, ...]
    heads: tuple[Inspection, ...]
    skipped: tuple[str, ...]

    @property
    def warnings(self) -> tuple[str, ...]:
        """All warnings, a line each, with their file."""
        return tuple(f"{head.file}: {warning}" for head in self.heads for warning in head.warnings)


def import_heads(
    source_dir: str | Path,
    out_dir: str | Path,
    *,
    unit: str | None = None,
    up: str = "+y",
    front: str = "+z",
    max_triangles: int = MAX_TRIANGLES,
    license: str | None = None,
    report: Report | None = None,
) -> ImportReport:
    """Make a head pack in `out_dir` of every OBJ, PLY, STL, GLB, glTF and FBX file under `source_dir`.

    One mesh file is one head. unit, up and front hold for all of them (see `inspect_head`). A table `heads.csv` in the
    folder (file, id, sex, age_years) may say more. `license` is written into the pack as it stands. `report` gets a
    line for each thing found, done or doubted.

    Raises HeadError that names every fault of every file; then `out_dir` is as it was. Equal input gives equal bytes.
    """
    say = report or (lambda line: None)
    reading = Reading(unit, Axes(up, front), Limits(max_triangles))
    folder = Folder(Path(source_dir))
    out = Path(out_dir).absolute()
    _check_target(folder, out)
    meshes, skipped, faults = _sort_files(folder)
    rows = _table(folder, meshes, faults)
    ids = _identifiers(meshes, rows, faults)
    for line in skipped:
        say(f"{line}: warning: skipped, no mesh that is read")
    if not meshes and not faults:
        raise HeadError("There is no mesh in the folder.", where=str(folder.path), mend=f"Use {' '.join(READERS)}.")
    with _new_folder(out) as fresh:
        (fresh / "heads").mkdir()
        made = []
        for name in meshes:
            try:
                head, data = _convert(folder, name, reading, say)
            except HeadError as error:
                faults.append(str(error))
                continue
            if not faults:  # otherwise nothing will come of it, but the other files' faults are still to be named
                record = _write(fresh, ids[name], data, head, rows.get(name, Row()), license)
                made.append((record, _source(folder, name, license), head.inspection))
        if faults:
            raise _all_faults(faults, folder)
        records, sources, inspections = ([*column] for column in zip(*made, strict=True))
        content = pack_json(_identifier(out.name), records, sources, license=license or UNKNOWN_LICENSE)
        (fresh / PACK_FILE).write_bytes(content)
    say(f"{out}: {len(records)} heads")
    return ImportReport(out, tuple(r.id for r in records), tuple(inspections), tuple(skipped))


def _convert(folder: Folder, name: PurePosixPath, reading: Reading, say: Report) -> tuple[ForeignHead, bytes]:
    """One head and its GLB; every step is said. Raises HeadError."""
    head = read_head(folder, name, reading)
    data = write_head(head.pieces, where=shown(str(name)))
    for line in head.inspection.steps:
        say(f"{head.inspection.file}: {line}")
    for line in head.inspection.warnings:
        say(f"{head.inspection.file}: warning: {line}")
    return head, data


def _check_target(folder: Folder, out: Path) -> None:
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise HeadError("The folder for the pack isn't empty.", where=str(out), mend="Name a new folder.")
    if out.resolve() == folder.path or folder.path in out.resolve().parents:
        raise HeadError("The pack can't lie inside the folder of the meshes.", where=str(out), mend="Name another one.")


def _sort_files(folder: Folder) -> tuple[list[PurePosixPath], list[str], list[str]]:
    """The meshes; the files that are left out; and a fault for each that is refused by its kind."""
    meshes, skipped, faults = [], [], []
    for name in folder.files():
        suffix = name.suffix.lower()
        if suffix in READERS:
            meshes.append(name)
        elif suffix in _REFUSED:
            faults.append(f"{shown(str(name))}: Files of the kind {suffix} aren't opened. {_REFUSED[suffix]}")
        elif suffix not in _COMPANIONS and name != PurePosixPath(TABLE_NAME):
            skipped.append(shown(str(name)))
    return meshes, skipped, faults


def _table(folder: Folder, meshes: list[PurePosixPath], faults: list[str]) -> dict[PurePosixPath, Row]:
    if PurePosixPath(TABLE_NAME) not in folder.files():
        return {}
    try:
        rows, found = read_table(folder, meshes)
    except HeadError as error:
        faults.append(str(error))
        return {}
    faults += found
    return rows


def _identifiers(
    meshes: list[PurePosixPath], rows: dict[PurePosixPath, Row], faults: list[str]
) -> dict[PurePosixPath, str]:
    """An id for each mesh: the table's, or made of its file's name."""
    ids: dict[PurePosixPath, str] = {}
    owner: dict[str, PurePosixPath] = {}
    for name in meshes:
        own = rows[name].id if name in rows else None
        identifier = own or _identifier("-".join(name.with_suffix("").parts))
        # Heads become files, and some file systems don't tell A from a.
        first = owner.setdefault(identifier.lower(), name)
        if first != name:
            mend = f"Rename one, or give ids in {TABLE_NAME}."
            faults.append(f"{shown(str(name))}: It has the same id as {shown(str(first))}, {identifier!r}. {mend}")
        ids[name] = identifier
    return ids


def _identifier(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.-]+", "_", text).lstrip("_.-")[:64] or "head"


def _source(folder: Folder, name: PurePosixPath, license: str | None) -> Source:
    digest = hashlib.sha256(folder.read(name, where=str(name))).hexdigest()
    return Source(name=shown(str(name)), license=license or UNKNOWN_LICENSE, sha256=digest)


def _write(fresh: Path, identifier: str, data: bytes, head: ForeignHead, row: Row, license: str | None) -> HeadRecord:
    file = f"heads/{identifier}.glb"
    (fresh / file).write_bytes(data)
    half = (head.box_m[1] - head.box_m[0]) / 2
    x, y, z = (float(side) for side in half)
    return HeadRecord(
        id=identifier,
        file=file,
        sha256=hashlib.sha256(data).hexdigest(),
        bytes=len(data),
        triangles=head.inspection.triangles,
        sex=row.sex,
        age_years=row.age_years,
        head_height_mm=head.inspection.height_mm,
        head_center_m=(0.0, 0.0, 0.0),
        head_box_m=((-x, -y, -z), (x, y, z)),
        rig="none",
        license=license or UNKNOWN_LICENSE,
    )


@contextmanager
def _new_folder(out: Path) -> Iterator[Path]:
    """A folder that becomes `out` when the block ends well, and vanishes otherwise."""
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    except OSError as error:
        raise HeadError(
            f"Nothing can be written here: {error.strerror}.", where=str(out), mend="Name another folder."
        ) from error
    try:
        yield fresh
        fresh.chmod(0o755)
        os.replace(fresh, out)  # noqa: PTH105  (also where an empty folder of that name stands)
    except OSError as error:
        raise HeadError(
            f"The pack can't be written: {error.strerror}.",
            where=str(out),
            mend="Make room there, or name another folder.",
        ) from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _all_faults(faults: list[str], folder: Folder) -> HeadError:
    count = "One fault" if len(faults) == 1 else f"{len(faults)} faults"
    lines = "".join(f"\n  {fault}" for fault in faults)
    return HeadError(f"{count}, so no pack was made:{lines}", where=str(folder.path))
