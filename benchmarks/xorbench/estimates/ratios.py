"""Paired log-ratios of two rows from the raw timings of a record, one number per launch.

Within a launch rounds are paired: the time per epoch of one row is divided by that of the other in the same round,
milliseconds apart. The number of a launch is the median of the logarithms of these ratios over the long rounds in which
the machine was not slow. In a ratio to the baseline, the baseline's log time is the mean over both of its copies.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xorbench.estimates import states
from xorbench.estimates.intervals import Interval, mean, median
from xorbench.estimates.rounds import (
    BASELINE,
    CONTROL,
    LONG,
    SHORT,
    Launched,
    Logarithms,
    Places,
    RowId,
    launched,
    refusal,
    timings,
)
from xorbench.estimates.timed import Timed, once

__all__ = [
    "BASELINE",
    "CONTROL",
    "Compared",
    "RowId",
    "compared",
    "log_ratios",
    "log_ratios_by_launch",
    "log_seconds_per_epoch",
    "medians",
    "paired",
    "parts_of_trainings",
    "refusal",
    "seconds_per_epoch",
    "start_microseconds",
    "timings",
]

Mask = NDArray[np.bool_]

FEWEST_SLOW_ROUNDS = 20
"""The fewest slow rounds of a run for which the ratio in the slow state is reported."""

DIFFERENT = math.log(1.05)
"""The smallest log-ratio between the slow and the quiet state at which the slow state is reported."""

FEWEST_OF_A_LAUNCH = 0.1
"""The share of a launch's rounds that must be in a state for the launch to have a number for that state."""


@dataclass(frozen=True)
class Compared:
    """The long rounds of two rows by launch: their log-ratios, and which rounds are slow.

    `by_state` says whether the published ratio is computed over the rounds that are not slow or over all rounds.
    """

    ratios: Mapping[int, Logarithms]
    slow: Mapping[int, Mask]
    by_state: bool
    quiet_share: float

    @property
    def published(self) -> dict[int, Logarithms]:
        """The log-ratios of the rounds that are used, by launch."""
        return self._in_state(False) if self.by_state else dict(self.ratios)

    def slow_factor(self, confidence: float) -> float | None:
        """Return the ratio in slow rounds over that in quiet rounds; None unless separated and more than 5 % apart."""
        if not self.by_state or sum(int(mask.sum()) for mask in self.slow.values()) < FEWEST_SLOW_ROUNDS:
            return None
        slow, quiet = (medians(found) for found in (self._in_state(True), self._in_state(False)))
        if len(slow) < 2 or len(quiet) < 2:
            return None
        one, other = mean(slow, confidence), mean(quiet, confidence)
        assert one.low is not None and one.high is not None and other.low is not None and other.high is not None  # noqa: PT018
        apart = one.value - other.value
        separated = one.low > other.high or one.high < other.low
        return math.exp(apart) if separated and abs(apart) > DIFFERENT else None

    def _in_state(self, slow: bool) -> dict[int, Logarithms]:
        found = {}
        for launch, ratios in self.ratios.items():
            chosen = self.slow[launch] == slow
            if chosen.sum() > FEWEST_OF_A_LAUNCH * len(ratios):
                found[launch] = ratios[chosen]
        return found


@once
def compared(timed: Timed, workload: str, one: RowId, other: RowId) -> Compared:
    """Return the paired long rounds of `one` and `other`, for all launches in which both were timed."""
    ratios = {
        launch.number: _log_time(launch, one, other) - _log_time(launch, other, one)
        for launch in launched(timed, workload, LONG)
        if one in launch.times and other in launch.times
    }
    rows = states.without(one, other)
    told = {launch: mask for launch, mask in states.slow(timed, workload, rows, LONG).items() if launch in ratios}
    by_state = states.known(timed, workload, rows) and told.keys() == ratios.keys()
    share = states.quiet_share(told.values()) if by_state else 1.0
    return Compared(ratios, told, by_state and share >= states.FEWEST_QUIET, share)


def _log_time(launch: Launched, one: RowId, beside: RowId) -> Logarithms:
    """Return the log times of `one`; for the baseline, the mean over both copies unless these two are compared."""
    if one == BASELINE and beside != CONTROL and CONTROL in launch.times:
        return (launch.times[BASELINE] + launch.times[CONTROL]) / 2
    return launch.times[one]


