"""OBJ and MTL: read line by line here, checked, and handed to trimesh as a plain copy.

The copy holds positions, texture coordinates and faces with absolute indices, nothing else: trimesh wraps indices
that are 0 or negative, follows only the first `mtllib`, and knows no options before a texture's name.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from synth.errors import HeadError
from synth.heads.foreign.counts import check_triangle_count, empty
from synth.heads.foreign.folder import Folder, local_name
from synth.heads.foreign.limits import Limits
from synth.heads.foreign.load import bad_index, load_scene, plain_piece
from synth.heads.foreign.mesh import Paint, Source
from synth.heads.foreign.mtl import read_materials

_LIBRARY = "materials.mtl"


@dataclass
class _Scan:
    """What stands in an OBJ file, and the plain copy of it."""

    positions: int = 0
    texture_coordinates: int = 0
    triangles: int = 0
    corners_without_uv: int = 0
    corners: int = 0
    highest_position: int = 0
    highest_uv: int = 0
    libraries: list[str] = field(default_factory=list)
    materials: dict[str, str] = field(default_factory=dict)
    plain: list[str] = field(default_factory=list)
    ignored: set[str] = field(default_factory=set)


def read_obj(folder: Folder, name: PurePosixPath, limits: Limits) -> Source:
    """Read an OBJ file with its .mtl and the colour textures that those name. Raises HeadError."""
    where = str(name)
    data = folder.read(name, where=where)
    if b"\0" in data:
        raise HeadError("It isn't a text file, so no OBJ.", where=where, mend="Export it again.")
    faces = data.count(b"\nf ") + data.count(b"\nf\t")
    check_triangle_count(faces, limits.max_triangles, where=where)
    scan = _scan(_lines(data), limits, where)
    if not scan.triangles:
        raise empty(where)
    if scan.highest_position > scan.positions or scan.highest_uv > scan.texture_coordinates:
        raise bad_index(where)  # trimesh would leave the texture out and say nothing
    libraries = [name.parent / local_name(reference, where=where) for reference in scan.libraries]
    materials = read_materials(folder, libraries, set(scan.materials), where=where)
    library = "".join(f"newmtl {alias}\n" for alias in scan.materials.values())
    text = "\n".join([f"mtllib {_LIBRARY}", *scan.plain, ""])
    scene = load_scene(text.encode(), "obj", {_LIBRARY: library.encode()}, where=where)
    paints = {alias: materials.paints.get(name, Paint(name)) for name, alias in scan.materials.items()}
    meshes = [
        (mesh, str(getattr(getattr(mesh.visual, "material", None), "name", ""))) for mesh in scene.geometry.values()
    ]
    order = list(paints)  # as the file has them; trimesh turns them round
    meshes.sort(key=lambda found: order.index(found[1]) if found[1] in paints else -1)
    pieces = [plain_piece(mesh, paints.get(material, Paint()), where=where) for mesh, material in meshes]
    if sum(len(piece.triangles) for piece in pieces) != scan.triangles:
        raise HeadError("Its faces can't be read as triangles.", where=where, mend="Triangulate it.")
    warnings = list(materials.warnings)
    if 0 < scan.corners_without_uv < scan.corners:
        warnings.append(f"{scan.corners_without_uv:,} of {scan.corners:,} face corners have no texture coordinate")
    if scan.ignored:
        warnings.append(f"left out: {', '.join(sorted(scan.ignored))} (not triangles)")
    return Source(tuple(pieces), None, scan.positions, materials.notes, tuple(warnings))


def _lines(data: bytes) -> Iterator[tuple[int, str]]:
    """Numbered lines, those continued with a backslash joined."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    pending = ""
    for number, line in enumerate(text.split("\n"), 1):
        line = line.rstrip("\r")
        if line.endswith("\\"):
            pending += line[:-1] + " "
            continue
        yield number, pending + line
        pending = ""
    if pending:
        yield number, pending


def _scan(lines: Iterator[tuple[int, str]], limits: Limits, where: str) -> _Scan:
    scan = _Scan()
    for number, line in lines:
        key, _, rest = line.strip().replace("\t", " ").partition(" ")
        if key in {"v", "vt"}:
            _add_numbers(scan, key, rest, number, where)
        elif key == "f":
            _add_face(scan, rest, number, where)
            check_triangle_count(scan.triangles, limits.max_triangles, where=where, exact=False)
        elif key == "usemtl":
            alias = scan.materials.setdefault(rest.strip(), f"m{len(scan.materials)}")
            scan.plain.append(f"usemtl {alias}")
        elif key == "mtllib":
            scan.libraries += _library_names(rest)
        elif key in {"p", "l", "curv", "curv2", "surf", "call", "csh"}:
            scan.ignored.add(f"`{key}`")
    return scan


def _library_names(rest: str) -> list[str]:
    """One name that may hold blanks, or several: only names that end in .mtl part the line."""
    parts = rest.strip().split(".mtl ")
    return [part.strip() + (".mtl" if i < len(parts) - 1 else "") for i, part in enumerate(parts) if part.strip()]


def _add_numbers(scan: _Scan, key: str, rest: str, number: int, where: str) -> None:
    words = rest.split()
    least = 3 if key == "v" else 2
    if "n" in rest or "N" in rest:  # of numbers, only nan and inf hold an n
        raise HeadError(f"Line {number} holds NaN or an infinite number.", where=where, mend="Export it again.")
    if key == "vt" and len(words) == 1:
        words.append("0")
    if len(words) < least:
        raise HeadError(f"Line {number} has too few numbers.", where=where, mend="Export it again.")
    if key == "v":
        scan.positions += 1
        words = words[:6] if len(words) >= 6 else words[:3]
    else:
        scan.texture_coordinates += 1
        words = words[:2]
    scan.plain.append(f"{key} {' '.join(words)}")


def _add_face(scan: _Scan, rest: str, number: int, where: str) -> None:
    corners = rest.partition("#")[0].split()
    if len(corners) < 3:
        raise HeadError(f"Line {number}: a face has fewer than three corners.", where=where, mend="Export it again.")
    try:
        places = [_index(corner.split("/")[0], scan.positions) for corner in corners]
        uvs = [_uv_index(corner, scan.texture_coordinates) for corner in corners]
    except (ValueError, IndexError):
        error = bad_index(where)
        raise HeadError(f"Line {number}: {error.what}", where=where, mend=error.mend) from None
    missing = sum(uv is None for uv in uvs)
    scan.highest_position = max(scan.highest_position, *places)
    scan.highest_uv = max(scan.highest_uv, *(uv or 0 for uv in uvs))
    scan.corners += len(corners)
    scan.corners_without_uv += missing
    scan.triangles += len(corners) - 2
    words = [str(p) if missing else f"{p}/{uv}" for p, uv in zip(places, uvs, strict=True)]
    # A fan, as every reader of polygons makes it: told to trimesh as triangles, so that none is read in another way.
    scan.plain += [f"f {words[0]} {words[i]} {words[i + 1]}" for i in range(1, len(words) - 1)]


def _uv_index(corner: str, count: int) -> int | None:
    parts = corner.split("/")
    return _index(parts[1], count) if len(parts) > 1 and parts[1] else None


def _index(word: str, count: int) -> int:
    """An absolute, 1-based index among `count` rows so far or later; a negative one counts back from here."""
    value = int(word)
    if value == 0 or value < -count:
        raise IndexError(value)
    return value if value > 0 else count + 1 + value
