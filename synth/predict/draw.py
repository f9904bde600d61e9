"""What was found, drawn over the picture: head boxes, axes, angles."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from synth.data.face_boxes import HEAD_SIDE_MM
from synth.geometry.pose import ANGLES
from synth.predict.predict import HeadPose
from synth.view.colours import GROUND, TEXT
from synth.view.overlay import draw_box, draw_pose
from synth.view.sheet import font

Picture = npt.NDArray[np.uint8]

_DISTANCE_MM = 1000.0
_AXES_MM = 130.0


def draw_heads(rgb: Picture, heads: Sequence[HeadPose]) -> Picture:
    """A copy of a (H, W, 3) uint8 picture with each head's box, axes (red: its x, green: down, blue: where the face
    looks) and angles.

    Each head is drawn as a camera sees it that is turned to it from a metre away: its pose is along the ray.
    """
    canvas = rgb
    for head in heads:
        canvas = _drawn(canvas, head)
    return canvas


def _drawn(rgb: Picture, head: HeadPose) -> Picture:
    x0, y0, x1, y1 = head.face.head_box_px
    side = max(x1 - x0, y1 - y0)
    focal_px = side * _DISTANCE_MM / HEAD_SIDE_MM
    K = np.array([[focal_px, 0, (x0 + x1) / 2], [0, focal_px, (y0 + y1) / 2], [0, 0, 1]])
    thickness = int(np.clip(side / 80, 1, 12))
    boxed = draw_box(rgb, head.face.head_box_px, thickness_px=max(1, thickness // 2))
    axes = draw_pose(boxed, head.R, K, [0, 0, _DISTANCE_MM], _AXES_MM, thickness)
    return _captioned(axes, (x0, y1), side, angles_text(head))


def angles_text(head: HeadPose) -> str:
    """`pitch +3°, yaw −21°, roll +1°`"""
    values = (f"{name} {value:+.0f}°" for name, value in zip(ANGLES, head.euler_deg, strict=True))
    return ", ".join(values).replace("-", "−")


def _captioned(rgb: Picture, corner: tuple[float, float], side: float, text: str) -> Picture:
    """The text on a dark ground below a box's lower left corner, as far as it fits inside the picture."""
    image = Image.fromarray(rgb)
    draw = ImageDraw.Draw(image)
    letters = font(int(np.clip(side / 11, 9, 60)))
    left, top, right, bottom = draw.textbbox((0, 0), text, font=letters)
    width, height = right - left + 6, bottom - top + 6
    x = float(np.clip(corner[0], 0, max(0, image.width - width)))
    y = float(np.clip(corner[1], 0, max(0, image.height - height)))
    draw.rectangle((x, y, x + width, y + height), fill=GROUND)
    draw.text((x + 3 - left, y + 3 - top), text, fill=TEXT, font=letters)
    return np.asarray(image, dtype=np.uint8)
