"""A pack of heads of whom much is known and whose files nobody reads."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from synth.heads.pack import HeadRecord, Origin, pack_json

KNOWN: dict[str, dict[str, Any]] = {
    "m1": {"sex": "male", "age_years": 7.0, "skin_tone": 0.1, "hair_style": "buzz", "hair_colour": "blond",
           "beard": 0.0, "stubble": 0.0, "glasses": "round", "hat": "cap", "mask": "none", "eye_colour": "blue"},
    "f1": {"sex": "female", "age_years": 81.0, "skin_tone": 0.9, "hair_style": "afro", "hair_colour": "white",
           "beard": 0.0, "stubble": 0.0, "glasses": "none", "hat": "none", "mask": "surgical", "eye_colour": "brown"},
    "m2": {"sex": "male", "age_years": 34.2, "skin_tone": 0.5, "hair_style": "short_forward",
           "hair_colour": "darkbrown", "beard": 0.8, "stubble": 0.2, "glasses": "sun_wide", "hat": "none",
           "mask": "none", "eye_colour": "brown"},
    "m3": {"sex": "male", "age_years": 50.0, "skin_tone": 0.7, "hair_style": "bald", "hair_colour": "black",
           "beard": 0.2, "stubble": 0.5, "glasses": "none", "hat": "none", "mask": "none", "eye_colour": "brown"},
}  # fmt: skip
SIZES = {"interpupillary_mm": 62.0, "head_height_mm": 225.0}


def record(identifier: str, **fields: Any) -> HeadRecord:
    """A head of our own make, or with rig="none" an imported one."""
    data = b"glTF" + identifier.encode()
    values: dict[str, Any] = {
        "id": identifier, "file": f"heads/{identifier}.glb", "sha256": hashlib.sha256(data).hexdigest(),
        "bytes": len(data), "triangles": 1200, "head_center_m": (0, 0, 0), "rig": "synth",
        "head_box_m": ((-0.1, -0.1, -0.1), (0.1, 0.1, 0.1)), "license": "CC0-1.0",
    }  # fmt: skip
    return HeadRecord(**(values | fields))


def known_heads() -> list[HeadRecord]:
    shares = ((0.1, 0.1, 0.8), (0.9, 0.05, 0.05), (0.2, 0.6, 0.2), (0.6, 0.2, 0.2))
    origins = [Origin(african=a, asian=b, european=c) for a, b, c in shares]
    return [
        record(name, origin=origin, **SIZES, **fields)
        for (name, fields), origin in zip(KNOWN.items(), origins, strict=True)
    ]


def write_pack(folder: Path, heads: list[HeadRecord], name: str = "known") -> Path:
    (folder / "heads").mkdir(parents=True)
    for head in heads:
        (folder / head.file).write_bytes(b"glTF" + head.id.encode())
    (folder / "pack.json").write_bytes(pack_json(name, heads, [], seed=3, builder_version=3))
    return folder
