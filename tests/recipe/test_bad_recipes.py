"""What a person reads who got a recipe wrong: each message names file, line, setting and mend."""
# ruff: noqa: E501  (messages stand here as they are printed, on one line)

from __future__ import annotations

import json
import time

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from synth.errors import EXIT_USAGE, RecipeError
from synth.recipe import Recipe, load_recipe, parse_recipe
from synth.recipe.strict_yaml import MAX_BYTES

GOOD = "name: mine\nsamples: 10\n"  # what the bad lines below are added to, from line 3 on


def faults_of(text: str, *overrides: str) -> list[str]:
    with pytest.raises(RecipeError) as caught:
        parse_recipe(text, "recipe.yaml", overrides)
    assert caught.value.exit_code == EXIT_USAGE
    assert str(caught.value) == "\n".join(caught.value.faults)
    return list(caught.value.faults)


ENVIRONMENTS = "city, courtyard, forest, interior, night, studio, sunrise, sunset"

BAD_LINES = {
    # names
    "camera:\n  distnace_mm: [800, 900]": "4: camera.distnace_mm is not a setting. Did you mean distance_mm?",
    "camera:\n  distance: [800, 900]": "4: camera.distance is not a setting. Did you mean distance_mm?",
    "yaw_deg: [-5, 5]": "3: yaw_deg is not a setting. It stands under pose.",
    "camera:\n  yaw_deg: [-5, 5]": "4: camera.yaw_deg is not a setting. It stands under pose.",
    "sampels: 7": "3: sampels is not a setting. Did you mean samples?",
    "person:\n  depth: true": "4: person.depth is not a setting. It stands under outputs.",
    "pose:\n  seed: 3": "4: pose.seed is not a setting. It stands at the top level, not indented.",
    "yaw_dge: 3": "3: yaw_dge is not a setting. Did you mean pose.yaw_deg?",
    "pose.yaw_deg: [1, 2]": "3: pose.yaw_deg is not a setting. Write yaw_deg on a line of its own under pose.",
    "noise:\n  sigm: 1": "4: noise.sigm is not a setting. Did you mean sigma_levels?",
    "dist: 1": "3: dist is not a setting. Did you mean camera.distance_mm?",
    "noise:\n  xyzzy: 1": "4: noise.xyzzy is not a setting. There are sigma_levels, mode.",
    "1: 2": "3: 1 is not a setting. There are, at the top level, name, description, seed, samples, outputs, heads, pose, "
    "camera, person, scene, render, noise, shards, variants.",
    "Pose:\n  yaw_deg: 3": "3: Pose is not a setting. Did you mean pose?",
    # ranges
    "pose:\n  yaw_deg: [60, -60]": "4: pose.yaw_deg: range [60, -60] is inverted; write [-60, 60].",
    "pose:\n  yaw_deg: [-100, 50]": "4: pose.yaw_deg: range [-100, 50] leaves the possible [-90, 90]; write one inside it.",
    "pose:\n  yaw_deg: [1, 2, 3]": "4: pose.yaw_deg needs a range of two numbers; write [low, high].",
    "pose:\n  yaw_deg: -50..50": "4: pose.yaw_deg needs a range of two numbers; write [low, high].",
    "pose:\n  yaw_deg: [true, 5]": "4: pose.yaw_deg needs a range of two numbers; write [low, high].",
    "pose:\n  yaw_deg: ['1', '2']": "4: pose.yaw_deg needs a range of two numbers; write [low, high].",
    "pose:\n  yaw_deg: {low: 1, high: 2}": "4: pose.yaw_deg needs a range of two numbers; write [low, high].",
    "noise: {sigma_levels: -1}": "3: noise.sigma_levels: range [-1, -1] leaves the possible [0, 64]; write one inside it.",
    "scene: {plain_level: [1.5e-1, 0.1]}": "3: scene.plain_level: range [0.15, 0.1] is inverted; write [0.1, 0.15].",
    # folders of pictures
    "scene:\n  photos: my/photos": "4: scene.photos is a section; write its settings on lines below it, indented.",
    "scene:\n  photos: {share: 0.5}": "4: scene.photos.folder is missing; add it (path of the folder, as seen from where "
    "the command is started).",
    "scene:\n  photos: {folder: a, share: 0}": "4: scene.photos.share: 0 is too small; write more than 0.",
    "scene:\n  procedural_kinds: [kitchen]": "4: scene.procedural_kinds[0]: kitchen is none of gradient, wall, room, shelf, "
    "bokeh, street, meadow, foliage, office.",
    "scene:\n  procedural_kinds: []": "4: scene.procedural_kinds: the list is empty; name at least one, or set "
    "scene.procedural to 0.",
    # numbers
    "pose:\n  yaw_deg: [.nan, 3]": "4: pose.yaw_deg[0]: .nan isn't a number that a recipe can hold; write an ordinary number.",
    "camera: {fx_px: .inf}": "3: camera.fx_px: .inf isn't a number that a recipe can hold; write an ordinary number.",
    "camera: {fx_px: NaN}": "3: camera.fx_px: NaN isn't a number that a recipe can hold; write an ordinary number.",
    "camera: {fx_px: 1e999}": "3: camera.fx_px: 1e999 is too large a number; write a smaller one.",
    "camera: {fx_px: 0}": "3: camera.fx_px: 0 is too small; write more than 0.",
    "camera: {fx_px: '525'}": '3: camera.fx_px: "525" is text; write it without quotes.',
    "camera: {fx_px: wide}": "3: camera.fx_px: wide isn't a number.",
    "camera: {width_px: 640.5}": "3: camera.width_px: 640.5 isn't a whole number.",
    "camera: {width_px: 0640}": "3: camera.width_px: 0640 begins with a 0 that YAML can read as octal; write it without, or "
    "in quotes as text.",
    "camera: {width_px: 16}": "3: camera.width_px: 16 is too small; write 32 or more.",
    "camera: {off_axis: 1}": "3: camera.off_axis: 1 is too large; write 0.8 or less.",
    "camera: {cx_px: 700}": "3: camera: cx_px 700 lies outside the frame of 640 px; write 0 to 640, or null.",
    "seed: -1": "3: seed: -1 is too small; write 0 or more.",
    "seed: 9223372036854775808": "3: seed: 9223372036854775808 is too large; write less than 9223372036854775808.",
    "seed: true": "3: seed: true isn't a whole number.",
    f"seed: {'9' * 6000}": "3: seed: the number 999999999999… has 6000 characters; write fewer digits.",
    # words
    "outputs: {rgb: maybe}": "3: outputs.rgb: maybe is neither true nor false.",
    "outputs: {rgb: 1}": "3: outputs.rgb: 1 is neither true nor false.",
    "outputs: {rgb: false}": "3: outputs: nothing is asked for; set outputs.rgb or outputs.depth to true.",
    "render: {engine: cycle}": "3: render.engine: cycle is none of cycles, eevee. Did you mean cycles?",
    "render: {engine: 3}": "3: render.engine: 3 is none of cycles, eevee.",
    "scene:\n  environments:\n    - city\n    - studo": f"6: scene.environments[1]: studo is none of {ENVIRONMENTS}. "
    "Did you mean studio?",
    "scene: {environments: city}": "3: scene.environments: city isn't a list; write [city] for one item.",
    "scene: {environments: [city, night, city]}": "3: scene.environments: city stands there more than once, but all are "
    "drawn evenly; keep it once.",
    "heads: {pack: 12}": "3: heads.pack: 12 isn't text; put it in quotes if it is meant as text.",
    "heads: {pack: ''}": "3: heads.pack is empty; write something.",
    "heads: {pack_sha256: abc}": "3: heads.pack_sha256: abc won't do; write the pack's checksum, 64 hex digits, which a run fills in; null = any.",
    f"description: {'x' * 501}": "3: description has 501 characters; write at most 500.",
    # sections
    "pose: 3": "3: pose is a section; write its settings on lines below it, indented.",
    "pose: [1, 2]": "3: pose is a section; write its settings on lines below it, indented.",
    "pose:": "3: pose has no value; write one, or leave it out.",
    "heads: {build: {count: 3, males: 1, females: 1}}": "3: heads.build: males 1 + females 1 isn't count 3; make them add up "
    "to it.",
    "heads: {build: {count: 3, males: 1}}": "3: heads.build.females is missing; add it (of which female).",
    "heads: {count: 4, build: {count: 3, males: 1, females: 2}}": "3: heads: count 4 is more than build.count 3; lower it.",
    **{
        f"heads: {{build: {{count: 3, males: 1, females: 2, texture_px: {text}}}}}": f"3: heads.build.texture_px: {what}"
        for text, what in {
            "300": "300 is none of 256, 512, 1024, 2048.",
            "4096": "4096 is none of 256, 512, 1024, 2048.",
            "1025": "1025 is none of 256, 512, 1024, 2048. Did you mean 1024?",
            "large": "large is none of 256, 512, 1024, 2048.",
            "'512'": '"512" is text; write it without quotes.',
        }.items()
    },
    # YAML
    "seed: 1\nseed: 2": "4: seed stands here and on line 3; keep one of the two.",
    "pose: {yaw_deg: 1, yaw_deg: 1}": "3: pose.yaw_deg stands twice on this line; keep one of the two.",
    "pose: &p {yaw_deg: 1}": "3: pose: the anchor &p isn't allowed in recipes; write the value out where it is needed.",
    "pose: *p": "3: pose: the alias *p isn't followed in recipes; write the value out.",
    "pose:\n  <<: {yaw_deg: 1}": "4: pose.<<: merging with << isn't allowed in recipes; write the settings out.",
    "seed: !!python/object/apply:os.system [ls]": "3: seed: the tag tag:yaml.org,2002:python/object/apply:os.system isn't "
    "allowed in recipes; write a plain value.",
    "seed: !mine 3": "3: seed: the tag !mine isn't allowed in recipes; write a plain value.",
    "? [a, b]\n: 3": "3: ?: the name of a setting is a word, not a list or a section.",
    "pose: [1, 2": "4: this isn't YAML: expected ',' or ']', but got '<stream end>'. Is a ] or a comma missing?",
    "pose: yaw: 3": "3: this isn't YAML: mapping values are not allowed here. Is there a colon too many, or is the "
    "indentation off?",
    "pose:\n\tyaw_deg: 3": "4: this isn't YAML: found character '\\t' that cannot start any token. Indent with spaces, not "
    "tabs, and put text with special characters in quotes.",
    "description: 'it": "4: this isn't YAML: found unexpected end of stream. Is a closing quote missing?",
    "--- \nname: other": "3: this isn't YAML: expected a single document in the stream, but found another document. Keep one recipe a file, without `---` between.",
    'description: "\x07"': "3: the character U+0007 can't stand in a recipe; delete it.",
    'description: "\\ud800"': "3: description holds half a character (\\uD800 to \\uDFFF); write the character itself.",
    'description: "\\UFFFFFFFF"': "3: a \\U escape names no character; write the character itself.",
    'description: "two\\nlines"': '3: description: "two\\nlines" won\'t do; write one line for `synth recipes`.',
    f"seed: {'[' * 3000}": "3: more than 12 levels deep; a recipe has three.",
    f"seed: [{'1,' * 9000}]": "3: more than 5000 values; a recipe has fewer than a hundred.",
}


