"""`synth export`: a trained network for other runtimes."""

from __future__ import annotations

from pathlib import Path

import click

_EXAMPLES = """\b
Examples:
  synth export training/rgb_310k-c2f --onnx
  synth export training/rgb_310k-c2f --onnx --out head_pose.onnx
docs/examples/run_onnx.py runs such a file with onnxruntime and OpenCV alone.
"""


@click.command(epilog=_EXAMPLES)
@click.argument("checkpoint", metavar="CHECKPOINT", type=click.Path(path_type=Path))
@click.option("--onnx", is_flag=True, required=True, help="Write an ONNX file; the only kind there is.")
@click.option("--out", metavar="FILE", type=click.Path(path_type=Path), help="[default: CHECKPOINT's name, .onnx]")
@click.option("--data", metavar="DIR", help="Also hold it against torch on the first 64 pictures of this dataset.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--quiet", "-q", is_flag=True, help="Print errors only.")
def export(checkpoint: Path, onnx: bool, out: Path | None, data: str | None, as_json: bool, quiet: bool) -> None:
    """Export a trained network, held against the original.

    CHECKPOINT is a training folder (its best checkpoint) or a .safetensors file. The same pictures go through torch and
    through onnxruntime; the largest difference of each output is printed, and a file that disagrees isn't written.
    """
    from synth.train.checkpoint import load_checkpoint
    from synth.train.export import export_onnx

    loaded = load_checkpoint(checkpoint)
    pictures = None
    if data is not None:
        from itertools import islice

        import numpy as np

        from synth.data.opening import open_source
        from synth.data.source import narrowed

        source = narrowed(open_source(data), loaded.input.content)
        pictures = np.stack([loaded.input.picture(source[row]) for row in islice(range(len(source)), 64)])
    report = export_onnx(loaded.model, out or loaded.path.with_suffix(".onnx"), loaded.input, pictures)
    if as_json:
        from synth.cli.plain import as_json_text

        click.echo(as_json_text(report))
        return
    if quiet:
        return
    found = ", ".join(f"{name} {value:.1e}" for name, value in report.largest_difference.items())
    click.echo(f"{report.path}: largest difference to torch over {report.pictures} pictures: {found}")
