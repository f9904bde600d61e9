"""The label schema, as data: one column a label, each with its unit, frame and order.

A column is stored as one HDF5 dataset of shape (N, *shape). Later versions may add columns without rewriting anything:
a reader takes any further column whose name, type and shape are plain enough (`Column` checks them).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from synth.errors import ShardError

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
_NUMBER_DTYPES = frozenset({"<f4", "<f8", "|i1", "<i2", "<i4", "<i8", "|u1", "<u2", "<u4", "<u8"})
_TEXT_DTYPE = re.compile(r"\|S([1-9][0-9]{0,2})")
_MAX_TEXT_BYTES = 256
_MAX_VALUES = 256  # values a sample in one column; 68 landmarks have 204
MAX_FURTHER_COLUMNS = 64


@dataclass(frozen=True)
class Column:
    """One label: what a sample's value is and what it means.

    `dtype` is a NumPy type string: little-endian numbers or fixed-length ASCII ("|S32"). `shape` is that of one
    sample's value. `may_be_unknown` allows None, stored as NaN or an empty text. Raises `ShardError` for a name, type
    or shape outside the rules.
    """

    name: str
    dtype: str
    shape: tuple[int, ...] = ()
    unit: str = ""
    frame: str = ""
    order: str = ""
    description: str = ""
    may_be_unknown: bool = False

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ShardError(f"{self.name[:80]!r} can't be a column's name.", where="labels", mend="Use A-Z a-z 0-9 _.")
        if not is_allowed_dtype(self.dtype):
            raise ShardError(f"{self.dtype!r} is not a type for a column.", where=f"labels/{self.name}")
        if self.may_be_unknown and np.dtype(self.dtype).kind not in "fS":
            raise ShardError(f"{self.dtype} has no value for unknown.", where=f"labels/{self.name}")
        if len(self.shape) > 2 or min(self.shape, default=1) < 1 or math.prod(self.shape) > _MAX_VALUES:
            raise ShardError(f"{self.shape} is not a shape for a column.", where=f"labels/{self.name}")

    @property
    def is_text(self) -> bool:
        return self.dtype.startswith("|S")

    @property
    def bytes_per_sample(self) -> int:
        return np.dtype(self.dtype).itemsize * math.prod(self.shape)

    def as_stored(self, value: Any) -> npt.NDArray[Any]:
        """One sample's value as an array of the column's type and shape; `ShardError` if it doesn't fit."""
        if value is None and self.may_be_unknown:
            return np.full(self.shape, b"" if self.is_text else np.nan, dtype=self.dtype)
        return self._text(value) if self.is_text else self._numbers(value)

    def _text(self, value: Any) -> npt.NDArray[Any]:
        value = value.item() if isinstance(value, np.ndarray) and value.ndim == 0 else value
        text = value.decode("ascii", "replace") if isinstance(value, bytes) else str(value)
        limit = np.dtype(self.dtype).itemsize
        if not text.isascii() or not text.isprintable() or len(text) > limit:
            raise self._refusal(f"{text[:80]!r} is not printable ASCII of at most {limit} characters.")
        if not text and not self.may_be_unknown:
            raise self._refusal("The text is empty.")
        return np.array(text.encode("ascii"), dtype=self.dtype)

    def _numbers(self, value: Any) -> npt.NDArray[Any]:
        try:
            given = np.asarray(value)
            if given.dtype.kind not in "iuf":
                raise self._refusal(f"{value!r} is not a number of type {self.dtype}.")
            with np.errstate(over="ignore", invalid="ignore"):
                stored = given.astype(self.dtype)
        except (TypeError, ValueError, OverflowError):
            raise self._refusal(f"{value!r} is not of type {self.dtype}.") from None
        if stored.shape != self.shape:
            raise self._refusal(f"The shape is {stored.shape}, not {self.shape}.")
        if stored.dtype.kind in "iu" and not np.array_equal(stored, given):
            raise self._refusal(f"{value!r} doesn't fit into {self.dtype}.")
        if not self.may_be_unknown and not np.isfinite(stored).all():
            raise self._refusal(f"{value!r} is not finite.")
        return stored

    def _refusal(self, what: str) -> ShardError:
        return ShardError(what, where=f"label {self.name}", mend="Correct the label before the sample is written.")


