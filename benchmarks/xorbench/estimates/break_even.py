"""Cold-start costs, and the number of epochs after which an implementation breaks even with the baseline."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from xorbench.contract import REFERENCE
from xorbench.estimates.intervals import Interval, interval
from xorbench.estimates.ratios import BASELINE, log_seconds_per_epoch
from xorbench.estimates.timed import Recorded, once
from xorbench.estimates.timing_table import Row, rows
from xorbench.record.timing import ColdStart


@dataclass(frozen=True)
class BreakEven:
    """The number of epochs at which import, first call and epochs together take as long as those of the baseline.

    `verdict` is "after" if the implementation is ahead after `epochs`, "until" if it is ahead only until then, "at
    once", "never", or "not separated" if the ratio of the steps is not separated from 1. `low` and `high` are the most
    extreme numbers of epochs that the intervals of all parts allow together.
    """

    verdict: str
    epochs: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Cost:
    """The costs of one implementation up to the end of its first epoch, measured in fresh processes."""

    implementation: str
    workload: str
    starts: int
    import_seconds: Interval
    first_call_seconds: Interval
    peak_mebibytes: Interval | None
    installed_mebibytes: float | None
    break_even: BreakEven | None

    @property
    def start_seconds(self) -> Interval:
        """The time of the import and of the first call together; its ends are the sums of the ends of both."""
        return self.import_seconds.plus(self.first_call_seconds)


@once
def costs(recorded: Recorded) -> list[Cost]:
    """Return the cold-start costs of each row that has cold starts and was not refused."""
    found = []
    for row in rows(recorded):
        if row.verdict != "refused" and (starts := _starts(recorded, row.workload, row.implementation)):
            sizes = {i.name: i.installed_bytes for i in recorded.record.implementations}
            size = sizes[row.implementation]
            peaks = [start.peak_bytes for start in starts if start.peak_bytes]
            found.append(
                Cost(
                    implementation=row.implementation,
                    workload=row.workload,
                    starts=len(starts),
                    # An import does not depend on the workload, so the imports of all workloads are pooled.
                    import_seconds=_import(recorded, row.implementation),
                    first_call_seconds=_mean(s.first_call_seconds for s in starts),
                    peak_mebibytes=_mean(peak / 2**20 for peak in peaks) if peaks else None,
                    installed_mebibytes=size / 2**20 if size else None,
                    break_even=_break_even(recorded, row),
                )
            )
    return found


def _break_even(recorded: Recorded, row: Row) -> BreakEven | None:
    steps = log_seconds_per_epoch(recorded, row.workload, BASELINE)
    theirs = _starts(recorded, row.workload, REFERENCE)
    if row.implementation == REFERENCE or row.ratio is None or not steps or not theirs:
        return None
    ratio, step = row.ratio, interval(steps)
    if ratio.verdict not in ("slower", "faster"):
        return BreakEven("not separated")
    ours, base = (_start(recorded, row.workload, name) for name in (row.implementation, REFERENCE))
    extra = ours.minus(base)
    sign = 1 if ratio.verdict == "faster" else -1
    if sign * extra.value <= 0:
        return BreakEven("at once" if sign > 0 else "never")
    epochs = 1 + abs(extra.value / (step.value * (1 - ratio.value)))
    verdict = "after" if sign > 0 else "until"
    if step.low is None or step.high is None or ratio.low is None or ratio.high is None:
        return BreakEven(verdict, epochs)
    if extra.low is None or extra.high is None:
        return BreakEven(verdict, epochs)
    gained = [abs(s * (1 - r)) for s in (step.low, step.high) for r in (ratio.low, ratio.high)]
    paid = [max(0.0, sign * end) for end in (extra.low, extra.high)]
    return BreakEven(verdict, epochs, low=1 + min(paid) / max(gained), high=1 + max(paid) / min(gained))


def _start(recorded: Recorded, workload: str, implementation: str) -> Interval:
    """Return the seconds of import and first call together."""
    first = _mean(s.first_call_seconds for s in _starts(recorded, workload, implementation))
    return _import(recorded, implementation).plus(first)


def _import(recorded: Recorded, implementation: str) -> Interval:
    return _mean(s.import_seconds for s in recorded.record.cold_starts if s.implementation == implementation)


def _starts(recorded: Recorded, workload: str, implementation: str) -> list[ColdStart]:
    wanted = (workload, implementation)
    return [s for s in recorded.record.cold_starts if (s.workload, s.implementation) == wanted]


def _mean(values: Iterable[float]) -> Interval:
    return interval([math.log(value) for value in values])
