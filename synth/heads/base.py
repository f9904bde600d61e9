"""The base asset: MakeHuman's hm08, its targets, rig and masks, as `assets/base/hm08.npz` holds them.

Metres, glTF frame (y up, the face looks along +Z). `synth.heads.pack_base` makes the file from the CC0 source.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from synth.errors import HeadError
from synth.heads.locate import assets_dir
from synth.heads.part import ByteArray, FloatArray, IntArray

HEAD_UV_LOW, HEAD_UV_HIGH = (0.632, 0.140), (1.0, 0.826)
"""The rectangle of the body's UV map that the head island fills; head textures show just this."""

TORSO_UV_LOW, TORSO_UV_HIGH = (0.07, 0.57), (0.69, 0.98)
MASK_PX = 512
STEP_M = 1e-4
"""Targets are stored in whole steps of 0.1 mm, the source's own resolution."""


@dataclass(frozen=True)
class Pair:
    """Two opposite targets of one feature, e.g. a wider and a narrower nose. Sided features have a pair a side."""

    group: str
    feature: str
    positive: str
    negative: str


@dataclass(frozen=True, eq=False)
class BaseMesh:
    """The template.

    `vertices` (V, 3) m; `uv` (T, 2), origin at the bottom left; `quads[name]` and `uv_quads[name]` (F, 4) for `head`,
    `mouth`, `torso`, `socket_l`, `socket_r`, `eye_l`, `eye_r`, `teeth_u`, `teeth_l`, `tongue`, `lashes`;
    `body_shell` (M, 3): triangles of the body below the head's island, fine about neck and shoulders, else coarse;
    `joint_rows[name]`: vertices whose mean is the joint; `weights` (V, 8) over `part.JOINTS`; `arm_weights` (V, 2),
    left and right; `masks[name]` (MASK_PX, MASK_PX) uint8 over the head's UV rectangle, row 0 at the top.
    """

    vertices: FloatArray
    uv: FloatArray
    quads: dict[str, IntArray]
    uv_quads: dict[str, IntArray]
    body_shell: IntArray
    joint_rows: dict[str, IntArray]
    weights: FloatArray
    arm_weights: FloatArray
    masks: dict[str, ByteArray]
    targets: dict[str, tuple[IntArray, FloatArray]]
    pairs: tuple[Pair, ...]

    def joints(self, vertices: FloatArray) -> dict[str, FloatArray]:
        """Places (3,) of all joints on `vertices` (V, 3)."""
        return {name: vertices[rows].mean(0) for name, rows in self.joint_rows.items()}

    @functools.cached_property
    def template_joints(self) -> dict[str, FloatArray]:
        """Places of all joints on the template."""
        return self.joints(self.vertices)

    @property
    def eye_height(self) -> float:
        """y of the template's eye centres, m."""
        return float(self.template_joints["eye.L"][1])

    @property
    def interpupillary_m(self) -> float:
        """Distance of the template's eye centres, m."""
        return float(self.template_joints["eye.L"][0] - self.template_joints["eye.R"][0])

    def apply(self, amounts: dict[str, float]) -> FloatArray:
        """The template moved by `amounts` (target name -> weight): (V, 3) m."""
        vertices = self.vertices.copy()
        for name, amount in amounts.items():
            rows, steps = self.targets[name]
            vertices[rows] += amount * steps
        return vertices

    def delta(self, name: str) -> FloatArray:
        """One target as a dense (V, 3) offset, m."""
        dense = np.zeros_like(self.vertices)
        rows, steps = self.targets[name]
        dense[rows] = steps
        return dense


def read_base(path: Path) -> BaseMesh:
    """Read a base asset. Raises HeadError where the file is missing or isn't one."""
    mend = "Make it with `python -m synth.heads.pack_base`, or install the package again."
    try:
        with np.load(path, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
    except FileNotFoundError as error:
        raise HeadError("The base asset is missing.", where=str(path), mend=mend) from error
    except (OSError, ValueError) as error:
        raise HeadError("The base asset can't be read.", where=str(path), mend=mend) from error

    def named(prefix: str, kind: type = np.int64) -> dict[str, np.ndarray]:
        return {k.removeprefix(prefix): v.astype(kind) for k, v in arrays.items() if k.startswith(prefix)}

    try:
        return BaseMesh(
            vertices=arrays["vertices"].astype(np.float64),
            uv=arrays["uv"].astype(np.float64),
            quads=named("quads_"),
            uv_quads=named("uvs_"),
            body_shell=arrays["shell"].astype(np.int64),
            joint_rows=named("joint_"),
            weights=_normalised(arrays["weights"]),
            arm_weights=arrays["arm_weights"].astype(np.float64),
            masks=named("mask_", np.uint8),
            targets=_targets(arrays),
            pairs=tuple(Pair(*map(str, row)) for row in arrays["pairs"]),
        )
    except KeyError as error:
        raise HeadError(f"The base asset lacks {error}.", where=str(path), mend=mend) from error


def _normalised(weights: FloatArray) -> FloatArray:
    wide = weights.astype(np.float64)
    return wide / wide.sum(1, keepdims=True)


def _targets(arrays: dict[str, np.ndarray]) -> dict[str, tuple[IntArray, FloatArray]]:
    starts, gaps, steps = arrays["target_starts"], arrays["target_row_gaps"], arrays["target_steps"].T
    targets: dict[str, tuple[IntArray, FloatArray]] = {}
    for i, name in enumerate(arrays["target_names"]):
        cut = slice(starts[i], starts[i + 1])
        targets[str(name)] = (np.cumsum(gaps[cut], dtype=np.int64), steps[cut] * STEP_M)
    return targets


@functools.lru_cache(maxsize=1)
def load_base() -> BaseMesh:
    """The bundled base asset, read once a process."""
    return read_base(assets_dir() / "base" / "hm08.npz")
