"""The drift of a row's times within a launch, relative to the other rows: whether the row is in a steady state."""

import math

import numpy as np

from xorbench.estimates.intervals import Interval, mean, median
from xorbench.estimates.rounds import LONG, RowId
from xorbench.estimates.states import SLOW, levels, relative
from xorbench.estimates.timed import Timed

MOST_DRIFT = math.log(1.02)

FEWEST_ROUNDS = 8
"""The fewest rounds of a launch whose drift is computed: a quarter of it then has two rounds."""


def drift(timed: Timed, workload: str, row_id: RowId, confidence: float) -> Interval | None:
    """Return the log-ratio of a row's time in the last quarter of a launch to its time in the first, with an interval.

    Times are relative to the level of the other rows, so that changes of the machine cancel. Slow rounds are left out,
    because a row whose ratio depends on the state of the machine may be steady in each state. Each launch gives one
    number. None if no launch is long enough and has quiet rounds in both quarters, or if no other row was timed.
    """
    found = []
    rows = relative(timed, workload, LONG)
    for launch, others in levels(timed, workload, frozenset({row_id}), LONG).items():
        if row_id in rows[launch] and len(others) >= FEWEST_ROUNDS:
            quarter = len(others) // 4
            beside = np.where(others > SLOW, np.nan, rows[launch][row_id] - others)
            first, last = (ends[~np.isnan(ends)] for ends in (beside[:quarter], beside[-quarter:]))
            if len(first) and len(last):
                found.append(median(last) - median(first))
    return mean(found, confidence) if found else None


def unsteady(found: Interval | None) -> str | None:
    """Return the drift in words if its interval excludes 0 and it is more than 2 %; None otherwise."""
    if found is None or found.low is None or found.high is None or found.low <= 0 <= found.high:
        return None
    return f"{math.expm1(found.value):+.1%} within a launch" if abs(found.value) > MOST_DRIFT else None
