"""A picture, a folder of pictures, a film or a camera: heads found in each, drawn into files, listed in a table."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from synth.data.readers.files import read_picture
from synth.errors import DatasetError, UsageError
from synth.predict.draw import draw_heads
from synth.predict.faces import Face
from synth.predict.predict import HeadPose, Predictor
from synth.predict.video import Film, FilmWriter, Window
from synth.shard.commit import commit_bytes
from synth.view.preview import write_png

PICTURES = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff")
FILMS = (".mp4", ".avi", ".mov", ".mkv", ".webm", ".m4v", ".mpg", ".mpeg", ".wmv")
CSV_NAME = "poses.csv"
_SAVE_ANEW = "See whether another program opens it, and save it there as JPEG or PNG."
_COLUMNS = (
    "file", "frame", "time_s", "head", "pitch", "yaw", "roll", "category", "x0", "y0", "x1", "y1", "detector", "score",
    *(f"r{i}{j}" for i in range(3) for j in range(3)),
)  # fmt: skip
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Source:
    """What to look at: `pictures`, or a `film` (a camera by its number)."""

    pictures: tuple[Path, ...] = ()
    film: Path | int | None = None


@dataclass(frozen=True, eq=False)
class Seen:
    """What was found in a picture or a frame (then `frame` counts from 0); `drawn`: the picture it was drawn into."""

    file: str
    heads: tuple[HeadPose, ...]
    frame: int | None = None
    time_s: float | None = None
    drawn: Path | None = None

    def as_fields(self) -> dict[str, Any]:
        """Plain JSON values."""
        where = {"file": self.file, "frame": self.frame, "time_s": self.time_s}
        known = {name: value for name, value in where.items() if value is not None}
        return known | {"heads": [head.as_fields() for head in self.heads]}


def open_what(word: str) -> Source:
    """A picture's, folder's or film's path; `webcam`, or a camera's number, unless a file is called so.

    Raises `UsageError` if there is nothing of that name, or no picture in the folder.
    """
    path = Path(word)
    if not path.exists():
        if word == "webcam" or (word.isascii() and word.isdigit()):
            return Source(film=0 if word == "webcam" else int(word))
        raise UsageError(
            "There is no such picture, folder or film.", where=word, mend="Give a path, webcam, or a camera's number."
        )
    if path.is_dir():
        found = tuple(sorted(p for p in path.iterdir() if p.suffix.lower() in PICTURES and not p.name.startswith(".")))
        if not found:
            raise UsageError(
                "There is no picture in this folder.", where=word, mend=f"Known are {', '.join(PICTURES)}."
            )
        return Source(pictures=found)
    return Source(film=path) if path.suffix.lower() in FILMS else Source(pictures=(path,))


def see_pictures(
    paths: Sequence[Path], predictor: Predictor, out: Path | None, faces: Sequence[Face] | None = None
) -> Iterator[Seen | DatasetError]:
    """What each picture shows; for one that can't be read the error, and the next goes on.

    out: a folder for the drawn pictures, None to draw none. faces: where the heads are, instead of looking for them.
    """
    stems = Counter(path.stem for path in paths)
    for path in paths:
        try:
            rgb = read_picture(path, upright=True, mend=_SAVE_ANEW)
        except DatasetError as error:
            yield error
            continue
        heads = tuple(predictor(rgb, faces))
        drawn = None
        if out is not None:
            drawn = out / f"{path.stem if stems[path.stem] == 1 else path.name}-pose.png"
            write_png(drawn, draw_heads(rgb, heads))
        yield Seen(str(path), heads, drawn=drawn)


def see_film(
    source: Path | int,
    predictor: Predictor,
    out: Path | None,
    faces: Sequence[Face] | None = None,
    most: int | None = None,
    show: bool = False,
    progress: Progress | None = None,
) -> Iterator[Seen]:
    """What each frame of a film or camera shows; with `out` also a film of the drawn frames in that folder.

    most: no more frames than that. show: on the screen, until q or Esc is pressed. Raises `DatasetError` or
    `UsageError` if it can't be opened, `DiskError` if the film can't be written.
    """
    name = f"camera-{source}" if isinstance(source, int) else source.stem
    with Film(source) as film:
        writer = None if out is None else FilmWriter(out / f"{name}-pose.mp4", film.frames_per_s)
        window = Window(f"synth predict: {film.name}") if show else None
        total = min(film.count or most or 0, most or film.count)
        try:
            for frame in film.frames(most):
                heads = tuple(predictor(frame.rgb, faces))
                drawn = draw_heads(frame.rgb, heads) if writer or window else frame.rgb
                if writer:
                    writer.write(drawn)
                yield Seen(film.name, heads, frame.number, round(frame.number / film.frames_per_s, 3))
                if progress and total:
                    progress(min(frame.number + 1, total), total)
                if window and not window.show(drawn):
                    break
        except BaseException as error:
            if writer:
                writer.close(keep=isinstance(error, KeyboardInterrupt | GeneratorExit))
            raise
        if writer:
            writer.close()


def as_csv(seen: Sequence[Seen]) -> str:
    """A line a head: file, frame, time, number of the head, angles, box, detector, rotation matrix by rows."""
    text = io.StringIO()
    writer = csv.DictWriter(text, _COLUMNS, lineterminator="\n", restval="")
    writer.writeheader()
    for one in seen:
        for number, head in enumerate(one.heads, 1):
            where = {"file": one.file, "frame": one.frame, "time_s": one.time_s, "head": number}
            writer.writerow({k: v for k, v in (where | head.as_fields()).items() if v is not None})
    return text.getvalue()


def write_csv(folder: Path, seen: Sequence[Seen]) -> Path:
    """`poses.csv` in the folder. Raises `DiskError`."""
    path = folder / CSV_NAME
    commit_bytes(path, as_csv(seen).encode("utf-8", "surrogateescape"))
    return path
