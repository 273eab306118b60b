"""The ratio of each two timed rows of a workload, so that any row can be the baseline of a table.

Each ratio is the mean of its own paired log-ratios; it is never the quotient of two ratios, whose interval would be
wrong because both share the noise of the baseline.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from xorbench.contract import REFERENCE
from xorbench.estimates.intervals import Interval, interval
from xorbench.estimates.ratios import RowId, log_ratios
from xorbench.estimates.timed import Recorded, once
from xorbench.estimates.timing_table import confidence


@dataclass(frozen=True)
class Pair:
    """The time of `implementation` over that of `baseline` on one workload.

    The ratio in the other direction is 1 / `ratio`, with its ends inverted and swapped. `tier` is that of the table in
    which both stand, where the reference stands in the table of every tier; None if they are of different tiers.
    `launches` is the number of launches that have both.
    """

    workload: str
    tier: str | None
    implementation: str
    baseline: str
    ratio: Interval
    launches: int


@once
def pairs(recorded: Recorded) -> list[Pair]:
    """Return the ratio of each two timed rows of each workload, in one direction; to the reference for its own pairs.

    With one row of a table as the baseline, the intervals of the n - 1 other rows are simultaneous, with the record's
    confidence (Bonferroni's correction for n - 1 comparisons). The table is that of the pair's tier, with the
    reference; for a pair of different tiers, it is that of all timed rows of the workload.
    """
    return [pair for workload in recorded.workloads for pair in _of(recorded, workload)]


def _of(recorded: Recorded, workload: str) -> Iterator[Pair]:
    tiers = {i.name: i.tier for i in recorded.record.implementations}
    timed = [name for name in tiers if log_ratios(recorded, workload, RowId(name))]
    for one, other in itertools.combinations(timed, 2):
        if one == REFERENCE:
            one, other = other, one
        tier = tiers[one] if other == REFERENCE or tiers[one] == tiers[other] else None
        others = [name for name in timed if name != REFERENCE and tier in (None, tiers[name])]
        if ratios := log_ratios(recorded, workload, RowId(one), RowId(other)):
            ratio = interval(ratios, confidence(recorded, len(others)))
            yield Pair(workload, tier, one, other, ratio, len(ratios))
