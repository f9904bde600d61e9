"""What an error says, and that it says the same after it crossed from one process to another."""

from __future__ import annotations

import pickle

import pytest

from synth.errors import DatasetError, MismatchError, RecipeError, SynthError


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (SynthError("It broke."), "It broke."),
        (SynthError("It broke.", where="a.h5"), "a.h5: It broke."),
        (SynthError("It broke.", mend="Mend it."), "It broke. Mend it."),
        (DatasetError("It broke.", where="a.h5", mend="Mend it."), "a.h5: It broke. Mend it."),
        (
            MismatchError("They differ:\n  a\n  b", where="out", mend="Mend it."),
            "out: They differ:\n  a\n  b\nMend it.",
        ),
        (MismatchError("They differ:\n  a\n", mend="Mend it."), "They differ:\n  a\nMend it."),
        (MismatchError("They differ:\n  a\n"), "They differ:\n  a"),
        (RecipeError(["r.yaml:1: one.", "r.yaml:2: two."]), "r.yaml:1: one.\nr.yaml:2: two."),
    ],
)
def test_an_error_says_where_what_and_the_mend(error: SynthError, text: str) -> None:
    assert str(error) == text
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert (type(again), str(again), vars(again)) == (type(error), text, vars(error))
