"""What is known of a pack's heads, flat: a name and a value each, for tables, breakdowns and conditions."""

from __future__ import annotations

from synth.heads.pack import HeadRecord

Parameter = float | int | str

_OF_THE_FILE = frozenset(
    ("id", "file", "sha256", "bytes", "triangles", "head_center_m", "frontal_pitch_deg", "head_box_m", "rig")
) | {"expressions", "license"}


def parameters(head: HeadRecord) -> dict[str, Parameter]:
    """All that says who a head is and what it looks like, without what is unknown.

    Names are those of `pack.json`; `origin` becomes `african`, `asian` and `european`.
    """
    found: dict[str, Parameter] = {}
    for name in HeadRecord.model_fields:
        value = getattr(head, name)
        if name in _OF_THE_FILE or value is None:
            continue
        if name == "origin":
            found |= {share: round(float(getattr(value, share)), 4) for share in type(value).model_fields}
        else:
            found[name] = round(value, 4) if isinstance(value, float) else value
    return found
