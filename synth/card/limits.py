"""What a dataset doesn't show and can't be used for, as far as its own labels tell."""

from __future__ import annotations

from collections.abc import Iterator

from synth.card.facts import Facts
from synth.card.people import TONES, UNKNOWN, Group, People

_FEW_PEOPLE = 30
_SMALL_SHARE = 0.1


def limits_of(facts: Facts, people: People) -> list[str]:
    """Sentences of Markdown, the weightiest first."""
    return [*_always(people), *_of_people(people), *_of_poses(facts), *_of_pictures(facts), *_of_labels(facts)]


def _always(people: People) -> Iterator[str]:
    yield (
        "The heads are rendered. What a network learns here has to be judged on photographs of real people before it is"
        " used on any, and of each group that it is used on."
    )
    yield (
        "Nobody in it exists. It can't serve to recognise people; age, sex and skin tone are parameters of a model."
        if people.made_up
        else "Whether the people in it exist the manifest doesn't say. If their heads are scans, it shows real people:"
        " it needs their consent, and nobody may be recognised by it."
    )


def _of_people(people: People) -> Iterator[str]:
    if people.count < _FEW_PEOPLE:
        yield (
            f"There {'is one person' if people.count == 1 else f'are only {people.count} people'} in it: enough to try"
            " things, not to train on."
        )
    for what, groups in (("age", people.by_age), ("skin tone", people.by_tone), ("sex", people.by_sex)):
        known = {name: group for name, group in groups.items() if name != UNKNOWN}
        if not any(group.people for group in known.values()):
            yield f"The {what} isn't known of anyone."
            continue
        nobody = [name for name, group in known.items() if not group.people]
        few = [_few(name, group, people) for name, group in known.items() if _is_few(group, people)]
        if nobody:
            yield f"By {what}, nobody is {_listed(nobody)}."
        if few:
            yield f"By {what}, few are {_listed(few)}."
        if UNKNOWN in groups:
            yield f"The {what} isn't known of {groups[UNKNOWN].people:,} of {people.count:,} people."


def _is_few(group: Group, people: People) -> bool:
    return 0 < group.people < _SMALL_SHARE * people.count


def _few(name: str, group: Group, people: People) -> str:
    return f"{name} ({group.people:,} of {people.count:,})"


def _of_poses(facts: Facts) -> Iterator[str]:
    ranges = [
        f"{name} {_degrees(spread.quantiles[0])} to {_degrees(spread.quantiles[-1])}"
        for name in ("pitch", "yaw", "roll")
        if (spread := facts.spread(f"{name}_deg"))
    ]
    yield f"No head is turned beyond {_listed(ranges)}; farther is guesswork to a network trained on this alone."
    distance = facts.spread("distance_mm")
    if distance:
        millimetres = _span(distance.quantiles[0], distance.quantiles[-1])
        yield (
            f"All heads are {millimetres} mm from the camera, and"
            f" {_span(facts.head_sides_px[0], facts.head_sides_px[2])} pixels large."
        )
    low, high = facts.focal_px
    if low == high:
        yield f"All are seen by one pinhole camera (focal length {low:g} pixels), without distortion."
    if facts.off_axis_deg < 0.5:
        yield "All heads are on the optical axis: where in the frame a head is changes nothing here."


def _of_pictures(facts: Facts) -> Iterator[str]:
    conditions = facts.counts.get("condition", {})
    if set(conditions) <= {"base"}:
        yield "Nothing covers or blurs the faces but hair, glasses and what is worn; `synth variants` makes such sets."
    if not facts.info.rgb.samples:
        yield "There are no colour pictures."
    if facts.info.depth.samples:
        yield "Range maps are exact. A real depth camera has holes, noise and edges that these don't have."
    yield "One head a picture; none follows from the one before, as in a film."
    if "base_id" in facts.labels:
        yield "Samples with one `base_id` show the same shot: keep them on one side of a split, as `synth split` does."


def _of_labels(facts: Facts) -> Iterator[str]:
    if any(column.name == "landmarks_px" for column in facts.columns):
        yield (
            "Landmarks are fixed places on the skin: a jaw point of a turned head doesn't slide along the outline, as"
            " those of annotators do."
        )
    for name, lacking in facts.unknown.items():
        if name not in ("age_years", "sex", "skin_tone"):
            yield f"`{name}` isn't known of {lacking:,} of {facts.info.samples:,} samples."
    failed = len(facts.manifest.failed)
    if failed:
        yield f"{failed:,} planned samples couldn't be made; `manifest.json` says which, and why."


def _span(low: float, high: float) -> str:
    return f"{low:.0f}" if round(low) == round(high) else f"{low:.0f} to {high:.0f}"


def _degrees(value: float) -> str:
    return f"{value:.0f}°".replace("-", "−").replace("−0°", "0°")


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} or {parts[-1]}"


def tone_bounds() -> str:
    """What the words for tones mean, for the page."""
    return ", ".join(f"{name} {low:.2f} to {min(high, 1.0):.2f}" for name, low, high in TONES)
