"""Stability of ratios on a busy machine: runs with zero, one, two and four busy processes on every CPU.

`python -m xorbench.studies.load --runs 5` repeats each of these in random order. The gradients are judged once. The
ratios of each run are computed twice from the same rounds: by the clock of the suite, and by wall time.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from time import perf_counter

from xorbench import environment, progress
from xorbench.contract import REFERENCE, Implementation, discover
from xorbench.estimates.analysis import Analysis
from xorbench.estimates.intervals import Interval
from xorbench.judging.judge import judge
from xorbench.record.run import Record
from xorbench.record.studies import Data
from xorbench.studies import asking
from xorbench.studies.neighbours import busy
from xorbench.suite import Settings, Suite
from xorbench.workloads import WORKLOADS

WORKLOAD = "hidden"
IMPLEMENTATIONS = (REFERENCE, "jax_grad", "torch_autograd", "autograd_grad", "tensorflow_tape")
BUSY = (0, 1, 2, 4)
"""The numbers of busy processes on each CPU."""

RUNS, LAUNCHES, ROUNDS = 5, 4, 60
POINTS = 50


def there(names: Sequence[str]) -> tuple[list[Implementation], dict[str, str]]:
    """Return those implementations in `names` that can run here, and by name the reasons why the others cannot."""
    found = {i.name: i for i in discover()}
    missing = {name: str(found[name].missing or found[name].broken) for name in names if not found[name].usable}
    return [found[name] for name in names if name not in missing], missing


def study(
    runs: int = RUNS,
    launches: int = LAUNCHES,
    rounds: int = ROUNDS,
    names: Sequence[str] = IMPLEMENTATIONS,
    busy_per_cpu: Sequence[int] = BUSY,
    seed: int = 0,
) -> Iterator[Data]:
    """Run `runs` times beside each number of busy processes, in random order, and yield the data after each run."""
    implementations, missing = there(names)
    workload, cpu, shuffler = WORKLOADS[WORKLOAD], environment.allowed_cpus()[-1], random.Random(seed)
    report = judge(implementations, [workload], POINTS, seed, thorough=False, stage=progress.stage)
    about = {
        "workload": WORKLOAD,
        "implementations": [i.name for i in implementations],
        "missing": missing,
        "runs_of_each": runs,
        "launches": launches,
        "rounds": rounds,
        "busy_per_cpu": [*busy_per_cpu],
        "cpus": len(environment.allowed_cpus()),
        "seed": seed,
    }
    order = [number for _ in range(runs) for number in shuffler.sample(busy_per_cpu, len(busy_per_cpu))]
    found: list[Data] = []
    began = perf_counter()
    for place, number in enumerate(order):
        asking.say_run(place + 1, len(order), f"{number} busy processes per CPU", perf_counter() - began)
        settings = Settings(POINTS, cpu, seed + place, quick=True, launches=launches, rounds=rounds)
        with busy(number):
            session = Suite(implementations, [workload], settings, report)
            session.run()
        found.append({"busy_per_cpu": number} | of_run(Analysis(session.record(environment.command()))))
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
    } | of_controls(analysis, by_wall_time)


def of_controls(analysis: Analysis, by_wall_time: Analysis) -> Data:
    """Return both controls of a run, whether it is usable, its share of quiet rounds, its load and its duration."""
    record = analysis.record
    loads = [launch.load_1_minute for launch in record.launches if launch.load_1_minute is not None]
    return {
        "noise_floor": ends(analysis.noise_floor),
        "noise_floor_by_wall_time": ends(by_wall_time.noise_floor),
        "second_control": ends(analysis.second_control),
        "unfit": analysis.unfit,
        "quiet_share": analysis.quiet_share,
        "launches": len(record.launches),
        "load_1_minute": max(loads, default=None),
        "seconds": record.seconds.total,
    }


def wall_time(record: Record) -> Analysis:
    """Return the analysis of a record without its CPU times, so that its rounds are timed by wall time."""
    timings = [replace(timing, cpu_nanoseconds=[None] * len(timing.epochs)) for timing in record.timings]
    return Analysis(replace(record, timings=timings))


def ends(found: Interval | None) -> dict[str, float | None] | None:
    """Return an interval as a dictionary for JSON."""
    return asdict(found) if found else None


def main() -> None:
    """Run the study as a command: measure, store the result and print its table."""
    parser = asking.parser("load", "Time the same implementations while other processes keep the CPUs busy.")
    parser.add_argument(
        "--runs", type=asking.number, default=RUNS, metavar="N", help=f"runs for each load [default: {RUNS}]"
    )
    parser.add_argument(
        "--launches", type=asking.number, default=LAUNCHES, metavar="N", help=f"launches per run [default: {LAUNCHES}]"
    )
    parser.add_argument(
        "--rounds", type=asking.number, default=ROUNDS, metavar="N", help=f"rounds per launch [default: {ROUNDS}]"
    )
    parser.add_argument("--seed", type=asking.number_or_0, default=0, metavar="N", help="random seed [default: 0]")
    given = parser.parse_args()
    begun = asking.begun("load", [i.framework for i in there(IMPLEMENTATIONS)[0]])
    asking.keep_last(begun, study(given.runs, given.launches, given.rounds, seed=given.seed), given.output)


if __name__ == "__main__":
    main()
