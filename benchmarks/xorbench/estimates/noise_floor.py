"""The A/A controls of a run, which compare the baseline with a second copy of itself, and whether the run is usable."""

import statistics

import numpy as np

from xorbench.estimates import states
from xorbench.estimates.intervals import Interval, interval, median
from xorbench.estimates.ratios import CONTROL, compared, medians
from xorbench.estimates.rounds import BASELINE, COPIES, LONG, SHORT, RowId
from xorbench.estimates.timed import Timed, once

MOST_OFF = 0.01
"""The largest distance from 1 that the A/A ratio of a usable run may have if its interval excludes 1."""

MOST_SECOND_OFF = 0.02
"""The largest distance from 1 that the second control of a usable run may have if its interval excludes 1."""


LOW_QUANTILE = 0.05
"""The quantile of the times of a launch that stands for an undisturbed round, even if most rounds are disturbed."""


@once
def noise_floor(timed: Timed, *workloads: str) -> Interval | None:
    """Return the A/A ratio, second copy over baseline, over all launches and the given `workloads` (default: all).

    The workloads of a launch share the same two processes, so each launch contributes the mean over its workloads.
    None if no launch has both copies.
    """
    by_launch: dict[int, list[float]] = {}
    for name in workloads or timed.workloads:
        rounds = compared(timed, name, CONTROL, BASELINE).published
        for launch, of_launch in zip(rounds, medians(rounds), strict=True):
            by_launch.setdefault(launch, []).append(of_launch)
    return interval([statistics.fmean(ratios) for ratios in by_launch.values()]) if by_launch else None


@once
def second_control(timed: Timed) -> Interval | None:
    """Return the ratio of the second copy in short rounds to the baseline in long rounds, or None without short rounds.

    The times are per epoch, without the start of a training. Each is taken relative to the level of the other rows, and
    to a low quantile of the copy's own times in rounds of that length and launch, which contains the start. The ratio
    is 1 if disturbances add the same share to short and long rounds of the baseline, or to all rows alike.
    """
    by_launch: dict[int, list[float]] = {}
    for name in timed.workloads:
        short, long = _beside_others(timed, name, SHORT, CONTROL), _beside_others(timed, name, LONG, BASELINE)
        for launch in short.keys() & long.keys():
            by_launch.setdefault(launch, []).append(short[launch] - long[launch])
    return interval([statistics.fmean(by_launch[launch]) for launch in sorted(by_launch)]) if by_launch else None


@once
def unfit(timed: Timed) -> str | None:
    """Return the reason why the ratios of this run are not usable, in one phrase; None if there is none.

    There are three reasons: the A/A interval excludes 1 and its value is more than 1 % from 1; the interval of the
    second control excludes 1 and its value is more than 2 % from 1; more than half of the rounds are slow.
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


def _beside_others(timed: Timed, workload: str, length: str, copy: RowId) -> dict[int, float]:
    """Return by launch the median log time of `copy` relative to the other rows' level and to its own low quantile.

    Launches in which `copy` has no rounds of this length are left out.
    """
    others = states.levels(timed, workload, COPIES, length)
    found = {}
    for launch, rows in states.relative(timed, workload, length).items():
        if copy in rows and len(rows[copy]):
            beside = rows[copy] - others[launch] if launch in others else rows[copy]
            found[launch] = median(beside) - float(np.quantile(rows[copy], LOW_QUANTILE))
    return found
