"""Texts from manifests and labels, which may come from anyone, in Markdown."""

from __future__ import annotations

import re

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|!~$])")


def plain_text(text: str) -> str:
    """A text from a manifest or a label on one line of Markdown, with nothing in it that Markdown or HTML acts on."""
    line = "".join(character if character.isprintable() else " " for character in text)
    return _SPECIAL.sub(r"\\\1", line).replace("\\<", "&lt;").replace("\\>", "&gt;")
