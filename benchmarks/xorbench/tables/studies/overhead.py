"""Table of the study of the overhead of turns."""

import statistics

import pandas as pd

from xorbench.record.studies import Data
from xorbench.tables.cells import Table


def table_of(data: Data) -> Table:
    """Return the table of the study: medians over the repetitions, by number of workers."""
    rounds, found = data["rounds"], data["launches"]
    lines = []
    for number in dict.fromkeys(launch["workers"] for launch in found):
        mine = [launch for launch in found if launch["workers"] == number]
        seconds, in_turns, timed = (
            statistics.median(launch[part] for launch in mine) for part in ("seconds", "in_turns", "in_timed_rounds")
        )
        turns = number * rounds
        lines.append(
            {
                "workers": str(number),
                "seconds per launch": f"{seconds:.2f}",
                "seconds per worker": f"{seconds / number:.3f}",
                "share in turns": f"{in_turns / seconds:.0%}",
                "share in timed rounds": f"{timed / seconds:.0%}",
                "ms per turn": f"{in_turns / turns * 1e3:.2f}",
                "timed ms per turn": f"{timed / turns * 1e3:.2f}",
            }
        )
    note = (
        f"{rounds} rounds of {data['workload']}: long rounds of {data['epochs']} epochs alternate with short rounds of "
        "half as many. A warm-up of a quarter of the epochs of a long round precedes each round. The rest of the "
        "untimed part is the message, drawing and converting the initial parameters, reading the result, and observing "
        "the process."
    )
    return Table("Overhead of turns", pd.DataFrame(lines), [note])
