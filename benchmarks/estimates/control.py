"""The control of every run: the baseline against its own second copy, and whether the run is fit to be believed."""

import statistics
from collections.abc import Iterable

from benchmarks.estimates.intervals import Interval, interval
from benchmarks.estimates.ratios import CONTROL, medians, paired, workload_names
from benchmarks.records import Record


def noise_floor(record: Record, workloads: Iterable[str] | None = None) -> Interval | None:
    """The ratio of the second copy to the baseline, over the launches, of these workloads; of all if None.

    The workloads of a launch share two processes, so that their mean is the launch's one number.
    """
    by_launch: dict[int, list[float]] = {}
    for name in workload_names(record) if workloads is None else workloads:
        rounds = paired(record, name, CONTROL)
        for launch, median in zip(rounds, medians(rounds), strict=True):
            by_launch.setdefault(launch, []).append(median)
    return interval([statistics.fmean(ratios) for ratios in by_launch.values()]) if by_launch else None


def unfit(record: Record) -> str | None:
    """Why ratios of this run are not to be believed: its A/A excludes 1. None where it does not, or can't tell."""
    floor = noise_floor(record)
    if floor is None or floor.verdict not in ("slower", "faster"):
        return None
    return f"the baseline against itself came out as {floor.value:.4f}, {floor.low:.4f} to {floor.high:.4f}, without 1"
