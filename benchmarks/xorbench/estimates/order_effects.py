"""Order effects: how the ratio of a row depends on its position before or after the baseline and other rows."""

import statistics
from dataclasses import dataclass

import numpy as np

from xorbench.contract import REFERENCE
from xorbench.estimates.intervals import Interval, interval, median
from xorbench.estimates.ratios import BASELINE, CONTROL, RowId, log_ratios, medians, paired
from xorbench.estimates.rounds import LONG, Launched, Logarithms, launched
from xorbench.estimates.timed import Recorded, once
from xorbench.estimates.timing_table import confidence


@dataclass(frozen=True)
class Bias:
    """The order effects of one row.

    `order` is the ratio in rounds in which the row came before the baseline, over the ratio in the others; the verdicts
    are those of the two ratios. `carry_over` is the time directly after the row `after` over the time after all other
    rows; it is reported for the row with the largest effect.
    """

    implementation: str
    copy: bool
    workload: str
    order: Interval
    verdict_before: str
    verdict_after: str
    after: str | None
    carry_over: Interval | None


@once
def biases(recorded: Recorded) -> list[Bias]:
    """Return the order effects of the second copy and of every row that was timed against the baseline."""
    found = []
    for workload in recorded.workloads:
        names = [i.name for i in recorded.record.implementations if i.name != REFERENCE]
        row_ids = [c for c in (CONTROL, *map(RowId, names)) if log_ratios(recorded, workload, c)]
        for row_id in row_ids:
            before = paired(recorded, workload, row_id, chosen=lambda one, other: one < other)
            after = paired(recorded, workload, row_id, chosen=lambda one, other: one > other)
            both = [launch for launch in before if before[launch] and after[launch]]
            if both:
                of = confidence(recorded, len(row_ids))
                shifts = [statistics.median(before[n]) - statistics.median(after[n]) for n in both]
                name, carried = _carry_over(recorded, workload, row_id, [BASELINE, *row_ids])
                found.append(
                    Bias(
                        implementation=row_id.implementation,
                        copy=row_id.copy,
                        workload=workload,
                        order=interval(shifts, of),
                        verdict_before=interval(medians(before), of).verdict,
                        verdict_after=interval(medians(after), of).verdict,
                        after=name,
                        carry_over=carried,
                    )
                )
    return found


def _carry_over(
    recorded: Recorded, workload: str, row_id: RowId, others: list[RowId]
) -> tuple[str | None, Interval | None]:
    """Return the name of the predecessor with the largest carry-over effect on `row_id`, and the effect."""
    launches = [launch for launch in launched(recorded, workload, LONG) if row_id in launch.times]
    levels = _levels(recorded, workload)
    beside = {launch.number: launch.times[row_id] - levels[launch.number] for launch in launches}
    found: dict[str, Interval] = {}
    for other in others:
        if other != row_id and len(others) > 2:
            every = (_shift(launch, beside[launch.number], row_id, other) for launch in launches)
            shifts = [shift for shift in every if shift is not None]
            if shifts:
                name = f"{other.implementation}, second copy" if other.copy else other.implementation
                found[name] = interval(shifts, confidence(recorded, len(others) - 1))
    if not found:
        return None, None
    worst = max(found, key=lambda name: abs(found[name].value - 1))
    return worst, found[worst]


@once
def _levels(recorded: Recorded, workload: str) -> dict[int, Logarithms]:
    """Return by launch the mean over all rows of the log time of each round less the median of the row."""
    every = {launch.number: np.stack([*launch.times.values()]) for launch in launched(recorded, workload, LONG)}
    return {number: np.mean(times - np.median(times, axis=1, keepdims=True), axis=0) for number, times in every.items()}


def _shift(launch: Launched, beside: Logarithms, row_id: RowId, other: RowId) -> float | None:
    """Return the median of `beside`, the log times relative to the round's level, after `other` less after other rows.

    None unless both were timed, and some rounds come after other rows and some directly after `other`.
    """
    if other not in launch.times:
        return None
    places = launch.positions[row_id]
    follows = places == launch.positions[other] + 1
    elsewhere = (places > 0) & ~follows
    if not follows.any() or not elsewhere.any():
        return None
    return median(beside[follows]) - median(beside[elsewhere])
