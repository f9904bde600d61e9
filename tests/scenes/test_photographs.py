"""A shot's part of a photograph, and how many are kept."""

from __future__ import annotations

import dataclasses
import struct
from pathlib import Path

import cv2
import numpy as np
import pytest
from made import photo
from PIL import Image

from synth.errors import RenderError, UsageError
from synth.plan.shot import Photo
from synth.scenes.folder import list_pictures
from synth.scenes.photographs import PHOTO_SUFFIXES, Photographs, judge_photo

WHOLE = Photo(place=0.0, zoom=1.0, across=0.0, down=0.0, mirrored=False)


def photographs(folder) -> Photographs:
    return Photographs(folder, list_pictures(folder, PHOTO_SUFFIXES, "scene.photos.folder", judge_photo))


def test_the_part_has_the_frames_shape_and_lies_where_the_shot_says(tmp_path):
    ramp = np.tile(np.arange(0, 240, dtype=np.uint8), (120, 1))
    cv2.imwrite(str(tmp_path / "ramp.png"), np.repeat(ramp[..., None], 3, axis=2))
    seen = photographs(tmp_path)
    left = seen.seen(dataclasses.replace(WHOLE, zoom=0.5), 4 / 3)
    right = seen.seen(dataclasses.replace(WHOLE, zoom=0.5, across=1.0), 4 / 3)
    assert left.shape == right.shape == (60, 80, 3)
    assert left[0, 0, 0] == 0
    assert right.mean() > 5 * left.mean()


def test_a_mirrored_part_is_the_mirror_image(tmp_path):
    photo(tmp_path / "a.png")
    seen = photographs(tmp_path)
    straight, mirrored = (seen.seen(dataclasses.replace(WHOLE, mirrored=m), 4 / 3) for m in (False, True))
    assert np.array_equal(mirrored, straight[:, ::-1])
    assert straight[:, 0].mean() > 0.9 > straight[:, -1].mean()


def test_the_values_are_linear_light(tmp_path):
    photo(tmp_path / "grey.png", (188, 188, 188))
    assert photographs(tmp_path).seen(WHOLE, 4 / 3)[10, 40, 0] == pytest.approx(0.5, abs=0.005)


def test_a_photograph_on_its_side_is_turned_upright(tmp_path):
    picture = Image.new("RGB", (40, 80), (0, 0, 0))
    exif = picture.getexif()
    exif[0x0112] = 6  # shown turned by 90 degrees
    picture.save(tmp_path / "a.jpg", exif=exif)
    assert photographs(tmp_path).seen(WHOLE, 2.0).shape == (40, 80, 3)


def _with_exif(path: Path, exif: bytes) -> Path:
    Image.new("RGB", (40, 80), (90, 120, 60)).save(path, exif=b"Exif\0\0" + exif)
    return path


def _tiff(*entries: tuple[int, int, int, bytes]) -> bytes:
    """A little-endian EXIF block of (tag, type, count, value or offset)."""
    packed = b"".join(struct.pack("<HHI4s", *entry) for entry in entries)
    return b"II*\0" + struct.pack("<IH", 8, len(entries)) + packed + bytes(4)


ON_ITS_SIDE = (0x0112, 3, 1, b"\6\0\0\0")
ODD_EXIF = {
    "a text where numbers belong": (ON_ITS_SIDE, (0x011A, 2, 4, b"abc\0")),
    "a camera's negative count of pixels": (ON_ITS_SIDE, (0x0100, 9, 1, b"\xff\xff\xff\xff")),
    "a resolution beyond the block's end": (ON_ITS_SIDE, (0x011A, 5, 1, b"\xff\xff\0\0")),
    "a part of EXIF that is a text": (ON_ITS_SIDE, (0x8769, 2, 4, b"abc\0")),
}


@pytest.mark.parametrize("odd", ODD_EXIF)
def test_a_photograph_whose_exif_is_odd_elsewhere_is_turned_upright_too(tmp_path, odd):
    _with_exif(tmp_path / "a.jpg", _tiff(*ODD_EXIF[odd]))
    assert photographs(tmp_path).seen(WHOLE, 2.0).shape == (40, 80, 3)


@pytest.mark.parametrize("value", [0, 9, 60_000])
def test_an_orientation_that_does_not_exist_turns_nothing(tmp_path, value):
    _with_exif(tmp_path / "a.jpg", _tiff((0x0112, 3, 1, struct.pack("<HH", value, 0))))
    assert photographs(tmp_path).seen(WHOLE, 0.5).shape == (80, 40, 3)


@pytest.mark.parametrize("fault", [struct.error, TypeError, KeyError, OverflowError, ZeroDivisionError])
def test_whatever_the_decoder_raises_names_the_file_and_the_mend(tmp_path, monkeypatch, fault):
    def broken(_picture):
        raise fault("odd")

    monkeypatch.setattr(Image.Image, "getexif", broken)
    with pytest.raises(UsageError, match=r"a\.jpg: The picture is damaged.*Save it again"):
        judge_photo(photo(tmp_path / "a.jpg").read_bytes(), str(tmp_path / "a.jpg"))


def test_grey_palette_and_transparent_pictures_are_read_too(tmp_path):
    for name, mode in (("a.png", "L"), ("b.png", "P"), ("c.png", "RGBA"), ("d.webp", "RGB"), ("e.tif", "RGB")):
        Image.new(mode, (40, 30)).save(tmp_path / name)
    seen = photographs(tmp_path)
    for k in range(5):
        assert seen.seen(dataclasses.replace(WHOLE, place=(k + 0.5) / 5), 4 / 3).shape == (30, 40, 3)


@pytest.mark.parametrize("name", ["a.png", "a.tif"])
def test_grey_of_16_bit_is_as_bright_as_the_same_of_8_bit(tmp_path, name):
    ramp = np.tile(np.arange(0, 240, dtype=np.uint8), (120, 1))
    (tmp_path / "8").mkdir()
    (tmp_path / "16").mkdir()
    Image.fromarray(ramp).save(tmp_path / "8" / name)
    Image.fromarray(ramp.astype(np.uint16) * 257).save(tmp_path / "16" / name)
    eight, sixteen = (photographs(tmp_path / bits).seen(WHOLE, 2.0) for bits in ("8", "16"))
    assert np.array_equal(eight, sixteen)


@pytest.mark.parametrize("values", [np.float32(0.5), np.int32(1 << 24), np.int32(-1)])
def test_grey_whose_white_is_not_known_is_refused_with_its_mend(tmp_path, values):
    Image.fromarray(np.full((30, 40), values)).save(tmp_path / "a.tif")
    with pytest.raises(UsageError, match=r"a\.tif: Its grey.*Save it as JPEG or 8-bit PNG"):
        photographs(tmp_path)


def test_large_photographs_are_kept_small_and_only_a_few_of_them(tmp_path):
    for k in range(12):
        photo(tmp_path / f"{k:02d}.jpg", width=2000, height=1500)
    seen = photographs(tmp_path)
    for k in range(12):
        assert seen.seen(dataclasses.replace(WHOLE, place=(k + 0.5) / 12), 4 / 3).shape[1] <= 1280
    assert len(seen._kept) <= 8
    assert sum(picture.nbytes for picture in seen._kept.values()) < 40e6


def test_a_photograph_that_was_exchanged_during_the_run_is_refused(tmp_path):
    photo(tmp_path / "a.jpg")
    seen = photographs(tmp_path)
    photo(tmp_path / "a.jpg", (1, 2, 3))
    with pytest.raises(RenderError, match=r"a\.jpg: The photograph has changed since the run began"):
        seen.seen(WHOLE, 4 / 3)
