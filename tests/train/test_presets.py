"""Presets and the settings laid over them: what they say, and what is said of wrong ones."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from synth.errors import UsageError
from synth.train.network_settings import NetworkSettings
from synth.train.presets import PRESET_ABOUT, PRESETS, load_settings, setting_names, settings_from


def faults(overrides: list[str], preset: str = "c2f") -> list[str]:
    with pytest.raises(UsageError) as caught:
        load_settings(preset, overrides)
    return str(caught.value).split("\n")


def test_paper_is_the_papers_recipe():
    paper = load_settings("paper")
    assert (paper.steps, paper.batch, paper.labels) == (40_000, 128, "split")
    optimiser = paper.optimiser
    assert (optimiser.name, optimiser.lr, optimiser.momentum, optimiser.weight_decay) == ("sgd", 0.01, 0.9, 5e-4)
    assert (optimiser.schedule, optimiser.warmup_steps, optimiser.clip_norm) == ("constant", 0, None)
    network = paper.network
    assert (network.trunk, network.trunk_norm, network.bn_heads) == ("googlenet", "none", False)
    assert (network.init_trunk, network.trunk_bias, network.init_heads) == ("xavier", 0.2, "normal")
    assert (network.head_width, network.fc_width, network.strategy) == (128, 300, "pitch+yaw")
    assert (network.margin_deg, network.routing, network.category_weight, network.angle_weight) == (0, "hard", 1, 1)
    assert (paper.input.size_px, paper.input.content, paper.ema, paper.precision) == (256, "grey", None, "fp32")


def test_the_default_is_coarse_to_fine_and_each_of_its_differences_can_be_switched_back():
    ours, paper = load_settings(), load_settings("paper")
    assert ours == load_settings("c2f")
    assert (ours.network.margin_deg, ours.network.routing, ours.optimiser.schedule) == (10, "soft", "cosine")
    values = {}
    for name in setting_names():
        value = paper.model_dump(mode="json")
        for part in name.split("."):
            value = value[part]
        values |= {} if isinstance(value, dict) else {name: value}
    assert load_settings("c2f", [f"{name}={json.dumps(values[name])}" for name in values]) == paper


def test_every_preset_loads_and_says_what_it_is():
    assert set(PRESETS) == set(PRESET_ABOUT) == {"paper", "c2f", "direct6d"}
    assert load_settings("direct6d").network.kind == "direct6d"


def test_values_are_yaml_and_sections_can_be_given_whole():
    settings = load_settings("c2f", ["optimiser={name: sgd, lr: 1e-2}", "network.yaw_range_deg=[-80, 70]", "ema=null"])
    assert (settings.optimiser.name, settings.optimiser.lr) == ("sgd", 0.01)
    assert settings.network.angle_ranges_deg[1] == (-80, 70)


@pytest.mark.parametrize(("content", "channels"), [("grey", 1), ("rgb", 3), ("depth", 1)])
def test_the_network_is_built_for_its_input(content, channels):
    settings = load_settings("c2f", [f"input.content={content}", "input.size_px=96"])
    assert (settings.network.channels, settings.network.size_px) == (channels, 96)
    shown = settings.input.network_input()
    assert (shown.channels, shown.size_px, shown.content) == (channels, 96, content)


def test_settings_survive_json():
    settings = load_settings("paper", ["seed=7", "input.content=depth"])
    assert settings_from(json.loads(json.dumps(settings.model_dump(mode="json")))) == settings
    network = settings.network.model_dump(mode="json")
    assert NetworkSettings.model_validate(json.loads(json.dumps(network))) == settings.network


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("optimiser.learning_rate=1", "--set optimiser.learning_rate is not a setting."),
        ("lr=0.1", "Did you mean optimiser.lr?"),
        ("network.heads_width=3", "Did you mean network.head_width?"),
        ("optimizer.lr=0.1", "Did you mean optimiser.lr?"),
        ("wombat=1", "wombat is not a setting. There are, at the top level, network, input,"),
        ("steps", "--set steps has no value; write --set steps=VALUE."),
        ("=3", "Write it so: --set optimiser.lr=0.01"),
        ("steps=many", "--set steps: many isn't a whole number."),
        ("steps=0", "--set steps: 0 is too small; write 1 or more."),
        ("network.kind=c2g", "c2g is none of c2f, direct6d. Did you mean c2f?"),
        ("network.routing=[soft]", "network.routing"),
        ("network.size_px=96", "network.size_px follows from input.size_px; set that."),
        ("input.size_px=32", "--set input.size_px: 32 is too small; write 64 or more."),
        ("network.yaw_range_deg=[10, 50]", "a range of angles holds 0"),
        ("optimiser={lr: 0.1, rate: 3}", "optimiser.rate is not a setting."),
        ("optimiser.warmup_steps=9999", "optimiser.warmup_steps 9999 is more than steps 6000; set it to that or less"),
        ("optimiser.lr=.nan", "isn't a number"),
        ("optimiser.lr=&b 1", "anchor"),
    ],
)
def test_a_wrong_setting_is_named_with_its_mend(override, words):
    (line,) = faults([override])
    assert words in line


def test_all_faults_are_reported_at_once():
    lines = faults(["steps=0", "batch=1", "network.dropout=2"])
    assert len(lines) == 3
    assert len(faults(["stepps=1", "batchh=1"])) == 2


def test_a_setting_given_twice_is_refused():
    assert faults(["steps=1", "steps=2"]) == ["--set steps stands there twice; keep one of the two."]


@pytest.mark.parametrize(
    ("preset", "overrides", "words"),
    [
        ("c2f", ["network.trunk=small", "network.trunk_norm=none"], "the small trunk has batch normalisation"),
        ("c2f", ["network.category_weight=0", "network.angle_weight=0"], "both losses weigh nothing"),
        ("direct6d", ["labels=split"], "direct6d has one"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(preset, overrides, words):
    assert words in "\n".join(faults(overrides, preset))


def test_an_unknown_preset_names_the_likely_or_the_known_ones():
    with pytest.raises(UsageError, match="Did you mean paper"):
        load_settings("papr")
    with pytest.raises(UsageError, match="paper, c2f, direct6d"):
        load_settings("wombat")


def test_looking_at_settings_loads_no_torch():
    code = "import sys; from synth.train.presets import load_settings; load_settings(); print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
