"""Table of the A/A comparison of three benchmark tools."""

import math
import statistics
from dataclasses import dataclass

import pandas as pd

from xorbench.record.studies import Data
from xorbench.tables.cells import Table
from xorbench.tables.studies.typed import typed


@dataclass(frozen=True)
class Pair:
    """The A/A ratios of one pair by one clock, by the name of the statistic, and the seconds that the pair took."""

    seconds: float
    ratios: dict[str, float]


@dataclass(frozen=True)
class Contest:
    """The data of the study: the measured pairs, and the busy processes beside them."""

    workload: str
    busy_processes: int
    busy_on: str
    measured: list[Pair]


def table_of(data: Data) -> Table:
    """Return the table of the study: a line for each statistic of each clock."""
    study = typed(Contest, data)
    found: dict[str, list[float]] = {}
    seconds: dict[str, list[float]] = {}
    for one in study.measured:
        for name, ratio in one.ratios.items():
            found.setdefault(name, []).append(ratio)
            seconds.setdefault(name, []).append(one.seconds)
    lines = [
        {
            "clock": name,
            "pairs": str(len(ratios)),
            "seconds per pair": f"{statistics.fmean(seconds[name]):.0f}",
            "A/A ratio, range": f"{min(ratios):.4f} to {max(ratios):.4f}",
            "largest error": f"{max(abs(math.log(ratio)) for ratio in ratios):.2%}",
            "root mean square error": f"{math.sqrt(statistics.fmean(math.log(r) ** 2 for r in ratios)):.2%}",
        }
        for name, ratios in sorted(found.items())
    ]
    note = (
        f"Each pair is the baseline and a second copy of it on {study.workload}, so that the true ratio is 1. The "
        f"clocks run in random order. Busy processes: {study.busy_processes}, on {study.busy_on}. "
        "pytest-benchmark and pyperf time the two copies one after the other; xorbench times them in alternating turns."
    )
    return Table("A/A ratios of the same step by three benchmark tools", pd.DataFrame(lines), [note])