@pytest.mark.parametrize("lines", list(BAD_LINES), ids=lambda lines: lines[:40])
def test_a_fault_is_named_with_its_line_and_mend(lines):
    start = time.process_time()
    assert faults_of(GOOD + lines + "\n") == [f"recipe.yaml:{BAD_LINES[lines]}"]
    assert time.process_time() - start < 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ["recipe.yaml:1: the recipe is empty; it needs at least a name and samples."]),
        ("# only words\n", ["recipe.yaml:1: the recipe is empty; it needs at least a name and samples."]),
        ("- a\n- b\n", ["recipe.yaml:1: a recipe is lines of `name: value`, not a list or a single value."]),
        ("demo", ["recipe.yaml:1: a recipe is lines of `name: value`, not a list or a single value."]),
        ("samples: 3", ["recipe.yaml:1: name is missing; add it (letters, digits, . _ -)."]),
        ("name: x", ["recipe.yaml:1: samples is missing; add it (samples in all)."]),
        ("name: a b\nsamples: 1", ["recipe.yaml:1: name: a b won't do; write letters, digits, . _ -."]),
        ("name: ../up\nsamples: 1", ["recipe.yaml:1: name: ../up won't do; write letters, digits, . _ -."]),
        (
            "name: x\nsamples: 310_000_000\nshards: {samples: 64}",
            ["recipe.yaml:1: samples 310000000 make 4,843,750 files; raise shards.samples to 310 or more."],
        ),
        ("name: x\nsamples: 0", ["recipe.yaml:2: samples: 0 is too small; write 1 or more."]),
    ],
)
def test_what_a_recipe_must_have_is_said(text, expected):
    assert faults_of(text) == expected


