"""The page on variants states the numbers that the code has."""

from __future__ import annotations

from commands import ROOT

from synth.recipe.load import load_recipe
from synth.recipe.variants import LIGHT_COLORS

PAGE = (ROOT / "docs" / "variants.md").read_text(encoding="utf-8")


def test_the_page_has_the_linear_values_of_every_colour():
    for name, (red, green, blue) in LIGHT_COLORS.items():
        assert f"| {name} | {red:.2f} | {green:.2f} | {blue:.2f} |" in PAGE


def test_the_page_has_the_counts_of_the_recipes():
    for name in ("illumination_30k", "blur_10k", "occlusion_10k"):
        assert f"| `{name}` | {load_recipe(name).samples:,} |" in PAGE
    illumination, base = load_recipe("illumination_30k"), load_recipe("rgb_310k")
    shots = -(-illumination.samples // 31)
    assert f"{shots} shots of `rgb_310k`" in PAGE
    assert f"{-(-shots // base.heads.block)} people" in PAGE
