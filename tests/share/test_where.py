"""Conditions on labels: what they mean, how they refuse, and that a hostile one is only a refused text."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synth.errors import UsageError
from synth.shard.columns import OPTIONAL_COLUMNS, REQUIRED_COLUMNS, Column
from synth.share.labels import value_names, values_of
from synth.share.where import Condition

COLUMNS = REQUIRED_COLUMNS + OPTIONAL_COLUMNS
N = 5
LABELS = {column.name: np.zeros((N, *column.shape), column.dtype) for column in COLUMNS} | {
    "id": np.array([0, 1, 2, 3, 2**53 + 1]),
    "euler_deg": np.array([[0, -40, 0], [10, -20, 1], [20, 0, 2], [30, 20, 3], [40, 40, 4.0]]),
    "age_years": np.array([10, 20, np.nan, 30.1, 40], np.float32),
    "sex": np.array([b"male", b"female", b"", b"male", b"female"], "S8"),
    "condition": np.array([b"base", b"blur=gaussian:2.3", b"blur=motion:1", b"base", b"blurry"], "S32"),
    "t_mm": np.arange(15.0).reshape(5, 3),
    "K": np.arange(45.0).reshape(5, 3, 3),
    "landmarks_visible": np.tile(np.array([[250], [5], [0], [1], [2]], np.uint8), (1, 68)),
}


def holds(text: str) -> list[int]:
    """The places of the samples that meet it."""
    condition = Condition(text, COLUMNS)
    asked = {name: LABELS[name] for name in condition.columns}  # it may look at no others
    return np.flatnonzero(condition.holds(asked, N)).tolist()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("abs(yaw_deg) < 30", [1, 2, 3]),
        ("abs(yaw_deg) < 30 and age_years > 12", [1, 3]),
        ("yaw_deg < -30 or pitch_deg >= 40", [0, 4]),
        ("-30 < yaw_deg < 30", [1, 2, 3]),
        ("yaw_deg == -20", [1]),
        ("not yaw_deg == -20 and not roll_deg > 2", [0, 2]),
        ("1 < 2 or yaw_deg > 3 and 2 < 1", [0, 1, 2, 3, 4]),
        ("(1 < 2 or yaw_deg > 3) and 2 < 1", []),
        ("pitch_deg + 2 * roll_deg == 12", [1]),
        ("pitch_deg - 10 - 10 == 0", [2]),
        ("pitch_deg / 2 / 5 == 2", [2]),
        ("-(yaw_deg) > 30", [0]),
        ("- -yaw_deg > 30", [4]),
        ("min(pitch_deg, 15, yaw_deg) == 15", [3, 4]),
        ("max(pitch_deg, abs(yaw_deg)) <= 20", [1, 2]),
        ("euler_deg[1] > 30", [4]),
        ("t_x_mm == 3 or t_z_mm == 2", [0, 1]),
        ("K[1,2] == 5", [0]),
        ("K_1_2 == 5", [0]),
        ('sex == "male"', [0, 3]),
        ("sex != 'male'", [1, 2, 4]),
        ("sex in ('male', 'female')", [0, 1, 3, 4]),
        ("sex not in ['male', 'female']", [2]),
        ("sex in ('male',)", [0, 3]),
        ("id in (0, -3, 3)", [0, 3]),
        ("starts_with(condition, 'blur=')", [1, 2]),
        ("not starts_with(condition, 'blur')", [0, 3]),
        ("1e1 == pitch_deg", [1]),
    ],
)
def test_a_condition_means_what_it_says(text: str, expected: list[int]):
    assert holds(text) == expected


def test_what_is_not_known_meets_neither_a_condition_nor_its_opposite():
    for text in ("age_years > 15", "age_years == 20", "age_years != 20", "abs(age_years) < 90", "age_years + 1 < 15"):
        assert 2 not in holds(text)
        assert 2 not in holds(f"not ({text})")
        assert sorted(holds(text) + holds(f"not ({text})")) == [0, 1, 3, 4]
    assert holds("age_years > 15 or pitch_deg == 20") == [1, 2, 3, 4]
    assert holds("not (age_years > 15 and pitch_deg != 20)") == [0, 2]
    assert holds("known(age_years)") == [0, 1, 3, 4]
    assert holds("not known(sex)") == [2]
    assert holds("min(age_years, 5) == 5") == [0, 1, 3, 4]


def test_a_number_is_as_precise_as_the_label_beside_it():
    assert holds("age_years == 30.1") == [3]
    assert holds("30.1 >= age_years") == [0, 1, 3]


def test_ids_are_compared_to_the_last_digit():
    assert holds(f"id == {2**53 + 1}") == [4]
    assert holds(f"id == {2**53}") == []


def test_small_whole_numbers_do_not_run_over():
    assert holds("landmarks_visible[0] + 10 == 260") == [0]
    assert holds("-(landmarks_visible[0]) == -250") == [0]
    assert holds("landmarks_visible[0] < 300") == [0, 1, 2, 3, 4]


def test_a_quotient_by_zero_is_infinite_or_unknown_and_no_warning():
    assert holds("1 / yaw_deg > 1e300") == [2]
    assert holds("yaw_deg / yaw_deg == 1") == [0, 1, 3, 4]


@pytest.mark.parametrize(
    ("text", "at", "said"),
    [
        ("yaw < 30", 1, "Did you mean yaw_deg"),
        ("pitch_deg < 3 and years > 12", 19, "Did you mean age_years"),
        ("yaw_dge < 30", 1, "Did you mean yaw_deg"),
        ("zzzz < 30", 1, "There are id, subject"),
        ("euler_deg < 30", 1, "Take one: pitch_deg, yaw_deg, roll_deg, or euler_deg[0]"),
        ("K < 30", 1, "or K[0, 0]"),
        ("euler_deg[3] < 30", 10, "values 0 to 2"),
        ("K[0] < 30", 4, "Here should be ',', not ']'"),
        ("yaw_deg[0] < 3", 8, "one word too many"),
        ("yaw_deg = 3", 9, "Write == for equal"),
        ("yaw_deg < 3 && id == 1", 13, "Write and"),
        ("yaw_deg < 3 | id == 1", 13, "Write or"),
        ("!known(age_years)", 1, "Write not"),
        ("yaw_deg < ", 11, "not the end"),
        ("(yaw_deg < 3", 13, "Here should be ')', not the end"),
        ("yaw_deg < 3)", 12, "one word too many"),
        ("yaw_deg", 1, "It is a value, not a condition"),
        ("yaw_deg and id == 1", 1, "It is a value, not a condition"),
        ("(yaw_deg < 3) + 1 < 4", 2, "It is a condition, not a value"),
        ("abs(sex) < 4", 5, "It is a text, not a number"),
        ("sex < 'male'", 7, "Texts have no order"),
        ("sex == 3", 8, "can't be compared with a number"),
        ("sex == male", 8, "There is no label 'male'"),
        ("sex == 'male", 8, "The text has no end"),
        ("sex == 'mäle'", 8, "ASCII alone"),
        ("starts_with(id, 'a')", 13, "It is a number, not a text"),
        ("sqrt(yaw_deg) < 3", 1, "There are abs, min, max"),
        ("abs(1, 2) < 3", 1, "takes 1 values, not 2"),
        ("min(1) < 3", 1, "takes 2 to 16 values, not 1"),
        ("sex in ()", 1, "The list is empty"),
        ("sex in 'male'", 8, "Here should be '['"),
        ("sex not 'male'", 9, "should be 'in'"),
        ("yaw_deg < 1e999", 11, "too large"),
        ("id < 99999999999999999999999", None, None),
        ("and yaw_deg < 1", 1, "Here should be a label"),
    ],
)
def test_a_fault_is_shown_at_its_place(text: str, at: int | None, said: str | None):
    if said is None:
        assert holds(text) == [0, 1, 2, 3, 4]
        return
    with pytest.raises(UsageError) as caught:
        holds(text)
    assert caught.value.where == f"--where, character {at}"
    assert said in str(caught.value)
    lines = caught.value.what.splitlines()
    assert lines[-1].index("^") == 2 + at - 1
    assert lines[-2] == f"  {text}"


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('true')",
        "yaw_deg.__class__ == 1",
        "().__class__.__bases__[0].__subclasses__()",
        "yaw_deg.tofile('x')",
        "open('/etc/passwd') == 1",
        "eval('1') == 1",
        "[x for x in (1, 2)] == 1",
        "lambda: 1",
        "yaw_deg := 3",
        "yaw_deg ** 9 ** 9 ** 9 < 1",
        "9**9**9**9 < yaw_deg",
        "1 << 99999999 > id",
        "yaw_deg if 1 else 2",
        "f'{yaw_deg}' == '1'",
        "'a' * 999999999 == sex",
        "yaw_deg < 1; id",
        "yaw_deg < 1 # and more",
        "`id`",
        "$HOME == 1",
        "\\x41 == 1",
        "yaw_deg\x00 < 1",
        "ｙaw_deg < 1",
        "",
        "   ",
        "None == 1",
        "True",
    ],
)
def test_a_hostile_condition_is_refused(text: str):
    with pytest.raises(UsageError):
        Condition(text, COLUMNS)


@pytest.mark.parametrize(
    "text",
    [
        "(" * 2000 + "1 < 2" + ")" * 2000,
        "not " * 1000 + "1 < 2",
        "-" * 4000 + "1 < 2",
        "abs(" * 900 + "1" + ")" * 900 + " < 2",
        "sex in (" + "-" * 3000 + "1)",
        "K[" + "0" * 4000 + ", 0] < 1",
        "1 < 2" + " " * 5000,
    ],
)
def test_depth_and_length_are_bounded(text: str):
    began = time.monotonic()
    with pytest.raises(UsageError, match=r"deep|characters|values 0"):
        Condition(text, COLUMNS)
    assert time.monotonic() - began < 1


@pytest.mark.parametrize("text", ["1 < 2" + " and 1 < 2" * 400, "0" + " + 1" * 1000 + " == 1000", "1" + " < 2" * 1])
def test_a_long_flat_condition_is_fine(text: str):
    assert holds(text) == [0, 1, 2, 3, 4]


def test_a_condition_may_be_nested_as_deep_as_is_said():
    assert holds("(" * 40 + "1 < 2" + ")" * 40) == [0, 1, 2, 3, 4]
    assert holds("not " * 40 + "1 < 2") == [0, 1, 2, 3, 4]


def test_control_characters_do_not_reach_the_terminal():
    with pytest.raises(UsageError) as caught:
        Condition("yaw_deg < \x1b[31m", COLUMNS)
    assert "\x1b" not in str(caught.value)


_WORDS = st.sampled_from(
    [
        *("(", ")", "[", "]", ",", "<", ">", "+", "-", "*", "/", "==", "<=", "!=", '"', ".", "0", "1", "2.5", "'male'"),
        *("and", "or", "not", "in", "abs", "min", "known", "starts_with", "yaw_deg", "sex", "euler_deg", "K"),
        "__class__",
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(_WORDS, max_size=30).map(" ".join) | st.text(max_size=60))
def test_any_text_is_a_condition_or_refused(text: str):
    try:
        found = Condition(text, COLUMNS).holds(LABELS, N)
    except UsageError:
        return
    assert found.shape == (N,)
    assert found.dtype == bool


# ---------------------------------------------------------------- names of single values


def test_single_values_have_names_that_say_which():
    names = value_names(COLUMNS)
    for name, column, index in [
        ("pitch_deg", "euler_deg", (0,)),
        ("roll_deg", "euler_deg", (2,)),
        ("t_z_mm", "t_mm", (2,)),
        ("head_box_x1_px", "head_box_px", (2,)),
        ("gaze_yaw_deg", "gaze_deg", (1,)),
        ("K_0_2", "K", (0, 2)),
        ("landmarks_px_67_1", "landmarks_px", (67, 1)),
    ]:
        assert (names[name].column, names[name].index) == (column, index)
    assert "euler_deg" not in names


def test_every_value_of_every_column_has_a_name_of_its_own():
    names = [value.name for column in COLUMNS for value in values_of(column)]
    assert len(set(names)) == len(names)


def test_a_label_goes_before_a_value_of_the_same_name():
    odd = Column("yaw_deg", "<f8", description="someone's own")
    names = value_names((*COLUMNS, odd))
    assert names["yaw_deg"].column == "yaw_deg"
