"""What a training varies unless it is told otherwise."""

from __future__ import annotations

from synth.data.augment import Augmentation

DEFAULT_AUGMENTATION = Augmentation(scale=(0.9, 1.15), shift=0.06, mirror=0.5)
