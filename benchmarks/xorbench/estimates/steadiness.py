"""Whether rows are in a steady state: how their times move within a launch, beside those of the other rows."""

import math

import numpy as np

from xorbench.estimates.intervals import Interval, mean
from xorbench.estimates.rounds import LONG, Contender
from xorbench.estimates.states import SLOW, level, relative
from xorbench.estimates.timed import Timed

MOST_DRIFT = math.log(1.02)

FEWEST_ROUNDS = 8
"""Of a launch, so that a quarter of it has two."""


def drift(timed: Timed, workload: str, contender: Contender, confidence: float) -> Interval | None:
    """The logarithm of a row's time in the last quarter of a launch over that in the first, with its interval.

    It is beside the level of the other rows, so that what the machine does to all cancels, and over rounds that are
    not slow, for a row whose ratio depends on the state of the machine may be steady in each of them; one number a
    launch. None where no launch has a quiet round in both quarters and is long enough, or nothing else was timed.
    """
    found = []
    for rows in relative(timed, workload, LONG).values():
        others = level(rows, [contender])
        if contender in rows and others is not None and len(others) >= FEWEST_ROUNDS:
            quarter = len(others) // 4
            beside = np.where(others > SLOW, np.nan, rows[contender] - others)
            first, last = (ends[~np.isnan(ends)] for ends in (beside[:quarter], beside[-quarter:]))
            if len(first) and len(last):
                found.append(float(np.median(last) - np.median(first)))
    return mean(found, confidence) if found else None


def unsteady(found: Interval | None) -> str | None:
    """How far a row drifts within a launch, where that is beyond chance and more than 2 %; None where it is not."""
    if found is None or found.low is None or found.high is None or found.low <= 0 <= found.high:
        return None
    return f"{math.expm1(found.value):+.1%} within a launch" if abs(found.value) > MOST_DRIFT else None
