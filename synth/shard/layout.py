"""The names, attributes and limits of a shard file: the one place that writer, checker and reader share."""

from __future__ import annotations

from synth.shard.encode import RANGE_SCALE_MM

RGB, DEPTH, LABELS, META = "rgb", "depth", "labels", "meta"
DATA, OFFSETS, CRC32, RECIPE_JSON = "data", "offsets", "crc32", "recipe_json"
GROUPS = (META, RGB, DEPTH, LABELS)
BLOB_DTYPES = {DATA: "|u1", OFFSETS: "<i8", CRC32: "<u4"}

RGB_CODEC, DEPTH_CODEC = "jpeg", "png16"
NOISE_ON_READ, NOISE_BAKED = "on_read", "baked"

# Attributes that a reader must find exactly so, because other values would mean other pictures.
RGB_ATTRIBUTES: dict[str, str | float | int] = {"codec": RGB_CODEC, "color": "sRGB"}
DEPTH_ATTRIBUTES: dict[str, str | float | int] = {
    "codec": DEPTH_CODEC,
    "kind": "range",
    "unit": "mm",
    "scale_mm": RANGE_SCALE_MM,
    "invalid": 0,
}

# Caps on what a file may ask a reader to hold.
MAX_SAMPLES = 131_072
MAX_RECIPE_BYTES = 4 << 20
MAX_LABEL_BYTES = 96 << 20  # all columns of one shard
MAX_BLOB_BYTES = 64 << 20  # one encoded picture
MAX_MEMBERS = 128  # of one group
MAX_ATTRIBUTES = 16  # of one group or column
MAX_ATTRIBUTE_BYTES = 4096
