"""The tables show exactly the errors that a candidate was given."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from known_errors import FakeSource, fake_candidate, trial_of

from synth.data.network_input import NetworkInput
from synth.errors import UsageError
from synth.evaluate.report import TABLES, build_tables
from synth.evaluate.table import PlusMinus
from synth.evaluate.trial import Runtime

# Two samples in each quadrant, none near a border but the first.
TRUE = np.array(
    [[2, 20, 1], [20, 20, 1], [-20, 20, 1], [-40, 20, 1], [-20, -20, 1], [-20, -40, 1], [20, -20, 1], [40, -40, 1]],
    dtype=np.float64,
)
OFF = np.add(TRUE, [4, -6, 2])


def rows_of(table, *keys):
    numbers = [[column.key for column in table.columns].index(key) for key in keys]
    return [tuple(row[n] for n in numbers) for row in table.rows]


def only(name, *trials):
    (table,) = build_tables(list(trials), [name])
    return table


def test_known_errors_stand_in_the_table_of_renders():
    table = only("regression", trial_of(fake_candidate(OFF, "ours"), FakeSource(TRUE)))
    assert "Table 4" in table.title
    (ours, frontal) = table.rows
    cells = dict(zip([column.key for column in table.columns], ours, strict=True))
    assert (cells["set"], cells["model"], cells["samples"]) == ("fake", "ours", 8)
    assert (cells["pitch_deg"].mean, cells["yaw_deg"].mean, cells["roll_deg"].mean) == pytest.approx((4, 6, 2))
    assert cells["pitch_deg"].std == pytest.approx(0, abs=1e-9)
    assert cells["mean_deg"] == pytest.approx(4)
    assert cells["category_accuracy"] == 1
    cells = dict(zip([column.key for column in table.columns], frontal, strict=True))
    assert cells["model"] == "always frontal"
    assert cells["yaw_deg"].mean == 25
    assert cells["pitch_deg"].mean == pytest.approx(np.abs(TRUE[:, 0]).mean())


def test_every_table_names_set_split_crop_convention_checkpoint_and_device():
    trial = trial_of(fake_candidate(OFF, "ours", strategy="pitch+yaw", category=[0] * 8), FakeSource(TRUE))
    for table in build_tables([trial]):
        said = " ".join(table.settings)
        assert "ours.safetensors" in said
        assert "crop margin 1.2" in said
        assert "on a test" in said
        if table.name != "runtime":
            assert "Set fake: made for a test; judged on everything" in said
            assert "300wlp" in said


def test_candidates_on_one_set_share_its_baseline():
    source = FakeSource(TRUE)
    one = trial_of(fake_candidate(OFF, "one"), source)
    other = dataclasses.replace(trial_of(fake_candidate(TRUE, "other"), source), on=one.on)
    assert rows_of(only("regression", one, other), "model") == [("one",), ("other",), ("always frontal",)]


def test_those_without_an_estimate_are_named():
    guess = OFF.copy()
    guess[2:5] = np.nan
    table = only("regression", trial_of(fake_candidate(guess, "shy"), FakeSource(TRUE)))
    assert "shy gave no estimate for 3 of 8 on fake: not in its means." in table.notes


def test_a_classifier_stands_among_classifiers_only():
    trial = trial_of(fake_candidate(None, "AlexNet", category=[0, 0, 1, 1, 2, 2, 3, 0], strategy="pitch+yaw"),
                     FakeSource(TRUE))  # fmt: skip
    names = [table.name for table in build_tables([trial])]
    assert "classifiers" in names
    assert "regression" not in names
    keys = ("model", "by", "category_accuracy", "recall_L1", "recall_L4", "majority")
    assert rows_of(only("classifiers", trial), *keys) == [("AlexNet", "classifier", 7 / 8, 1.0, 0.5, 0.25)]


def test_strategies_are_judged_by_classifier_and_by_angles():
    guess = TRUE * [1, 1, -1]  # every roll on the wrong side
    trial = trial_of(fake_candidate(guess, category=[0, 0, 0, 0, 1, 1, 1, 0], strategy="yaw"), FakeSource(TRUE))
    table = only("strategies", trial)
    rows = {row[0]: row[1:] for row in rows_of(table, "strategy", "by_classifier", "by_angles")}
    assert rows["yaw"] == (7 / 8, 1.0)
    assert rows["pitch"] == (None, 1.0)
    assert rows["roll"] == (None, 0.0)
    assert len(rows) == 7


def test_depth_has_its_own_table():
    candidate = dataclasses.replace(fake_candidate(OFF, "forest"), input=NetworkInput(32, "depth"))
    trial = trial_of(fake_candidate(OFF), FakeSource(TRUE))
    table = only("depth", dataclasses.replace(trial, candidate=candidate))
    assert "Table 8" in table.title
    with pytest.raises(UsageError, match="nothing to show in regression"):
        build_tables([dataclasses.replace(trial, candidate=candidate)], ["regression"])


def test_photographs_stand_beside_quoted_numbers_that_say_so():
    trial = trial_of(fake_candidate(OFF, "ours"), FakeSource(TRUE, name="biwi"), rendered=False)
    table = only("real", trial)
    rows = rows_of(table, "model", "yaw_deg", "mean_deg", "samples")
    assert ("Hopenet (quoted)", 4.81, 4.90, None) in rows
    assert not [row for row in rows if "(quoted)" not in row[0] and row[0] not in ("ours", "always frontal")]
    assert any("Quoted, not measured here: Hopenet from Ruiz" in note for note in table.notes)
    assert any("often another convention of the angles" in note for note in table.notes)


def test_quoted_means_are_those_of_their_angles():
    from synth.evaluate.published import PUBLISHED

    for quoted in PUBLISHED:
        angles = (quoted.yaw_deg, quoted.pitch_deg, quoted.roll_deg)
        if None not in angles:
            assert sum(angles) / 3 == pytest.approx(quoted.mean_deg, abs=0.011), quoted


def test_conditions_are_told_apart_where_there_are_several():
    conditions = ["base", "dark", "base", "dark", "base", "dark", "base", "dark"]
    guess = TRUE + np.where(np.arange(8)[:, None] % 2, 10.0, 1.0)
    trial = trial_of(fake_candidate(guess), FakeSource(TRUE, conditions=conditions))
    rows = rows_of(only("conditions", trial), "condition", "samples", "mean_deg")
    assert rows == [("base", 4, pytest.approx(1)), ("dark", 4, pytest.approx(10))]
    assert "conditions" not in [t.name for t in build_tables([trial_of(fake_candidate(guess), FakeSource(TRUE))])]


def test_borders_are_set_against_the_rest():
    guess = TRUE.copy()
    guess[0, 0] = -4  # 6° over the border that is 2° away
    rows = rows_of(
        only("borders", trial_of(fake_candidate(guess), FakeSource(TRUE))), "place", "samples", "mean_deg",
        "category_accuracy",
    )  # fmt: skip
    assert rows == [
        ("within 5° of pitch 0", 1, pytest.approx(2), 0.0),
        ("within 5° of either", 1, pytest.approx(2), 0.0),
        ("elsewhere", 7, pytest.approx(0), 1.0),
    ]


def test_groups_of_people_name_how_many_they_are():
    sex = np.array(["male", "female"] * 4)
    source = FakeSource(TRUE, subjects=["a", "b", "a", "b", "c", "b", "c", "b"])
    table = only("attributes", trial_of(fake_candidate(OFF), source, attributes={"sex": sex}))
    assert rows_of(table, "group", "people", "samples") == [("sex: female", 1, 4), ("sex: male", 2, 4)]


def test_regions_show_the_mean_error_where_there_are_enough_samples():
    true = np.concatenate([np.tile([[10.0, 10, 0]], (5, 1)), np.tile([[10.0, -10, 0]], (4, 1))])
    table = only("regions", trial_of(fake_candidate(np.add(true, [3, 0, 0])), FakeSource(true)))
    assert [column.key for column in table.columns] == ["set", "model", "pitch", "yaw_-30", "yaw_0"]
    assert rows_of(table, "pitch", "yaw_-30", "yaw_0") == [("0 … 30°", None, pytest.approx(1))]


def test_confusion_counts_what_is_taken_for_what():
    trial = trial_of(fake_candidate(None, category=[0, 1, 1, 1, 2, 2, 3, 3], strategy="pitch+yaw"), FakeSource(TRUE))
    rows = rows_of(only("confusion", trial), "true", "as_1", "as_2", "recall", "precision")
    assert rows[0] == ("1: pitch +, yaw +", 1, 1, 0.5, 1.0)
    assert rows[1] == ("2: pitch −, yaw +", 0, 2, 1.0, pytest.approx(2 / 3))


def test_runtime_names_batch_and_device():
    trial = trial_of(fake_candidate(OFF), FakeSource(TRUE))
    timed = dataclasses.replace(trial.estimates, runtimes=(Runtime(0.004, 64, 20, "cuda: a card", "float32", 2),))
    table = only("runtime", dataclasses.replace(trial, estimates=timed))
    assert rows_of(table, "batch", "ms", "per_second", "looks", "arithmetic", "device") == [
        (64, 4.0, 250.0, 2, "float32", "cuda: a card")
    ]
    assert "whatever was trained with" in " ".join(table.notes)


def test_pointing04_is_judged_by_sign_rank_and_slope():
    tilts, pans = np.meshgrid([-30.0, -15, 0, 15, 30], [-45.0, -30, -15, 0, 15, 30, 45])
    true = np.stack([tilts.ravel(), pans.ravel(), np.full(tilts.size, np.nan)], axis=1)
    guess = np.add(np.nan_to_num(true * [0.5, 0.8, 1]), [0, 1, 0])
    table = only("pointing04", trial_of(fake_candidate(guess, "ours"), FakeSource(true, name="pointing04"),
                                        rendered=False, protocol="pointing04"))  # fmt: skip
    ours, frontal = (dict(zip([c.key for c in table.columns], row, strict=True)) for row in table.rows)
    assert ours["pitch_slope"] == pytest.approx(0.5)
    assert ours["pitch_rank"] == pytest.approx(1)
    assert ours["pitch_sign"] == 1
    assert ours["yaw_slope"] == pytest.approx(0.8)
    assert ours["yaw_bias_deg"] == pytest.approx(1)
    assert ours["category_off_zero"] == 1
    assert frontal["yaw_deg"] == pytest.approx(25.7, abs=0.02)
    assert "|pan| ≤ 45°, |tilt| ≤ 30°" in table.notes[0]


def test_an_unknown_table_is_refused_with_the_names_there_are():
    with pytest.raises(UsageError, match="no table 'tabel'") as raised:
        build_tables([], ["tabel"])
    assert all(name in str(raised.value) for name in TABLES)


def test_a_cell_with_a_deviation_keeps_both_numbers():
    table = only("regression", trial_of(fake_candidate(OFF), FakeSource(TRUE)))
    assert isinstance(table.rows[0][3], PlusMinus)
