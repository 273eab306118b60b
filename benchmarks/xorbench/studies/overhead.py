"""What turns cost beside what they time, and what one implementation more costs.

`python -m xorbench.studies.overhead` runs launches of 2, 4, 8 and 16 copies of the baseline, a few of each in turn.
"""

import random
import statistics
from collections.abc import Sequence
from time import perf_counter

import pandas as pd

from xorbench import environment, progress
from xorbench.clock.launches import Launches
from xorbench.clock.turns import Entry
from xorbench.contract import discover
from xorbench.studies import asking, kept
from xorbench.studies.kept import Data
from xorbench.studies.planted import EPOCHS, ROUNDS, WORKLOAD
from xorbench.tables.cells import Table

WORKERS = (2, 4, 8, 16)
REPETITIONS = 3


def study(
    workers: Sequence[int] = WORKERS, repetitions: int = REPETITIONS, rounds: int = ROUNDS, epochs: int = EPOCHS
) -> Data:
    """Time launches; the next one starts beside each, as in a run.

    Of each of them `launches` has the seconds in all, in turns, and in timed rounds, all of wall time.
    """
    cpu = environment.allowed_cpus()[-1]
    entry = Entry(discover()[0], {WORKLOAD: epochs})
    found = []
    with progress.stage("overhead", repetitions * len(workers)) as advance:
        for _ in range(repetitions):
            for number in workers:
                with Launches([entry] * number, [WORKLOAD], [cpu], random.Random(0)) as launches:
                    launches.run(rounds)
                    started = perf_counter()
                    launch, about = launches.run(rounds, last=True)
                    seconds = perf_counter() - started
                timed = sum(sum(timing.round_nanoseconds) for timing in launch.timings) / 1e9
                times = {"seconds": seconds, "in_turns": about.seconds_in_turns, "in_timed_rounds": timed}
                found.append({"workers": number} | times)
                advance()
    return {"workload": WORKLOAD, "epochs": epochs, "rounds": rounds, "launches": found}


def table_of(data: Data) -> Table:
    """Medians over the repetitions."""
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
                "seconds a launch": f"{seconds:.2f}",
                "a worker": f"{seconds / number:.3f}",
                "in turns": f"{in_turns / seconds:.0%}",
                "in timed rounds": f"{timed / seconds:.0%}",
                "ms a turn": f"{in_turns / turns * 1e3:.2f}",
                "of these timed": f"{timed / turns * 1e3:.2f}",
            }
        )
    note = (
        f"{rounds} rounds of {data['workload']}, long ones of {data['epochs']} epochs and short ones of half as many, "
        "by turns. Before each round a quarter of the epochs of a long one is trained to warm up. The rest of what is "
        "not timed is the message, drawing and converting the start, reading the result, and observing the process."
    )
    return Table("What turns cost", pd.DataFrame(lines), [note])


def main() -> None:
    """Measure, keep, print."""
    parser = asking.parser("overhead", "Time launches of more and more copies of the baseline.")
    parser.add_argument("--repetitions", type=asking.number, default=REPETITIONS, metavar="N", help=f"{REPETITIONS}")
    given = parser.parse_args()
    begun = kept.begun("overhead", [discover()[0].framework])
    asking.keep(begun, study(repetitions=given.repetitions), given.output)


if __name__ == "__main__":
    main()
