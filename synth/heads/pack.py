"""Head packs: a folder with `pack.json` and GLB files. Read strictly: a wrong label starts with a wrong head."""

from __future__ import annotations

import difflib
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from synth.errors import HeadError
from synth.heads.locate import assets_dir

FORMAT, VERSION = "synth-head-pack", 1
PACK_FILE = "pack.json"
HASH_BLOCK = 1 << 20

Share = Annotated[float, Field(ge=0, le=1)]
Point = tuple[float, float, float]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
# What becomes a label of every sample: a text that its column holds.
Word = Annotated[str, Field(pattern=r"^[ -~]{1,32}$")]
Identifier = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class Source(_Strict):
    """Where a pack's shapes come from, and under which licence."""

    name: str
    version: str | None = None
    license: str
    sha256: Sha256 | None = None
    url: str | None = None


class Origin(_Strict):
    """Shares of the three origins MakeHuman knows; they sum to 1."""

    african: Share
    asian: Share
    european: Share


class HeadRecord(_Strict):
    """One head of a pack.

    Lengths as their names say; `head_center_m` and `head_box_m` (lowest, highest corner) in the file's glTF frame (m,
    y up, the face looks along +Z). `frontal_pitch_deg` is how far a head has to be lifted from the file's rest pose for
    its face to look straight ahead. `rig` is "synth" for heads that this package built, "none" for imported meshes,
    whose unknown fields are None.
    """

    id: Identifier
    file: str
    sha256: Sha256
    bytes: Annotated[int, Field(gt=0)]
    triangles: Annotated[int, Field(gt=0)]
    sex: Literal["male", "female"] | None = None
    age_years: Annotated[float, Field(ge=0, le=130)] | None = None
    origin: Origin | None = None
    skin_tone: Share | None = None
    hair_style: Word | None = None
    hair_colour: str | None = None
    hair_wave: Share | None = None
    hair_grey: Share | None = None
    beard: Share | None = None
    stubble: Share | None = None
    eye_colour: Word | None = None
    freckles: Share | None = None
    lipstick: Share | None = None
    eyeliner: Share | None = None
    eye_shadow: Share | None = None
    blush: Share | None = None
    glasses: Word | None = None
    hat: Word | None = None
    mask: Word | None = None
    clothing: str | None = None
    interpupillary_mm: Annotated[float, Field(gt=20, lt=120)] | None = None
    head_height_mm: Annotated[float, Field(gt=80, lt=500)] | None = None
    head_center_m: Point
    frontal_pitch_deg: Annotated[float, Field(ge=-45, le=45)] = 0.0
    head_box_m: tuple[Point, Point]
    rig: Literal["synth", "none"]
    expressions: tuple[str, ...] = ()
    license: str

    @model_validator(mode="after")
    def _consistent(self) -> HeadRecord:
        parts = PurePosixPath(self.file).parts
        if not parts or self.file.startswith("/") or ".." in parts or "\\" in self.file or ":" in parts[0]:
            raise ValueError(f"file {self.file!r} must be a path inside the pack")
        low, high = self.head_box_m
        for axis in range(3):
            if not low[axis] < high[axis]:
                raise ValueError("head_box_m must list its lowest corner first")
            if not low[axis] <= self.head_center_m[axis] <= high[axis]:
                raise ValueError("head_center_m must lie inside head_box_m")
        return self


