"""Stability of ratios on a busy machine: runs with zero, one, two and four busy processes on every CPU.

`python -m xorbench.studies.load --runs 5` repeats each of these in random order. The gradients are judged once. The
ratios of each run are computed twice from the same rounds: by the clock of the suite, and by wall time.
"""

import random
from collections.abc import Iterator, Sequence
from typing import Annotated

from xorbench import affinity
from xorbench.cli import choices
from xorbench.cli.options import Output, Seed, count
from xorbench.contract import REFERENCE
from xorbench.estimates.analysis import Analysis
from xorbench.record.studies import Data
from xorbench.studies import asking
from xorbench.studies.neighbours import busy
from xorbench.studies.runs import WORKLOAD, Launches, Rounds, controls, ends, judged, performed, usable, wall_time

IMPLEMENTATIONS = (REFERENCE, "jax_grad", "torch_autograd", "autograd_grad", "tensorflow_tape")
BUSY = (0, 1, 2, 4)
"""The numbers of busy processes on each CPU."""

RUNS, LAUNCHES, ROUNDS = 5, 4, 60


def study(
    runs: int = RUNS,
    launches: int = LAUNCHES,
    rounds: int = ROUNDS,
    names: Sequence[str] = IMPLEMENTATIONS,
    busy_per_cpu: Sequence[int] = BUSY,
    seed: int = 0,
    earlier: Data | None = None,
) -> Iterator[Data]:
    """Run `runs` times beside each number of busy processes, in random order, and yield the data after each run.

    What is in the data of an `earlier` study is not repeated.
    """
    implementations, missing = usable(names)
    shuffler = random.Random(seed)
    report = judged(implementations, seed)
    about = (earlier or {}) | {
        "workload": WORKLOAD,
        "implementations": [i.name for i in implementations],
        "missing": missing,
        "runs_of_each": runs,
        "launches": launches,
        "rounds": rounds,
        "busy_per_cpu": [*busy_per_cpu],
        "cpus": len(affinity.allowed_cpus()),
        "seed": seed,
    }
    order = [number for _ in range(runs) for number in shuffler.sample(busy_per_cpu, len(busy_per_cpu))]
    found: list[Data] = [*about.get("runs", ())]
    for place, number in asking.announced(order, lambda number: f"{number} busy processes per CPU", len(found)):
        with busy(number):
            analysis = performed(implementations, report, seed + place, launches, rounds)
        found.append({"busy_per_cpu": number} | of_run(analysis))
        yield {**about, "runs": [*found]}


def of_run(analysis: Analysis) -> Data:
    """Return the data of a run: the ratios of each row by the clock and by wall time, and the controls."""
    by_wall_time = wall_time(analysis.record)
    ratios = {row.implementation: row.ratio for row in by_wall_time.rows}
    return {
        "rows": {
            row.implementation: {
                "verdict": row.verdict,
                "reason": row.reason,
                "by_clock": ends(row.ratio),
                "by_wall_time": ends(ratios[row.implementation]),
            }
            for row in analysis.rows
            if row.implementation != REFERENCE
        }
    } | controls(analysis, by_wall_time)


def main(
    runs: Annotated[int, count("Runs for each load.")] = RUNS,
    launches: Launches = LAUNCHES,
    rounds: Rounds = ROUNDS,
    seed: Seed = 0,
    after: asking.After = None,
    output: Output = None,
) -> None:
    """Time the same implementations while other processes keep the CPUs busy."""
    folder = choices.folder(output)
    implementations, _ = usable(IMPLEMENTATIONS)
    begun = asking.begun("load", [i.framework for i in implementations])
    decisive = {
        "implementations": [i.name for i in implementations],
        "launches": launches,
        "rounds": rounds,
        "cpus": len(affinity.allowed_cpus()),
        "seed": seed,
    }
    begun, earlier = asking.continued(begun, after, decisive)
    asking.keep_last(begun, study(runs, launches, rounds, seed=seed, earlier=earlier), folder)


if __name__ == "__main__":
    asking.run("load", main)
