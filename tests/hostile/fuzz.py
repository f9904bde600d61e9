"""Damage files at random and read them: only the reader's own error may come out, soon and in little memory.

A program of its own, since what goes wrong below Python would end the process:

    python -m tests.hostile.fuzz KIND SEED COUNT FOLDER

The last line it prints is JSON: how many inputs were refused and how many read. A crash leaves the input's number as
the last line; the same number makes the same input again.
"""

from __future__ import annotations

import json
import resource
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from synth.errors import DatasetError, HeadError, RecipeError, ShardError, SynthError
from synth.heads.foreign.inspect import inspect_head
from synth.recipe.load import parse_recipe
from synth.shard.read import Shard
from synth.shard.read_manifest import parse_manifest
from tests.heads.foreign import meshes
from tests.tiny_dataset import make_tiny_dataset

_SECONDS = 20  # an input that takes longer counts as a crash
_GIGABYTES = 6  # address space: Blender's wheel isn't loaded, NumPy and OpenCV map some already
_NUMBERS = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, 1 << 40, (1 << 63) - 1, (1 << 64) - 1)
_WORDS = (b"nan", b"1e999", b"-1", b"../", b"&a", b"*a", b"<<", b"!!python/object", b"[", b"{", b'"', b"\x00", b"\n")

Read = Callable[[bytes, Path], None]


def damaged(data: bytes, rng: np.random.Generator) -> bytes:
    """One to six changes: bits, bytes, numbers of 1 to 8 bytes, spans removed, doubled or moved, words put in."""
    content = bytearray(data)
    for _ in range(int(rng.integers(1, 7))):
        if len(content) < 2:
            break
        at, other = (int(rng.integers(len(content))) for _ in range(2))
        span = int(rng.integers(1, 1 + min(64, len(content) - 1)))
        match int(rng.integers(7)):
            case 0:
                content[at] ^= 1 << int(rng.integers(8))
            case 1:
                content[at] = int(rng.integers(256))
            case 2:
                width = int(2 ** rng.integers(4))
                number = _NUMBERS[int(rng.integers(len(_NUMBERS)))] & ((1 << 8 * width) - 1)
                content[at : at + width] = number.to_bytes(width, "little")
            case 3:
                del content[at : at + span]
            case 4:
                content[at:at] = content[other : other + span]
            case 5:
                content[at : at + span] = content[other : other + span]
            case _:
                content[at:at] = _WORDS[int(rng.integers(len(_WORDS)))]
    return bytes(content)


def _read_shard(data: bytes, folder: Path) -> None:
    path = folder / "shard-00000.h5"
    path.write_bytes(data)
    shard = Shard(path)
    _ = shard.labels, shard.recipe
    for position in range(len(shard)):
        shard.encoded(position)


def _read_mesh(suffix: str) -> Read:
    def read(data: bytes, folder: Path) -> None:
        path = folder / f"head{suffix}"
        path.write_bytes(data)
        inspect_head(path, unit=None if suffix == ".glb" else "m")

    return read


def _kinds(folder: Path) -> dict[str, tuple[Sequence[bytes], Read, tuple[type[SynthError], ...]]]:
    """Whole files to begin with, how each is read, and the errors that may come out."""
    dataset = folder / "whole"
    if not dataset.exists():
        make_tiny_dataset(dataset, samples=4)
    recipes = sorted((Path(__file__).parents[2] / "recipes").glob("*.yaml"))
    head = meshes.head()
    return {
        "shard": ([p.read_bytes() for p in dataset.glob("*.h5")], _read_shard, (ShardError,)),
        "manifest": (
            [(dataset / "manifest.json").read_bytes()],
            lambda data, _: parse_manifest(data) and None,
            (DatasetError, ShardError),
        ),
        "recipe": (
            [p.read_bytes() for p in recipes],
            lambda data, _: (
                parse_recipe(data.decode("utf-8", "replace"), "recipe.yaml", (), recipes[0].parent) and None
            ),
            (RecipeError,),
        ),
        "glb": ([meshes.glb(*meshes.gltf_tree(head))], _read_mesh(".glb"), (HeadError,)),
        "obj": ([meshes.obj(head)], _read_mesh(".obj"), (HeadError,)),
        "ply": ([meshes.ply(head)], _read_mesh(".ply"), (HeadError,)),
        "stl": ([meshes.stl(head)], _read_mesh(".stl"), (HeadError,)),
    }


KINDS = ("shard", "manifest", "recipe", "glb", "obj", "ply", "stl")


def main(kind: str, seed: int, count: int, folder: Path) -> None:
    """Read `count` damaged inputs of a kind; anything but the errors that belong to it ends the program."""
    wholes, read, errors = _kinds(folder)[kind]
    for whole in wholes:
        read(whole, folder)  # or the damaged ones would prove nothing
    resource.setrlimit(resource.RLIMIT_AS, (_GIGABYTES << 30, _GIGABYTES << 30))
    refused = 0
    for number in range(count):
        rng = np.random.default_rng([seed, number])
        data = damaged(wholes[int(rng.integers(len(wholes)))], rng)
        print(number, flush=True)
        signal.alarm(_SECONDS)
        try:
            read(data, folder)
        except errors:
            refused += 1
        signal.alarm(0)
    print(json.dumps({"refused": refused, "read": count - refused}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))
