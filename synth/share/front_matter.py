"""The YAML at the top of a dataset card, which Hugging Face reads."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import yaml

from synth.shard import layout
from synth.shard.manifest import Manifest
from synth.share.licence import UNSTATED, licence_ids

_SIZES = (
    (10**3, "n<1K"), (10**4, "1K<n<10K"), (10**5, "10K<n<100K"), (10**6, "100K<n<1M"),
    (10**7, "1M<n<10M"), (10**8, "10M<n<100M"), (10**9, "100M<n<1B"),
)  # fmt: skip
# Of the licences that the hub has a tag for, those that heads come with.
_TAGS = {
    "CC0-1.0", "CC-BY-4.0", "CC-BY-3.0", "CC-BY-SA-4.0", "CC-BY-NC-4.0", "CC-BY-NC-SA-4.0", "CC-BY-ND-4.0",
    "CC-BY-NC-ND-4.0", "Apache-2.0", "MIT", "BSD-3-Clause", "BSD-2-Clause", "Unlicense", "PDDL", "ODbL",
}  # fmt: skip
_TASKS = {"keypoint-detection": "landmarks_px", "depth-estimation": layout.DEPTH}


def front_matter(manifest: Manifest, configs: Sequence[dict[str, Any]], holds: Collection[str]) -> str:
    """The front matter, its dashes included. `holds` are the names of the kinds of pictures and of the labels."""
    ids = licence_ids(manifest.license)
    known = len(ids) == 1 and manifest.license == ids[0] and ids[0] in _TAGS
    named = {"license": "other", "license_name": "-".join(ids).lower() or UNSTATED.lower(), "license_link": "LICENSE"}
    content: dict[str, Any] = {
        **({"license": ids[0].lower()} if known else named),
        "pretty_name": manifest.name,
        "size_categories": [next((text for most, text in _SIZES if manifest.samples < most), "1B<n<10B")],
        "task_categories": [task for task, needed in _TASKS.items() if needed in holds] or ["other"],
        "annotations_creators": ["machine-generated"],
        "source_datasets": ["original"],
        "tags": ["head-pose-estimation", "synthetic", "faces", "blender"],
        **({"configs": list(configs)} if configs else {}),
    }
    return f"---\n{yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=1000)}---\n\n"