def test_an_alias_bomb_is_refused_at_once():
    bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
    )
    start = time.process_time()
    faults = faults_of(GOOD + bomb)
    assert time.process_time() - start < 1
    assert faults[0] == (
        "recipe.yaml:3: a: the anchor &a isn't allowed in recipes; write the value out where it is needed."
    )
    assert len(faults) < 30


def test_all_faults_are_reported_at_once_in_the_files_order():
    text = """\
name: my recipe
samples: many
sed: 3
pose:
  yaw_deg: [60, -60]
  yaw_deg: [-60, 60]
camera:
  distnace_mm: [800, 900]
  fx_px: .nan
  width_px: 3
render: {engine: evee, samples: 0}
"""
    assert faults_of(text, "noise.sigma_levels=-2", "shards.samlpes=4") == [
        "recipe.yaml:1: name: my recipe won't do; write letters, digits, . _ -.",
        "recipe.yaml:2: samples: many isn't a whole number.",
        "recipe.yaml:3: sed is not a setting. Did you mean seed?",
        "recipe.yaml:6: pose.yaw_deg stands here and on line 5; keep one of the two.",
        "recipe.yaml:8: camera.distnace_mm is not a setting. Did you mean distance_mm?",
        "recipe.yaml:9: camera.fx_px: .nan isn't a number that a recipe can hold; write an ordinary number.",
        "recipe.yaml:10: camera.width_px: 3 is too small; write 32 or more.",
        "recipe.yaml:11: render.engine: evee is none of cycles, eevee. Did you mean eevee?",
        "recipe.yaml:11: render.samples: 0 is too small; write 1 or more.",
        "--set shards.samlpes is not a setting. Did you mean samples?",
        "--set noise.sigma_levels: range [-2, -2] leaves the possible [0, 64]; write one inside it.",
    ]


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ("pose.yaw_deg=[60, -60]", "--set pose.yaw_deg: range [60, -60] is inverted; write [-60, 60]."),
        ("pose.yaw=[1, 2]", "--set pose.yaw is not a setting. Did you mean yaw_deg?"),
        ("yaw_deg=[1, 2]", "--set yaw_deg is not a setting. It stands under pose."),
        ("pose.yaw_deg", "--set pose.yaw_deg has no value; write --set pose.yaw_deg=VALUE."),
        ("seed=", "--set seed has no value; write one, or leave it out."),
        ("seed=.nan", "--set seed: .nan isn't a number that a recipe can hold; write an ordinary number."),
        ("seed=1.5", "--set seed: 1.5 isn't a whole number."),
        ("seed='1'", '--set seed: "1" is text; write it without quotes.'),
        ("pose.yaw_deg=[1", "--set pose.yaw_deg: this isn't YAML: expected ',' or ']', but got '<stream end>'. Is a ] or a "
                            "comma missing?"),
        ("pose={yaw_deg: 1, yaw_deg: 2}", "--set pose.yaw_deg stands twice on this line; keep one of the two."),
        ("heads.build={count: 3, males: 3}", "--set heads.build.females is missing; add it (of which female)."),
        ("heads.pack.file=3", "--set heads.pack.file is not a setting. heads.pack holds a single value."),
        ("=3", "--set (nothing) is not a setting. Write it so: --set pose.yaw_deg=[-30,30]"),
        ("", "--set (nothing) is not a setting. Write it so: --set pose.yaw_deg=[-30,30]"),
    ],
)  # fmt: skip
def test_an_override_is_as_strict_as_the_file(override, expected):
    assert faults_of(GOOD, override) == [expected]


