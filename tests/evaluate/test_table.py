"""A table's four faces."""

from __future__ import annotations

import csv
import io
import json
import math

import pytest

from synth.errors import UsageError
from synth.evaluate.table import Column, PlusMinus, Table, as_csv, settings_text, shown

COLUMNS = (
    Column("model", "model"),
    Column("samples", "n", "count"),
    Column("yaw_deg", "yaw, °", "number"),
    Column("accuracy", "right", "share"),
)
TABLE = Table(
    "errors",
    "Errors",
    COLUMNS,
    (("c2f | best", 1234, PlusMinus(5.25, 1.0), 0.9125), ("frontal", 10, -0.04, None), ("x", 1, math.nan, 1.0)),
    ("A note.",),
    ("Set: tiny.",),
)


def test_as_markdown():
    assert TABLE.as_markdown().splitlines() == [
        "## Errors",
        "",
        "| model | n | yaw, ° | right |",
        "|---|---:|---:|---:|",
        "| c2f \\| best | 1,234 | 5.2 ± 1.0 | 91.2 % |",
        "| frontal | 10 | 0.0 | — |",
        "| x | 1 | — | 100.0 % |",
        "",
        "- A note.",
        "- Set: tiny.",
    ]


def test_as_text_its_columns_are_aligned():
    lines = TABLE.as_text().splitlines()
    assert lines[0] == "Errors"
    assert lines[2] == "model           n     yaw, °    right"
    assert lines[4] == "c2f | best  1,234  5.2 ± 1.0   91.2 %"
    assert lines[5] == "frontal        10        0.0        —"
    assert lines[-1] == "  A note."


def test_settings_are_said_once_below_all_tables():
    assert settings_text([TABLE, TABLE]).count("Set: tiny.") == 1


def test_as_csv_every_known_number_is_a_line():
    rows = list(csv.DictReader(io.StringIO(as_csv([TABLE]))))
    assert rows[0] == {
        "table": "errors", "row": "0", "label": "c2f | best", "column": "samples", "value": "1234", "std": "",
    }  # fmt: skip
    assert (rows[1]["value"], rows[1]["std"]) == ("5.25", "1.0")
    assert rows[2]["value"] == "0.9125"
    assert [row["column"] for row in rows if row["row"] == "2"] == ["samples", "accuracy"]


def test_as_json_rows_are_objects_and_nothing_is_nan():
    found = json.loads(json.dumps(TABLE.as_json(), allow_nan=False))
    assert found["rows"][0] == {
        "model": "c2f | best", "samples": 1234, "yaw_deg": 5.25, "yaw_deg_std": 1.0, "accuracy": 0.9125,
    }  # fmt: skip
    assert found["rows"][1]["accuracy"] is None
    assert found["rows"][2]["yaw_deg"] is None
    assert found["settings"] == ["Set: tiny."]


@pytest.mark.parametrize(
    ("cell", "text"), [(-12.345, "−12.35"), (-0.001, "0.00"), (1234.5, "1,234.50"), (0, "0.00"), ("a", "a")]
)
def test_a_number_as_people_read_it(cell, text):
    assert shown(cell, Column("x", "x", "number", 2)) == text


def test_a_row_with_too_few_cells_is_refused():
    with pytest.raises(UsageError, match="Row 1 has 1 cells for 2 columns"):
        Table("t", "T", (Column("a", "a"), Column("b", "b")), (("1", "2"), ("3",)))
