"""What every comparator is: something that is fitted to labelled pictures, says poses of others, and can be kept.

A comparator is a method from the literature, small and faithful, trained on the same data and judged by the same table
as our network. Its `input` is fixed: what the paper fed, prepared as all our networks' pictures are.
"""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal, Self, TypeVar

import numpy as np
import numpy.typing as npt

from synth.data.network_input import NetworkInput
from synth.data.source import PoseSource, narrowed
from synth.errors import UsageError
from synth.evaluate.comparators.storage import read_folder, write_folder

_MOST = 10**9
Estimates = Literal["category", "angles"]
Arrays = Mapping[str, npt.NDArray[Any]]
# progress(done, of, numbers): how far the fit is, and what it shows for it.
Progress = Callable[[int, int, Mapping[str, float]], None]
Learnt = TypeVar("Learnt")


@dataclass(frozen=True)
class Budget:
    """How much work a fit may be; None is the method's own default.

    steps: what the method counts: optimiser steps of a network, EM iterations, passes over the data, trees.
    samples: at most so many pictures, drawn by the seed.
    """

    steps: int | None = None
    samples: int | None = None

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            if value is not None and value < 1:
                raise UsageError(f"{value} is no budget.", where=name, mend="Give 1 or more, or leave it out.")


class Comparator(ABC):
    """A named baseline. Subclasses state the class attributes and the four abstract methods."""

    name: ClassVar[str]
    about: ClassVar[str]  # one line: whose method, where published
    approximate: ClassVar[str] = ""  # what is ours because the paper doesn't say; empty: as published
    estimates: ClassVar[Estimates]
    input: ClassVar[NetworkInput]
    default_steps: ClassVar[int]
    default_samples: ClassVar[int | None] = None
    any_size: ClassVar[bool] = False  # whether pictures of another size than `input`'s will do

    @property
    def content(self) -> Literal["grey", "rgb", "depth"]:
        return self.input.content

    def fit(
        self, source: PoseSource, *, seed: int, budget: Budget | None = None, progress: Progress | None = None
    ) -> None:
        """Fit to a source, from scratch. Raises `UsageError` if it has no picture of the kind or no full labels."""
        chosen = budget or Budget()
        rows = labelled_rows(source, self.input, self.estimates)
        limit = chosen.samples or self.default_samples
        if limit is not None and limit < len(rows):
            rows = np.sort(np.random.default_rng(seed).choice(rows, limit, replace=False))
        light = narrowed(source, self.input.content)
        pictures = np.stack([self.input.picture(light[int(row)]) for row in rows])
        self.fit_arrays(pictures, source.table.euler_deg[rows], seed=seed, steps=chosen.steps, progress=progress)

    @abstractmethod
    def fit_arrays(
        self,
        pictures: npt.NDArray[np.uint8],
        euler_deg: npt.NDArray[np.float64],
        *,
        seed: int,
        steps: int | None = None,
        progress: Progress | None = None,
    ) -> None:
        """The fit itself: (N, C, S, S) uint8 as `input` prepares them, (N, 3) degrees, pitch, yaw, roll `300wlp`."""

    @abstractmethod
    def predict(self, pictures: npt.NDArray[np.uint8]) -> npt.NDArray[Any]:
        """(N, C, S, S) uint8 → (N, 3) float64 degrees (`estimates` "angles") or (N,) int64 ("category")."""

    def settings(self) -> dict[str, Any]:
        """The constructor's arguments, plain JSON values, which are kept under their own names."""
        return {name: getattr(self, name) for name in inspect.signature(type(self)).parameters}

    @abstractmethod
    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """All that was learnt."""

    @abstractmethod
    def set_arrays(self, arrays: Arrays) -> None:
        """Take what `arrays` gave; raises `UsageError` for other names, shapes, types or numbers that aren't finite."""

    def check_pictures(self, pictures: npt.NDArray[np.uint8]) -> None:
        """Raises `UsageError` unless these are pictures as `input` prepares them."""
        shape = pictures.shape[1:]
        fits = len(shape) == 3 and shape[0] == self.input.channels and (self.any_size or shape == self.input.shape)
        if pictures.dtype != np.uint8 or not fits:
            raise UsageError(
                f"{self.name} takes (N, {', '.join(map(str, self.input.shape))}) uint8, not {pictures.shape} "
                f"{pictures.dtype}.",
                where="pictures",
                mend="Prepare them with the comparator's own input.",
            )

    def save(self, folder: Path, trained_on: Mapping[str, Any] | None = None) -> None:
        """`comparator.safetensors` and `comparator.json` in `folder`, which is made. Raises `DiskError`."""
        about = {
            "name": self.name,
            "estimates": self.estimates,
            "input": asdict(self.input),
            "pose": "along_ray",
            "convention": "300wlp",
            "settings": self.settings(),
            "trained_on": dict(trained_on or {}),
        }
        write_folder(Path(folder), about, self.arrays())

    @classmethod
    def load(cls, folder: Path) -> Self:
        """The comparator that `save` wrote. Raises `UsageError` if the folder holds none, another or a damaged one."""
        about, arrays = read_folder(Path(folder))
        expected = {"name": cls.name, "estimates": cls.estimates, "input": asdict(cls.input)}
        for key, value in expected.items():
            if about.get(key) != value:
                raise UsageError(
                    f"The comparator's {key} is {about.get(key)!r}; this method's is {value!r}.",
                    where=str(folder),
                    mend="Load it by its own name, or train it again with this version.",
                )
        comparator = cls(**cls._checked_settings(about.get("settings"), folder))
        comparator.set_arrays(arrays)
        return comparator

    @classmethod
    def _checked_settings(cls, settings: Any, folder: Path) -> dict[str, Any]:
        """Positive numbers of the kind that the constructor's defaults are."""
        defaults = {name: value.default for name, value in inspect.signature(cls).parameters.items()}
        fault = None if isinstance(settings, dict) else "they are no mapping"
        for name, value in settings.items() if isinstance(settings, dict) else ():
            kinds = (int,) if isinstance(defaults.get(name), int) else (int, float)
            if not isinstance(defaults.get(name), int | float):
                fault = f"{name[:80]!r} is none"
            elif type(value) not in kinds or not 0 < value <= _MOST:
                fault = f"{name} is {str(value)[:80]!r}"
        if fault:
            raise UsageError(
                f"Its settings aren't those of {cls.name}: {fault}.", where=str(folder), mend="Train it again."
            )
        return dict(settings)


