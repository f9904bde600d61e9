"""Methods from the literature that our network is compared with, by name; a method's code loads when it is taken."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from synth.evaluate.comparators.base import Comparator

_PLACES = {
    "alexnet": ("networks", "AlexNetClassifier"),
    "vgg16": ("networks", "VGG16Classifier"),
    "resnet50": ("networks", "ResNet50Classifier"),
    "gllim": ("gllim", "GLLiM"),
    "template_ranking": ("template_ranking", "TemplateRanking"),
    "liu_cnn": ("networks", "LiuCNN"),
    "ahn_cnn": ("networks", "AhnCNN"),
    "fanelli_forest": ("fanelli_forest", "FanelliForest"),
    "sift_hog": ("sift_hog", "SiftHog"),
    "poseidon_depth": ("networks", "PoseidonDepth"),
}


class _Comparators(Mapping[str, "type[Comparator]"]):
    """Names without imports; `[name]` imports. KeyError for another name."""

    def __getitem__(self, name: str) -> type[Comparator]:
        module, attribute = _PLACES[name]
        found: type[Comparator] = getattr(import_module(f"{__name__}.{module}"), attribute)
        return found

    def __contains__(self, name: object) -> bool:
        return name in _PLACES

    def __iter__(self) -> Iterator[str]:
        return iter(_PLACES)

    def __len__(self) -> int:
        return len(_PLACES)


COMPARATORS: Mapping[str, type[Comparator]] = _Comparators()
