"""`synth predict`: the poses of the heads in anybody's pictures, films, or before a camera."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from synth.cli.progress import Manner, count_progress, manner_of
from synth.errors import EXIT_FAULTS, DatasetError, UsageError

if TYPE_CHECKING:
    from synth.predict.faces import Face
    from synth.predict.predict import Predictor
    from synth.predict.run import Seen

_EXAMPLES = """\b
Examples:
  synth predict photo.jpg --checkpoint training/rgb_310k-c2f
  synth predict holiday/ --checkpoint training/rgb_310k-c2f --out poses --json
  synth predict talk.mp4 --checkpoint training/rgb_310k-c2f --out poses
  synth predict webcam --checkpoint training/rgb_310k-c2f --show
"""


@click.command(epilog=_EXAMPLES)
@click.argument("source", metavar="IMAGE|FOLDER|VIDEO|webcam")
@click.option("--checkpoint", required=True, metavar="PATH", help="A training folder or a .safetensors file.")
@click.option("--out", metavar="DIR", type=click.Path(path_type=Path),
              help="Write drawn pictures (or a film) and poses.csv there.")  # fmt: skip
@click.option("--box", "boxes", multiple=True, metavar="X0,Y0,X1,Y1",
              help="A head's box (skull, face, ears) in pixels, to look nowhere else; can be repeated.")  # fmt: skip
@click.option("--yunet", metavar="ONNX", type=click.Path(path_type=Path),
              help="YuNet's model file, or $SYNTH_YUNET; without it OpenCV's cascades find the faces.")  # fmt: skip
@click.option("--looks", type=click.IntRange(1, 5), default=2, show_default=True,
              help="Looks at each face; later ones are centred by the pose that was seen before.")  # fmt: skip
@click.option("--frames", type=click.IntRange(min=1), help="Stop a film or a camera after so many.")
@click.option("--show", is_flag=True, help="Show a film or a camera on the screen; q or Esc ends it.")
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda, cuda:1 or mps.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--quiet", "-q", is_flag=True, help="Print errors and the poses only.")
@click.pass_context
def predict(
    ctx: click.Context,
    source: str,
    checkpoint: str,
    out: Path | None,
    boxes: tuple[str, ...],
    yunet: Path | None,
    looks: int,
    frames: int | None,
    show: bool,
    device: str,
    as_json: bool,
    quiet: bool,
) -> None:
    """Find the heads in a picture, a folder of pictures, a film or before a camera, and say where they look.

    Angles are pitch, yaw and roll in degrees in the convention 300wlp, along the ray to the head: pitch > 0 is up,
    yaw > 0 toward the picture's left, roll > 0 clockwise. A camera is webcam, or its number. With --out the heads'
    boxes and axes are drawn: red to the head's side, green down, blue where the face looks. Pictures that can't be read
    are named at the end, with exit code 1.
    """
    from synth.evaluate.candidates import open_candidate
    from synth.predict.faces import open_finder
    from synth.predict.predict import Predictor
    from synth.predict.run import open_what, write_csv
    from synth.run.folder import prepare_folder

    manner = manner_of("auto", quiet)
    what, faces = open_what(source), _faces(boxes)
    if what.film is None and (show or frames):
        raise UsageError("It is for films and cameras.", where="--show" if show else "--frames", mend="Leave it away.")
    predictor = Predictor(open_candidate(checkpoint, device), open_finder(yunet), looks)
    if out is not None:
        prepare_folder(out)
    if what.film is None:
        seen, faults = _pictures(what.pictures, predictor, out, faces, manner)
    else:
        seen, faults = _film(what.film, predictor, out, faces, frames, show, manner), []
    _report(seen, faults, as_json)
    if out is not None:
        table = write_csv(out, seen)
        if manner is not Manner.QUIET and not as_json:
            click.echo(f"wrote {table} and what was drawn beside it", err=True)
    for fault in faults:
        click.echo(f"unreadable: {fault}", err=True)
    if faults:
        ctx.exit(EXIT_FAULTS)


def _faces(boxes: tuple[str, ...]) -> list[Face] | None:
    from synth.predict.faces import given_faces

    if not boxes:
        return None
    try:
        return given_faces([[float(edge) for edge in _four(box.split(","))] for box in boxes])
    except ValueError as error:
        raise UsageError(
            f"{', '.join(boxes)} aren't boxes.", where="--box", mend="Give four numbers: X0,Y0,X1,Y1."
        ) from error


def _four(words: list[str]) -> list[str]:
    if len(words) != 4:
        raise ValueError(words)
    return words


def _pictures(
    paths: tuple[Path, ...], predictor: Predictor, out: Path | None, faces: list[Face] | None, manner: Manner
) -> tuple[list[Seen], list[DatasetError]]:
    from synth.predict.run import see_pictures

    seen: list[Seen] = []
    faults: list[DatasetError] = []
    with count_progress(manner, "pictures") as progress:
        for number, found in enumerate(see_pictures(paths, predictor, out, faces), 1):
            if isinstance(found, DatasetError):
                faults.append(found)
            else:
                seen.append(found)
            if len(paths) > 1:
                progress(number, len(paths))
    return seen, faults


def _film(
    source: Path | int,
    predictor: Predictor,
    out: Path | None,
    faces: list[Face] | None,
    frames: int | None,
    show: bool,
    manner: Manner,
) -> list[Seen]:
    """A camera is stopped by Ctrl-C: what was seen until then counts."""
    from synth.predict.run import see_film

    seen: list[Seen] = []
    try:
        with count_progress(manner, "frames") as progress:
            for found in see_film(source, predictor, out, faces, frames, show, progress):
                seen.append(found)
                if isinstance(source, int) and manner is not Manner.QUIET and frames is None:
                    click.echo(_line(found), err=True)
    except KeyboardInterrupt:
        if not isinstance(source, int):
            raise
    return seen


def _report(seen: list[Seen], faults: list[DatasetError], as_json: bool) -> None:
    if as_json:
        from synth.cli.plain import as_json_text

        unreadable = [{"where": fault.where, "what": fault.what, "mend": fault.mend} for fault in faults]
        found = [one.as_fields() for one in seen]
        click.echo(
            as_json_text({"convention": "300wlp", "pose": "along_ray", "found": found, "unreadable": unreadable})
        )
        return
    for one in seen:
        click.echo(_line(one))


def _line(seen: Seen) -> str:
    from synth.predict.draw import angles_text

    where = seen.file if seen.frame is None else f"{seen.file} {seen.time_s:.2f} s"
    if not seen.heads:
        hint = "" if seen.frame is not None else "; give a head's box with --box X0,Y0,X1,Y1"
        return f"{where}: no face found{hint}"
    heads = [f"{angles_text(head)} ({head.category}, {head.face.detector})" for head in seen.heads]
    return f"{where}: " + "; ".join(heads)