def test_the_same_setting_overridden_twice_is_a_fault():
    assert faults_of(GOOD, "seed=1", "seed=2") == ["--set seed stands there twice; keep one of the two."]


# --- files


def load_faults(path: object) -> str:
    with pytest.raises(RecipeError) as caught:
        load_recipe(path)  # type: ignore[arg-type]
    return str(caught.value)


def test_an_unknown_name_lists_the_known_ones():
    assert load_faults("rgb310k") == (
        "there is no recipe rgb310k. Did you mean rgb_310k? There are blur_10k, demo, depth_60k,"
        " gallery, ground_truth, illumination_30k, occlusion_10k, rgb_310k, train_8k, wide;"
        " a file of your own is given by its path, ending in .yaml."
    )
    assert "Did you mean" not in load_faults("xyzzy")
    assert load_faults("").startswith("there is no recipe (empty).")


def test_files_that_cannot_be_read_are_named(tmp_path):
    assert load_faults(tmp_path / "no.yaml").startswith(f"{tmp_path}/no.yaml: there is no such file.")
    assert load_faults(str(tmp_path)).endswith("this is a folder; give the path of a .yaml file in it.")
    assert load_faults("/dev/null").endswith("this isn't a file; give the path of a .yaml file.")
    assert "can't be read" in load_faults(f"{tmp_path}/\0.yaml")
    assert "can't be read" in load_faults(f"{tmp_path}/{'x' * 300}.yaml")


