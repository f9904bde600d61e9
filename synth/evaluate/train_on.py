"""One network trained three times: on renders only, on photographs only, on both (the source paper's Table 5)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from synth.data.source import PoseSource, Subset
from synth.data.split import groups_of
from synth.errors import UsageError
from synth.evaluate.candidates import network_candidate
from synth.evaluate.judge import looks
from synth.evaluate.sets import judged_part
from synth.evaluate.table import Column, Table
from synth.evaluate.tables import (
    CATEGORY,
    ERRORS,
    MARGIN,
    MARGIN_NOTE,
    SAMPLES,
    Row,
    frontal_trial,
    judged_cells,
    sets_of,
)
from synth.evaluate.trial import Trial, settings_of
from synth.train.checkpoint import load_checkpoint
from synth.train.loop import BEST, ProgressCallback, TrainReport
from synth.train.loop import train as run_training
from synth.train.parts import split_sources
from synth.train.plan import plan_training
from synth.train.settings import TrainSettings

SYNTHETIC, REAL, BOTH = "synthetic only", "real only", "both"
_FOLDERS = {SYNTHETIC: "synthetic", REAL: "real", BOTH: "both"}

# Opens what shows a training's progress, given the training's name.
ShowTraining = Callable[[str], ProgressCallback | None]


@dataclass(frozen=True)
class TrainedOn:
    """What the comparison came to. `stopped_by`: a signal's exit code if it was interrupted; then there is no table."""

    table: Table | None
    trials: tuple[Trial, ...]
    reports: tuple[TrainReport, ...]
    stopped_by: int | None = None


def compare_training(
    settings: TrainSettings,
    synthetic: Sequence[PoseSource],
    real: Sequence[PoseSource],
    folder: Path,
    *,
    judged_on: Sequence[PoseSource] = (),
    preset: str = "",
    device: str = "auto",
    workers: int = 0,
    cache_gb: float = 0.0,
    show: ShowTraining | None = None,
) -> TrainedOn:
    """Train on `synthetic`, on `real`, on both, each in a folder of its own in `folder`, and judge all three alike.

    All are judged on the test part of every source, which none of the three has seen: it is drawn from the settings'
    seed, whatever else is trained on. `judged_on`: the same sources opened with their sensor noise, if those that are
    trained on leave it to each epoch. Started again it goes on where it was stopped; what is finished isn't trained
    again. Raises what `plan_training` and `train` raise.
    """
    sources = {SYNTHETIC: list(synthetic), REAL: list(real), BOTH: [*synthetic, *real]}
    plans = {
        name: plan_training(settings, chosen, preset=preset, workers=workers, cache_gb=cache_gb)
        for name, chosen in sources.items()
    }
    _check_strangers(synthetic, real, settings)
    reports: list[TrainReport] = []
    for name, plan in plans.items():
        progress = None if show is None else show(name)
        reports.append(run_training(plan, folder / _FOLDERS[name], device=device, progress=progress))
        if reports[-1].stopped_by is not None:
            return TrainedOn(None, (), tuple(reports), reports[-1].stopped_by)
    trained = [network_candidate(load_checkpoint(folder / _FOLDERS[name] / BEST), name, device) for name in sources]
    parts = split_sources(sources[BOTH], settings)
    judged = [
        judged_part(shown, Subset(shown, split[2].rows), _part_text(settings))
        for shown, split in zip(judged_on or sources[BOTH], parts, strict=True)
    ]
    trials = [trial for on in judged for one in trained for trial in looks(one, on, workers=workers)]
    return TrainedOn(trained_on_table(trials), tuple(trials), tuple(reports))


def _check_strangers(synthetic: Sequence[PoseSource], real: Sequence[PoseSource], settings: TrainSettings) -> None:
    """Who (or by image, which moment of somebody) is in both would be split once by the renders and once by the real
    sets."""
    by = settings.data.split
    seen, shown = ({str(g) for one in sources for g in groups_of(one, by)} for sources in (synthetic, real))
    if both := sorted(seen & shown):
        raise UsageError(
            f"{len(both)} {'people' if by == 'identity' else 'pictures'} are in both, {both[0]} among them.",
            where="--real",
            mend="Compare sets of different people"
            + (", or split by image: --set data.split=image" if by == "identity" else "."),
        )


def _part_text(settings: TrainSettings) -> str:
    unit = (
        "people" if settings.data.split == "identity" else "pictures (split by image: the same people are trained on)"
    )
    return f"its test {unit}, the same for all"


def trained_on_table(trials: Sequence[Trial]) -> Table:
    """A row a training and set; below each set whoever says "frontal" to everything."""
    columns = (Column("trained_on", "trained on"), Column("set", "judged on"), SAMPLES, *ERRORS, MARGIN, CATEGORY)
    rows: list[Row] = []
    for on in sets_of(list(trials)):
        for trial in [*(trial for trial in trials if trial.on is on), frontal_trial(on)]:
            rows.append((trial.candidate.name, on.name, trial.samples, *judged_cells(trial)))
    notes = (
        "The same settings, seed and number of steps each; on both, the sets' pictures come in proportion to their"
        " numbers. The best step is chosen on validation people of what was trained on.",
        MARGIN_NOTE,
    )
    title = "Trained on renders only, on real pictures only, on both (paper's Table 5)"
    return Table("training", title, columns, tuple(rows), notes, settings_of(list(trials)))
