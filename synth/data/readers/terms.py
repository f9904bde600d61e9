"""Where each real set is had and on which terms: this project ships none of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from synth.errors import DatasetError


@dataclass(frozen=True)
class Terms:
    """`title`: the set; `had_from`: where; `terms`: what its makers allow, in short; `layout`: what is expected."""

    title: str
    had_from: str
    terms: str
    layout: str


BIWI = Terms(
    "Biwi Kinect Head Pose Database",
    "ETH Zürich, Computer Vision Lab (Fanelli et al. 2013; kinect_head_pose_db.tgz), or its mirror on Kaggle",
    "research only",
    "01/ … 24/ with frame_00003_rgb.png, frame_00003_depth.bin, frame_00003_pose.txt, rgb.cal and depth.cal",
)
POINTING04 = Terms(
    "Pointing'04 Head Pose Image Database",
    "INRIA Rhône-Alpes, PRIMA group (Gourier, Hall and Crowley 2004)",
    "any purpose if the article is cited",
    "Person01/person01100-90+0.jpg and .txt",
)
BOSTON = Terms(
    "Boston University head tracking",
    "Boston University, Computer Science (La Cascia, Sclaroff and Athitsos 2000; headtracking)",
    "research only",
    "uniform-light/jam1.avi and jam1.dat (jam, jim, llm, ssm, vam; 1 to 9)",
)
WLP300 = Terms(
    "300W-LP",
    "the project page of 3DDFA (Zhu et al. 2016, Face Alignment Across Large Poses)",
    "research only",
    "AFW/, AFW_Flip/, HELEN/, … with NAME_0.jpg and NAME_0.mat",
)
AFLW2000 = Terms(
    "AFLW2000-3D",
    "the project page of 3DDFA (Zhu et al. 2016, Face Alignment Across Large Poses)",
    "research only",
    "image00002.jpg and image00002.mat",
)


def absent(terms: Terms, folder: Path, what: str) -> DatasetError:
    """The error for a set that isn't in `folder`: where it is had, on which terms, and how its files lie."""
    return DatasetError(
        what,
        where=str(folder),
        mend=f"Get {terms.title} from {terms.had_from}; terms: {terms.terms}. Its files lie as {terms.layout}.",
    )
