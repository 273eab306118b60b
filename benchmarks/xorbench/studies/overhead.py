"""Overhead of turns: the time of a launch that is not spent in timed rounds, by number of implementations.

`python -m xorbench.studies.overhead` runs launches of 2, 4, 8 and 16 copies of the baseline, a few of each in turn.
"""

import random
from collections.abc import Sequence
from time import perf_counter
from typing import Annotated

from xorbench import affinity, progress
from xorbench.cli import choices
from xorbench.cli.options import Output, count
from xorbench.clock.launches import Launches
from xorbench.clock.turns import Entry
from xorbench.contract import discover
from xorbench.record.studies import Data
from xorbench.studies import asking
from xorbench.studies.planted import EPOCHS, ROUNDS, WORKLOAD

WORKERS = (2, 4, 8, 16)
REPETITIONS = 3


def study(
    workers: Sequence[int] = WORKERS, repetitions: int = REPETITIONS, rounds: int = ROUNDS, epochs: int = EPOCHS
) -> Data:
    """Time launches while the next launch is started in parallel, as in a run, and return the data.

    Each item of `launches` has the wall time of a launch in seconds: in total, in turns, and in timed rounds.
    """
    cpu = affinity.allowed_cpus()[-1]
    entry = Entry(discover()[0], {WORKLOAD: epochs})
    found = []
    with progress.steps("overhead", repetitions * len(workers)) as advance:
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


def main(
    repetitions: Annotated[int, count("Launches of each size.")] = REPETITIONS,
    output: Output = None,
) -> None:
    """Time launches of 2, 4, 8 and 16 copies of the baseline."""
    folder = choices.folder(output)
    begun = asking.begun("overhead", [discover()[0].framework])
    asking.keep(begun, study(repetitions=repetitions), folder)


if __name__ == "__main__":
    asking.run("overhead", main)
