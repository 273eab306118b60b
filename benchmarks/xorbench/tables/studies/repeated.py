"""Table of the study of repeated runs of the same code."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from xorbench.contract import REFERENCE
from xorbench.estimates.comparison import FASTER, NOT_COMPARABLE, NOT_SEPARATED, SLOWER
from xorbench.estimates.intervals import Interval
from xorbench.record.studies import Data
from xorbench.tables.cells import NONE, Table
from xorbench.tables.studies.runs import OfRuns
from xorbench.tables.studies.typed import typed

MOST_CHANGED, LEAST_FOUND = 0.05, 0.9
"""The targets: the largest share of unchanged rows found changed, and the smallest share of slowdowns found."""

SECOND_COPY = f"{REFERENCE}, second copy"

VERDICTS = (FASTER, SLOWER, NOT_SEPARATED, NOT_COMPARABLE)


@dataclass(frozen=True)
class Planted:
    """The row that is slower in every second run, and its slowdown as a share of its time."""

    name: str
    share: float


@dataclass(frozen=True)
class Run:
    """A run: a log-ratio for each launch, by row, and the reason why it is not usable, None if it is."""

    log_ratios: dict[str, list[float]]
    unfit: str | None


@dataclass(frozen=True)
class Change:
    """The verdict on the change of a row between two runs, and the change; None if they can't be compared."""

    verdict: str
    change: Interval | None


@dataclass(frozen=True)
class Pair:
    """Two successive runs that are compared: the change of each row."""

    changes: dict[str, Change]


@dataclass(frozen=True)
class Repeated(OfRuns):
    """The data of the study: the runs, and the comparison of each second run with the one before it."""

    planted: Planted
    between_runs: float
    runs: list[Run]
    pairs: list[Pair]


def table_of(data: Data) -> Table:
    """Return the table of the study: for each row its verdicts, largest change and deviation between runs."""
    study = typed(Repeated, data)
    lines = []
    for name in [*study.rows, study.planted.name]:
        found = _changes(study, name)
        values = [change.change.value for change in found if change.change]
        furthest = max(values, key=lambda value: abs(math.log(value)), default=None)
        planted = name == study.planted.name
        lines.append(
            {
                "row": f"{name}, slower by {study.planted.share:.0%}" if planted else name,
                "pairs": str(len(found)),
                **{verdict: str(sum(change.verdict == verdict for change in found)) for verdict in VERDICTS},
                "largest change": NONE if furthest is None else f"{furthest - 1:+.1%}",
                "deviation between runs": NONE if planted else _percent(_deviation(study, [name])),
            }
        )
    copies = _percent(_deviation(study, [SECOND_COPY]))
    lines.append(dict.fromkeys(lines[0], NONE) | {"row": SECOND_COPY, "deviation between runs": copies})
    return Table("Repeated runs of the same code", pd.DataFrame(lines), _notes(study))


def deviation_between_runs(study: Repeated) -> float | None:
    """Return the standard deviation of a log-ratio from run to run, pooled over the unchanged rows.

    It is the root of the mean over rows of `variance_between`, or 0 if that mean is negative. Unfit runs and rows with
    fewer than two runs are left out; None if no row is left.
    """
    return _deviation(study, study.rows)


def variance_between(runs: Sequence[Sequence[float]]) -> float | None:
    """Return the variance of the means of runs less the mean of their squared standard errors; it may be below 0.

    Runs with fewer than two launches are left out. None if fewer than two runs are left.
    """
    known = [launches for launches in runs if len(launches) > 1]
    if len(known) < 2:
        return None
    errors = [statistics.variance(launches) / len(launches) for launches in known]
    return statistics.variance(map(statistics.fmean, known)) - statistics.fmean(errors)


def _deviation(study: Repeated, names: Sequence[str]) -> float | None:
    fit = [run.log_ratios for run in study.runs if run.unfit is None]
    found = [variance_between([ratios[name] for ratios in fit if name in ratios]) for name in names]
    known = [variance for variance in found if variance is not None]
    return math.sqrt(max(0.0, statistics.fmean(known))) if known else None


def _changes(study: Repeated, name: str) -> list[Change]:
    return [pair.changes[name] for pair in study.pairs if name in pair.changes]


def _notes(study: Repeated) -> list[str]:
    unchanged = [change for name in study.rows for change in _changes(study, name)]
    compared = [change for change in unchanged if change.verdict != NOT_COMPARABLE]
    called = sum(change.verdict in (FASTER, SLOWER) for change in compared)
    planted = _changes(study, study.planted.name)
    found = sum(change.verdict == SLOWER for change in planted)
    unfit = sum(run.unfit is not None for run in study.runs)
    share = f" ({called / len(compared):.1%})" if compared else ""
    return [
        f"{len(study.runs)} consecutive runs of {study.launches} launches of {study.rounds} rounds of "
        f"{study.workload}, {unfit} of them unfit. Pairs are disjoint: runs 1 and 2, 3 and 4, and so on. The planted "
        "row is a copy of the baseline that trains and discards additional epochs in the second run of each pair. "
        f"Verdicts are those of xorbench compare with --between-runs {study.between_runs * 100:.3g}%.",
        f"Of {len(compared)} comparisons of unchanged rows, {called} have the verdict faster or slower{share}; the "
        f"target is at most {MOST_CHANGED:.0%}. The planted slowdown is found in {found} of {len(planted)} pairs; the "
        f"target is at least {LEAST_FOUND:.0%}.",
        "The deviation between runs is the standard deviation of a ratio from run to run that is not explained by the "
        "spread of the launches, as a share of the ratio. Pooled over the unchanged rows it is "
        f"{_percent(deviation_between_runs(study))}. Unfit runs are left out.",
        *study.not_timed,
    ]


def _percent(share: float | None) -> str:
    return NONE if share is None else f"{share:.2%}"
