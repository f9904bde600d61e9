"""How the samples are shared out between training and judging, and what is varied in training."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from synth.recipe.values import Model


class DataSettings(Model):
    """The split is drawn from the training's seed; a dataset of variants keeps a shot's variants together."""

    split: Literal["identity", "image"] = Field(
        default="identity",
        description="people that are judged on are never trained on; or by image, as the source paper",
    )
    shares: tuple[float, float, float] = Field(
        default=(0.8, 0.1, 0.1),
        description="of training, validation (chooses the best step) and test (never looked at)",
    )
    augment: bool = Field(default=True, description="vary crop, side, light, blur, noise, ... anew in each epoch")
    shift: float = Field(
        default=0.16, ge=0, le=0.5, description="of the varied crop: how far its centre moves at most, of its side"
    )
    noise: Literal["labelled", "fresh"] = Field(
        default="labelled", description="sensor noise as the labels say, or drawn anew in each epoch"
    )

    @model_validator(mode="after")
    def _add_up(self) -> Self:
        if min(self.shares) <= 0 or abs(sum(self.shares) - 1) > 1e-6:
            raise ValueError(f"shares {list(self.shares)} have to be above 0 and add up to 1, such as [0.8, 0.1, 0.1]")
        return self
