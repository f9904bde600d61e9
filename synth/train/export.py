"""A trained network as an ONNX file that says by itself how it wants its pictures, held against torch."""

from __future__ import annotations

import json
import tempfile
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from synth.data.network_input import NetworkInput
from synth.errors import DatasetError, UsageError
from synth.shard.commit import commit_bytes
from synth.train.network.interface import PoseNetwork

if TYPE_CHECKING:
    import onnx

OPSET = 17
PICTURES, OUTPUTS = "pictures", ("R", "euler_deg", "posterior")
# The largest difference to torch that counts as the same. (Two categories equally likely, or a posterior at its floor,
# to within float32's rounding, can be routed otherwise: about one picture in 100,000.)
TOLERANCE = {"R": 1e-4, "euler_deg": 1e-2, "posterior": 1e-4}
_RANDOM_PICTURES = 16
_MAX_BATCH = 64


@dataclass(frozen=True)
class ParityReport:
    """How far onnxruntime's answers are from torch's: the largest |difference| of each output over so many pictures.

    R and posterior have no unit; euler_deg is in degrees.
    """

    path: Path
    largest_difference: Mapping[str, float]
    pictures: int

    @property
    def agrees(self) -> bool:
        return all(value <= TOLERANCE[name] for name, value in self.largest_difference.items())


class _Dense(nn.Module):
    """The network as ONNX has it: plain tensors out, no branch on data."""

    def __init__(self, network: PoseNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, pictures: Tensor) -> tuple[Tensor, ...]:
        return tuple(part for part in self.network.dense(pictures) if part is not None)


def export_onnx(
    network: PoseNetwork, path: Path, shown: NetworkInput, pictures: NDArray[np.uint8] | None = None
) -> ParityReport:
    """Write `path` atomically: (B, C, S, S) float32 in [0, 1] → R, euler_deg and, for c2f, posterior; any B.

    All regressors are computed and weighted as the network's routing does, since ONNX has no branches worth having. The
    file's metadata gives the input, the pose's convention and the network, as JSON under "synth". The parity is
    measured on random pictures and on `pictures`, (N, C, S, S) uint8, if given. The network is left in evaluation mode
    on its device. Raises `UsageError` if onnx or onnxruntime isn't installed or `shown` isn't what the network was
    built for, `DatasetError` if the file disagrees with torch (then nothing is written), `DiskError`.
    """
    onnx, _ = _packages()
    settings = network.settings
    if (shown.channels, shown.size_px) != (settings.channels, settings.size_px):
        raise UsageError(
            f"The network takes {settings.channels} × {settings.size_px} px, the input gives {shown.channels} ×"
            f" {shown.size_px} px.",
            where="input",
            mend="Give the input that stands in the checkpoint.",
        )
    model = onnx.load_model_from_string(_exported(network, shown))
    _describe(model, network, shown)
    onnx.checker.check_model(model)
    content = model.SerializeToString()
    report = _parity(network, content, _samples(shown, pictures), path)
    if not report.agrees:
        found = ", ".join(f"{name} {value:.2g}" for name, value in report.largest_difference.items())
        raise DatasetError(
            f"The exported network disagrees with torch: {found}.",
            where=str(path),
            mend="Try other versions of torch and onnxruntime; nothing was written.",
        )
    commit_bytes(path, content)
    return report


def _packages() -> tuple[Any, Any]:
    try:
        import onnx
        import onnxruntime
    except ImportError as error:
        raise UsageError(
            f"Exporting needs the package {error.name}.", mend="Install it: pip install synth-heads[onnx]"
        ) from error
    return onnx, onnxruntime


def _exported(network: PoseNetwork, shown: NetworkInput) -> bytes:
    network.eval()
    device = next(network.parameters()).device
    example = torch.zeros(2, *shown.shape, device=device)
    names = OUTPUTS if network.settings.kind == "c2f" else OUTPUTS[:2]
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings(), torch.no_grad():
        file = Path(folder) / "network.onnx"
        # dynamo=False is deprecated; the new exporter needs a package more (onnxscript) for the same graph.
        warnings.filterwarnings("ignore", category=DeprecationWarning)
        # Constants that the tracer can't follow (sizes of this network, which are fixed) and folds.
        warnings.filterwarnings("ignore", category=torch.jit.TracerWarning)
        warnings.filterwarnings("ignore", message=".*[Cc]onstant folding.*", category=UserWarning)
        torch.onnx.export(
            _Dense(network).eval(), (example,), file, dynamo=False, opset_version=OPSET,
            input_names=[PICTURES], output_names=list(names),
            dynamic_axes={name: {0: "batch"} for name in (PICTURES, *names)},
        )  # fmt: skip
        return file.read_bytes()


def _describe(model: onnx.ModelProto, network: PoseNetwork, shown: NetworkInput) -> None:
    about = {
        "input": {
            **shown.as_dict(),
            "name": PICTURES,
            "values": "levels / 255, in [0, 1]",
            "shape": ["batch", *shown.shape],
        },
        "pose": {"convention": "300wlp", "angles": "pitch, yaw, roll in degrees", "pose": "along_ray"},
        "network": network.settings.model_dump(mode="json"),
    }
    entry = model.metadata_props.add()
    entry.key, entry.value = "synth", json.dumps(about)
    model.producer_name = "synth"


def _samples(shown: NetworkInput, pictures: NDArray[np.uint8] | None) -> NDArray[np.float32]:
    """(N, C, S, S) float32 in [0, 1]: noise of the pictures' own kind of values, and the ones given."""
    random = np.random.default_rng(0).integers(0, 256, (_RANDOM_PICTURES, *shown.shape), dtype=np.uint8)
    if pictures is not None and pictures.shape[1:] != shown.shape:
        raise UsageError(
            f"The pictures to check with are {pictures.shape[1:]}, not {shown.shape}.",
            where="pictures",
            mend="Make them with NetworkInput.picture.",
        )
    return np.concatenate([random, *([] if pictures is None else [pictures])]).astype(np.float32) / np.float32(255)


def _parity(network: PoseNetwork, content: bytes, samples: NDArray[np.float32], path: Path) -> ParityReport:
    _, runtime = _packages()
    options = runtime.SessionOptions()
    options.log_severity_level = 3  # errors only
    session = runtime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    device = next(network.parameters()).device
    largest = {output.name: 0.0 for output in session.get_outputs()}
    for first in range(0, len(samples), _MAX_BATCH):
        some = samples[first : first + _MAX_BATCH]
        with torch.no_grad():
            ours = network(torch.from_numpy(some).to(device))._asdict()
        for name, theirs in zip(largest, session.run(list(largest), {PICTURES: some}), strict=True):
            largest[name] = max(largest[name], float(np.abs(ours[name].float().cpu().numpy() - theirs).max()))
    return ParityReport(path, largest, len(samples))