def test_a_file_that_is_far_too_large_is_refused_before_it_is_parsed(tmp_path):
    path = tmp_path / "big.yaml"
    path.write_bytes(b"[" * (MAX_BYTES + 1))
    start = time.process_time()
    assert load_faults(path) == f"{path}: larger than 256 kB, and a recipe has a few. Is this the right file?"
    assert time.process_time() - start < 0.2


@pytest.mark.parametrize(
    "text",
    ["# x\n" * 60_000, "a: " + "x " * 120_000, "%A\n" * 80_000, "a: >\n" + "  x\n\n" * 50_000, "\n" * 250_000],
    ids=["comments", "words", "directives", "folded", "empty lines"],
)
def test_the_largest_files_are_judged_within_a_second(text):
    start = time.process_time()
    assert faults_of(text)
    assert time.process_time() - start < 1


def test_a_message_stays_readable_whatever_the_names_and_values_are():
    long = "x" * 9_000
    text = (
        f"{GOOD}? {long}\n: 1\ndescription: !{long} 3\npose: &{long} 3\ncamera: *{long}\nrender: {{engine: {long}}}\n"
    )
    faults = faults_of(text)
    assert len(faults) == 5
    assert all(len(fault) < 300 for fault in faults)


def test_a_file_that_is_not_utf8_is_refused_with_the_line(tmp_path):
    path = tmp_path / "latin.yaml"
    path.write_bytes(b"name: x\nsamples: 3\ndescription: caf\xe9\n")
    assert load_faults(path) == f"{path}:3: byte 0xe9 isn't UTF-8; save the file with the encoding UTF-8."


def test_faults_in_a_file_begin_with_its_path_as_it_was_given(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(GOOD + "sede: 3\n")
    assert load_faults(path) == f"{path}:3: sede is not a setting. Did you mean seed?"


# --- anything at all


def faults_or_none(text: str, *overrides: str) -> tuple[str, ...] | None:
    """None where it is a recipe; any other error than RecipeError fails the test."""
    try:
        assert isinstance(parse_recipe(text, "recipe.yaml", overrides), Recipe)
    except RecipeError as error:
        return error.faults
    return None


WORDS = st.sampled_from(
    [
        *["name", "samples", "seed", "pose", "yaw_deg", "camera", "heads", "build", "count", ":", ":", "-", "[", "]", "{", "}", ",", "&", "*", "!", "?", "|", ">", "'", '"', "#", "<<", ".nan", "1e5"],
        *("\n", "\n  ", "\t", "---", "\u2028", "\ufeff", "%YAML 1.1\n", "\\ud800", "~", "0x1", "-3"),
    ]
)  # fmt: skip


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.one_of(st.text(), st.lists(WORDS, max_size=60).map(" ".join), st.lists(WORDS, max_size=60).map("".join)))
@example("\ud800")
@example("? - : ? -")
@example("!<tag:yaml.org,2002:map> {}")
@example("a: !!set {x}")
@example("- " * 2000)
def test_arbitrary_text_is_a_recipe_or_a_recipe_error(text):
    faults = faults_or_none(text)
    assert faults is None or faults
    assert all("\n" not in fault and fault.startswith("recipe.yaml:") for fault in faults or ())


NAMES = [
    "name",
    "samples",
    "seed",
    "pose",
    "yaw_deg",
    "heads",
    "build",
    "count",
    "scene",
    "environments",
    "render",
    "rgb",
]
VALUES = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.sampled_from(["city", "1e5", "demo"])
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES) | st.text(), inner, max_size=4),
)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.sampled_from(NAMES), VALUES))
def test_any_value_at_any_place_gives_a_recipe_or_a_recipe_error(tree):
    faults = faults_or_none(json.dumps(tree, ensure_ascii=False))
    assert all("\n" not in fault and fault.startswith("recipe.yaml:") for fault in faults or ())


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.text(), st.tuples(st.sampled_from(["seed", "pose", "pose.yaw_deg"]), st.text()).map("=".join)))
def test_arbitrary_overrides_give_a_recipe_or_a_recipe_error(override):
    faults = faults_or_none(GOOD, override)
    assert all("\n" not in fault and fault.startswith("--set ") for fault in faults or ())


