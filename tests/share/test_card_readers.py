"""What a card holds for machines, read back by those who read it: mlcroissant, pyarrow, datasets."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from synth.card.card import write_card
from synth.card.table import labels_parquet
from synth.shard.dataset import open_dataset
from synth.share.source import open_source
from synth.view.contact_sheet import ContactSheet

# Their warnings are theirs.
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Drawing takes seconds, and pictures are looked at elsewhere."""
    blank = np.zeros((4, 4, 3), np.uint8)
    monkeypatch.setattr("synth.card.card.draw_contact_sheet", lambda *_: ContactSheet(blank, ()))
    monkeypatch.setattr("synth.card.card.histograms_png", lambda *_: b"PNG")
    monkeypatch.setattr("synth.card.card.axes_picture", lambda *_: blank)
    monkeypatch.setattr("synth.card.card.people_picture", lambda *_: blank)


@pytest.fixture
def carded(full: Path) -> Path:
    pytest.importorskip("pyarrow", exc_type=ImportError)
    write_card(full)
    return full


def test_mlcroissant_finds_nothing_wrong_and_reads_every_record(carded: Path):
    croissant = pytest.importorskip("mlcroissant", exc_type=ImportError)
    dataset = croissant.Dataset(jsonld=str(carded / "croissant.json"))
    issues = dataset.metadata.ctx.issues
    assert not issues.errors
    assert not [warning for warning in issues.warnings if "datePublished" not in warning]  # this one has no date
    items = {item.id: item for item in open_dataset(carded)}
    records = list(dataset.records("samples"))
    assert sorted(record["samples/id"] for record in records) == sorted(items)
    for record in records:
        item = items[record["samples/id"]]
        assert record["samples/subject"].decode() == item.subject
        assert record["samples/yaw_deg"] == item.euler_deg[1]
        np.testing.assert_array_equal(np.array(record["samples/K"]), item.K)


@pytest.mark.parametrize("options", [{}, {"url": "https://example.org/tiny"}, {"parquet": False}])
def test_mlcroissant_has_no_complaint_at_all_about_a_dataset_with_a_date(tiny: Path, options: dict[str, Any]):
    croissant = pytest.importorskip("mlcroissant", exc_type=ImportError)
    pytest.importorskip("pyarrow", exc_type=ImportError)
    write_card(tiny, **options)
    issues = croissant.Dataset(jsonld=str(tiny / "croissant.json")).metadata.ctx.issues
    assert (set(issues.errors), set(issues.warnings)) == (set(), set())


def test_datasets_loads_the_table_by_the_cards_own_front_matter(
    carded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("HF_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_DATASETS_OFFLINE", "1")
    datasets = pytest.importorskip("datasets", exc_type=ImportError)
    rows: Any = datasets.load_dataset(str(carded), "labels", split="train", cache_dir=str(tmp_path / "cache"))
    assert sorted(rows["id"]) == open_dataset(carded).ids.tolist()


def test_the_table_holds_every_value_of_every_label_with_its_meaning(full: Path):
    parquet = pytest.importorskip("pyarrow.parquet", exc_type=ImportError)
    source, dataset = open_source(full), open_dataset(full)
    table = parquet.read_table(io.BytesIO(labels_parquet(source)))
    labels = dataset.labels
    np.testing.assert_array_equal(np.array(table["landmarks_px"].to_pylist(), np.float32), labels["landmarks_px"])
    np.testing.assert_array_equal(np.array(table["R_camera_from_head"].to_pylist()), labels["R_camera_from_head"])
    np.testing.assert_array_equal(table["t_z_mm"].to_numpy(), labels["t_mm"][:, 2])
    np.testing.assert_array_equal(table["head_box_y1_px"].to_numpy(), labels["head_box_px"][:, 3])
    assert table["subject"].to_pylist() == labels["subject"].tolist()
    assert [age is None for age in table["age_years"].to_pylist()] == np.isnan(labels["age_years"]).tolist()
    assert [sex is None for sex in table["sex"].to_pylist()] == (labels["sex"] == "").tolist()
    assert table.schema.field("t_z_mm").metadata[b"unit"] == b"mm"
    assert table.schema.field("landmarks_px").metadata[b"frame"].startswith(b"full frame")


def test_pandas_reads_the_table_as_the_card_says(carded: Path):
    pandas = pytest.importorskip("pandas", exc_type=ImportError)
    table, items = pandas.read_parquet(carded / "labels.parquet"), open_dataset(carded)
    assert 'pandas.read_parquet("labels.parquet")' in (carded / "README.md").read_text(encoding="utf-8")
    assert len(table) == len(items) == 12
    for _, row in table.iterrows():
        item = items.by_id(int(row["id"]))
        assert (row["pitch_deg"], row["yaw_deg"], row["roll_deg"]) == tuple(item.euler_deg)
        assert pandas.isna(row["age_years"]) == bool(np.isnan(item.labels["age_years"]))
        np.testing.assert_array_equal(np.stack(row["K"]), item.K)


def test_the_table_says_where_each_sample_lies(full: Path):
    parquet = pytest.importorskip("pyarrow.parquet", exc_type=ImportError)
    from synth.shard.read import Shard

    table = parquet.read_table(io.BytesIO(labels_parquet(open_source(full)))).to_pylist()
    assert len(table) == 12
    for row in table:
        assert int(Shard(full / row["shard"]).labels["id"][row["position"]]) == row["id"]
