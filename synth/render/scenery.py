"""What a shot's surroundings are in files and pixels: panoramas by name, photographs, drawn backgrounds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synth.errors import UsageError
from synth.heads.ensure import default_cache_dir
from synth.plan.shot import Photo, Procedural, Shot, Surroundings
from synth.recipe.schema import Recipe
from synth.render.environment import EnvironmentMap
from synth.render.panoramas import Panoramas
from synth.scenes.folder import ListedFile, Listing
from synth.scenes.photographs import Photographs
from synth.scenes.prepare import find_listing
from synth.scenes.procedural import draw_background

_LONGEST_LABEL = 32
_DIGEST = 8


class RecipeScenery:
    """The surroundings that a recipe's shots may have.

    options: "photos" and "hdris", where these folders lie. Raises UsageError for a folder that isn't what it was.
    """

    def __init__(self, recipe: Recipe, fill_lights: int, options: Mapping[str, Any] | None = None) -> None:
        given, cache_dir = options or {}, default_cache_dir()
        photos = find_listing(recipe, "photos", given, cache_dir)
        self._hdris = find_listing(recipe, "hdris", given, cache_dir)
        self.fill_lights = fill_lights
        self._photos = Photographs(*photos) if photos else None
        self._repeated = {"photo": _repeated(photos), "hdri": _repeated(self._hdris)}
        self._panoramas = Panoramas(fill_lights)
        self._drawn: tuple[Procedural | Photo, float, NDArray[np.float32]] | None = None

    def panorama(self, around: Surroundings) -> EnvironmentMap | None:
        """The panorama that lights a shot; None where the light is even or follows a picture."""
        if around.hdri is not None:
            folder, file = self._hdri(around.hdri)
            return self._panoramas.of_user(folder, file)
        return None if around.environment is None else self._panoramas[around.environment]

    def panorama_name(self, around: Surroundings) -> str:
        """What tells it from every other: an environment's name, or the SHA-256 of the user's file."""
        return around.environment or "" if around.hdri is None else self._hdri(around.hdri)[1].sha256

    def picture(self, shot: Shot) -> NDArray[np.float32]:
        """The picture that fills the frame behind the head, (h, w, 3) float32 linear RGB. The shot has one."""
        asked, aspect = shot.surroundings.picture, shot.camera.width_px / shot.camera.height_px
        assert asked is not None  # noqa: S101  (the caller has looked)
        if self._drawn is None or self._drawn[:2] != (asked, aspect):
            pixels = draw_background(asked, aspect) if isinstance(asked, Procedural) else self._of_user(asked, aspect)
            self._drawn = (asked, aspect, pixels)
        return self._drawn[2]

    def label(self, around: Surroundings) -> str:
        """What the labels call it: "forest", "hdri:NAME", "plain:forest", "plain", "photo:NAME", "procedural:KIND"."""
        if isinstance(around.picture, Procedural):
            return f"procedural:{around.picture.kind}"
        if isinstance(around.picture, Photo):
            listed = self._photographs().listed(around.picture)
            return _short("photo:", listed, self._repeated["photo"])
        light = around.environment or ""
        if around.hdri is not None:
            kind = "plain:hdri:" if around.plain else "hdri:"
            light = _short(kind, self._hdri(around.hdri)[1], self._repeated["hdri"])
        if around.plain is None or light.startswith("plain:"):
            return light
        return f"plain:{light}" if light else "plain"

    def _hdri(self, place: float) -> tuple[Path, ListedFile]:
        if self._hdris is None:
            raise UsageError("The shot asks for an HDRI of the user's, and the recipe names no folder.", where="shot")
        folder, listing = self._hdris
        return folder, listing.at(place)

    def _photographs(self) -> Photographs:
        if self._photos is None:
            raise UsageError("The shot asks for a photograph, and the recipe names no folder.", where="shot")
        return self._photos

    def _of_user(self, asked: Photo, aspect: float) -> NDArray[np.float32]:
        return self._photographs().seen(asked, aspect)


def _repeated(found: tuple[Path, Listing] | None) -> frozenset[str]:
    """The names without folders and suffix that several files have."""
    counted = Counter(Path(file.name).stem for file in found[1].files) if found else Counter[str]()
    return frozenset(name for name, count in counted.items() if count > 1)


def _short(kind: str, file: ListedFile, repeated: frozenset[str]) -> str:
    """The kind and the file's name without folders and suffix; where that is no ASCII of 32 letters, or several files
    have it (`repeated`), with its checksum's first digits."""
    name = Path(file.name).stem
    plain = "".join(letter if letter.isascii() and letter.isprintable() else "_" for letter in name)
    if plain == name and name not in repeated and len(kind) + len(name) <= _LONGEST_LABEL:
        return kind + name
    return f"{kind}{plain[: _LONGEST_LABEL - len(kind) - _DIGEST - 1]}~{file.sha256[:_DIGEST]}"
