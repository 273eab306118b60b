"""Table of the study of repeated runs of the same code."""

import math
import statistics
from collections.abc import Sequence

import pandas as pd

from xorbench.contract import REFERENCE
from xorbench.estimates.comparison import FASTER, NOT_COMPARABLE, NOT_SEPARATED, SLOWER
from xorbench.record.studies import Data
from xorbench.tables.cells import NONE, Table
from xorbench.tables.studies.runs import not_timed, rows

MOST_CHANGED, LEAST_FOUND = 0.05, 0.9
"""The targets: the largest share of unchanged rows found changed, and the smallest share of slowdowns found."""

SECOND_COPY = f"{REFERENCE}, second copy"

VERDICTS = (FASTER, SLOWER, NOT_SEPARATED, NOT_COMPARABLE)


def table_of(data: Data) -> Table:
    """Return the table of the study: for each row its verdicts, largest change and deviation between runs."""
    lines = []
    for name in [*rows(data), data["planted"]["name"]]:
        found = _changes(data, name)
        values = [change["change"]["value"] for change in found if change["change"]]
        furthest = max(values, key=lambda value: abs(math.log(value)), default=None)
        planted = name == data["planted"]["name"]
        lines.append(
            {
                "row": f"{name}, slower by {data['planted']['share']:.0%}" if planted else name,
                "pairs": str(len(found)),
                **{verdict: str(sum(change["verdict"] == verdict for change in found)) for verdict in VERDICTS},
                "largest change": NONE if furthest is None else f"{furthest - 1:+.1%}",
                "deviation between runs": NONE if planted else _percent(_deviation(data, [name])),
            }
        )
    copies = _percent(_deviation(data, [SECOND_COPY]))
    lines.append(dict.fromkeys(lines[0], NONE) | {"row": SECOND_COPY, "deviation between runs": copies})
    return Table("Repeated runs of the same code", pd.DataFrame(lines), _notes(data))


def deviation_between_runs(data: Data) -> float | None:
    """Return the standard deviation of a log-ratio from run to run, pooled over the unchanged rows.

    It is the root of the mean over rows of `variance_between`, or 0 if that mean is negative. Unfit runs and rows with
    fewer than two runs are left out; None if no row is left.
    """
    return _deviation(data, rows(data))


def variance_between(runs: Sequence[Sequence[float]]) -> float | None:
    """Return the variance of the means of runs less the mean of their squared standard errors; it may be below 0.

    Runs with fewer than two launches are left out. None if fewer than two runs are left.
    """
    known = [launches for launches in runs if len(launches) > 1]
    if len(known) < 2:
        return None
    errors = [statistics.variance(launches) / len(launches) for launches in known]
    return statistics.variance(map(statistics.fmean, known)) - statistics.fmean(errors)


def _deviation(data: Data, names: Sequence[str]) -> float | None:
    fit = [run["log_ratios"] for run in data["runs"] if run["unfit"] is None]
    found = [variance_between([ratios[name] for ratios in fit if name in ratios]) for name in names]
    known = [variance for variance in found if variance is not None]
    return math.sqrt(max(0.0, statistics.fmean(known))) if known else None


def _changes(data: Data, name: str) -> list[Data]:
    return [pair["changes"][name] for pair in data["pairs"] if name in pair["changes"]]


def _notes(data: Data) -> list[str]:
    unchanged = [change for name in rows(data) for change in _changes(data, name)]
    compared = [change for change in unchanged if change["verdict"] != NOT_COMPARABLE]
    called = sum(change["verdict"] in (FASTER, SLOWER) for change in compared)
    planted = _changes(data, data["planted"]["name"])
    found = sum(change["verdict"] == SLOWER for change in planted)
    unfit = sum(run["unfit"] is not None for run in data["runs"])
    share = f" ({called / len(compared):.1%})" if compared else ""
    return [
        f"{len(data['runs'])} consecutive runs of {data['launches']} launches of {data['rounds']} rounds of "
        f"{data['workload']}, {unfit} of them unfit. Pairs are disjoint: runs 1 and 2, 3 and 4, and so on. The planted "
        "row is a copy of the baseline that trains and discards additional epochs in the second run of each pair. "
        f"Verdicts are those of xorbench compare with --between-runs {data['between_runs'] * 100:.3g}%.",
        f"Of {len(compared)} comparisons of unchanged rows, {called} have the verdict faster or slower{share}; the "
        f"target is at most {MOST_CHANGED:.0%}. The planted slowdown is found in {found} of {len(planted)} pairs; the "
        f"target is at least {LEAST_FOUND:.0%}.",
        "The deviation between runs is the standard deviation of a ratio from run to run that is not explained by the "
        "spread of the launches, as a share of the ratio. Pooled over the unchanged rows it is "
        f"{_percent(deviation_between_runs(data))}. Unfit runs are left out.",
        *not_timed(data),
    ]


def _percent(share: float | None) -> str:
    return NONE if share is None else f"{share:.2%}"
