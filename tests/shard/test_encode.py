"""Pictures keep what matters, and nothing that claims to be one is decoded on trust."""

from __future__ import annotations

import struct
import zlib

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from synth.errors import ShardError
from synth.shard.encode import (
    ImageSize,
    decode_range,
    decode_rgb,
    encode_range,
    encode_rgb,
    jpeg_size,
    png_size,
)
from tests.tiny_dataset import make_record


def colours() -> npt.NDArray[np.uint8]:
    """Left half red, right half blue."""
    picture = np.zeros((40, 64, 3), dtype=np.uint8)
    picture[:, :32, 0], picture[:, 32:, 2] = 200, 200
    return picture


def jpeg(options: list[int], picture: npt.NDArray[np.uint8] | None = None) -> bytes:
    return bytes(cv2.imencode(".jpg", colours() if picture is None else picture, options)[1])


def png(picture: npt.NDArray[np.generic]) -> bytes:
    return bytes(cv2.imencode(".png", picture)[1])


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def test_red_stays_red_and_colour_edges_stay_sharp() -> None:
    decoded = decode_rgb(encode_rgb(colours())).astype(int)
    assert np.abs(decoded - colours()).max() <= 12  # with 4:2:0 the edge would be off by about 100
    assert np.abs(decoded[:, :24] - (200, 0, 0)).max() <= 2


def test_range_is_kept_to_a_twentieth_of_a_millimetre() -> None:
    range_mm = np.random.default_rng(0).uniform(300, 6553.4, (30, 50)).astype(np.float32)
    range_mm[:5] = 0.0
    decoded = decode_range(encode_range(range_mm))
    assert decoded.dtype == np.float32
    assert np.abs(decoded - range_mm).max() < 0.0505
    assert (decoded[:5] == 0.0).all()


def test_the_greatest_range_fits_exactly() -> None:
    assert decode_range(encode_range(np.array([[6553.5, 0.1]])))[0] == pytest.approx([6553.5, 0.1])


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (6553.6, "more than the 6553.5 mm"),
        (-1.0, "negative"),
        (float("nan"), "not finite"),
        (float("inf"), "not finite"),
        (0.04, "below 0.05 mm"),
    ],
)
def test_a_range_that_cannot_be_stored_is_an_error(value: float, message: str) -> None:
    with pytest.raises(ShardError, match=message):
        encode_range(np.array([[500.0, value]], dtype=np.float32))


def test_headers_are_read_without_decoding() -> None:
    assert jpeg_size(encode_rgb(colours())) == ImageSize(64, 40)
    assert png_size(encode_range(np.ones((40, 64)))) == ImageSize(64, 40)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "not a JPEG"),
        (b"\xff\xd8", "header is damaged"),
        (b"\xff\xd8" + b"\xff" * 1000, "header is damaged"),
        (png(colours()), "not a JPEG"),
        (jpeg([cv2.IMWRITE_JPEG_PROGRESSIVE, 1]), "not a baseline"),
        (jpeg([], np.zeros((8, 8), dtype=np.uint8)), "1 channels"),
        (jpeg([])[:300], "header is damaged|can't be decoded"),
    ],
)
def test_what_is_no_jpeg_of_ours_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(ShardError, match=message):
        decode_rgb(data)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\x89PNG\r\n\x1a\n", "not a PNG"),
        (encode_rgb(colours()), "not a PNG"),
        (png(np.zeros((4, 4), dtype=np.uint8)), "16-bit grey"),
        (png(np.zeros((4, 4, 3), dtype=np.uint16)), "16-bit grey"),
        (png(np.ones((40, 40), dtype=np.uint16))[:60], "can't be decoded"),
    ],
)
def test_what_is_no_png_of_ours_is_refused(data: bytes, message: str, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ShardError, match=message):
        decode_range(data)


def test_a_picture_that_declares_900_million_pixels_is_refused_before_decoding() -> None:
    bomb = bytearray(encode_rgb(colours()))
    frame = bomb.index(b"\xff\xc0")
    bomb[frame + 5 : frame + 9] = struct.pack(">HH", 30_000, 30_000)
    with pytest.raises(ShardError, match="30000x30000"):
        decode_rgb(bytes(bomb))
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 30_000, 30_000, 16, 0, 0, 0, 0))
    with pytest.raises(ShardError, match="30000x30000"):
        decode_range(b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"")))


def test_a_tag_that_says_turned_does_not_turn_the_picture() -> None:
    turned = b"Exif\0\0" + b"II*\0\x08\0\0\0" + struct.pack("<HHHIHHI", 1, 0x0112, 3, 1, 6, 0, 0)
    data = encode_rgb(colours())
    tagged = data[:2] + b"\xff\xe1" + struct.pack(">H", len(turned) + 2) + turned + data[2:]
    assert np.array_equal(decode_rgb(tagged), decode_rgb(data))


def test_a_record_needs_pictures_that_agree_with_each_other_and_its_crop() -> None:
    good = make_record(0)
    with pytest.raises(ShardError, match="neither a picture nor"):
        type(good)(None, None, good.labels)
    with pytest.raises(ShardError, match="crop_box_px 48x48"):
        type(good)(good.rgb[:-1], None, good.labels)  # type: ignore[index]
    with pytest.raises(ShardError, match="crop_box_px 48x48"):
        type(good)(good.rgb, good.range_mm[:, 1:], good.labels)  # type: ignore[index]
    with pytest.raises(ShardError, match="not uint8"):
        type(good)(good.rgb.astype(np.float32), None, good.labels)  # type: ignore[union-attr,arg-type]
    with pytest.raises(ShardError, match="Labels are missing: K"):
        type(good)(good.rgb, None, {k: v for k, v in good.labels.items() if k != "K"})