def is_allowed_dtype(dtype: str) -> bool:
    """Whether a column may have this NumPy type string."""
    text = _TEXT_DTYPE.fullmatch(dtype)
    return dtype in _NUMBER_DTYPES or (text is not None and int(text[1]) <= _MAX_TEXT_BYTES)


_HEAD_TO_CAMERA = "OpenCV camera: x right, y down, z forward"
_BOX_ORDER = "x0, y0, x1, y1"
_FULL_FRAME = "full frame, pixel centres at integer + 0.5"

REQUIRED_COLUMNS: tuple[Column, ...] = (
    Column("id", "<i8", (), description="global sample id"),
    Column("subject", "|S64", (), description="id of the head; splits go by it"),
    Column(
        "R_camera_from_head",
        "<f8",
        (3, 3),
        "1",
        _HEAD_TO_CAMERA,
        "row, column",
        "rotation of the head; identity = the face looks straight into the camera along the axes",
    ),
    Column(
        "euler_deg",
        "<f8",
        (3,),
        "degree",
        _HEAD_TO_CAMERA,
        "pitch, yaw, roll",
        "convention 300wlp: R = Rx(-pitch) Ry(yaw) Rz(roll); face up, to the image's left, clockwise are positive",
    ),
    Column("t_mm", "<f8", (3,), "mm", _HEAD_TO_CAMERA, "x, y, z", "head centre (centre of the skull's bounding box)"),
    Column(
        "K",
        "<f8",
        (3, 3),
        "pixel",
        "stored picture, pixel centres at integer + 0.5",
        "row, column",
        "intrinsics of the stored crop: camera mm to its pixels",
    ),
    Column("distance_mm", "<f8", (), "mm", description="camera centre to head centre"),
    Column(
        "head_box_px",
        "<f4",
        (4,),
        "pixel",
        _FULL_FRAME,
        _BOX_ORDER,
        "tight box of the projected head: skull, face and ears, without hair and torso",
    ),
    Column("crop_box_px", "<i4", (4,), "pixel", _FULL_FRAME, _BOX_ORDER, "the stored part of the frame, half open"),
    Column("condition", "|S32", (), description="what the sample varies; base = nothing"),
    Column("noise_sigma", "<f4", (), "8-bit sRGB level", description="standard deviation of the sensor noise"),
    Column("noise_seed", "<i8", (), description="key of the sensor noise, together with id"),
    Column("age_years", "<f4", (), "year", description="NaN = unknown", may_be_unknown=True),
    Column("sex", "|S8", (), description="male, female; empty = unknown", may_be_unknown=True),
    Column("skin_tone", "<f4", (), "1", description="0 = lightest to 1 = darkest; NaN = unknown", may_be_unknown=True),
)

