"""`synth` with less to do. It takes the command line that a page shows and adds to it, so that minutes become seconds:

- `render`, and `variants` of a recipe: a few samples (`FEW`) of four paths a pixel, a head of its own for each sample,
  and where the recipe builds its heads, four instead of hundreds, with small textures. With `--only` no count, with
  `--shards` twenty shards of one range map. What is trained on has four people of six pictures each, with poses so near
  each other that every comparator finds some alike.
- `variants --illumination` of a dataset: `--count 4`. Blur and occlusion of stored pictures run as they stand.
- `heads build`: `--count 4 --texture-px 256`; `heads show`: `--count 2`, of those that are asked for;
  `preview --faces`: a poster of eight.
- `train`: two steps of four pictures of 64 pixels, without a warm-up; one step of a comparator. `compare`: the same.
- `evaluate`: eight pictures at a time, as it measures what a full batch takes.

What the line itself sets isn't set again, but for counts, steps, batches and a poster's size, where the last one holds.
"""

from __future__ import annotations

import sys
from pathlib import Path

from synth.cli import main
from synth.recipe.load import load_recipe
from synth.recipe.schema import Recipe

FEW_HEADS = {
    "heads.build.count": "4", "heads.build.males": "2", "heads.build.females": "2", "heads.build.texture_px": "256",
    "heads.count": "4",
}  # fmt: skip
FEW = {"demo": "8", "gallery": "8", "rgb_310k": "8", "train_8k": "24"}
LIKE_POSES = {"heads.block": "6", "pose.pitch_deg": "[-4,4]", "pose.yaw_deg": "[-10,10]"}
SMALL_SHARDS = {"shards.samples": "1", "outputs.rgb": "false", "outputs.depth": "true"}
LITTLE_TRAINING = {"batch": "4", "input.size_px": "64", "validate_every": "2", "optimiser.warmup_steps": "0"}
KINDS = {"--illumination": "illumination_30k", "--blur": "blur_10k", "--occlusion": "occlusion_10k"}


def shortened(words: list[str]) -> list[str]:
    """The words with those that make it short behind them."""
    match words[:2]:
        case ["evaluate", *_]:
            return [*words, "--batch", "8"]
        case ["render", *_]:
            return words + _rendering(words, load_recipe(_value(words, "--recipe")))
        case ["variants", *_]:
            return words + _varying(words)
        case ["heads", "build"]:
            return [*words, "--count", "4", "--texture-px", "256"]
        case ["heads", "show"] if "--only" not in words:
            return [*words, "--count", "2"]
        case ["preview", *_] if "--faces" in words:
            return [*words, "--faces", "2x4"]
        case ["train", *_] if "--show-settings" in words:
            return words
        case ["train", *_] if "--model" in words:
            return [*words, "--steps", "1"]
        case [("train" | "compare"), *_]:
            words = ["batch=4" if word.startswith("batch=") else word for word in words]
            return [*words, "--steps", "2", *_settings(words, LITTLE_TRAINING)]
    return words


def _rendering(words: list[str], recipe: Recipe) -> list[str]:
    settings = {"render.quality": "draft", "render.samples": "4", "heads.block": "1"}
    if recipe.heads.build and not any(word.startswith("heads.pack=") for word in words):
        settings |= FEW_HEADS
    if "--shards" in words:
        return ["--count", "20", *_settings(words, settings | SMALL_SHARDS)]
    if recipe.name == "train_8k":
        settings |= LIKE_POSES
    count = [] if "--only" in words else ["--count", FEW.get(recipe.name, "4")]
    return [*count, *_settings(words, settings)]


def _varying(words: list[str]) -> list[str]:
    source = _value(words, "--of")
    if source and Path(source).is_dir():
        return ["--count", "4"] if "--illumination" in words else []
    kind = next(recipe for option, recipe in KINDS.items() if option in words)
    return _rendering(words, load_recipe(source or kind))


def _settings(words: list[str], wanted: dict[str, str]) -> list[str]:
    given = {word.partition("=")[0] for word in words}
    return [word for name, value in wanted.items() if name not in given for word in ("--set", f"{name}={value}")]


def _value(words: list[str], option: str) -> str:
    return words[words.index(option) + 1] if option in words else ""


if __name__ == "__main__":
    sys.argv[1:] = shortened(sys.argv[1:])
    main(prog_name="synth")
