"""What turns cost beside what they time, and what one implementation more costs.

`python -m benchmarks.proofs.overhead` runs launches of 2, 4, 8 and 16 copies of the baseline, a few of each in turn.
"""

import random
import statistics
from time import perf_counter

import pandas as pd

from benchmarks import environment, progress
from benchmarks.clock.launches import Launches
from benchmarks.clock.turns import Entry
from benchmarks.contract import discover
from benchmarks.proofs.planted import EPOCHS, ROUNDS, WORKLOAD
from benchmarks.tables.cells import Table
from benchmarks.tables.formats import markdown

WORKERS = (2, 4, 8, 16)
REPETITIONS = 3


def table(workers: tuple[int, ...] = WORKERS, repetitions: int = REPETITIONS, rounds: int = ROUNDS) -> Table:
    """Medians over the repetitions; the next launch starts beside each, as in a run."""
    cpu = environment.allowed_cpus()[-1]
    entry = Entry(discover()[0], {WORKLOAD: EPOCHS})
    found: dict[int, list[tuple[float, float, float]]] = {number: [] for number in workers}
    with progress.stage("overhead", repetitions * len(workers)) as advance:
        for _ in range(repetitions):
            for number in workers:
                with Launches([entry] * number, [WORKLOAD], [cpu], random.Random(0)) as launches:
                    launches.run(rounds)
                    started = perf_counter()
                    launch, about = launches.run(rounds, last=True)
                    seconds = perf_counter() - started
                timed = sum(sum(timing.round_nanoseconds) for timing in launch.timings) / 1e9
                found[number].append((seconds, about.seconds_in_turns, timed))
                advance()
    lines = []
    for number, measured in found.items():
        seconds, in_turns, timed = (statistics.median(column) for column in zip(*measured, strict=True))
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
        f"{rounds} rounds of {EPOCHS} epochs of {WORKLOAD}. Of what is not timed a quarter of a round goes into "
        "warming up again, the rest into the message, reading the result and the evidence."
    )
    return Table("What turns cost", pd.DataFrame(lines), [note])


if __name__ == "__main__":
    print(markdown(table()))
