"""Overhead of turns: the time of a launch that is not spent in timed rounds, by number of implementations.

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
    """Time launches while the next launch is started in parallel, as in a run, and return the data.

    Each item of `launches` has the wall time of a launch in seconds: in total, in turns, and in timed rounds.
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


def main() -> None:
    """Run the study as a command: measure, store the result and print its table."""
    parser = asking.parser("overhead", "Time launches of 2, 4, 8 and 16 copies of the baseline.")
    parser.add_argument(
        "--repetitions",
        type=asking.number,
        default=REPETITIONS,
        metavar="N",
        help=f"launches of each size [default: {REPETITIONS}]",
    )
    given = parser.parse_args()
    begun = kept.begun("overhead", [discover()[0].framework])
    asking.keep(begun, study(repetitions=given.repetitions), given.output)


if __name__ == "__main__":
    main()
