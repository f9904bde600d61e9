"""MTL files: materials and the names of their colour textures."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import PurePosixPath

from synth.errors import HeadError
from synth.heads.foreign.folder import Folder, local_name, shown
from synth.heads.foreign.limits import MAX_TEXTURES
from synth.heads.foreign.mesh import Paint
from synth.heads.foreign.picture import Texture, read_texture

# Options of a texture line and how many numbers or words follow each (MTL specification, Alias|Wavefront 1995).
_OPTIONS = {"-blendu": 1, "-blendv": 1, "-boost": 1, "-bm": 1, "-cc": 1, "-clamp": 1, "-imfchan": 1, "-mm": 2}
_OPTIONS |= {"-texres": 1, "-type": 1, "-o": 3, "-s": 3, "-t": 3}
_VECTORS = {"-o", "-s", "-t"}
_MAPS = ("map_", "bump", "disp", "decal", "refl", "norm")


@dataclass(frozen=True)
class Materials:
    """The paints by material name, and a line for each thing that was done or left out."""

    paints: dict[str, Paint]
    notes: tuple[str, ...]
    warnings: tuple[str, ...]


@dataclass
class _Entry:
    colour: tuple[float, float, float] = (0.6, 0.6, 0.6)
    texture: PurePosixPath | None = None
    unused: list[str] = field(default_factory=list)


def read_materials(folder: Folder, libraries: list[PurePosixPath], used: set[str], *, where: str) -> Materials:
    """The materials of `libraries` that are `used`; their colour textures are read, all other maps only checked.

    Raises HeadError for a missing library or texture, and for any reference that leads out of the folder.
    """
    entries: dict[str, _Entry] = {}
    for library in libraries:
        entries |= _parse(folder.read(library, where=where), library)
    chosen = {name: entries[name] for name in sorted(used) if name in entries}
    textures = _read_textures(folder, [e.texture for e in chosen.values() if e.texture is not None], where)
    paints = {}
    for name, entry in chosen.items():
        texture = textures[entry.texture] if entry.texture else None
        # A colour beside a texture is black or grey by an exporter's whim; the texture alone is the look.
        paints[name] = Paint(name, (1.0, 1.0, 1.0) if texture else entry.colour, texture)
    unused = sorted({key for entry in chosen.values() for key in entry.unused})
    notes = (f"maps that heads don't use: {', '.join(unused)}",) if unused else ()
    undefined = sorted(shown(name, 40) for name in used - set(entries)) if libraries or used else []
    warnings = (f"no .mtl defines the material {', '.join(undefined)}: painted grey",) if undefined else ()
    return Materials(paints, notes, warnings)


def _read_textures(folder: Folder, names: list[PurePosixPath], where: str) -> dict[PurePosixPath, Texture]:
    distinct = sorted(set(names), key=str)
    if len(distinct) > MAX_TEXTURES:
        mend = "Bake them into one."
        raise HeadError(f"It uses {len(distinct)} textures; up to {MAX_TEXTURES} are read.", where=where, mend=mend)
    return {n: read_texture(folder.read(n, where=where), shown(n.name), where=where) for n in distinct}


def _parse(data: bytes, library: PurePosixPath) -> dict[str, _Entry]:
    entries: dict[str, _Entry] = {}
    entry = _Entry()
    text = data.decode("utf-8", errors="surrogateescape")
    for number, line in enumerate(text.splitlines(), 1):
        key, _, rest = line.strip().replace("\t", " ").partition(" ")
        where = f"{library}:{number}"
        if key == "newmtl":
            entry = entries.setdefault(rest.strip(), _Entry())
        elif key.lower() == "kd":
            entry.colour = _colour(rest, where)
        elif key.lower().startswith(_MAPS):
            texture = library.parent / local_name(_texture_name(rest), where=where)
            if key.lower() == "map_kd":
                entry.texture = texture
            else:
                entry.unused.append(shown(key, 20))
    return entries


def _colour(rest: str, where: str) -> tuple[float, float, float]:
    try:
        red, green, blue = (float(word) for word in rest.split()[:3])
    except ValueError as error:
        raise HeadError("A colour isn't three numbers.", where=where, mend="Write `Kd r g b`.") from error
    if not all(0 <= value <= 1 for value in (red, green, blue)):
        raise HeadError("A colour isn't between 0 and 1.", where=where, mend="Write `Kd r g b` with 0 to 1.")
    return red, green, blue


def _texture_name(rest: str) -> str:
    """The file's name without the options before it; it may hold blanks."""
    words = rest.split()
    while words and words[0] in _OPTIONS:
        option = words.pop(0)
        for taken in range(_OPTIONS[option]):
            # The second and third number of -o, -s, -t may be left out.
            if words and (taken == 0 or option not in _VECTORS or _is_number(words[0])):
                words.pop(0)
    return " ".join(words)


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True
