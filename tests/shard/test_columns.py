"""The label schema: every label has a meaning, and no value that breaks it is stored."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from synth.errors import ShardError
from synth.heads.pack import HeadRecord
from synth.shard.columns import REQUIRED_COLUMNS, Column, columns_for, known_column, stored_labels
from tests.tiny_dataset import make_record

NAMES = [column.name for column in REQUIRED_COLUMNS]


def test_every_label_that_is_not_a_name_says_its_unit() -> None:
    names_and_ids = {"id", "subject", "condition", "noise_seed", "sex"}
    assert {column.name for column in REQUIRED_COLUMNS if not column.unit} == names_and_ids
    assert all(column.order for column in REQUIRED_COLUMNS if column.shape)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("t_mm", [1.0, 2.0], r"shape is \(2,\), not \(3,\)"),
        ("t_mm", [1.0, float("nan"), 2.0], "not finite"),
        ("t_mm", [[1.0], [2.0, 3.0]], "not of type"),
        ("distance_mm", "far", "not a number"),
        ("distance_mm", 1e400, "not finite"),
        ("id", 1.5, "doesn't fit"),
        ("id", 2**63, "doesn't fit|not of type"),
        ("crop_box_px", [0, 0, 2**31, 4], "doesn't fit"),
        ("subject", "", "empty"),
        ("subject", "m" * 65, "at most 64"),
        ("subject", "Jürgen", "ASCII"),
        ("subject", "a\nb", "printable"),
        ("R_camera_from_head", None, "not a number"),
    ],
)
def test_a_value_that_does_not_fit_its_column_is_refused_by_name(name: str, value: Any, message: str) -> None:
    labels = make_record(0).labels | {name: value}
    with pytest.raises(ShardError, match=message) as caught:
        stored_labels(labels, columns_for(labels))
    assert name in caught.value.where


@pytest.mark.parametrize(
    ("field", "label", "longest"), [("id", "subject", 64), ("hair_style", "hair_style", 32), ("glasses", "glasses", 32)]
)
def test_the_longest_text_that_a_head_pack_may_hold_fits_its_column(field: str, label: str, longest: int) -> None:
    head = {
        "id": "m1", "file": "heads/m1.glb", "sha256": "0" * 64, "bytes": 1, "triangles": 1, "rig": "none",
        "head_center_m": (0.0, 0.0, 0.0), "head_box_m": ((-1.0, -1.0, -1.0), (1.0, 1.0, 1.0)), "license": "CC0-1.0",
    }  # fmt: skip
    column = known_column(label)
    text = getattr(HeadRecord.model_validate(head | {field: "x" * longest}), field)
    assert column is not None
    assert column.as_stored(text) == text.encode()
    for wrong in ("x" * (longest + 1), "käthe", "a\nb", ""):
        with pytest.raises(ValidationError):
            HeadRecord.model_validate(head | {field: wrong})


@pytest.mark.parametrize("name", ["age_years", "skin_tone"])
def test_what_may_be_unknown_is_stored_as_nan(name: str) -> None:
    labels = make_record(0).labels | {name: None}
    assert np.isnan(stored_labels(labels, REQUIRED_COLUMNS)[name])


@pytest.mark.parametrize("value", [None, [float("nan"), float("nan")]])
def test_the_gaze_of_a_head_whose_eyes_do_not_turn_is_unknown(value: Any) -> None:
    labels = make_record(0).labels | {"gaze_deg": value}
    assert np.isnan(stored_labels(labels, columns_for(labels))["gaze_deg"]).tolist() == [True, True]


def test_an_unknown_sex_is_stored_as_an_empty_text() -> None:
    assert stored_labels(make_record(0).labels | {"sex": None}, REQUIRED_COLUMNS)["sex"] == b""


def test_missing_and_undeclared_labels_are_named() -> None:
    with pytest.raises(ShardError, match="Missing: euler_deg, id"):
        columns_for(set(NAMES) - {"id", "euler_deg"})
    with pytest.raises(ShardError, match="Not known: mood"):
        columns_for([*NAMES, "mood"])


def test_further_labels_can_be_declared() -> None:
    mood = Column("mood", "|S16", description="as posed")
    assert columns_for([*NAMES, "mood"], [mood])[-1] == mood
    assert columns_for([*NAMES, "gaze_deg"])[-1] == known_column("gaze_deg")


def test_a_known_label_cannot_be_given_another_meaning() -> None:
    with pytest.raises(ShardError, match="two ways"):
        columns_for(NAMES, [Column("t_mm", "<f8", (3,), unit="m")])


@pytest.mark.parametrize(
    "arguments",
    [
        ("../evil", "<f4"),
        ("a b", "<f4"),
        ("", "<f4"),
        ("x" * 65, "<f4"),
        ("ok", "|O"),
        ("ok", ">f4"),
        ("ok", "|S0"),
        ("ok", "|S257"),
        ("ok", "<c8"),
        ("ok", "<f4", (2, 2, 2)),
        ("ok", "<f4", (257,)),
        ("ok", "<f4", (0,)),
    ],
)
def test_a_column_outside_the_rules_cannot_be_declared(arguments: tuple[Any, ...]) -> None:
    with pytest.raises(ShardError):
        Column(*arguments)