def labelled_rows(
    source: PoseSource, network_input: NetworkInput, estimates: Estimates, *, partly: bool = False
) -> npt.NDArray[np.int64]:
    """Rows whose labels suffice: pitch and yaw for a category, all three for angles; one of them if `partly` will do.

    Raises `UsageError` if there is no such row, or no picture of the kind.
    """
    narrowed(source, network_input.content)
    labelled = np.isfinite(source.table.euler_deg)
    if estimates == "category":
        enough = labelled[:, :2].all(axis=1)
    else:
        enough = labelled.any(axis=1) if partly else labelled.all(axis=1)
    rows = np.flatnonzero(enough)
    if not len(rows):
        raise UsageError(
            "No picture has all the angles that this method learns.",
            where=source.name,
            mend="Choose a dataset with pitch, yaw and roll, or a network that masks what isn't labelled.",
        )
    return rows


def fitted(name: str, learnt: Learnt | None) -> Learnt:
    """What the comparator `name` has learnt. Raises `UsageError` if that is nothing yet."""
    if learnt is None:
        raise UsageError(f"{name} hasn't been fitted.", where=name, mend="Call fit or load first.")
    return learnt


def report_of(progress: Progress | None, of: int, what: str) -> Callable[[int, float], None]:
    """Tells `progress`, if there is one, how far of `of` a fit is and the one number `what` that it shows for it."""

    def report(done: int, value: float) -> None:
        if progress is not None:
            progress(done, of, {what: value})

    return report
