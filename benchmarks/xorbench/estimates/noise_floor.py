"""The controls of every run, the baseline against its own second copy, and whether the run is fit to be believed."""

import statistics
from collections.abc import Mapping

import numpy as np

from xorbench.estimates import states
from xorbench.estimates.intervals import Interval, interval
from xorbench.estimates.ratios import CONTROL, compared, medians
from xorbench.estimates.rounds import BASELINE, COPIES, LONG, SHORT, Contender, Logarithms
from xorbench.estimates.timed import Timed, once

MOST_OFF = 0.01
"""How far from 1 the A/A ratio of a fit run may be, if its interval excludes 1."""

MOST_SECOND_OFF = 0.02
"""How far from 1 the second control of a fit run may be."""


LOW_QUANTILE = 0.05
"""Of the times of a launch: even where most rounds are disturbed, it is one that was not."""


@once
def noise_floor(timed: Timed, *workloads: str) -> Interval | None:
    """Return the A/A ratio: the second copy over the baseline, over the launches, of these workloads; of all if none.

    The workloads of a launch share two processes, so that their mean is the launch's one number.
    """
    by_launch: dict[int, list[float]] = {}
    for name in workloads or timed.workloads:
        rounds = compared(timed, name, CONTROL, BASELINE).published
        for launch, median in zip(rounds, medians(rounds), strict=True):
            by_launch.setdefault(launch, []).append(median)
    return interval([statistics.fmean(ratios) for ratios in by_launch.values()]) if by_launch else None


@once
def second_control(timed: Timed) -> Interval | None:
    """The second copy in short rounds over the baseline in long ones, per epoch, less the start of a training.

    Each is taken beside the level of the other rows, and as a multiple of a low quantile of its own times in rounds of
    that length and launch, which contains the start. It is 1 where disturbances add the same share to short and to long
    rounds of the baseline, or add to all rows alike. None where there were no short rounds.
    """
    by_launch: dict[int, list[float]] = {}
    for name in timed.workloads:
        short, long = (states.relative(timed, name, length) for length in (SHORT, LONG))
        for launch in short.keys() & long.keys():
            ratio = _beside_others(short[launch], CONTROL), _beside_others(long[launch], BASELINE)
            if ratio[0] is not None and ratio[1] is not None:
                by_launch.setdefault(launch, []).append(ratio[0] - ratio[1])
    return interval([statistics.fmean(by_launch[launch]) for launch in sorted(by_launch)]) if by_launch else None


@once
def unfit(timed: Timed) -> str | None:
    """Why the ratios of this run are not to be believed, in one sentence; None where they are, or it can't be told.

    There are three reasons: the A/A interval excludes 1 and its value is more than 1 % from 1; the same of the second
    control and 2 %; more than half of the rounds are slow.
    """
    floor, second, quiet = noise_floor(timed), second_control(timed), states.run_quiet_share(timed)
    if floor is not None and floor.verdict in ("slower", "faster") and abs(floor.value - 1) > MOST_OFF:
        return (
            f"the baseline against itself came out as {floor.value:.4f}, {floor.low:.4f} to {floor.high:.4f}, expected "
            f"at most {MOST_OFF:.0%} from 1"
        )
    if second is not None and second.verdict in ("slower", "faster") and abs(second.value - 1) > MOST_SECOND_OFF:
        return (
            f"the baseline in short rounds over itself in long ones came out as {second.value:.4f}, expected at most "
            f"{MOST_SECOND_OFF:.0%} from 1"
        )
    if quiet < states.FEWEST_QUIET:
        return f"{1 - quiet:.0%} of the rounds were slow, expected at most {1 - states.FEWEST_QUIET:.0%}"
    return None


def _beside_others(rows: Mapping[Contender, Logarithms], copy: Contender) -> float | None:
    """A copy's median round less the level of the rows that are no copies, over its own low quantile, as logarithms.

    None where it has no rounds.
    """
    if copy not in rows or not len(rows[copy]):
        return None
    others = states.level(rows, COPIES)
    beside = rows[copy] if others is None else rows[copy] - others
    return float(np.median(beside) - np.quantile(rows[copy], LOW_QUANTILE))
