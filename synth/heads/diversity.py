"""How different the shapes of a pack's heads are: the distance between two people, whatever they wear and look like."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from synth.errors import HeadError
from synth.heads.face import face_template
from synth.heads.glb import UNREADABLE, accessor_values, read_glb
from synth.heads.pack import HeadPack, HeadRecord

Floats = NDArray[np.float64]
Progress = Callable[[int, int], None]

ALIKE_MM = 1.0
"""Two heads nearer than this are the same person twice: about what two scans of one person differ by."""

_SKIN = "skin"


@dataclass(frozen=True)
class Pair:
    """Two heads by their ids, and how far apart their skins are: root mean square over all vertices, mm."""

    first: str
    second: str
    rms_mm: float


@dataclass(frozen=True)
class Diversity:
    """All pairs of `compared` heads in one number each. `left_out` are the ids of heads without the builder's skin.

    `pairs` are the nearest ones, nearest first. `nearest_mm` is each head's distance to the one most like it, in the
    order of the pack; `median_mm` that of all pairs.
    """

    compared: int
    left_out: tuple[str, ...]
    pairs: tuple[Pair, ...]
    nearest_mm: tuple[float, ...]
    median_mm: float

    @property
    def alike(self) -> tuple[Pair, ...]:
        """Those of `pairs` that are nearer than `ALIKE_MM`."""
        return tuple(pair for pair in self.pairs if pair.rms_mm < ALIKE_MM)


def diversity(pack: HeadPack, nearest: int = 10, progress: Progress | None = None) -> Diversity:
    """Compare every two heads of a pack that this package built; all have the same vertices, so nothing is guessed.

    Raises HeadError if fewer than two heads can be compared, or a file can't be read.
    """
    shapes: list[Floats] = []
    compared: list[str] = []
    for number, head in enumerate(pack.heads, start=1):
        shape = skin_mm(pack.path(head), head)
        if shape is not None:
            shapes.append(shape)
            compared.append(head.id)
        if progress:
            progress(number, len(pack.heads))
    if len(shapes) < 2:
        mend = "Shapes can be compared of heads that synth heads build made."
        raise HeadError(f"{len(shapes)} of its heads can be compared.", where=str(pack.root), mend=mend)
    distances = shape_distances_mm(np.stack(shapes))
    left_out = tuple(head.id for head in pack.heads if head.id not in set(compared))
    rows, columns = np.triu_indices(len(shapes), 1)
    of_pairs = distances[rows, columns]
    order = np.argsort(of_pairs, kind="stable")[:nearest]
    return Diversity(
        compared=len(shapes),
        left_out=left_out,
        pairs=tuple(Pair(compared[rows[n]], compared[columns[n]], float(of_pairs[n])) for n in order),
        nearest_mm=tuple((distances + np.diag(np.full(len(shapes), np.inf))).min(axis=1).tolist()),
        median_mm=float(np.median(of_pairs)),
    )


def shape_distances_mm(shapes: Floats | Sequence[Floats]) -> Floats:
    """(H, H): the root mean square distance of corresponding vertices after the best rigid motion, without scaling.

    shapes: (H, N, 3). Kabsch's method for all pairs at once: with both centred, the best rotation's trace is the sum of
    the singular values of their 3 × 3 correlation, the last one negative where only a mirror image would fit better
    (Kabsch 1978, Umeyama 1991). Raises ValueError for another form.
    """
    given = np.asarray(shapes, dtype=np.float64)
    if given.ndim != 3 or given.shape[2] != 3 or given.shape[1] < 3:
        raise ValueError(f"shapes must be (H, N, 3), not {given.shape}")
    heads, vertices, _ = given.shape
    centred = given - given.mean(axis=1, keepdims=True)
    flat = centred.transpose(0, 2, 1).reshape(3 * heads, vertices)
    correlations = (flat @ flat.T).reshape(heads, 3, heads, 3).transpose(0, 2, 1, 3)
    singular = np.linalg.svd(correlations, compute_uv=False)
    mirrored = np.linalg.det(correlations) < 0
    traces = singular[..., 0] + singular[..., 1] + np.where(mirrored, -singular[..., 2], singular[..., 2])
    squares = (centred**2).sum(axis=(1, 2))
    means = (squares[:, None] + squares[None, :] - (traces + traces.T)) / vertices
    return np.sqrt(np.maximum(means, 0.0))


def skin_mm(path: Path, head: HeadRecord) -> Floats | None:
    """(N, 3) vertices of a built head's skin, mm, in its file's frame; None for a head that isn't of the template.

    Raises HeadError for a file that can't be read.
    """
    if head.rig != "synth":
        return None
    try:
        document, blob = read_glb(path)
        meshes = {node.get("name"): node["mesh"] for node in document["nodes"] if "mesh" in node}
        if _SKIN not in meshes:
            return None
        primitive = document["meshes"][meshes[_SKIN]]["primitives"][0]
        vertices = accessor_values(document, blob, primitive["attributes"]["POSITION"], 3)
        triangles = accessor_values(document, blob, primitive["indices"], 1).reshape(-1, 3)
    except UNREADABLE as error:
        raise HeadError(
            f"It can't be read: {error}.", where=str(path), mend="Build or import the pack again."
        ) from error
    if not face_template().fits(len(vertices), triangles.astype(np.int64)):
        return None
    return np.asarray(1000.0 * vertices.astype(np.float64))
