"""The page itself: a template, its style and script, and data, put together so that no data can become markup.

Data reaches the page as text that is escaped (`sections`) or as JSON in a block that is never executed. A policy in the
page's head forbids whatever isn't the style and the script that were put in here: no address is ever asked for.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

_PLACE = re.compile(r"\{\{(\w+)\}\}")


def page_html(parts: Mapping[str, str], data: Mapping[str, Any]) -> str:
    """The page with `parts`, pieces of HTML by the names of their places, and `data` for its script."""
    style, script = _packaged("page.css"), _packaged("page.js")
    policy = (
        "default-src 'none'; img-src data:; "
        f"style-src '{_digest(style)}'; script-src '{_digest(script)}'; base-uri 'none'; form-action 'none'"
    )
    filled = {**parts, "policy": policy, "style": style, "script": script, "data": script_json(data)}
    # In one pass: what stands in a part isn't looked through for places again.
    return _PLACE.sub(lambda found: filled[found[1]], _packaged("page.html"))


def script_json(data: Any) -> str:
    """JSON that may stand in a script block: it can't end the block, nor begin a comment or a tag."""
    text = json.dumps(data, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")


def _packaged(name: str) -> str:
    return (files(__package__) / name).read_text(encoding="utf-8")
