"""What a safetensors file of ours says of itself, read before any tensor and never more than a bounded amount."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import safetensors

from synth.errors import DatasetError, one_line

KEY = "synth"
_MAX_BYTES = 4 << 30
_MAX_HEADER_BYTES = 16 << 20


def read_json_header(file: Path, mend: str) -> Any:
    """The JSON under "synth" in the header of `file`; None if there is none.

    Raises `DatasetError` if it isn't such a file, or is larger than a checkpoint can be.
    """
    try:
        with file.open("rb") as opened:
            length = int.from_bytes(opened.read(8), "little")  # the header begins with its own length
            size = opened.seek(0, 2)
        if size > _MAX_BYTES:
            raise DatasetError(f"It has more than {_MAX_BYTES >> 30} GiB.", where=str(file), mend=mend)
        if _MAX_HEADER_BYTES < length <= size:
            raise DatasetError(f"Its header has more than {_MAX_HEADER_BYTES >> 20} MiB.", where=str(file), mend=mend)
        with safetensors.safe_open(file, framework="pt") as tensors:
            text = (tensors.metadata() or {}).get(KEY, "")
        return json.loads(text) if text else None
    except OSError as error:
        raise DatasetError(f"It can't be read: {error.strerror}.", where=str(file), mend=mend) from error
    except (safetensors.SafetensorError, ValueError, RecursionError) as error:
        raise DatasetError(f"It is no safetensors file: {one_line(error)}.", where=str(file), mend=mend) from error
