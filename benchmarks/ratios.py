"""Estimates and intervals from the raw timings of a record: the pair is compared, and the launch is the unit.

Within a launch rounds are paired: each time per epoch over the baseline's in the same round, milliseconds apart.
The median of the logarithms of these ratios is the launch's one number; over launches, their mean and its interval.
"""

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.contract import REFERENCE

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Interval:
    """A ratio and the ends of its 95 % interval; None where one launch cannot tell."""

    ratio: float
    low: float | None
    high: float | None

    @property
    def verdict(self) -> str:
        """What the interval says of the ratio of two times."""
        if self.low is None or self.high is None:
            return "one launch"
        return "slower" if self.low > 1 else "faster" if self.high < 1 else "not separated"


@dataclass(frozen=True)
class Row:
    """One implementation in the table of one workload; the numbers are None where there is no time, for `reason`."""

    implementation: str
    workload: str
    tier: str
    granularity: str
    launches: int
    verdict: str
    reason: str | None = None
    microseconds_per_epoch: float | None = None
    ratio: float | None = None
    ratio_low: float | None = None
    ratio_high: float | None = None
    first_call_seconds: float | None = None


def interval(log_ratios: Sequence[float]) -> Interval:
    """The mean of one log-ratio per launch, with Student's t-interval over the launches."""
    mean = statistics.fmean(log_ratios)
    if len(log_ratios) < 2:
        return Interval(math.exp(mean), None, None)
    from scipy import stats  # here, not above: 0.6 s

    error = stats.sem(log_ratios)
    half = float(stats.t.ppf((1 + CONFIDENCE) / 2, len(log_ratios) - 1) * error)
    return Interval(math.exp(mean), math.exp(mean - half), math.exp(mean + half))


def log_ratios(record: dict[str, Any], workload: str, implementation: str, copy: bool = False) -> list[float]:
    """One number for each launch in which both were timed: the median over rounds of the paired log-ratio."""
    ours = {t["launch"]: t for t in _timings(record, workload, implementation, copy)}
    baseline = {t["launch"]: t for t in _timings(record, workload, REFERENCE, copy=False)}
    return [
        statistics.median(
            math.log(a / ours[launch]["epochs_per_round"]) - math.log(b / baseline[launch]["epochs_per_round"])
            for a, b in zip(ours[launch]["round_nanoseconds"], baseline[launch]["round_nanoseconds"], strict=True)
        )
        for launch in sorted(ours.keys() & baseline.keys())
    ]


def noise_floor(record: dict[str, Any], workloads: Iterable[str] | None = None) -> Interval | None:
    """The ratio of the baseline's second copy to the baseline, over the launches of these workloads; of all if None."""
    names = [w["name"] for w in record["workloads"]] if workloads is None else list(workloads)
    pooled = [ratio for name in names for ratio in log_ratios(record, name, REFERENCE, copy=True)]
    return interval(pooled) if pooled else None


def rows(record: dict[str, Any]) -> list[Row]:
    """The timing table: for each workload the baseline, the others from fastest to slowest, those without a time."""
    table = [_row(record, w["name"], i) for w in record["workloads"] for i in record["implementations"]]
    order = {w["name"]: place for place, w in enumerate(record["workloads"])}
    return sorted(table, key=lambda row: (order[row.workload], row.verdict != "baseline", row.ratio or math.inf))


def document(record: dict[str, Any]) -> dict[str, Any]:
    """What a program wants to know of a run: the table, and the noise floor of all workloads and of each."""
    floors = {w["name"]: noise_floor(record, [w["name"]]) for w in record["workloads"]}
    floor = noise_floor(record)
    return {
        "partial": record["partial"],
        "noise_floor": asdict(floor) if floor else None,
        "noise_floors": {name: asdict(floor) if floor else None for name, floor in floors.items()},
        "rows": [asdict(row) for row in rows(record)],
    }


def _row(record: dict[str, Any], workload: str, implementation: dict[str, Any]) -> Row:
    name = implementation["name"]
    timings = _timings(record, workload, name, copy=False)
    ratios = log_ratios(record, workload, name)
    about: dict[str, Any] = {"implementation": name, "workload": workload, "launches": len(timings)}
    about |= {"tier": implementation["tier"], "granularity": implementation["granularity"]}
    if not ratios:
        verdict, reason = _no_time(record, workload, implementation)
        return Row(**about, verdict=verdict, reason=reason)
    against_baseline = interval(ratios)
    is_baseline = name == REFERENCE
    return Row(
        **about,
        microseconds_per_epoch=statistics.median(
            statistics.median(t["round_nanoseconds"]) / t["epochs_per_round"] / 1e3 for t in timings
        ),
        ratio=against_baseline.ratio,
        ratio_low=against_baseline.low,
        ratio_high=against_baseline.high,
        first_call_seconds=statistics.median(t["first_call_seconds"] for t in timings),
        verdict="baseline" if is_baseline else against_baseline.verdict,
    )


def _no_time(record: dict[str, Any], workload: str, implementation: dict[str, Any]) -> tuple[str, str | None]:
    """Why there is no time: the first that holds of a refusal by the judge, a worker lost, an interruption."""
    name = implementation["name"]
    judged = [*record["gradients"]["rows"], *record["gradients"]["endings"]]
    for row in judged:
        if (row["implementation"], row["workload"]) == (name, workload) and row["verdict"] != "inside":
            return row["verdict"], row["reason"]
    for failure in record["failures"]:
        if (failure["implementation"], failure["workload"], failure["copy"]) == (name, workload, False):
            return "failed", failure["reason"]
    return "not timed", "the run was interrupted" if record["partial"] else f"no time of {REFERENCE} to compare with"


def _timings(record: dict[str, Any], workload: str, implementation: str, copy: bool) -> list[dict[str, Any]]:
    wanted = (workload, implementation, copy)
    return [t for t in record["timings"] if (t["workload"], t["implementation"], t["copy"]) == wanted]
