"""Films and cameras, a frame at a time, and films written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import cv2
import numpy as np
import numpy.typing as npt

from synth.data.readers.files import MAX_PICTURE_PIXELS
from synth.errors import DatasetError, DiskError, UsageError

Picture = npt.NDArray[np.uint8]

_USUAL_RATE, _MOST_RATE = 25.0, 1000.0


@dataclass(frozen=True, eq=False)
class Frame:
    """`number` counts from 0; `rgb`: (H, W, 3) uint8."""

    number: int
    rgb: Picture


class Film:
    """A film's file, or a camera by its number, opened for reading; a context manager.

    `frames_per_s`: what the file says, 25 if that isn't plausible. `count`: how many frames it says it has, 0 = not
    known. Raises `DatasetError` if OpenCV can't open the file, `UsageError` if there is no such camera.
    """

    def __init__(self, source: Path | int) -> None:
        self.name = f"camera {source}" if isinstance(source, int) else str(source)
        self._capture = cv2.VideoCapture(source if isinstance(source, int) else str(source))
        if not self._capture.isOpened():
            if isinstance(source, int):
                raise UsageError("There is no such camera.", where=self.name, mend="Plug it in, or try another number.")
            raise DatasetError("OpenCV can't open it as a film.", where=self.name, mend="Convert it to MP4 or AVI.")
        rate = float(self._capture.get(cv2.CAP_PROP_FPS))
        self.frames_per_s = rate if 0 < rate <= _MOST_RATE else _USUAL_RATE
        self.count = max(0, int(self._capture.get(cv2.CAP_PROP_FRAME_COUNT)))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._capture.release()

    def frames(self, most: int | None = None) -> Iterator[Frame]:
        """The frames from the first on, at most so many. Raises `DatasetError` if there are none, or far too large."""
        number = 0
        while most is None or number < most:
            read, bgr = self._capture.read()
            if not read:
                break
            if bgr.shape[0] * bgr.shape[1] > MAX_PICTURE_PIXELS:
                raise DatasetError(
                    f"It has {bgr.shape[1]}×{bgr.shape[0]} pixels.", where=self.name, mend="Scale it down."
                )
            yield Frame(number, np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), dtype=np.uint8))
            number += 1
        if number == 0:
            raise DatasetError("It has no frame that can be read.", where=self.name, mend="Convert it to MP4 or AVI.")


class FilmWriter:
    """Writes frames into an MP4, which appears at `path` when it is closed.

    Raises `DiskError` if OpenCV can't write there.
    """

    def __init__(self, path: Path, frames_per_s: float) -> None:
        self._path, self._rate = path, frames_per_s
        self._part = path.with_name(f".{path.stem}.part{path.suffix}")
        self._writer: cv2.VideoWriter | None = None

    def write(self, rgb: Picture) -> None:
        """(H, W, 3) uint8, all of one size."""
        if self._writer is None:
            size = rgb.shape[1], rgb.shape[0]
            self._writer = cv2.VideoWriter(str(self._part), cv2.VideoWriter.fourcc(*"mp4v"), self._rate, size)
            if not self._writer.isOpened():
                raise DiskError("OpenCV can't write a film there.", where=str(self._path), mend="Choose another --out.")
        self._writer.write(cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))

    def close(self, keep: bool = True) -> None:
        """Finish the film, or with `keep` False throw it away."""
        if self._writer is None:
            return
        self._writer.release()
        if keep and self._part.is_file():
            self._part.replace(self._path)
        else:
            self._part.unlink(missing_ok=True)


class Window:
    """Shows frames on the screen until somebody presses q or Esc. Raises `UsageError` where there is no screen."""

    def __init__(self, title: str) -> None:
        self._title = title

    def show(self, rgb: Picture) -> bool:
        """Whether to go on."""
        try:
            cv2.imshow(self._title, cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))
            return cv2.waitKey(1) & 0xFF not in (ord("q"), 27)
        except cv2.error as error:
            raise UsageError("There is no screen to show it on.", where="--show", mend="Leave --show away.") from error
