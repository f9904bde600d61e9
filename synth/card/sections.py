"""The parts of a card that are mostly tables: distributions, and people."""

from __future__ import annotations

from collections.abc import Iterable

from synth.card.facts import QUANTILES, Facts
from synth.card.limits import tone_bounds
from synth.card.people import Group, People
from synth.share.markdown import plain_text

PEOPLE_NAME = "people.png"


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table; cells are Markdown already."""
    titles = list(head)
    lines = [f"| {' | '.join(titles)} |", f"|{'---|' * len(titles)}"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


def distributions_section(facts: Facts) -> str:
    """Quantiles of the labels that are numbers, samples by pose category, samples by value of those that are texts."""
    head = ("label", "unit", "samples", *(_quantile_name(q) for q in QUANTILES), "mean")
    rows = [
        (
            f"`{one.name}`",
            plain_text(one.unit),
            f"{one.known:,}",
            *(_number(q) for q in one.quantiles),
            _number(one.mean),
        )
        for one in facts.distributions
    ]
    names = ("L1: up, left", "L2: down, left", "L3: down, right", "L4: up, right")
    categories = ", ".join(
        f"{name} {count:,} ({count / facts.info.samples:.0%})"
        for name, count in zip(names, facts.categories, strict=True)
    )
    counts = [
        (f"`{name}`", ", ".join(f"{plain_text(value) or '—'} {count:,}" for value, count in values.items()))
        for name, values in facts.counts.items()
    ]
    parts = [
        "## Distributions",
        "![Histograms of pitch, yaw, roll and distance](histograms.png)",
        table(head, rows),
        f"Samples by where the face looks, the picture's side (pitch ≥ 0 is up, yaw ≥ 0 left): {categories}.",
        table(("label", "samples by value, — = none or unknown"), counts) if counts else "",
    ]
    return "\n\n".join(part for part in parts if part)


def _quantile_name(quantile: float) -> str:
    return {0.0: "least", 0.5: "median", 1.0: "most"}.get(quantile, f"{quantile:.0%}")


def _number(value: float) -> str:
    return f"{value:.4g}".replace("-", "−") if abs(value) >= 0.05 or value == 0 else f"{value:.2f}".replace("-", "−")


def people_section(people: People, samples: int) -> str:
    """People by age, sex and skin tone, and what the manifest knows of them; `samples` are those of the dataset."""
    groups = [("age", people.by_age), ("sex", people.by_sex), ("skin tone", people.by_tone)]
    rows = [
        (what if not place else "", plain_text(name), *_counted(group, people, samples))
        for what, named in groups
        for place, (name, group) in enumerate(named.items())
    ]
    parts = [
        "## People",
        f"![People of the dataset, by age]({PEOPLE_NAME})",
        f"{people.count:,} in all, told apart by `subject`. Age in years; skin tone as thirds of its scale from 0, the"
        f" lightest, to 1 ({tone_bounds()}).",
        table(("", "", "people", "share", "samples", "share"), rows),
        _cross(people),
    ]
    if people.parameters:
        known = [(f"`{name}`", f"{count:,}", plain_text(text)) for name, (count, text) in people.parameters.items()]
        parts += [
            "What the manifest knows of each person (`subjects` in `manifest.json`):",
            table(("parameter", "people", "values"), known),
        ]
    return "\n\n".join(part for part in parts if part)


def _counted(group: Group, people: People, samples: int) -> tuple[str, ...]:
    shares = group.people / people.count, group.samples / samples
    return f"{group.people:,}", f"{shares[0]:.0%}", f"{group.samples:,}", f"{shares[1]:.0%}"


def _cross(people: People) -> str:
    """People by sex and age, both that are there."""
    sexes = list(dict.fromkeys(sex for sex, _ in people.cross))
    ages = [age for age in people.by_age if people.by_age[age].people]
    rows = [
        (plain_text(sex), *(f"{people.cross.get((sex, age), Group(0, 0)).people:,}" for age in ages)) for sex in sexes
    ]
    return "People by sex and age:\n\n" + table(("", *ages), rows)
