"""What a camera and its file do to a picture: exposure, white balance, photon and read noise, JPEG, lost resolution.

All take and give (H, W, 3) uint8, sRGB, red first. Light is scaled and counted in linear light; JPEG, scaling and grey
work on the 8-bit levels as the programs do that do this to pictures.
"""

from __future__ import annotations

from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt

from synth.effects.checks import check_choice, check_number, check_rgb, check_whole
from synth.effects.light import scale_light, to_linear, to_srgb8
from synth.effects.randomness import draw_normals
from synth.errors import SynthError

Picture = npt.NDArray[np.uint8]
Subsampling = Literal["4:4:4", "4:2:2", "4:2:0"]
Interpolation = Literal["nearest", "linear", "cubic", "area"]

SUBSAMPLINGS: dict[Subsampling, int] = {
    "4:4:4": cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444,
    "4:2:2": cv2.IMWRITE_JPEG_SAMPLING_FACTOR_422,
    "4:2:0": cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420,
}
INTERPOLATIONS: dict[Interpolation, int] = {
    "nearest": cv2.INTER_NEAREST_EXACT,
    "linear": cv2.INTER_LINEAR,
    "cubic": cv2.INTER_CUBIC,
    "area": cv2.INTER_AREA,
}

NEUTRAL_KELVIN = 6500.0
KELVIN_LIMITS = (2500.0, 15000.0)
# A small pixel (about 1.4 µm) at base sensitivity. σ is then 1.9 levels at middle grey; each halving is one more stop
# of sensitivity and 1.4 times the noise.
FULL_WELL_ELECTRONS = 5000.0
READ_NOISE_ELECTRONS = 3.0

_LUMINANCE = np.array([0.2126, 0.7152, 0.0722])  # ITU-R BT.709
_SRGB_FROM_XYZ = np.array(  # IEC 61966-2-1
    [[3.2406, -1.5372, -0.4986], [-0.9689, 1.8758, 0.0415], [0.0557, -0.2040, 1.0570]]
)


def expose(rgb: Picture, ev: float) -> Picture:
    """Multiply linear light by 2^ev, ev in [-8, 8] stops, clipped at white. Raises `UsageError`."""
    check_rgb(rgb)
    gain = 2.0 ** check_number("ev", ev, -8, 8)
    return scale_light(rgb, (gain, gain, gain))


def balance_white(rgb: Picture, light_kelvin: float) -> Picture:
    """What a camera set to 6500 K sees under a black body of another temperature: lower is warmer.

    `light_kelvin`: 2500 … 15,000. A gain on each linear sRGB channel (see `white_gains`), clipped at white; a true
    camera's gains act on its own primaries. Raises `UsageError`.
    """
    check_rgb(rgb)
    return scale_light(rgb, white_gains(light_kelvin))


def white_gains(light_kelvin: float) -> tuple[float, float, float]:
    """The gains of `balance_white`, which leave the luminance of grey as it is; (1, 1, 1) at 6500 K.

    The colour of a black body in linear sRGB, over that at 6500 K. Source of its chromaticity: the cubic fit of Kim et
    al., US patent 7,024,034 (2006), as widely used for the Planckian locus. Raises `UsageError`.
    """
    kelvin = check_number("light_kelvin", light_kelvin, *KELVIN_LIMITS)
    gains = _black_body(kelvin) / _black_body(NEUTRAL_KELVIN)
    red, green, blue = gains / (gains @ _LUMINANCE)
    return float(red), float(green), float(blue)


def _black_body(kelvin: float) -> npt.NDArray[np.float64]:
    """Linear sRGB of luminance 1, (3,)."""
    t = 1000.0 / kelvin
    if kelvin <= 4000:
        x = -0.2661239 * t**3 - 0.2343589 * t**2 + 0.8776956 * t + 0.179910
        y = -0.9549476 * x**3 - 1.37418593 * x**2 + 2.09137015 * x - 0.16748867
    else:
        x = -3.0258469 * t**3 + 2.1070379 * t**2 + 0.2226347 * t + 0.240390
        y = 3.0817580 * x**3 - 5.87338670 * x**2 + 3.75112997 * x - 0.37001483
    return _SRGB_FROM_XYZ @ np.array([x / y, 1.0, (1 - x - y) / y])


