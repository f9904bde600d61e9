"""Films as lists of pictures."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from synth.data.readers.files import FETCH_AGAIN
from synth.errors import DatasetError

_MAX_FILE_BYTES = 2 << 30
_MAX_BYTES = 1 << 30


def read_film(path: Path, frames: int) -> list[npt.NDArray[np.uint8]]:
    """The first `frames` pictures of a film, each (H, W, 3) uint8, sRGB, red first.

    Raises `DatasetError` if it can't be opened, has fewer, or would take more than a gigabyte.
    """
    if not path.is_file() or path.stat().st_size > _MAX_FILE_BYTES:
        raise DatasetError("It is missing, or too large for a film.", where=str(path), mend=FETCH_AGAIN)
    capture = cv2.VideoCapture(str(path))
    try:
        if not capture.isOpened():
            raise DatasetError("OpenCV can't open the film.", where=str(path), mend=FETCH_AGAIN)
        width, height = (capture.get(which) for which in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT))
        if width * height * 3 * frames > _MAX_BYTES:
            raise DatasetError(f"It has {width:.0f}×{height:.0f} pixels.", where=str(path), mend=FETCH_AGAIN)
        pictures: list[npt.NDArray[np.uint8]] = []
        while len(pictures) < frames:
            read, bgr = capture.read()
            if not read:
                raise DatasetError(
                    f"It has {len(pictures)} readable frames, its .dat {frames}.", where=str(path), mend=FETCH_AGAIN
                )
            pictures.append(np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), dtype=np.uint8))
        return pictures
    finally:
        capture.release()
