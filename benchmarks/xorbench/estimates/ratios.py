"""Paired log-ratios from the raw timings of a record: the pair is compared, and the launch is the unit.

Within a launch rounds are paired: each time per epoch over the other's in the same round, milliseconds apart. The
median of the logarithms of these ratios, over the long rounds in which the machine was not slow, is the launch's one
number. Where the baseline stands in a ratio it is the mean of the logarithms of both of its copies.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xorbench.estimates import states
from xorbench.estimates.intervals import Interval, mean
from xorbench.estimates.rounds import (
    BASELINE,
    CONTROL,
    LONG,
    SHORT,
    Contender,
    Launched,
    Logarithms,
    Places,
    launched,
    refusal,
    timings,
)
from xorbench.estimates.timed import Timed, once

__all__ = [
    "BASELINE",
    "CONTROL",
    "Compared",
    "Contender",
    "compared",
    "log_ratios",
    "log_seconds_per_epoch",
    "medians",
    "paired",
    "refusal",
    "seconds_per_epoch",
    "start_microseconds",
    "timings",
]

Mask = NDArray[np.bool_]

FEWEST_SLOW_ROUNDS = 20
"""Of a run, from which the ratio of the slow state is told."""

DIFFERENT = math.log(1.05)
"""How far the ratio of the slow state must be from that of the quiet one to be told."""

FEWEST_OF_A_LAUNCH = 0.1
"""The share of a launch's rounds in one state that give it a number for that state."""


@dataclass(frozen=True)
class Compared:
    """The long rounds of two rows, by launch: their log-ratios, and which rounds are slow.

    `by_state` says whether the published ratio is over the rounds that are not slow; else it is over all.
    """

    ratios: Mapping[int, Logarithms]
    slow: Mapping[int, Mask]
    by_state: bool
    quiet_share: float

    @property
    def published(self) -> dict[int, Logarithms]:
        """By launch the log-ratios that count."""
        return self._in_state(False) if self.by_state else dict(self.ratios)

    def slow_factor(self, confidence: float) -> float | None:
        """The ratio in slow rounds over that in quiet ones, where they differ by more than chance and by 5 %."""
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
def compared(timed: Timed, workload: str, one: Contender, other: Contender) -> Compared:
    """Return all launches in which both rows were timed."""
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


def _log_time(launch: Launched, one: Contender, beside: Contender) -> Logarithms:
    """The logarithms of the times of a row; of the baseline the mean of both copies, unless they are compared."""
    if one == BASELINE and beside != CONTROL and CONTROL in launch.times:
        return (launch.times[BASELINE] + launch.times[CONTROL]) / 2
    return launch.times[one]


def paired(
    timed: Timed,
    workload: str,
    one: Contender,
    other: Contender = BASELINE,
    chosen: Callable[[Places, Places], Mask] | None = None,
) -> dict[int, list[float]]:
    """The log-ratio of each round that counts, of each launch in which both were timed.

    `chosen` picks rounds by the places that the two had in them, whatever the state of the machine; the baseline is
    its first copy alone then.
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


def log_ratios(timed: Timed, workload: str, one: Contender, other: Contender = BASELINE) -> list[float]:
    """One number for each launch in which both were timed."""
    return medians(compared(timed, workload, one, other).published)


def medians(rounds: Mapping[int, Sequence[float] | Logarithms]) -> list[float]:
    """The median of each launch that has any rounds."""
    return [float(np.median(ratios)) for ratios in rounds.values() if len(ratios)]


def log_seconds_per_epoch(timed: Timed, workload: str, contender: Contender) -> list[float]:
    """The logarithm of the median time, for each launch: for orientation, for it moves with the machine's state."""
    return [math.log(seconds) for seconds in seconds_per_epoch(timed, workload, contender).values()]


def seconds_per_epoch(timed: Timed, workload: str, contender: Contender) -> dict[int, float]:
    """By launch the median time of an epoch in the long rounds that count."""
    times = _quiet_times(timed, workload, contender, LONG)
    return {launch: math.exp(float(np.median(found))) / 1e9 for launch, found in times.items()}


def _quiet_times(timed: Timed, workload: str, contender: Contender, length: str) -> dict[int, Logarithms]:
    """By launch the logarithms of nanoseconds per epoch, of the rounds that are not slow where that can be told."""
    rows = states.without(contender, BASELINE)
    by_state = states.known(timed, workload, rows)
    masks = states.slow(timed, workload, rows, length) if by_state else {}
    by_state = by_state and states.quiet_share(masks.values()) >= states.FEWEST_QUIET
    found = {}
    for launch in launched(timed, workload, length):
        if contender in launch.times and len(launch.times[contender]):
            times = launch.times[contender]
            quiet = ~masks[launch.number] if by_state and launch.number in masks else np.full(len(times), True)
            if quiet.sum() > FEWEST_OF_A_LAUNCH * len(times):
                found[launch.number] = times[quiet]
    return found


def start_microseconds(timed: Timed, workload: str, contender: Contender, confidence: float) -> Interval | None:
    """What a training takes before its first epoch, 2 T(n) - T(2n), with its interval over launches.

    T(n) and T(2n) are the median times of short and long rounds. None where there were no short ones.
    """
    every = [(launch.number, launch.epochs.get(contender, 0)) for launch in launched(timed, workload, SHORT)]
    short, long = (_quiet_times(timed, workload, contender, length) for length in (SHORT, LONG))
    found = []
    for number, epochs in every:
        if epochs and number in short and number in long:
            of_short, of_long = (math.exp(float(np.median(times[number]))) for times in (short, long))
            found.append((2 * epochs * of_short - 2 * epochs * of_long) / 1e3)
    return mean(found, confidence) if found else None
