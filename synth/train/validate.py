"""How a network does on samples that it isn't trained on: the numbers of the curves."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import torch

from synth.errors import TrainError
from synth.geometry.pose import geodesic_deg, wrapped_difference_deg
from synth.train.network.categories import categories

if TYPE_CHECKING:
    from synth.data.batches import Batch
    from synth.train.network import PoseNetwork


@dataclass(frozen=True)
class Scores:
    """Mean absolute error of pitch, yaw, roll and the geodesic error, degrees; the share of right categories.

    NaN is an angle that no sample has a label for.
    """

    pitch_deg: float
    yaw_deg: float
    roll_deg: float
    geodesic_deg: float
    category_accuracy: float | None
    samples: int

    @property
    def mean_deg(self) -> float:
        """Mean of the labelled angles' errors: what the best checkpoint is chosen by."""
        return _mean_known(np.array([self.pitch_deg, self.yaw_deg, self.roll_deg]))

    def as_row(self) -> dict[str, float]:
        """For the curves: "validation/pitch_deg" and so on."""
        row = {
            "pitch_deg": self.pitch_deg, "yaw_deg": self.yaw_deg, "roll_deg": self.roll_deg,
            "mean_deg": self.mean_deg, "geodesic_deg": self.geodesic_deg,
        }  # fmt: skip
        if self.category_accuracy is not None:
            row["category_accuracy"] = self.category_accuracy
        return {f"validation/{name}": value for name, value in row.items()}


@torch.no_grad()
def validate(model: PoseNetwork, batches: Iterable[Batch], device: torch.device) -> Scores:
    """Run the test-time cascade over all batches. The model's mode is left as it was found.

    Only angles without a label are left out of the means. Raises `TrainError` if an answer isn't finite.
    """
    training = model.training
    model.eval()
    off, angles, right = [], [], []  # a list entry a batch
    try:
        for batch in batches:
            found = model(batch.pictures.to(device).float() / 255)
            euler, posterior = found.euler_deg.float().cpu().numpy(), found.posterior
            _check_answers(euler, found.R.float().cpu().numpy(), batch)
            off.append(np.abs(wrapped_difference_deg(euler, batch.euler_deg.numpy())))
            known = torch.isfinite(batch.R).all(dim=2).all(dim=1)
            angles.append(geodesic_deg(found.R.float().cpu()[known].numpy(), batch.R[known].numpy()))
            if posterior is not None:
                right.append(_is_right(posterior.argmax(1).cpu(), batch, model))
    finally:
        model.train(training)
    pitch_deg, yaw_deg, roll_deg = (_mean_known(column) for column in np.concatenate(off).T)
    return Scores(
        pitch_deg=pitch_deg,
        yaw_deg=yaw_deg,
        roll_deg=roll_deg,
        geodesic_deg=_mean_known(np.concatenate(angles)),
        category_accuracy=_mean_known(np.concatenate(right)) if right else None,
        samples=sum(len(part) for part in off),
    )


def _check_answers(euler_deg: npt.NDArray[Any], R: npt.NDArray[Any], batch: Batch) -> None:
    good = np.isfinite(euler_deg).all(axis=1) & np.isfinite(R).all(axis=(1, 2))
    if not good.all():
        rows = batch.index.numpy()[~good].tolist()
        raise TrainError(
            f"The network's answer isn't a number for {len(rows)} of {len(good)} unseen pictures, row {rows[0]} first.",
            where="validation",
            mend="Lower optimiser.lr, set optimiser.clip_norm=1, or take precision=fp32 or bf16.",
        )


def _is_right(found: torch.Tensor, batch: Batch, model: PoseNetwork) -> npt.NDArray[np.bool_]:
    """(B,) whether the category is the labelled one, where one is labelled."""
    wanted = categories(batch.euler_deg, model.settings.strategy)
    return np.asarray((found == wanted)[wanted >= 0])


def _mean_known(values: npt.NDArray[Any]) -> float:
    """The mean over what is labelled: NaN is what isn't, since answers were checked; NaN if nothing is left."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else float("nan")