class _PackFile(_Strict):
    format: Literal["synth-head-pack"]
    version: Literal[1]
    name: Identifier
    license: str
    sources: tuple[Source, ...]
    seed: int | None
    builder_version: int | None
    heads: Annotated[tuple[HeadRecord, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _unique(self) -> _PackFile:
        for what, values in (("id", [h.id for h in self.heads]), ("file", [h.file for h in self.heads])):
            double = sorted({value for value in values if values.count(value) > 1})
            if double:
                raise ValueError(f"two heads share the {what} {double[0]!r}")
        return self


@dataclass(frozen=True)
class HeadPack:
    """A pack that was read and checked. `pack_sha256` covers pack.json and, through it, every head's bytes."""

    root: Path
    name: str
    license: str
    sources: tuple[Source, ...]
    seed: int | None
    builder_version: int | None
    heads: tuple[HeadRecord, ...]
    pack_sha256: str

    def path(self, head: HeadRecord) -> Path:
        """The file of one of this pack's heads."""
        return self.root / head.file

    def head(self, identifier: str) -> HeadRecord:
        """The head with this id. Raises HeadError where there is none."""
        for head in self.heads:
            if head.id == identifier:
                return head
        near = difflib.get_close_matches(identifier, [head.id for head in self.heads], 1)
        mend = f"Did you mean {near[0]}?" if near else f"It has {self.heads[0].id} to {self.heads[-1].id}."
        raise HeadError(f"There is no head {identifier!r}.", where=str(self.root), mend=mend)


def load_pack(path: str | Path, *, verify: bool = False) -> HeadPack:
    """Read a pack folder (or its pack.json).

    Always checked: the schema, that every file exists inside the folder and has the stated size. With `verify`, every
    file's SHA-256 too. Raises HeadError that names all faults.
    """
    root = Path(path)
    root = root.parent if root.name == PACK_FILE else root
    where = root / PACK_FILE
    data = _read(where)
    try:
        parsed = _PackFile.model_validate_json(data)
    except ValidationError as error:
        raise HeadError(
            _faults(error), where=str(where), mend="Mend pack.json, or build or import the pack again."
        ) from (error)
    pack = HeadPack(
        root=root,
        name=parsed.name,
        license=parsed.license,
        sources=parsed.sources,
        seed=parsed.seed,
        builder_version=parsed.builder_version,
        heads=parsed.heads,
        pack_sha256=hashlib.sha256(data).hexdigest(),
    )
    faults = [fault for head in pack.heads if (fault := _file_fault(pack, head, verify))]
    if faults:
        raise HeadError(" ".join(faults), where=str(where), mend="Build or import the pack again.")
    return pack


def _read(where: Path) -> bytes:
    try:
        data = where.read_bytes()
    except FileNotFoundError as error:
        raise HeadError(
            "There is no head pack here.",
            where=str(where),
            mend="Give a folder that holds a pack.json, or a pack's name.",
        ) from error
    except OSError as error:
        raise HeadError(f"The pack can't be read: {error.strerror}.", where=str(where)) from error
    try:
        json.loads(data)
    except (ValueError, RecursionError) as error:
        raise HeadError(
            f"This isn't JSON: {error}.", where=str(where), mend="Build or import the pack again."
        ) from error
    return data


def _faults(error: ValidationError) -> str:
    """All of pydantic's findings as one line: `heads[3].age_years: Input should be ...`."""
    lines = []
    for found in error.errors():
        place = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in found["loc"]).lstrip(".")
        lines.append(f"{place}: {found['msg']}" if place else str(found["msg"]))
    return "; ".join(lines) + "."


def _file_fault(pack: HeadPack, head: HeadRecord, verify: bool) -> str | None:
    path = pack.path(head)
    if not path.is_file():
        return f"{head.file} is missing."
    if not path.resolve().is_relative_to(pack.root.resolve()):
        return f"{head.file} leads out of the pack."
    size = path.stat().st_size
    if size != head.bytes:
        return f"{head.file} has {size} bytes instead of {head.bytes}."
    if verify and (found := file_sha256(path)) != head.sha256:
        return f"{head.file} has the SHA-256 {found[:12]}… instead of {head.sha256[:12]}…."
    return None


def file_sha256(path: Path) -> str:
    """SHA-256 of a file, read in blocks."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(HASH_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def pack_json(
    name: str,
    heads: list[HeadRecord],
    sources: list[Source],
    *,
    license: str = "CC0-1.0",
    seed: int | None = None,
    builder_version: int | None = None,
) -> bytes:
    """The bytes of a pack.json; equal input gives equal bytes."""
    content: dict[str, Any] = {"format": FORMAT, "version": VERSION, "name": name, "license": license}
    content["sources"] = [source.model_dump() for source in sources]
    content |= {"seed": seed, "builder_version": builder_version}
    content["heads"] = [head.model_dump() for head in heads]
    checked = _PackFile.model_validate_json(json.dumps(content))
    return (json.dumps(checked.model_dump(mode="json"), indent=1) + "\n").encode()


def bundled_packs() -> dict[str, Path]:
    """Packs that ship with the package, by name."""
    folder = assets_dir() / "heads"
    return {path.parent.name: path.parent for path in sorted(folder.glob(f"*/{PACK_FILE}"))}
