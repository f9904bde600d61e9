"""Everything that decides a training, as frozen pydantic models; a preset, with `section.setting=value` laid over it.

Importing this module loads neither torch nor the data.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Self

from pydantic import Field, model_validator

from synth.recipe.values import Model
from synth.train.data_settings import DataSettings
from synth.train.network_settings import NetworkSettings

if TYPE_CHECKING:
    from synth.data.network_input import NetworkInput

__all__ = ["DataSettings", "InputSettings", "NetworkSettings", "OptimiserSettings", "TrainSettings"]


class InputSettings(Model):
    """What the network is shown of a picture."""

    size_px: int = Field(default=128, ge=64, le=256, description="side of the square that the network sees")
    content: Literal["grey", "rgb", "depth"] = Field(default="grey", description="what the square holds")
    margin: float = Field(default=1.2, ge=0.5, le=4, description="its side over the head box's longer side")

    @property
    def channels(self) -> Literal[1, 3]:
        return 3 if self.content == "rgb" else 1

    def network_input(self) -> NetworkInput:
        """The same as the data's value type, which a checkpoint carries."""
        from synth.data.network_input import NetworkInput

        return NetworkInput(self.size_px, self.content, self.margin)


class OptimiserSettings(Model):
    """How the weights are moved."""

    name: Literal["sgd", "adamw"] = Field(default="adamw", description="sgd (with momentum) or adamw")
    lr: float = Field(default=1e-3, gt=0, le=10, description="learning rate, the highest")
    momentum: float = Field(default=0.9, ge=0, lt=1, description="of sgd")
    weight_decay: float = Field(default=0.01, ge=0, le=1, description="of sgd: L2; of adamw: decoupled")
    schedule: Literal["constant", "cosine"] = Field(
        default="cosine", description="constant, or falling to 0 in half a cosine"
    )
    warmup_steps: int = Field(default=100, ge=0, le=1_000_000, description="steps over which the rate rises at first")
    clip_norm: float | None = Field(
        default=None, gt=0, le=1e6, description="the gradient's norm is cut to this; null = never"
    )


class TrainSettings(Model):
    """A training: network, what it sees, how it is fitted. The data, the device and the folder are not part of it."""

    network: NetworkSettings = Field(default=NetworkSettings(), description="what is trained")
    input: InputSettings = Field(default=InputSettings(), description="what the network is shown")
    data: DataSettings = Field(default=DataSettings(), description="who is trained and judged on; what is varied")
    optimiser: OptimiserSettings = Field(default=OptimiserSettings(), description="how the weights are moved")
    steps: int = Field(default=6000, ge=1, le=100_000_000, description="steps in all")
    batch: int = Field(default=64, ge=2, le=65536, description="pictures a step")
    seed: int = Field(default=0, ge=0, lt=2**63, description="of weights, order and augmentation")
    labels: Literal["both", "split"] = Field(
        default="both",
        description="both losses on every picture, or the category loss on a batch's first half and the angle loss on"
        " its second (the source paper's way)",
    )
    precision: Literal["fp32", "bf16", "fp16"] = Field(
        default="fp32", description="arithmetic of a step: float32, or mixed with bfloat16 or float16"
    )
    channels_last: bool = Field(default=True, description="pictures in memory channel by channel of a pixel: faster")
    compile: bool = Field(default=False, description="compile the trunk: minutes at first, then faster")
    validate_every: int = Field(default=500, ge=1, description="steps between two looks at unseen people")
    log_every: int = Field(default=20, ge=1, description="steps between two points of the loss curve")
    ema: float | None = Field(
        default=None, gt=0, lt=1, description="keep an average of the weights with this decay a step; null = none"
    )

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        for name, shown in (("size_px", self.input.size_px), ("channels", self.input.channels)):
            if (built := getattr(self.network, name)) != shown:
                raise ValueError(
                    f"network.{name} {built} doesn't fit an input of {shown}; leave it out, it follows from input"
                )
        if self.labels == "split" and self.network.kind == "direct6d":
            raise ValueError("labels: split halves the batch between two losses, but direct6d has one; take both")
        if self.optimiser.warmup_steps > self.steps:
            raise ValueError(
                f"optimiser.warmup_steps {self.optimiser.warmup_steps} is more than steps {self.steps}; set it to that"
                " or less"
            )
        return self
