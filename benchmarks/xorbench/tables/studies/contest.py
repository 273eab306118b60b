"""Table of the A/A comparison of three benchmark tools."""

import math
import statistics

import pandas as pd

from xorbench.record.studies import Data
from xorbench.tables.cells import Table


def table_of(data: Data) -> Table:
    """Return the table of the study: a line for each statistic of each clock."""
    found: dict[str, list[float]] = {}
    seconds: dict[str, list[float]] = {}
    for one in data["measured"]:
        for name, ratio in one["ratios"].items():
            found.setdefault(name, []).append(ratio)
            seconds.setdefault(name, []).append(one["seconds"])
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
        f"Each pair is the baseline and a second copy of it on {data['workload']}, so that the true ratio is 1. The "
        f"clocks run in random order. Busy processes: {data['busy_processes']}, on {data['busy_on']}. "
        "pytest-benchmark and pyperf time the two copies one after the other; xorbench times them in alternating turns."
    )
    return Table("A/A ratios of the same step by three benchmark tools", pd.DataFrame(lines), [note])