# Columns that a sample may have: known by name, so that every producer means the same by them.
OPTIONAL_COLUMNS: tuple[Column, ...] = (
    Column(
        "gaze_deg",
        "<f4",
        (2,),
        "degree",
        "head",
        "pitch, yaw",
        "the eyes against the head, signed like the pose; NaN = unknown",
        may_be_unknown=True,
    ),
    Column("exposure_ev", "<f4", (), "EV", description="exposure over the metered one"),
    Column(
        "white_balance_mired",
        "<f4",
        (),
        "mired",
        description="error of the camera's white balance: above 0 what is white looks warm, below 0 cool",
    ),
    Column("environment", "|S32", (), description="surroundings; empty = even light", may_be_unknown=True),
    Column("glasses", "|S32", (), description="kind of glasses; empty = unknown", may_be_unknown=True),
    Column("hair_style", "|S32", (), description="name of the style; empty = unknown", may_be_unknown=True),
    Column("base_id", "<i8", (), description="the sample that this one is a variant of"),
    Column(
        "light_azimuth_deg",
        "<f4",
        (),
        "degree",
        description="key light, from the camera's side (0) toward the image's right (+)",
    ),
    Column("light_intensity", "<f4", (), "1", description="factor on all light; 1 = neutral"),
    Column("light_color", "|S16", (), description="colour of the key light"),
    Column("blur_sigma_px", "<f4", (), "pixel", description="standard deviation of the Gaussian blur"),
    Column("blur_length_px", "<f4", (), "pixel", description="length of the motion blur's streak"),
    Column(
        "blur_angle_deg", "<f4", (), "degree", description="its direction, counter-clockwise from the image's right"
    ),
    Column(
        "blur_turn_deg",
        "<f4",
        (2,),
        "degree",
        "head",
        "pitch, yaw",
        "how far the head turns during the exposure, half before and half after the labelled pose",
    ),
    Column("occluder_box_px", "<i4", (4,), "pixel", _FULL_FRAME, _BOX_ORDER, "the occluder, half open"),
    Column("covered_share", "<f4", (), "1", description="share of the head box's pixels that the occluder covers"),
    Column(
        "landmarks_px",
        "<f4",
        (68, 2),
        "pixel",
        _FULL_FRAME,
        "landmark, x y",
        "the 68 points of the face that iBUG numbers, hidden ones too; NaN = unknown",
        may_be_unknown=True,
    ),
    Column(
        "landmarks_mm",
        "<f4",
        (68, 3),
        "mm",
        _HEAD_TO_CAMERA,
        "landmark, x y z",
        "the same points in space; NaN = unknown",
        may_be_unknown=True,
    ),
    Column(
        "landmarks_visible",
        "|u1",
        (68,),
        description="1 = in the stored picture, and nothing but a lash in front of it; 0 = not, or unknown",
    ),
    Column(
        "face_box_px",
        "<f4",
        (4,),
        "pixel",
        _FULL_FRAME,
        _BOX_ORDER,
        "tight box of the 68 landmarks; NaN = unknown",
        may_be_unknown=True,
    ),
)

_KNOWN = {column.name: column for column in REQUIRED_COLUMNS + OPTIONAL_COLUMNS}
_REQUIRED_NAMES = frozenset(column.name for column in REQUIRED_COLUMNS)


def known_column(name: str) -> Column | None:
    """The column that this version knows by `name`, or None."""
    return _KNOWN.get(name)


def columns_for(names: Iterable[str], further: Iterable[Column] = ()) -> tuple[Column, ...]:
    """The columns of a shard that has labels `names`, required ones first, the rest by name.

    `further` declares columns that this version doesn't know. Raises `ShardError` if a required label is missing, one
    is declared nowhere, or a declaration contradicts a known column.
    """
    declared = dict(_KNOWN)
    for column in further:
        if declared.setdefault(column.name, column) != column:
            raise ShardError("The column is declared in two ways.", where=f"labels/{column.name}", mend="Rename it.")
    wanted = set(names)
    if missing := sorted(_REQUIRED_NAMES - wanted):
        raise ShardError(f"Missing: {', '.join(missing)}.", where="labels", mend="Every sample needs these labels.")
    if unknown := sorted(wanted - declared.keys()):
        raise ShardError(
            f"Not known: {', '.join(unknown)}.", where="labels", mend="Declare a Column for each, with its unit."
        )
    if len(wanted) - len(_REQUIRED_NAMES) > MAX_FURTHER_COLUMNS:
        raise ShardError(f"More than {MAX_FURTHER_COLUMNS} further columns.", where="labels")
    return REQUIRED_COLUMNS + tuple(declared[name] for name in sorted(wanted - _REQUIRED_NAMES))


def stored_labels(labels: Mapping[str, Any], columns: Iterable[Column]) -> dict[str, npt.NDArray[Any]]:
    """One sample's labels as arrays of the columns' types.

    Raises `ShardError` if one is missing, additional or doesn't fit.
    """
    declared = {column.name: column for column in columns}
    if labels.keys() != declared.keys():
        different = ", ".join(sorted(labels.keys() ^ declared.keys()))
        raise ShardError(f"Not in every sample: {different}.", where="labels", mend="Give all samples the same labels.")
    return {name: column.as_stored(labels[name]) for name, column in declared.items()}
