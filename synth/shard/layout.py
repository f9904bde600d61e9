"""The names, attributes and limits of a shard file: the one place that writer, checker and reader share."""

from __future__ import annotations

from synth.shard.encode import NORMAL_LEVELS, NORMAL_ZERO, RANGE_SCALE_MM

RGB, DEPTH, LABELS, META = "rgb", "depth", "labels", "meta"
NORMALS, PARTS, ALPHA = "normals", "parts", "alpha"
DATA, OFFSETS, CRC32, RECIPE_JSON = "data", "offsets", "crc32", "recipe_json"
GROUPS = (META, RGB, DEPTH, LABELS)
"""Groups that every shard has."""

FURTHER = (NORMALS, PARTS, ALPHA)
"""Pictures that schema 1.0 didn't know; a shard has the group of each that some of its samples have."""

BLOB_DTYPES = {DATA: "|u1", OFFSETS: "<i8", CRC32: "<u4"}

RGB_CODEC, DEPTH_CODEC, NORMALS_CODEC, GREY_CODEC = "jpeg", "png16", "png_rgb8", "png8"
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

PART_NAMES = ("background", "skin", "hair", "eyes", "mouth", "glasses", "clothes", "lips", "mask")
"""What the values 0, 1, … of a part map mean."""

PARTS_BEFORE_MASKS = ", ".join(PART_NAMES[:-1])
"""What shards say that were written before there were face masks; their values mean the same."""

FURTHER_ATTRIBUTES: dict[str, dict[str, str | float | int]] = {
    NORMALS: {
        "codec": NORMALS_CODEC,
        "frame": "OpenCV camera: x right, y down, z forward",
        "order": "x, y, z in red, green, blue",
        "zero": NORMAL_ZERO,
        "levels": NORMAL_LEVELS,
        "invalid": 0,
    },
    PARTS: {"codec": GREY_CODEC, "names": ", ".join(PART_NAMES)},
    ALPHA: {"codec": GREY_CODEC, "full": 255},
}

# Caps on what a file may ask a reader to hold.
MAX_SAMPLES = 131_072
MAX_RECIPE_BYTES = 4 << 20
MAX_LABEL_BYTES = 256 << 20  # all columns of one shard
MAX_BLOB_BYTES = 64 << 20  # one encoded picture
MAX_MEMBERS = 128  # of one group
MAX_ATTRIBUTES = 16  # of one group or column
MAX_ATTRIBUTE_BYTES = 4096
