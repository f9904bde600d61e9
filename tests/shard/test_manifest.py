"""The manifest: a distinct error for every fault, and no field is believed unchecked."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

import pytest

from synth.errors import DatasetError
from synth.shard import manifest as manifest_module
from synth.shard.manifest import (
    MANIFEST_NAME,
    FailedSample,
    Manifest,
    ShardEntry,
    content_sha256,
    manifest_to_json,
    runs_of_ids,
    write_manifest,
)
from synth.shard.read_manifest import parse_manifest, read_manifest

RECIPE = {"name": "tiny", "seed": 1}


def entry(index: int, first: int, last: int, **changes: Any) -> ShardEntry:
    values = {
        "index": index, "name": f"shard-{index:05d}.h5", "bytes": 1000 + index, "samples": last - first + 1,
        "sha256": f"{index:064x}", "id_runs": ((first, last),),
    }  # fmt: skip
    return ShardEntry(**(values | changes))


def manifest(**changes: Any) -> Manifest:
    values: dict[str, Any] = {"dataset_id": "tiny-1", "name": "tiny", "seed": 1, "recipe": RECIPE}
    return Manifest(**(values | {"shards": (entry(0, 0, 9), entry(1, 10, 14))} | changes))


def signed(content: dict[str, Any]) -> bytes:
    """The content as a manifest whose own checksum is right, as someone with bad intentions would write it."""
    return json.dumps(content | {"manifest_sha256": content_sha256(content)}).encode()


def test_a_manifest_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    written = manifest(
        shards=(entry(0, 0, 9), entry(2, 10, 21, samples=5, id_runs=((10, 11), (13, 13), (20, 21)))),
        failed=(FailedSample(12, "Blender crashed"),),
        versions={"synth": "0.1.0"},
        hosts=("node-1", "nöde-2"),
        dates={"started": "2026-01-01T00:00:00+00:00"},
        license="CC0-1.0",
    )
    write_manifest(tmp_path, written)
    assert read_manifest(tmp_path) == written
    assert written.samples == 15


def test_every_name_that_a_recipe_can_have_is_read_back(tmp_path: Path) -> None:
    for name in ("a", "rgb_310k", "A" * 64, "0.a-b_c", "a" * 64 + "-subset-train"):
        write_manifest(tmp_path, manifest(name=name, recipe=RECIPE | {"name": name}))
        assert read_manifest(tmp_path).name == name


def test_ids_are_kept_as_runs() -> None:
    assert runs_of_ids([3, 4, 5, 9, 11, 12]) == ((3, 5), (9, 9), (11, 12))
    assert runs_of_ids([]) == ()
    assert entry(0, 3, 12, samples=6, id_runs=((3, 5), (9, 9), (11, 12))).ids.tolist() == [3, 4, 5, 9, 11, 12]


def shard_field(name: str, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(content: dict[str, Any]) -> None:
        content["shards"][1][name] = value

    return change


def field(name: str, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(content: dict[str, Any]) -> None:
        content[name] = value

    return change


def without(name: str) -> Callable[[dict[str, Any]], None]:
    def change(content: dict[str, Any]) -> None:
        del content[name]

    return change


FAULTS: list[tuple[Callable[[dict[str, Any]], None], str]] = [
    (field("format", "other"), "not a manifest"),
    (field("schema_version", "2.0"), "schema version 2.0.*newer version of synth"),
    (field("schema_version", "one"), "not a schema version"),
    (field("schema_version", 1), "schema_version: '1' is not a text"),
    (without("schema_version"), "schema_version: The field is missing"),
    (without("shards"), "shards: The field is missing"),
    (field("shards", {}), "shards: .* is not a list"),
    (field("shards", []), "lists no shards"),
    (field("shards", [7]), r"shards\[0\]: '7' is not a mapping"),
    (shard_field("name", "../shard-00001.h5"), "'../shard-00001.h5' is not the name of shard 1"),
    (shard_field("name", "/etc/passwd"), "not the name of shard 1"),
    (shard_field("name", "shard-00002.h5"), "not the name of shard 1"),
    (shard_field("name", "shard-1.h5"), "not the name of shard 1"),
    (shard_field("name", "shard-00001.h5\n"), "not the name of shard 1"),
    (shard_field("name", 1), r"shards\[1\].name: '1' is not a text"),
    (shard_field("index", True), r"shards\[1\].index: 'True' is not a whole number"),
    (shard_field("bytes", 1.5), r"shards\[1\].bytes: '1.5' is not a whole number"),
    (shard_field("bytes", -1), "size is -1 bytes"),
    (shard_field("bytes", 2**70), "too large"),
    (shard_field("samples", 6), "lists 5 ids but 6 samples"),
    (shard_field("samples", 0), "can't hold 0 samples"),
    (shard_field("samples", 10**9), "can't hold 1000000000 samples"),
    (shard_field("sha256", "ab"), "'ab' is not a SHA-256"),
    (shard_field("first_id", -4), "negative or inverted"),
    (shard_field("last_id", 3), "negative or inverted"),
    (shard_field("ids", [[10, 12], [12, 13]]), "first_id and last_id"),
    (shard_field("ids", [[10, 12], [12, 14]]), "repeat or don't ascend"),
    (shard_field("ids", [[10, 2**62], [2**62 + 1, 14]]), "negative or inverted"),
    (shard_field("ids", [10, 14]), r"is not \[first, last\]"),
    (shard_field("ids", []), "first_id and last_id"),
    (field("samples", 16), "says 16 samples, its shards hold 15"),
    (field("recipe", {"name": "other"}), "recipe_sha256: It is not the checksum"),
    (field("dataset_id", "../x"), "can't be a dataset's id"),
    (field("name", "../../evil"), r"name: '../../evil' can't be a dataset's name"),
    (field("name", "evil\n"), "can't be a dataset's name"),
    (field("name", ".."), "can't be a dataset's name"),
    (field("name", ""), "can't be a dataset's name"),
    (field("seed", -1), "-1 is not a seed"),
    (field("hosts", [1]), "hosts: '1' is not a text"),
    (field("failed", [{"id": 3, "reason": "x"}]), "Sample 3 is listed as failed and as stored"),
    (field("failed", [{"id": 99, "reason": "x"}] * 2), "repeat"),
]


@pytest.mark.parametrize(("change", "message"), FAULTS)
def test_each_fault_has_its_own_error(change: Callable[[dict[str, Any]], None], message: str, tmp_path: Path) -> None:
    content = manifest_to_json(manifest())
    change(content)
    (tmp_path / MANIFEST_NAME).write_bytes(signed(content))
    with pytest.raises(DatasetError, match=message) as caught:
        read_manifest(tmp_path)
    assert str(tmp_path / MANIFEST_NAME) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_id_that_stands_in_two_shards_is_named() -> None:
    with pytest.raises(DatasetError, match=r"Id 9 is in shard-00000.h5 and in shard-00001.h5"):
        manifest(shards=(entry(0, 0, 9), entry(1, 9, 14)))


def test_a_shard_that_is_listed_twice_is_named() -> None:
    with pytest.raises(DatasetError, match=r"shard-00000.h5 is listed twice"):
        manifest(shards=(entry(0, 0, 9), entry(0, 10, 14)))


def test_a_change_that_keeps_every_rule_is_still_noticed(tmp_path: Path) -> None:
    write_manifest(tmp_path, manifest(hosts=("node-1",)))
    text = (tmp_path / MANIFEST_NAME).read_text()
    (tmp_path / MANIFEST_NAME).write_text(text.replace("node-1", "node-2"))
    with pytest.raises(DatasetError, match="changed after it was written"):
        read_manifest(tmp_path)


def test_fields_of_a_later_minor_version_are_passed_over() -> None:
    content = manifest_to_json(manifest()) | {"schema_version": "1.7", "mood": "fine"}
    assert parse_manifest(signed(content)).schema_version == "1.7"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"format": "synth-dataset", "format": "synth-dataset"}',
        b'{"format": "synth-dataset", "seed": NaN}',
        b'{"format": "synth-dataset", "seed": ' + b"9" * 5000 + b"}",
        b'{"a":' * 100 + b"1" + b"}" * 100,
    ],
)
def test_what_is_not_strict_json_is_refused(data: bytes) -> None:
    with pytest.raises(DatasetError, match="not valid JSON"):
        parse_manifest(data)


def test_a_manifest_of_any_size_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / MANIFEST_NAME).open("wb") as file:
        file.truncate(1 << 40)  # sparse: a terabyte that takes no room
    with pytest.raises(DatasetError, match="larger than"):
        read_manifest(tmp_path)


def test_a_manifest_of_very_many_shards_and_failures_is_read_back_in_seconds(tmp_path: Path) -> None:
    """So many that time that grows with their product, or their square, would be minutes."""
    many = 30_000
    shards = tuple(entry(n, 4 * n, 4 * n + 1) for n in range(many))
    failed = tuple(FailedSample(4 * n + 2, "Blender crashed " * 40) for n in range(many))
    write_manifest(tmp_path, manifest(shards=shards, failed=failed))
    assert (tmp_path / MANIFEST_NAME).stat().st_size > 20 << 20
    began_s = perf_counter()
    assert read_manifest(tmp_path).failed == failed
    assert perf_counter() - began_s < 20


def test_a_manifest_that_no_reader_would_take_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manifest_module, "MAX_MANIFEST_BYTES", 100)
    with pytest.raises(DatasetError, match=r"Put more samples into a shard"):
        write_manifest(tmp_path, manifest())
    assert list(tmp_path.iterdir()) == []


def test_an_unfinished_dataset_is_told_from_a_folder_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="not a dataset"):
        read_manifest(tmp_path)
    (tmp_path / "shard-00000.h5").touch()
    with pytest.raises(DatasetError, match=r"unfinished.*synth render"):
        read_manifest(tmp_path)
    with pytest.raises(DatasetError, match="no such folder"):
        read_manifest(tmp_path / "nowhere")


def test_a_file_given_for_the_folder_is_called_a_file(tmp_path: Path) -> None:
    write_manifest(tmp_path, manifest())
    with pytest.raises(DatasetError, match="It is a file") as refusal:
        read_manifest(tmp_path / MANIFEST_NAME)
    assert str(tmp_path) in refusal.value.mend
