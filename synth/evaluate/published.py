"""Numbers from the literature, quoted beside ours in the table of real sets. None of them was measured again here.

Protocols differ from paper to paper (which frames are kept, how faces are cropped, which convention the angles are in),
so a quoted number says in which league a method plays, not by how much it is better.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Quoted:
    """Mean absolute errors in degrees on a real set; None = not reported. `source` names the publication."""

    method: str
    source: str
    on: str
    mean_deg: float
    yaw_deg: float | None = None
    pitch_deg: float | None = None
    roll_deg: float | None = None


_HOPENET = "Ruiz, Chong, Rehg: Fine-Grained Head Pose Estimation Without Keypoints, CVPRW 2018"
_SIXD = "Hempel, Abdelrahman, Al-Hamadi: 6D Rotation Representation for Unconstrained Head Pose Estimation, ICIP 2022"
_SOURCE = "the paper that this program follows (Coarse-to-Fine, synthetic heads)"

PUBLISHED: tuple[Quoted, ...] = (
    Quoted("Hopenet", _HOPENET, "aflw2000", 6.41, 6.92, 6.64, 5.67),
    Quoted("Hopenet", _HOPENET, "biwi", 4.90, 4.81, 6.61, 3.27),
    Quoted("6DRepNet", _SIXD, "aflw2000", 3.97, 3.63, 4.91, 3.37),
    Quoted("6DRepNet", _SIXD, "biwi", 3.47, 3.24, 4.48, 2.68),
    Quoted("OpNet", "OpNet, 2024", "aflw2000", 3.11, 2.74, 4.17, 2.41),
    Quoted("TRG", "TRG, 2024", "biwi", 2.75, 3.04, 3.44, 1.78),
    Quoted("VGGHeads, 1 M diffusion pictures only", "VGGHeads, 2024", "aflw2000", 3.76),
    Quoted("VGGHeads, 1 M diffusion pictures only", "VGGHeads, 2024", "biwi", 3.79),
    Quoted("source paper, renders only", _SOURCE, "biwi", 14.57, 6.14, 16.47, 21.11),
    Quoted("source paper, renders and Biwi", _SOURCE, "biwi", 4.84, 4.76, 5.48, 4.29),
)


def published_on(set_name: str) -> tuple[Quoted, ...]:
    """What is quoted for a real set by its reader's name; empty if nothing is."""
    return tuple(quoted for quoted in PUBLISHED if quoted.on == set_name)
