"""The section `scene`: what stands behind the head, where the light comes from, and how the camera takes it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from synth.recipe.values import Model, Range, as_tuple, within, without_repeats

# Names of the CC0 HDRIs that Blender's wheel ships (datafiles/studiolights/world).
Environment = Literal["city", "courtyard", "forest", "interior", "night", "studio", "sunrise", "sunset"]
ENVIRONMENTS: tuple[Environment, ...] = (
    "city",
    "courtyard",
    "forest",
    "interior",
    "night",
    "studio",
    "sunrise",
    "sunset",
)

ProceduralKind = Literal["gradient", "wall", "room", "shelf", "bokeh", "street", "meadow", "foliage", "office"]
PROCEDURAL_KINDS: tuple[ProceduralKind, ...] = (
    "gradient",
    "wall",
    "room",
    "shelf",
    "bokeh",
    "street",
    "meadow",
    "foliage",
    "office",
)


def _some(kinds: tuple[str, ...]) -> tuple[str, ...]:
    if not kinds:
        raise ValueError("the list is empty; name at least one, or set scene.procedural to 0")
    return kinds


class _PictureFolder(Model):
    """A folder of the user's own pictures; those in its folders belong to it."""

    folder: str = Field(
        min_length=1, max_length=4096, description="path of the folder, as seen from where the command is started"
    )
    license: str | None = Field(
        default=None,
        max_length=200,
        pattern=r"^[^\r\n]*$",
        description="licence of the pictures, an SPDX name or a line; null = the first line of the folder's LICENSE",
    )
    sha256: str | None = Field(
        default=None,
        pattern="^[0-9a-f]{64}$",
        description="checksum of the folder's pictures, 64 hex digits, which a run fills in; null = any",
    )


class Photos(_PictureFolder):
    """Photographs (JPEG, PNG, WebP, TIFF, BMP) that stand behind the head; their colours light it."""

    share: float = Field(default=0.5, gt=0, le=1, description="share of samples before one of them")


class Hdris(_PictureFolder):
    """Equirectangular HDRIs (.exr, .hdr) besides those of `environments`."""

    share: float = Field(
        default=0.5, gt=0, le=1, description="share of the samples with surroundings that have one of these"
    )


class Scene(Model):
    """Light and background.

    Shares are taken in the order plain, photos, procedural; surroundings get what they leave.
    """

    environments: Annotated[tuple[Environment, ...], BeforeValidator(as_tuple), AfterValidator(without_repeats)] = (
        Field(
            default=ENVIRONMENTS,
            description="surroundings that give light and background, drawn evenly; [] = plain instead",
        )
    )
    hdris: Hdris | None = Field(default=None, description="a folder of HDRIs; null = none")
    photos: Photos | None = Field(default=None, description="a folder of photographs; null = none")
    procedural: float = Field(
        default=0.3, ge=0, le=1, description="share of samples before a drawn room, street, shelf, …; it lights them"
    )
    procedural_kinds: Annotated[
        tuple[ProceduralKind, ...], BeforeValidator(as_tuple), AfterValidator(without_repeats), AfterValidator(_some)
    ] = Field(default=PROCEDURAL_KINDS, description="what is drawn, evenly")
    plain: float = Field(default=0.2, ge=0, le=1, description="share of samples before a plain background")
    plain_level: Annotated[Range, within(0, 1)] = Field(
        default=(0.05, 0.8), description="linear brightness of a plain background"
    )
    background_blur_px: Annotated[Range, within(0, 64)] = Field(
        default=(0.5, 6.0), description="defocus of the background, σ"
    )
    exposure_ev: Annotated[Range, within(-4, 4)] = Field(
        default=(-0.6, 0.5), description="over or under the metered exposure"
    )
    white_balance_mired: Annotated[Range, within(-80, 80)] = Field(
        default=(-20.0, 20.0), description="the camera's error of white balance; + is too warm, - too cold"
    )
    key_share: Annotated[Range, within(0, 1)] = Field(
        default=(0.15, 0.65), description="share of the light from the key light"
    )
    key_azimuth_deg: Annotated[Range, within(-180, 180)] = Field(
        default=(-70.0, 70.0), description="key light, from the camera's side (0) toward the image's right (+)"
    )
    key_elevation_deg: Annotated[Range, within(-90, 90)] = Field(
        default=(0.0, 60.0), description="key light, above the head"
    )
    key_kelvin: Annotated[Range, within(1500, 15000)] = Field(
        default=(3000.0, 8500.0), description="key light's colour"
    )