@settings(max_examples=50, deadline=None)
@given(data=st.binary(max_size=300))
def test_arbitrary_bytes_in_a_file_give_a_recipe_error(data, tmp_path_factory):
    path = tmp_path_factory.mktemp("any") / "any.yaml"
    path.write_bytes(data)
    with pytest.raises(RecipeError):
        load_recipe(path)


@settings(max_examples=50, deadline=None)
@given(st.text())
def test_arbitrary_names_give_a_recipe_error_of_one_line(name):
    if name in ("demo", "wide"):
        return
    assert "\n" not in load_faults(name)


# --- variants

BAD_VARIANTS = {
    "{}": "variants: nothing is varied; give one of illumination, blur, occlusion, such as blur: {}.",
    "{blur: {}, occlusion: {}}": "variants: blur and occlusion are both given; give one of illumination, blur, occlusion, "
    "such as blur: {}.",
    "{blurr: {}}": "variants.blurr is not a setting. Did you mean blur?",
    "{xyz: {}}": "variants.xyz is not a setting. There are illumination, blur, occlusion, source_sha256.",
    "{illumination: {colors: [redd]}}": "variants.illumination.colors[0]: redd is none of red, orange, yellow, green, "
    "cyan, blue, purple, pink, grey, white. Did you mean red?",
    "{illumination: {azimuth_deg: [20, 200]}}": "variants.illumination.azimuth_deg: 200 is outside -180 to 180; write "
    "another.",
    "{illumination: {intensity: [0]}}": "variants.illumination.intensity: 0 is outside 0.01 to 16; write another.",
    "{illumination: {intensity: [1, 1.0]}}": "variants.illumination.intensity: 1 stands there more than once; keep it once.",
    "{illumination: {azimuth_deg: [], intensity: [], colors: []}}": "variants.illumination: there is no condition; name an "
    "azimuth, an intensity or a colour.",
    "{blur: {kind: gausian}}": "variants.blur.kind: gausian is none of gaussian, motion, turn. Did you mean gaussian?",
    "{blur: {sigma_px: [3, 1]}}": "variants.blur.sigma_px: range [3, 1] is inverted; write [1, 3].",
    "{blur: {sigma_px: [3, 100]}}": "variants.blur.sigma_px: range [3, 100] leaves the possible [0, 64]; write one inside "
    "it.",
    "{occlusion: {shapes: []}}": "variants.occlusion.shapes: the list is empty; name at least one.",
    "{occlusion: {shapes: [circle]}}": "variants.occlusion.shapes[0]: circle is none of square, tall, wide, hand.",
    "{illumination: {}, source_sha256: '"
    + "a" * 64
    + "'}": "variants: light can't be changed in a stored picture; set source_sha256 to null.",
}


@pytest.mark.parametrize(("text", "fault"), BAD_VARIANTS.items())
def test_a_fault_of_variants_is_named_with_its_mend(text, fault):
    with pytest.raises(RecipeError) as error:
        parse_recipe(f"name: bad\nsamples: 9\nvariants: {text}\n", "recipe.yaml")
    assert error.value.faults == (f"recipe.yaml:3: {fault}",)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ("shapes: [square], square_px: 481", "square_px takes 481x481 px, more than the frame of 640x480 px"),
        ("rectangle_px: [60, 481]", "rectangle_px takes 60x481 px, more than the frame"),
        ("shapes: [hand], hand_px: 470", "hand_px takes 574x574 px, more than the frame"),
    ],
)
def test_an_occluder_larger_than_the_frame_is_refused(settings, said):
    with pytest.raises(RecipeError, match=f"variants.occlusion.{said}"):
        parse_recipe(f"name: bad\nsamples: 9\nvariants: {{occlusion: {{{settings}}}}}\n", "recipe.yaml")


def test_variants_of_depth_alone_are_refused():
    with pytest.raises(RecipeError, match=r"variants change the picture, and outputs\.rgb is false"):
        parse_recipe("name: bad\nsamples: 9\noutputs: {rgb: false, depth: true}\nvariants: {blur: {}}\n", "recipe.yaml")
