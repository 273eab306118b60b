"""The cost breakdown of a step: the time that each implementation adds to another from which it differs in one thing.

An implementation's file names the one that it adds to, and what it adds. Followed down to an implementation that adds
to no other, they form a chain, and the time of the last one is the sum of the differences along the chain. In each
launch a difference is a share of that time, from the same rounds, and all shares add up to 1. The share times the time
of the whole step in that launch is the part in microseconds. Both are means over launches with Student's t interval.
Shares hardly vary if the whole machine is slow in one launch and fast in the next; microseconds vary with the step.
"""

import math
import statistics
from collections.abc import Mapping
from dataclasses import dataclass

from xorbench.estimates.intervals import Interval, mean
from xorbench.estimates.ratios import RowId, paired, seconds_per_epoch
from xorbench.estimates.timed import Recorded, once
from xorbench.estimates.timing_table import confidence
from xorbench.record.run import ImplementationRecord

COSTS, SAVES, NOT_SEPARATED = "costs", "saves", "not separated"


@dataclass(frozen=True)
class Part:
    """A part of a step: its share, its time, and whether its share is separated from 0.

    The part is the time of `implementation` less the time of `beside`; for the lowest implementation of the chain,
    where `beside` is None, it is the whole time. It includes the implementations between the two that were not timed,
    and so does `adds`. `microseconds` is the mean over launches of the share in a launch times the time of the step in
    that launch, so it is not the product of the two means.
    """

    implementation: str
    beside: str | None
    adds: str
    share: Interval
    microseconds: Interval
    verdict: str


@dataclass(frozen=True)
class Step:
    """The parts of one implementation's step, the lowest implementation of the chain first.

    `microseconds` is the mean over launches of the time of an epoch, and the sum of the microseconds of the parts.
    """

    implementation: str
    workload: str
    microseconds: float
    launches: int
    parts: list[Part]


@dataclass(frozen=True)
class _Rung:
    implementation: str
    adds: str


@once
def steps(recorded: Recorded) -> list[Step]:
    """Return the cost breakdown of every implementation that ends a chain of two or more timed implementations."""
    about = {i.name: i for i in recorded.record.implementations}
    found = []
    for workload in recorded.workloads:
        timed = {name for name in about if seconds_per_epoch(recorded, workload, RowId(name))}
        ladders = [_ladder(about, name, timed) for name in about if name in timed]
        below = {rung.implementation for ladder in ladders for rung in ladder[:-1]}
        for ladder in ladders:
            if len(ladder) > 1 and ladder[-1].implementation not in below:
                found += _step(recorded, workload, ladder)
    return found


def _ladder(about: Mapping[str, ImplementationRecord], name: str, timed: set[str]) -> list[_Rung]:
    """Return the timed rungs from the lowest to `name`; what an untimed one adds is counted with the next above."""
    names: list[str] = []
    below: str | None = name
    while below is not None and below in about and below not in names:
        names.insert(0, below)
        below = about[below].adds_to
    rungs: list[_Rung] = []
    waiting: list[str] = []
    for here in names:
        waiting.append(about[here].adds or here)
        if here in timed:
            whole = below is not None and not rungs  # the part below the lowest rung is unknown
            rungs.append(_Rung(here, f"all of {here}" if whole else "; ".join(waiting)))
            waiting = []
    return rungs


def _step(recorded: Recorded, workload: str, ladder: list[_Rung]) -> list[Step]:
    """Return the breakdown along `ladder`, in a list that is empty if no launch has timed all rungs."""
    top = RowId(ladder[-1].implementation)
    rounds = [paired(recorded, workload, RowId(rung.implementation), top) for rung in ladder]
    by_launch = seconds_per_epoch(recorded, workload, top)
    launches = sorted(set(by_launch).intersection(*rounds))
    if not launches:
        return []
    heights = [[math.exp(statistics.median(found[launch])) for launch in launches] for found in rounds]
    times = [by_launch[launch] * 1e6 for launch in launches]
    of = confidence(recorded, len(ladder))
    parts = []
    for number, rung in enumerate(ladder):
        lower = heights[number - 1] if number else [0.0] * len(launches)
        shares = [high - low for high, low in zip(heights[number], lower, strict=True)]
        share = mean(shares, of)
        parts.append(
            Part(
                implementation=rung.implementation,
                beside=ladder[number - 1].implementation if number else None,
                adds=rung.adds,
                share=share,
                microseconds=mean([part * time for part, time in zip(shares, times, strict=True)], of),
                verdict=_verdict(share),
            )
        )
    return [Step(top.implementation, workload, statistics.fmean(times), len(launches), parts)]


def _verdict(share: Interval) -> str:
    if share.low is None or share.high is None:
        return share.verdict
    return COSTS if share.low > 0 else SAVES if share.high < 0 else NOT_SEPARATED
