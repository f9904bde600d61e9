"""Read a shard with h5py and OpenCV alone: python read_shard.py DATASET/shard-00000.h5"""

import sys
import zlib

import cv2
import h5py
import numpy as np


def read_picture(group, position, flags):
    """The decoded picture at a position of the group rgb or depth; None = the sample has none."""
    start, end = group["offsets"][position : position + 2]
    data = group["data"][start:end]
    if zlib.crc32(data) != group["crc32"][position]:
        raise ValueError(f"position {position}: the bytes of {group.name} don't match their checksum")
    return cv2.imdecode(data, flags) if len(data) else None


def read_sample(file, position):
    """(H, W, 3) uint8 sRGB as stored or None, (H, W) float32 range in mm or None, and the labels by name."""
    bgr = read_picture(file["rgb"], position, cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
    steps = read_picture(file["depth"], position, cv2.IMREAD_UNCHANGED)  # 16 bits a pixel
    scale_mm = np.float32(file["depth"].attrs["scale_mm"])
    labels = {name: column[position] for name, column in file["labels"].items()}
    return None if bgr is None else bgr[..., ::-1], None if steps is None else steps * scale_mm, labels


if __name__ == "__main__":
    with h5py.File(sys.argv[1], "r") as file:
        if file.attrs.get("format") != b"synth-shard" or not file.attrs["schema_version"].startswith(b"1."):
            sys.exit("This is no shard of schema version 1.")
        for position in range(len(file["labels/id"])):
            rgb, range_mm, labels = read_sample(file, position)
            sizes = [picture.shape for picture in (rgb, range_mm) if picture is not None]
            print(labels["id"], labels["subject"].decode(), labels["euler_deg"].round(2), *sizes)
