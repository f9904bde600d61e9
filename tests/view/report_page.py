"""Small reports for tests, and what stands in them."""

from __future__ import annotations

import base64
import json
import re
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tiny_dataset import TINY_ID, TINY_RECIPE, make_record

from synth.data.network_input import NetworkInput
from synth.data.shards import ShardSource
from synth.evaluate.groups import attributes_of
from synth.evaluate.trial import Candidate, Estimates, JudgedSet, Trial
from synth.geometry.pose import rotation_from_euler
from synth.shard.commit import commit_bytes
from synth.shard.header import ShardHeader, shard_name
from synth.shard.manifest import Manifest, shard_entry, write_manifest
from synth.shard.write import build_shard_bytes


def data_of(page: Path) -> dict[str, Any]:
    """The JSON that the page's script reads."""
    (text,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', page.read_text(), re.DOTALL)
    return dict(json.loads(text))


def column_of(page: Path, key: str) -> Any:
    """(N,): the numbers (NaN = unknown) or words of a column on the page."""
    data = data_of(page)
    (column,) = [one for one in data["numbers"] + data["facets"] if one["key"] == key]
    codes = np.frombuffer(zlib.decompress(base64.b64decode(column["codes"])), "<u2")
    if "values" in column:
        return np.array(column["values"])[codes]
    return np.where(codes == 65535, np.nan, column["least"] + column["step"] * codes)


def make_variants(folder: Path) -> dict[int, int]:
    """Twelve blurred and covered samples, three of each of four shots; the shot of each by its id."""
    folder.mkdir(parents=True)
    shots = {n: (n * 5) % 4 * 10 for n in range(12)}
    records = [
        make_record(
            n, base_id=shots[n], condition=f"blur=gaussian:{0.5 * n:.1f}", blur_sigma_px=0.5 * n,
            covered_share=0.125 * (n % 3),
        )
        for n in range(12)
    ]  # fmt: skip
    data = build_shard_bytes(records, ShardHeader(0, TINY_ID, 7, TINY_RECIPE))
    commit_bytes(folder / shard_name(0), data)
    entry = shard_entry(0, shard_name(0), data, list(range(12)))
    write_manifest(folder, Manifest(TINY_ID, "tiny", 7, TINY_RECIPE, (entry,), license="CC0-1.0"))
    return shots


def trial_with_errors(folder: Path, yaw_errors_deg: NDArray[np.float64], name: str = "known") -> Trial:
    """Of somebody who sees every yaw along the ray wrong by so much, and the other angles as they are."""
    source = ShardSource(folder)
    said = source.table.euler_deg + np.column_stack([0 * yaw_errors_deg, yaw_errors_deg, 0 * yaw_errors_deg])
    candidate = Candidate(name, "known.safetensors", NetworkInput(32), lambda pictures: None, "a test")  # type: ignore[arg-type, return-value]
    on = JudgedSet(source, f"everything: {len(source)} pictures", True, source.table, attributes_of(source))
    return Trial(candidate, on, Estimates(rotation_from_euler(said), said, None))
