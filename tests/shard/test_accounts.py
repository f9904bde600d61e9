"""What a dataset is made of and whom it shows: written, read back, checked, and missing in older datasets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from synth.errors import DatasetError
from synth.shard.accounts import AssetEntry, SubjectEntry
from synth.shard.header import SCHEMA_VERSION
from synth.shard.manifest import Manifest, ShardEntry, content_sha256, manifest_to_json, write_manifest
from synth.shard.read_manifest import parse_manifest, read_manifest

ASSETS = (
    AssetEntry("demo8", "head pack", "CC0-1.0", "built by synth", "a" * 64),
    AssetEntry("forest", "environment", "CC0-1.0", "https://polyhaven.com/a/ninomaru_teien"),
)
SUBJECTS = (SubjectEntry("m0001", {"sex": "male", "age_years": 33.5, "moles": 4}), SubjectEntry("f0001"))


def manifest(**changes: Any) -> Manifest:
    shard = ShardEntry(0, "shard-00000.h5", 1000, 10, "0" * 64, ((0, 9),))
    values: dict[str, Any] = {"assets": ASSETS, "subjects": SUBJECTS}
    return Manifest("tiny-1", "tiny", 1, {"name": "tiny", "seed": 1}, (shard,), **(values | changes))


def signed(**changes: Any) -> bytes:
    content = manifest_to_json(manifest()) | changes
    return json.dumps(content | {"manifest_sha256": content_sha256(content)}).encode()


def test_they_are_read_back_as_they_were_written(tmp_path: Path) -> None:
    write_manifest(tmp_path, manifest())
    found = read_manifest(tmp_path)
    assert found.assets == ASSETS
    assert found.subjects == SUBJECTS
    assert isinstance(found.subjects[0].parameters["moles"], int)


def test_a_subject_stands_as_one_flat_row() -> None:
    """So that any JSON reader has a table of people."""
    rows = manifest_to_json(manifest())["subjects"]
    assert rows == [{"id": "m0001", "sex": "male", "age_years": 33.5, "moles": 4}, {"id": "f0001"}]


def test_a_manifest_without_them_is_what_it_always_was(tmp_path: Path) -> None:
    plain = manifest(assets=(), subjects=())
    content = manifest_to_json(plain)
    assert content.keys().isdisjoint({"assets", "subjects"})
    assert content["schema_version"] == SCHEMA_VERSION
    write_manifest(tmp_path, plain)
    assert read_manifest(tmp_path) == plain


ASSET = {"name": "n", "kind": "k", "license": "CC0-1.0", "source": "", "sha256": ""}
FAULTS: dict[str, tuple[dict[str, Any], str, str]] = {
    "no list": ({"assets": {}}, "is not a list", "assets"),
    "no mapping": ({"assets": ["x"]}, "is not a mapping", "assets[0]"),
    "no licence": ({"assets": [{k: v for k, v in ASSET.items() if k != "license"}]}, "missing", "assets[0].license"),
    "number": ({"assets": [ASSET | {"source": 3}]}, "is not a text", "assets[0].source"),
    "no name": ({"assets": [ASSET | {"name": ""}]}, "no name", "assets"),
    "two lines": ({"assets": [ASSET | {"license": "a\nb"}]}, "not a line", "assets: license"),
    "long": ({"assets": [ASSET | {"source": "x" * 1001}]}, "not a line", "assets: source"),
    "checksum": ({"assets": [ASSET | {"sha256": "beef"}]}, "not a SHA-256", "assets: n"),
    "no id": ({"subjects": [{"sex": "male"}]}, "missing", "subjects[0].id"),
    "id": ({"subjects": [{"id": 7}]}, "can't be a subject's id", "subjects"),
    "twice": ({"subjects": [{"id": "a"}, {"id": "a"}]}, "listed twice", "subjects"),
    "list": ({"subjects": [{"id": "a", "sex": ["male"]}]}, "neither a number nor a line", "subjects: a.sex"),
    "truth": ({"subjects": [{"id": "a", "hat": True}]}, "neither a number nor a line", "subjects: a.hat"),
    "name": ({"subjects": [{"id": "a", "a b": 1}]}, "can't be a parameter's name", "subjects: a"),
    "many": ({"subjects": [{"id": "a"} | {f"p{n}": n for n in range(65)}]}, "more than 64", "subjects: a"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_is_named(name: str) -> None:
    changes, what, where = FAULTS[name]
    with pytest.raises(DatasetError, match=what) as caught:
        parse_manifest(signed(**changes))
    assert caught.value.where == where


def test_a_number_that_json_does_not_have_is_refused() -> None:
    with pytest.raises(DatasetError, match="neither a number"):
        SubjectEntry("a", {"age_years": float("nan")})
