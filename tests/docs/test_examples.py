"""The format's page against the code: its example runs, and what it states is what shards hold."""

from __future__ import annotations

import hashlib
import importlib.util
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType

import cv2
import h5py
import numpy as np
import pytest
from tiny_dataset import make_tiny_dataset

from synth.effects import gaussian_table
from synth.effects.sensor_noise import add_sensor_noise
from synth.shard import columns, encode, layout, manifest, read_manifest
from synth.shard.columns import OPTIONAL_COLUMNS, REQUIRED_COLUMNS, Column
from synth.shard.read import Shard

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE = (DOCS / "shards.md").read_text(encoding="utf-8")
READER = DOCS / "examples" / "read_shard.py"


def example(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, DOCS / "examples" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def column_table(listed: Iterable[Column]) -> str:
    """The table of labels as docs/shards.md shows it."""
    lines = ["| column | type | shape | unit | frame | meaning |", "|---|---|---|---|---|---|"]
    for column in listed:
        kind = f"text[{column.dtype[2:]}]" if column.is_text else np.dtype(column.dtype).name
        shape = "×".join(str(side) for side in ("N", *column.shape))
        meaning = "; ".join(text for text in (column.order, column.description) if text)
        lines.append(f"| `{column.name}` | {kind} | {shape} | {column.unit} | {column.frame} | {meaning} |")
    return "\n".join(lines) + "\n"


# ---------------------------------------------------------------- the example


def test_the_page_shows_the_example_as_it_is():
    (shown,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert shown == READER.read_text(encoding="utf-8")


def test_the_example_needs_nothing_of_ours():
    assert set(re.findall(r"^(?:import|from) (\w+)", READER.read_text(), re.MULTILINE)) == {
        *("sys", "zlib", "cv2", "h5py", "numpy"),
    }


def test_the_example_prints_a_line_a_sample(tmp_path: Path):
    make_tiny_dataset(tmp_path, samples=4)
    done = subprocess.run(
        [sys.executable, str(READER), str(tmp_path / "shard-00000.h5")], capture_output=True, text=True, check=True
    )
    lines = done.stdout.splitlines()
    assert [line.split()[:2] for line in lines] == [["0", "m0000"], ["1", "m0000"], ["2", "m0000"], ["3", "m0000"]]
    assert all("(48, 48, 3) (48, 48)" in line for line in lines)


def test_the_example_reads_what_the_package_reads(tmp_path: Path):
    make_tiny_dataset(tmp_path, samples=3)
    path = tmp_path / "shard-00000.h5"
    reader, ours = example("read_shard"), Shard(path)
    with h5py.File(path, "r") as file:
        for position in range(3):
            rgb, range_mm, labels = reader.read_sample(file, position)
            np.testing.assert_array_equal(rgb, ours.rgb(position))
            np.testing.assert_array_equal(range_mm, ours.range_mm(position))
            assert range_mm.dtype == np.float32
            assert labels.keys() == ours.labels.keys()
            for name, value in labels.items():
                np.testing.assert_array_equal(value, ours.labels[name][position])


def test_the_example_says_that_a_picture_is_absent(tmp_path: Path):
    make_tiny_dataset(tmp_path, samples=1, rgb=False)
    with h5py.File(tmp_path / "shard-00000.h5", "r") as file:
        rgb, range_mm, _ = example("read_shard").read_sample(file, 0)
    assert rgb is None
    assert range_mm.shape == (48, 48)


def test_the_example_notices_a_flipped_bit(tmp_path: Path):
    make_tiny_dataset(tmp_path, samples=2)
    path = tmp_path / "shard-00000.h5"
    with h5py.File(path, "r") as file:
        where = file["rgb/data"].id.get_offset() + 700
    damaged = bytearray(path.read_bytes())
    damaged[where] ^= 4
    path.write_bytes(damaged)
    with h5py.File(path, "r") as file, pytest.raises(ValueError, match=r"position 0: .* of /rgb don't match"):
        example("read_shard").read_sample(file, 0)


@pytest.mark.parametrize("attribute", ["format", "schema_version"])
def test_the_example_refuses_what_it_does_not_know(tmp_path: Path, attribute: str):
    make_tiny_dataset(tmp_path, samples=1)
    path = tmp_path / "shard-00000.h5"
    with h5py.File(path, "r+") as file:
        file.attrs[attribute] = np.bytes_(b"2.0")
    done = subprocess.run([sys.executable, str(READER), str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == "This is no shard of schema version 1.\n"


# ---------------------------------------------------------------- the labels and the layout


def test_the_page_lists_every_label_as_the_code_has_it():
    required, optional = column_table(REQUIRED_COLUMNS), column_table(OPTIONAL_COLUMNS)
    assert required in PAGE, f"put this into docs/shards.md:\n{required}"
    assert optional in PAGE, f"put this into docs/shards.md:\n{optional}"


def test_the_page_names_every_dataset_and_attribute_of_a_shard(tmp_path: Path):
    make_tiny_dataset(tmp_path, samples=2)
    names: set[str] = set()

    def note(_: str, found: h5py.Group | h5py.Dataset) -> None:
        names.update(found.attrs)

    with h5py.File(tmp_path / "shard-00000.h5", "r") as file:
        note("/", file)
        file.visititems(note)
        values = {name: file[kind].attrs[name] for kind in ("rgb", "depth") for name in file[kind].attrs}
    rows = [line for line in PAGE.splitlines() if line.startswith("|")]
    for name in names:
        assert any(f"`{name}`" in row for row in rows), f"the attribute {name} isn't on the page"
    for name, value in values.items():
        text = value.decode() if isinstance(value, bytes) else str(value)
        assert any(f"`{name}`" in row and f"`{text}`" in row for row in rows), f"{name} = {text} isn't on the page"


def test_the_page_names_every_field_of_a_manifest(tmp_path: Path):
    holes = make_tiny_dataset(tmp_path, samples=4, ids=[0, 1, 5, 6])
    content = manifest.manifest_to_json(holes)
    fields = {*content, *content["shards"][0], *content["heads"][0], *content["dates"], "id", "reason", "began"}
    assert not [field for field in sorted(fields) if f"`{field}`" not in PAGE]


def test_the_limits_on_the_page_are_those_of_the_code():
    for text in (
        f"{layout.MAX_SAMPLES:,} samples",
        f"{layout.MAX_BLOB_BYTES >> 20} MiB in an encoded picture",
        f"{encode.MAX_PIXELS:,} pixels",
        f"{layout.MAX_LABEL_BYTES >> 20} MiB of",
        f"{layout.MAX_RECIPE_BYTES >> 20} MiB of recipe",
        f"{columns.MAX_FURTHER_COLUMNS} columns besides",
        f"at most {read_manifest.MAX_MANIFEST_BYTES >> 20} MiB, no key",
        f"at most {encode.MAX_RANGE_MM:.1f}",
    ):
        assert text in " ".join(PAGE.split())


# ---------------------------------------------------------------- the noise


@pytest.mark.parametrize(
    ("sigma", "seed", "sample_id"),
    [(2.0, 7, 0), (0.3, 2019, 309_999), (64.0, 0, 2**40), (3.66, 2**62, 5), (3 / 131072, 1, 1), (0.0, 7, 0)],
)
def test_the_noise_as_described_is_the_noise_that_the_package_adds(sigma: float, seed: int, sample_id: int):
    table = np.frombuffer(gaussian_table._TABLE_FILE.read_bytes(), "<i2")
    rgb = np.random.default_rng(5).integers(0, 256, (23, 19, 3), dtype=np.uint8)
    described = example("sensor_noise").add_noise(rgb, sigma, seed, sample_id, table)
    np.testing.assert_array_equal(described, add_sensor_noise(rgb, sigma, seed, sample_id))


def test_the_page_names_the_table_that_ships():
    assert gaussian_table._TABLE_FILE.name in PAGE
    assert hashlib.sha256(gaussian_table._TABLE_FILE.read_bytes()).hexdigest() in PAGE


def test_the_test_vector_on_the_page_is_right():
    drawn = np.random.Philox(key=np.array([7, 0], np.uint64), counter=np.array([0, 0, 0, 0x53454E534F52], np.uint64))
    block = [int(word) for word in drawn.random_raw(4)]
    assert ", ".join(f"0x{word:016X}" for word in block) in PAGE
    assert example("sensor_noise").philox4x64((1, 0, 0, 0x53454E534F52), (7, 0)) == tuple(block)


def test_a_decoder_gives_red_first(tmp_path: Path):
    """The channel order that the page states: OpenCV gives BGR, the example turns it round."""
    make_tiny_dataset(tmp_path, samples=1)
    with h5py.File(tmp_path / "shard-00000.h5", "r") as file:
        rgb, _, _ = example("read_shard").read_sample(file, 0)
        data = file["rgb/data"][slice(*file["rgb/offsets"][:2])]
    np.testing.assert_array_equal(cv2.cvtColor(cv2.imdecode(data, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB), rgb)