def paired(
    timed: Timed,
    workload: str,
    one: RowId,
    other: RowId = BASELINE,
    chosen: Callable[[Places, Places], Mask] | None = None,
) -> dict[int, list[float]]:
    """Return the log-ratios of the rounds that are used, for each launch in which both rows were timed.

    `chosen` selects rounds by the positions of the two rows in them, whatever the state of the machine; the baseline is
    then its first copy alone.
    """
    if chosen is None:
        return {launch: found.tolist() for launch, found in compared(timed, workload, one, other).published.items()}
    return {
        launch.number: (launch.times[one] - launch.times[other])[
            chosen(launch.positions[one], launch.positions[other])
        ].tolist()
        for launch in launched(timed, workload, LONG)
        if one in launch.times and other in launch.times
    }


def log_ratios(timed: Timed, workload: str, one: RowId, other: RowId = BASELINE) -> list[float]:
    """Return the median log-ratio of `one` to `other` for each launch in which both were timed."""
    return [*log_ratios_by_launch(timed, workload, one, other).values()]


def log_ratios_by_launch(timed: Timed, workload: str, one: RowId, other: RowId = BASELINE) -> dict[int, float]:
    """Return by launch the median log-ratio of `one` to `other`, for the launches in which both were timed."""
    rounds = compared(timed, workload, one, other).published
    return {launch: median(ratios) for launch, ratios in rounds.items() if len(ratios)}


def medians(rounds: Mapping[int, Sequence[float] | Logarithms]) -> list[float]:
    """Return the median of each launch that has any rounds."""
    return [median(ratios) for ratios in rounds.values() if len(ratios)]


def log_seconds_per_epoch(timed: Timed, workload: str, row_id: RowId) -> list[float]:
    """Return the logarithm of the median seconds per epoch of each launch; it varies with the state of the machine."""
    return [math.log(seconds) for seconds in seconds_per_epoch(timed, workload, row_id).values()]


def seconds_per_epoch(timed: Timed, workload: str, row_id: RowId) -> dict[int, float]:
    """Return by launch the median seconds per epoch in the long rounds that are used."""
    times = _quiet_times(timed, workload, row_id, LONG)
    return {launch: math.exp(median(found)) / 1e9 for launch, found in times.items()}


def _quiet_times(timed: Timed, workload: str, row_id: RowId, length: str) -> dict[int, Logarithms]:
    """Return by launch the log nanoseconds per epoch of the quiet rounds.

    All rounds are used if the state is unknown, or if fewer than half of the rounds in the launches of this row are
    quiet.
    """
    rows = states.without(row_id, BASELINE)
    every = {
        launch.number: launch.times[row_id]
        for launch in launched(timed, workload, length)
        if len(launch.times.get(row_id, ()))
    }
    masks = states.slow(timed, workload, rows, length) if states.known(timed, workload, rows) else {}
    masks = {number: mask for number, mask in masks.items() if number in every}
    if states.quiet_share(masks.values()) < states.FEWEST_QUIET:
        return every
    quiet = {number: times[~masks[number]] if number in masks else times for number, times in every.items()}
    return {number: times for number, times in quiet.items() if len(times) > FEWEST_OF_A_LAUNCH * len(every[number])}


def start_microseconds(timed: Timed, workload: str, row_id: RowId, confidence: float) -> Interval | None:
    """Return the microseconds of a training before its first epoch, with an interval over launches.

    None if there were no short rounds.
    """
    found = [start / 1e3 for start, _ in parts_of_trainings(timed, workload, row_id)]
    return mean(found, confidence) if found else None


def parts_of_trainings(timed: Timed, workload: str, row_id: RowId) -> list[tuple[float, float]]:
    """Return for each launch the nanoseconds of a training before its first epoch, and those of each of its epochs.

    They are 2 T(n) - T(2n) and (T(2n) - T(n)) / n, where T(n) and T(2n) are the median times of short and long rounds.
    Either may be negative, because it is a difference. The list is empty if there were no short rounds.
    """
    every = [(launch.number, launch.epochs.get(row_id, 0)) for launch in launched(timed, workload, SHORT)]
    short, long = (_quiet_times(timed, workload, row_id, length) for length in (SHORT, LONG))
    found = []
    for number, epochs in every:
        if epochs and number in short and number in long:
            of_short, of_long = (math.exp(median(times[number])) for times in (short, long))
            of_n, of_2n = epochs * of_short, 2 * epochs * of_long
            found.append((2 * of_n - of_2n, (of_2n - of_n) / epochs))
    return found
