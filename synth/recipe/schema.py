"""The recipe: everything that decides what a dataset holds, as frozen pydantic models.

Two runs of one recipe (with the same head pack and pinned versions) give the same bytes, so nothing that is only about
*how* to run (workers, output folder, device) stands here. Field descriptions are what `synth recipes show` prints.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import (
    Field,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)

from synth.recipe.scene import Scene
from synth.recipe.values import Model, Range, within
from synth.recipe.variants import Variants

MAX_SHARDS = 1_000_000  # a manifest of so many has some 250 MB


class Outputs(Model):
    """What each sample holds besides its labels."""

    rgb: bool = Field(default=True, description="path-traced colour picture")
    depth: bool = Field(default=False, description="raycast range map, mm")
    normals: bool = Field(default=False, description="surface normals, camera frame")
    parts: bool = Field(default=False, description="part map: skin, hair, eyes, mouth, glasses, clothes, lips, mask")
    alpha: bool = Field(default=False, description="how much of each pixel the person covers")
    landmarks: bool = Field(default=False, description="the 68 iBUG points as labels, 2-D and 3-D, and whether visible")

    @model_serializer(mode="wrap")
    def _without_what_is_not_asked_for(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """A recipe without further outputs has the JSON, and so the checksum, that it had before there were any."""
        fields: dict[str, Any] = write(self)
        return {name: value for name, value in fields.items() if value or name in ("rgb", "depth")}

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not (self.rgb or self.depth or self.normals or self.parts or self.alpha):
            raise ValueError("nothing is asked for; set outputs.rgb or outputs.depth to true")
        return self


class HeadShares(Model):
    """How many of the built heads wear what."""

    glasses: float = Field(default=0.24, ge=0, le=1, description="of all: clear eyeglasses")
    sunglasses: float = Field(default=0.04, ge=0, le=1, description="of all; whoever wears a mask takes them off")
    hats: float = Field(default=0.09, ge=0, le=1, description="of all: beanies, caps, brimmed hats, turbans")
    headscarves: float = Field(default=0.12, ge=0, le=1, description="of women and girls from eight years on")
    masks: float = Field(default=0.04, ge=0, le=1, description="of all from six years on")
    beards: float = Field(default=0.28, ge=0, le=1, description="of men over twenty; moustaches and goatees too")


class HeadBuild(Model):
    """How the bundled builder makes the pack if it isn't there yet."""

    count: int = Field(ge=1, le=100_000, description="heads in all")
    males: int = Field(ge=0, description="of which male")
    females: int = Field(ge=0, description="of which female")
    seed: int = Field(default=0, ge=0, lt=2**63, description="the pack's seed")
    texture_px: Literal[256, 512, 1024, 2048] = Field(default=1024, description="side of the skin texture")
    shares: HeadShares | None = Field(
        default=None, description="how many wear glasses, hats, masks, beards, 0 to 1; null = the builder's own shares"
    )

    @model_serializer(mode="wrap")
    def _without_shares_of_its_own(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """A recipe that leaves the shares to the builder has the JSON that it had before there were any."""
        fields: dict[str, Any] = write(self)
        return {name: value for name, value in fields.items() if name != "shares" or value is not None}

    @model_validator(mode="after")
    def _sum(self) -> Self:
        if self.males + self.females != self.count:
            raise ValueError(
                f"males {self.males} + females {self.females} isn't count {self.count}; make them add up to it"
            )
        return self


class Heads(Model):
    """Which heads stand before the camera."""

    pack: str = Field(default="demo8", min_length=1, description="name of a head pack, or path of a pack's folder")
    count: int | None = Field(default=None, ge=1, description="heads used of the pack; null = all")
    block: int = Field(
        default=64, ge=1, description="samples in a row with the same head (loading one is paid for by many)"
    )
    build: HeadBuild | None = Field(
        default=None, description="builds the pack if `pack` is neither bundled nor a path; null = it must be there"
    )
    pack_sha256: str | None = Field(
        default=None,
        pattern="^[0-9a-f]{64}$",
        description="the pack's checksum, 64 hex digits, which a run fills in; null = any",
    )

    @model_validator(mode="after")
    def _enough(self) -> Self:
        if self.build and self.count and self.count > self.build.count:
            raise ValueError(f"count {self.count} is more than build.count {self.build.count}; lower it")
        return self


class Pose(Model):
    """Head pose, convention 300wlp; each angle is drawn uniformly and independently."""

    pitch_deg: Annotated[Range, within(-90, 90)] = Field(default=(-75.0, 75.0), description="up is positive")
    yaw_deg: Annotated[Range, within(-90, 90)] = Field(
        default=(-50.0, 50.0), description="the image's left is positive"
    )
    roll_deg: Annotated[Range, within(-180, 180)] = Field(default=(-20.0, 20.0), description="clockwise is positive")


class CameraSpec(Model):
    """The pinhole camera and where the head's centre stands."""

    width_px: int = Field(default=640, ge=32, le=8192, description="frame width")
    height_px: int = Field(default=480, ge=32, le=8192, description="frame height")
    fx_px: float = Field(default=525.0, gt=0, le=1e5, description="focal length, x")
    fy_px: float = Field(default=525.0, gt=0, le=1e5, description="focal length, y")
    cx_px: float | None = Field(default=None, description="principal point, x; null = the frame's centre")
    cy_px: float | None = Field(default=None, description="principal point, y; null = the frame's centre")
    distance_mm: Annotated[Range, within(200, 6000)] = Field(
        default=(800.0, 1300.0), description="camera centre to head centre, uniform"
    )
    off_axis: float = Field(
        default=0.0,
        ge=0,
        le=0.8,
        description="the head centre falls in this middle share of the frame; 0 = on the axis",
    )

    @model_validator(mode="after")
    def _principal_point_in_frame(self) -> Self:
        for name, value, size in (("cx_px", self.cx_px, self.width_px), ("cy_px", self.cy_px, self.height_px)):
            if value is not None and not 0 <= value <= size:
                raise ValueError(f"{name} {value:g} lies outside the frame of {size} px; write 0 to {size}, or null")
        return self


class Person(Model):
    """What the person does besides holding a pose; what a head can't do is left out."""

    expression: Annotated[Range, within(0, 1)] = Field(
        default=(0.0, 0.8), description="strength of the facial expression"
    )
    gaze_deg: float = Field(default=18.0, ge=0, le=35, description="the eyes turn up to this far off straight ahead")
    torso_turn: Annotated[Range, within(0, 1)] = Field(
        default=(0.0, 0.45), description="share of the yaw that the torso takes"
    )
    torso_lean_deg: Annotated[Range, within(-30, 30)] = Field(
        default=(-8.0, 8.0), description="the torso leans forward (+) or back (-) below the head, which stays"
    )
    torso_tilt_deg: Annotated[Range, within(-30, 30)] = Field(
        default=(-5.0, 5.0), description="the torso leans to the image's right (+) or left (-)"
    )


QUALITIES: dict[str, dict[str, Any]] = {
    "draft": {"samples": 4, "noise_threshold": 0.0, "denoise": "fast"},
    "standard": {"samples": 64, "noise_threshold": 0.0125, "denoise": "fast"},
    "high": {"samples": 256, "noise_threshold": 0.01, "denoise": "high"},
}
"""What each step of `render.quality` means; `python -m benchmarks quality` measures noise and cost of each."""


class Render(Model):
    """How a picture is made."""

    quality: Literal["draft", "standard", "high"] = Field(
        default="standard", description="sets samples, noise_threshold and denoise where they aren't given"
    )
    engine: Literal["cycles", "eevee"] = Field(
        default="cycles", description="cycles (any machine) or eevee (needs a GPU)"
    )
    samples: int = Field(default=64, ge=1, le=65536, description="paths a pixel, at most")
    noise_threshold: float = Field(
        default=0.0125,
        ge=0,
        le=1,
        description="a pixel whose estimated error falls below this gets no more paths (16 at least); 0 = all get all",
    )
    denoise: Literal["none", "fast", "balanced", "high"] = Field(
        default="fast", description="Open Image Denoise quality"
    )
    light: Literal["fitted", "hdri"] = Field(
        default="fitted",
        description="area lights fitted to the surroundings (little noise), or the HDRI itself (64 samples or more)",
    )
    frame: Literal["head", "full"] = Field(
        default="head", description="store the region around the head, or the whole frame"
    )
    margin: float = Field(
        default=1.5, ge=1, le=4, description="side of the stored square over the head box's longer side"
    )

    @model_validator(mode="before")
    @classmethod
    def _of_quality(cls, given: Any) -> Any:
        """Settings that aren't given follow the quality."""
        if not isinstance(given, dict):
            return given
        quality = given.get("quality", "standard")
        return QUALITIES.get(quality if isinstance(quality, str) else "", {}) | given


class Noise(Model):
    """Sensor noise: Gaussian, in 8-bit sRGB levels."""

    sigma_levels: Annotated[Range, within(0, 64)] = Field(
        default=(2.0, 2.0), description="standard deviation, drawn uniformly"
    )
    mode: Literal["on_read", "baked"] = Field(
        default="on_read", description="added by every reader (small files, exact), or stored in the pictures"
    )


class Shards(Model):
    """How samples are packed into files."""

    samples: int = Field(default=1024, ge=1, le=65536, description="samples a file; a crash costs at most one file")


class Recipe(Model):
    """A dataset's recipe."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$", description="letters, digits, . _ -")
    description: str = Field(
        default="", max_length=500, pattern=r"^[^\r\n]*$", description="one line for `synth recipes`"
    )
    seed: int = Field(default=0, ge=0, lt=2**63, description="everything random comes from this")
    samples: int = Field(ge=1, le=10**9, description="samples in all")
    outputs: Outputs = Field(default_factory=Outputs)
    heads: Heads = Field(default_factory=Heads)
    pose: Pose = Field(default_factory=Pose)
    camera: CameraSpec = Field(default_factory=CameraSpec)
    person: Person = Field(default_factory=Person)
    scene: Scene = Field(default_factory=Scene)
    render: Render = Field(default_factory=Render)
    noise: Noise = Field(default_factory=Noise)
    shards: Shards = Field(default_factory=Shards)
    variants: Variants | None = Field(
        default=None,
        description="one thing that is varied over the same shots; null = every sample is a shot of its own",
    )

    @model_serializer(mode="wrap")
    def _without_what_is_not_asked_for(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """A recipe without variants has the JSON, and so the checksum, that it had before there were any."""
        fields: dict[str, Any] = write(self)
        if fields.get("variants", ...) is None:
            del fields["variants"]
        return fields

    @model_validator(mode="after")
    def _files_that_a_manifest_can_list(self) -> Self:
        files, least = -(-self.samples // self.shards.samples), -(-self.samples // MAX_SHARDS)
        if files > MAX_SHARDS:
            raise ValueError(f"samples {self.samples} make {files:,} files; raise shards.samples to {least} or more")
        return self

    @model_validator(mode="after")
    def _variants_that_can_be(self) -> Self:
        if self.variants is None:
            return self
        if not self.outputs.rgb:
            raise ValueError("variants change the picture, and outputs.rgb is false; set it to true")
        occlusion = self.variants.occlusion
        for name, width, height in occlusion.room_px() if occlusion else ():
            if width > self.camera.width_px or height > self.camera.height_px:
                frame = f"{self.camera.width_px}x{self.camera.height_px}"
                raise ValueError(
                    f"variants.occlusion.{name} takes {width}x{height} px, more than the frame of {frame} px;"
                    " make it smaller"
                )
        return self
