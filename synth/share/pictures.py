"""A sample's pictures as ordinary files: the stored bytes where those can stand as they are, else encoded anew.

Colour is encoded anew only with sensor noise to be put in, or as a PNG; maps never are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

import cv2
import numpy as np
import numpy.typing as npt

from synth.effects.sensor_noise import add_sensor_noise
from synth.errors import ShardError, UsageError
from synth.shard import layout
from synth.shard.check import ShardContents
from synth.shard.encode import decode_rgb, encode_rgb, jpeg_size, png_size
from synth.shard.record import EncodedSample

PictureFormat = Literal["png", "jpeg"]
SUFFIX = {"png": ".png", "jpeg": ".jpg"}
GROWTH = {"png": 8, "jpeg": 2}
"""Bytes of a picture with noise, at most, over those of its stored JPEG without."""


def stored_picture(kind: str, sample: EncodedSample) -> bytes:
    """The bytes of this kind of picture; empty if the sample has none."""
    return {layout.RGB: sample.rgb_jpeg, layout.DEPTH: sample.range_png, **sample.further}.get(kind, b"")


def picture_kinds(contents: Iterable[ShardContents]) -> tuple[str, ...]:
    """The kinds of picture that some sample has."""
    stored = [{layout.RGB: c.rgb, layout.DEPTH: c.depth, **c.further} for c in contents]
    found = {kind for shard in stored for kind, blobs in shard.items() if blobs.offsets[-1] > 0}
    return tuple(kind for kind in (layout.RGB, layout.DEPTH, *layout.FURTHER) if kind in found)


def has_noise(labels: Mapping[str, Any], contents: ShardContents, clean: bool) -> bool:
    """Whether `colour_picture` of the sample has sensor noise in it."""
    return float(labels["noise_sigma"]) > 0 and (contents.noise_baked or not clean)


def colour_picture(
    stored: bytes,
    labels: Mapping[str, Any],
    contents: ShardContents,
    picture_format: PictureFormat,
    clean: bool,
    where: str,
) -> bytes:
    """The colour picture as a file's bytes, with the sensor noise of the labels unless `clean`.

    Raises `ShardError` for a picture that isn't what it should be, or a noise that can't be.
    """
    jpeg_size(stored, where)
    noisy = has_noise(labels, contents, clean) and not contents.noise_baked
    if picture_format == "jpeg" and not noisy:
        return stored
    rgb = decode_rgb(stored, where)
    if noisy:
        try:
            rgb = add_sensor_noise(rgb, float(labels["noise_sigma"]), int(labels["noise_seed"]), int(labels["id"]))
        except UsageError as error:  # not the caller's mistake, but the file's
            raise ShardError(error.what, where=where, mend="Run `synth verify --deep`.") from error
    return encode_rgb(rgb, contents.jpeg_quality) if picture_format == "jpeg" else _png(rgb)


def check_map(kind: str, data: bytes, where: str) -> None:
    """Raise `ShardError` unless the bytes begin as a PNG of this kind of map does."""
    if kind == layout.NORMALS:
        png_size(data, where, bits=8, color=2)
    else:
        png_size(data, where, bits=16 if kind == layout.DEPTH else 8)


def noise_said(contents: Iterable[ShardContents], clean: bool) -> str:
    """What is to be said of the noise in pictures made by `colour_picture`."""
    if any(one.noise_baked for one in contents):
        return "baked into the stored pictures"
    return "none" if clean else "as labelled"


def _png(rgb: npt.NDArray[np.uint8]) -> bytes:
    done, buffer = cv2.imencode(".png", cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_PNG_COMPRESSION, 1])
    if not done:
        raise ShardError("The picture can't be encoded.", where="png")
    return bytes(buffer)
