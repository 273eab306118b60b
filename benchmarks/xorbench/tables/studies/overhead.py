"""Table of the study of the overhead of turns."""

import statistics
from dataclasses import dataclass

import pandas as pd

from xorbench.record.studies import Data
from xorbench.tables.cells import Table
from xorbench.tables.studies.typed import typed


@dataclass(frozen=True)
class Launch:
    """The seconds of a launch of so many workers: in all, in turns, and in timed rounds."""

    workers: int
    seconds: float
    in_turns: float
    in_timed_rounds: float


@dataclass(frozen=True)
class Overhead:
    """The data of the study: the length of launches and rounds, and the measured launches."""

    workload: str
    epochs: int
    rounds: int
    launches: list[Launch]


def table_of(data: Data) -> Table:
    """Return the table of the study: medians over the repetitions, by number of workers."""
    study = typed(Overhead, data)
    rounds = study.rounds
    lines = []
    for number in dict.fromkeys(launch.workers for launch in study.launches):
        mine = [launch for launch in study.launches if launch.workers == number]
        seconds, in_turns, timed = (
            statistics.median(getattr(launch, part) for launch in mine)
            for part in ("seconds", "in_turns", "in_timed_rounds")
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
        f"{rounds} rounds of {study.workload}: long rounds of {study.epochs} epochs alternate with short rounds of "
        "half as many. A warm-up of a quarter of the epochs of a long round precedes each round. The rest of the "
        "untimed part is the message, drawing and converting the initial parameters, reading the result, and observing "
        "the process."
    )
    return Table("Overhead of turns", pd.DataFrame(lines), [note])