def shot_read_noise(
    rgb: Picture,
    rng: np.random.Generator,
    full_well_electrons: float = FULL_WELL_ELECTRONS,
    read_noise_electrons: float = READ_NOISE_ELECTRONS,
) -> Picture:
    """Photon and read noise, independent in every pixel and channel, added in linear light.

    White is `full_well_electrons` (10 … 1e6) and a pixel of linear value x counts Poisson(x · full well) electrons,
    plus normal noise of `read_noise_electrons` (0 … 1000), so that its variance in linear light is
    x / full well + (read noise / full well)². The Poisson numbers are drawn as a normal with its second term
    (Cornish-Fisher), whose mean is exact, skewness right and variance 1/18 electron too large. Clipped at black and
    white, so the darkest pixels come out a little brighter on average; demosaicing, which would blur it, isn't played.

    Source: EMVA Standard 1288 R4.0, the linear camera model; Foi et al., "Practical Poissonian-Gaussian noise modeling
    and fitting for single-image raw-data", IEEE TIP 2008. Raises `UsageError`.
    """
    check_rgb(rgb)
    full_well = check_number("full_well_electrons", full_well_electrons, 10, 1e6)
    read_noise = check_number("read_noise_electrons", read_noise_electrons, 0, 1000)
    mean = to_linear(rgb) * np.float32(full_well)
    normal = draw_normals(rng, rgb.shape)
    electrons = mean + np.sqrt(mean) * normal
    electrons += np.where(mean > 0, (normal * normal - 1) / np.float32(6), np.float32(0))
    np.maximum(electrons, 0, out=electrons)
    if read_noise > 0:
        electrons += np.float32(read_noise) * draw_normals(rng, rgb.shape)
    electrons *= np.float32(1 / full_well)
    return to_srgb8(electrons)


def jpeg(rgb: Picture, quality: int, subsampling: Subsampling = "4:2:0") -> Picture:
    """Compress as JPEG and read back.

    `quality`: 1 … 100 (libjpeg's scale); `subsampling` of the colour, "4:2:0" as phones and the web have it. The same
    for one version of the codec. Raises `UsageError`.
    """
    check_rgb(rgb)
    check_whole("quality", quality, 1, 100)
    check_choice("subsampling", subsampling, tuple(SUBSAMPLINGS))
    flags = [
        cv2.IMWRITE_JPEG_QUALITY,
        int(quality),
        cv2.IMWRITE_JPEG_SAMPLING_FACTOR,
        SUBSAMPLINGS[subsampling],
    ]
    done, encoded = cv2.imencode(".jpg", cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), flags)
    if not done:
        raise SynthError("OpenCV couldn't encode a picture as JPEG.", where="jpeg", mend="Install opencv-python again.")
    return np.asarray(cv2.cvtColor(cv2.imdecode(encoded, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB))


def down_up(rgb: Picture, factor: float, down: Interpolation = "area", up: Interpolation = "linear") -> Picture:
    """Shrink by `factor` (1 … 64) and grow back to the same size, as a far or cheap camera's picture is.

    The smaller picture's sides are rounded to whole pixels, at least one. `down` "area" averages, "nearest" leaves
    aliasing in. Raises `UsageError`.
    """
    check_rgb(rgb)
    check_number("factor", factor, 1, 64)
    check_choice("down", down, tuple(INTERPOLATIONS))
    check_choice("up", up, tuple(INTERPOLATIONS))
    height, width = rgb.shape[:2]
    small = (max(1, round(width / factor)), max(1, round(height / factor)))
    if small == (width, height):
        return rgb.copy()
    shrunk = cv2.resize(rgb, small, interpolation=INTERPOLATIONS[down])
    return np.asarray(cv2.resize(shrunk, (width, height), interpolation=INTERPOLATIONS[up]))


def grey(rgb: Picture) -> Picture:
    """(H, W, 3) with three equal channels: 0.299 R + 0.587 G + 0.114 B of the sRGB levels (luma, ITU-R BT.601)."""
    check_rgb(rgb)
    return np.asarray(cv2.cvtColor(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB))
