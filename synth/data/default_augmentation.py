"""What a training varies unless it is told otherwise: what real pictures have and renders lack.

Blur, lost resolution, compression, noise, exposure, contrast and things in front of the face are what others found to
move the error on photographs most. The crop is shifted as far as face boxes are off: without knowing the pose, a box
around a face that is turned by 45° has its centre a fifth of a head beside the head's.
"""

from __future__ import annotations

from synth.data.augment import Augmentation
from synth.effects.pipeline import read_effects

# Sizes in pixels of a picture of 128 a side; they grow with larger ones.
_EFFECTS = read_effects(
    [
        {"kind": "exposure", "ev": [-1.0, 1.0], "probability": 0.4},
        {"kind": "white_balance", "light_kelvin": [4000, 10000], "probability": 0.3},
        {"kind": "occluder", "shape": "rectangle", "width_px": [16, 48], "height_px": [16, 64], "fill": "colour",
         "colour": None, "min_share": 0.0, "probability": 0.1},
        {"kind": "occluder", "shape": "hand", "width_px": [24, 44], "fill": "skin", "min_share": 0.0,
         "probability": 0.05},
        {"kind": "gaussian_blur", "sigma_px": [0.3, 1.6], "probability": 0.3},
        {"kind": "motion_blur", "length_px": [2, 8], "probability": 0.1},
        {"kind": "down_up", "factor": [1.0, 3.0], "probability": 0.2},
        {"kind": "jpeg", "quality": [30, 90], "probability": 0.3},
        {"kind": "gaussian_noise", "sigma_levels": [1, 8], "probability": 0.3},
        {"kind": "depth_motion_blur", "probability": 0.1},
        {"kind": "kinect", "probability": 0.5},
    ]
)  # fmt: skip

DEFAULT_AUGMENTATION = Augmentation(
    effects=_EFFECTS,
    scale=(0.88, 1.18),
    shift=0.16,
    mirror=0.5,
    turn_deg=8.0,
    tone=0.5,
    contrast=(0.65, 1.5),
    gamma=(0.7, 1.4),
)
