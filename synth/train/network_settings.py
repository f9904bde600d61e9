"""What a network is made of: the part of the settings that a checkpoint carries, so that it can be built again."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from synth.recipe.values import Model, Range

Kind = Literal["c2f", "direct6d"]
Trunk = Literal["googlenet", "small"]
Strategy = Literal["pitch", "yaw", "roll", "pitch+yaw", "pitch+roll", "yaw+roll", "pitch+yaw+roll"]
Init = Literal["normal", "xavier", "kaiming"]


def _around_zero(value: tuple[float, float]) -> tuple[float, float]:
    if not -180 <= value[0] < 0 < value[1] <= 180:
        raise ValueError("a range of angles holds 0 and stays within -180 and 180, so that both signs occur in it")
    return value


AngleRange = Annotated[Range, AfterValidator(_around_zero)]


class NetworkSettings(Model):
    """A coarse-to-fine network (`c2f`: a category first, then that category's regressor) or a direct one."""

    kind: Kind = Field(
        default="c2f", description="c2f = category, then its regressor; direct6d = one 6-D rotation head"
    )
    trunk: Trunk = Field(default="googlenet", description="googlenet (5.6 M parameters) or small (1 M, for CPUs)")
    trunk_norm: Literal["batch", "none"] = Field(
        default="batch", description="batch normalisation in the trunk; none (googlenet only) as the source paper's"
    )
    channels: Literal[1, 3] = Field(default=1, description="set by input.content")
    size_px: int = Field(default=128, ge=64, le=256, description="set by input.size_px")
    init_trunk: Init = Field(default="kaiming", description="how the trunk's weights begin; --init replaces them")
    trunk_bias: float = Field(
        default=0.0, ge=-1, le=1, description="what the trunk's biases begin at; GoogLeNet's published training: 0.2"
    )
    init_heads: Init = Field(default="kaiming", description="how the other weights begin; normal = N(0, 0.01)")
    dropout: float = Field(default=0.1, ge=0, lt=1, description="dropout before the layers on top")
    # c2f only
    strategy: Strategy = Field(default="pitch+yaw", description="the signs that tell the categories apart (c2f)")
    head_width: int = Field(default=64, ge=4, le=1024, description="channels of a regressor's convolutions (c2f)")
    fc_width: int = Field(default=300, ge=4, le=4096, description="width of a regressor's two dense layers (c2f)")
    bn_heads: bool = Field(default=True, description="batch normalisation in the regressors (c2f)")
    margin_deg: float = Field(
        default=10.0, ge=0, le=90, description="a regressor also learns samples this far across its borders (c2f)"
    )
    routing: Literal["hard", "soft"] = Field(
        default="soft", description="at test time: the best category's regressor, or a mean by posterior (c2f)"
    )
    posterior_floor: float = Field(
        default=0.05, ge=0, lt=0.5, description="soft routing leaves out categories at or below this posterior (c2f)"
    )
    pitch_range_deg: AngleRange = Field(default=(-90.0, 90.0), description="what the pitch's sigmoid spans (c2f)")
    yaw_range_deg: AngleRange = Field(default=(-90.0, 90.0), description="what the yaw's sigmoid spans (c2f)")
    roll_range_deg: AngleRange = Field(default=(-60.0, 60.0), description="what the roll's sigmoid spans (c2f)")
    out_of_range: Literal["clamp", "exclude"] = Field(
        default="clamp", description="an angle outside its range is clamped to it, or teaches no regressor (c2f)"
    )
    category_weight: float = Field(default=1.0, ge=0, le=1e6, description="weight of the category loss (c2f)")
    angle_weight: float = Field(default=5.0, ge=0, le=1e6, description="weight of the angle loss (c2f)")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.trunk == "small" and self.trunk_norm == "none":
            raise ValueError("the small trunk has batch normalisation; take trunk_norm: batch, or trunk: googlenet")
        if self.category_weight == self.angle_weight == 0:
            raise ValueError("both losses weigh nothing; set category_weight or angle_weight above 0")
        return self

    @property
    def angle_ranges_deg(self) -> tuple[tuple[float, float], ...]:
        """(pitch, yaw, roll), each (low, high): the sigmoids' 0 and 1."""
        return (self.pitch_range_deg, self.yaw_range_deg, self.roll_range_deg)
