"""A fitted comparator on disk: a JSON that says what it is, and its arrays as safetensors. Nothing is unpickled."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import safetensors.numpy
from safetensors import SafetensorError

from synth.errors import UsageError
from synth.run.folder import prepare_folder
from synth.shard.commit import commit_bytes

FORMAT, VERSION = "synth-comparator", 1
JSON_NAME, ARRAYS_NAME = "comparator.json", "comparator.safetensors"

_MAX_JSON_BYTES, _MAX_ARRAYS_BYTES = 16 << 20, 4 << 30

Array = npt.NDArray[Any]


def write_folder(folder: Path, about: Mapping[str, Any], arrays: Mapping[str, Array]) -> None:
    """The JSON is written last, and names the arrays' SHA-256: a folder with both that agree is whole."""
    prepare_folder(folder)
    content = safetensors.numpy.save({name: np.ascontiguousarray(array) for name, array in arrays.items()})
    commit_bytes(folder / ARRAYS_NAME, content)
    head = {"format": FORMAT, "version": VERSION, "sha256": hashlib.sha256(content).hexdigest(), **about}
    commit_bytes(folder / JSON_NAME, (json.dumps(head, indent=1) + "\n").encode())


def read_about(folder: Path) -> dict[str, Any]:
    """The JSON of a comparator's folder. Raises `UsageError` if there is none or it is another format."""
    path = Path(folder) / JSON_NAME
    mend = "Give the folder that `synth train --model NAME --out DIR` wrote."
    try:
        with path.open("rb") as file:
            text = file.read(_MAX_JSON_BYTES + 1)
        about = json.loads(text) if len(text) <= _MAX_JSON_BYTES else None
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError("There is no readable comparator here.", where=str(path), mend=mend) from error
    if not isinstance(about, dict) or about.get("format") != FORMAT or about.get("version") != VERSION:
        raise UsageError(f"This isn't {FORMAT} version {VERSION}.", where=str(path), mend=mend)
    if not isinstance(about.setdefault("trained_on", {}), dict) or not isinstance(about.get("name"), str):
        raise UsageError("It doesn't say what was fitted to what.", where=str(path), mend=mend)
    return about


def read_folder(folder: Path) -> tuple[dict[str, Any], dict[str, Array]]:
    """Both files. Raises `UsageError` also if the arrays are damaged or of another fit."""
    about = read_about(folder)
    path = Path(folder) / ARRAYS_NAME
    mend = "Copy the folder again, or train it again."
    try:
        if path.stat().st_size > _MAX_ARRAYS_BYTES:
            raise UsageError(f"It has more than {_MAX_ARRAYS_BYTES >> 30} GiB.", where=str(path), mend=mend)
        content = path.read_bytes()
    except OSError as error:
        raise UsageError("The comparator's arrays can't be read.", where=str(path), mend=mend) from error
    if hashlib.sha256(content).hexdigest() != about.get("sha256"):
        raise UsageError("These aren't the arrays that the JSON describes.", where=str(path), mend=mend)
    try:
        return about, safetensors.numpy.load(content)
    except SafetensorError as error:
        raise UsageError(f"This is no safetensors file: {error}.", where=str(path), mend=mend) from error


def check_arrays(arrays: Mapping[str, Array], layout: Mapping[str, str], **sizes: int) -> None:
    """Names, shapes, types and finiteness against a layout like ``{"c": "K 3", "A": "K D 3", "tree": "T N int32"}``.

    A number stands for itself, a letter for one length wherever it stands (given ones as keywords), a trailing dtype
    for the type, float64 by default. Raises `UsageError` naming the first array that doesn't fit.
    """
    if set(arrays) != set(layout):
        raise _misfit("names", f"{sorted(arrays)}", f"{sorted(layout)}")
    for name, text in layout.items():
        words = text.split()
        dtype = words.pop() if words and words[-1][:3] in ("int", "flo", "uin") else "float64"
        array = arrays[name]
        if array.dtype != dtype or array.ndim != len(words):
            raise _misfit(name, f"{array.shape} {array.dtype}", f"({', '.join(words)}) {dtype}")
        for word, length in zip(words, array.shape, strict=True):
            expected = int(word) if word.isdigit() else sizes.setdefault(word, length)
            if length != expected:
                raise _misfit(name, f"{array.shape}", f"({', '.join(words)}) with {word} = {expected}")
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise _misfit(name, "not finite everywhere", "finite")


def _misfit(name: str, found: str, expected: str) -> UsageError:
    return UsageError(
        f"The comparator's arrays don't fit: {found} instead of {expected}.", where=name, mend="Train it again."
    )
