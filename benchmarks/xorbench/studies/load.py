"""Whether ratios hold on a busy machine: the same runs beside no, one, two and four busy processes on every CPU.

`python -m xorbench.studies.load --runs 5` repeats each of these in random order. The gradients are judged once. From
the rounds of each run the ratios are computed twice: by the clock of the suite, and by wall time.
"""

import random
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from time import perf_counter

import pandas as pd

from xorbench import environment, progress
from xorbench.contract import REFERENCE, Implementation, discover
from xorbench.estimates.analysis import Analysis
from xorbench.estimates.intervals import Interval
from xorbench.judge.judge import judge
from xorbench.record.run import Record
from xorbench.studies import asking, kept
from xorbench.studies.kept import Data
from xorbench.studies.neighbours import busy
from xorbench.suite import Settings, Suite
from xorbench.tables.cells import NONE, Table
from xorbench.workloads import WORKLOADS

WORKLOAD = "hidden"
IMPLEMENTATIONS = (REFERENCE, "jax_grad", "torch_autograd", "autograd_grad", "tensorflow_tape")
BUSY = (0, 1, 2, 4)
"""Processes on each CPU."""

RUNS, LAUNCHES, ROUNDS = 5, 4, 60
POINTS = 50

REACH = 0.05
"""How far from the quiet ratio every ratio may be."""

REACH_OF = {"tensorflow_tape": 0.1}
"""The same of implementations with another reach."""

MOST_UNFIT = 1 / 20


def there(names: Sequence[str]) -> tuple[list[Implementation], dict[str, str]]:
    """The implementations of these names that can run here, and by name why others cannot."""
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
    """So many runs beside each number of busy processes, in random order; what there is after each run."""
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
    """What a study keeps of a run: by row its ratios by the clock and by wall time, and how fit the run is."""
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
    """Both controls of a run, whether it is fit, how quiet it was, and how long it took."""
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
    """The same rounds as if the system did not tell CPU time, so that they are read by wall time."""
    timings = [replace(timing, cpu_nanoseconds=[None] * len(timing.epochs)) for timing in record.timings]
    return Analysis(replace(record, timings=timings))


def ends(found: Interval | None) -> dict[str, float | None] | None:
    """An interval for JSON."""
    return asdict(found) if found else None


def table_of(data: Data) -> Table:
    """A line for each implementation and number of busy processes, by the clock and by wall time."""
    lines = []
    for name in data["implementations"]:
        if name == REFERENCE:
            continue
        for number in data["busy_per_cpu"]:
            runs = [run for run in data["runs"] if run["busy_per_cpu"] == number]
            lines.append(
                {
                    "implementation": name,
                    "busy per CPU": str(number),
                    "runs": str(len(runs)),
                    **_columns(data, name, number, "by_clock", "ratio"),
                    **_columns(data, name, number, "by_wall_time", "by wall time"),
                    "unfit runs": str(sum(run["unfit"] is not None for run in runs)),
                }
            )
    return Table("Ratios on a busy machine", pd.DataFrame(lines), _notes(data))


def ratios(data: Data, name: str, busy_per_cpu: int, clock: str = "by_clock") -> list[float]:
    """Of the runs beside so many busy processes, by one of both clocks; runs in which a row has none are left out."""
    found = [run["rows"][name][clock] for run in data["runs"] if run["busy_per_cpu"] == busy_per_cpu]
    return [ratio["value"] for ratio in found if ratio is not None]


def furthest(data: Data, name: str, busy_per_cpu: int, clock: str = "by_clock") -> float | None:
    """How far from the median of the quiet runs the ratio is that is furthest from it; a share, with its sign."""
    found, quiet = ratios(data, name, busy_per_cpu, clock), ratios(data, name, 0, clock)
    if not found or not quiet:
        return None
    middle = statistics.median(quiet)
    return max((ratio / middle - 1 for ratio in found), key=abs)


def misses(data: Data) -> list[str]:
    """A phrase for each implementation and number of busy processes with a ratio beyond its reach."""
    found = []
    for name in data["implementations"]:
        for number in data["busy_per_cpu"] if name != REFERENCE else ():
            off = furthest(data, name, number)
            if off is not None and abs(off) > reach(name):
                found.append(f"{name} at {number} ({off:+.1%})")
    return found


def reach(name: str) -> float:
    """How far from the quiet ratio the ratios of an implementation may be."""
    return REACH_OF.get(name, REACH)


def _columns(data: Data, name: str, number: int, clock: str, head: str) -> dict[str, str]:
    found, off = ratios(data, name, number, clock), furthest(data, name, number, clock)
    return {
        f"{head}, median": f"{statistics.median(found):.4g}" if found else NONE,
        f"{head}, all": f"{min(found):.4g} to {max(found):.4g}" if found else NONE,
        f"{head}, furthest off quiet": NONE if off is None else f"{off:+.1%}",
    }


def _notes(data: Data) -> list[str]:
    runs = len(data["runs"])
    unfit = [f"beside {run['busy_per_cpu']}, {run['unfit']}" for run in data["runs"] if run["unfit"] is not None]
    others = ", ".join(f"{share:.0%} for {name}" for name, share in REACH_OF.items())
    lost = [
        f"{name} in a run beside {run['busy_per_cpu']} ({row['reason'] or row['verdict']})"
        for run in data["runs"]
        for name, row in run["rows"].items()
        if row["by_clock"] is None
    ]
    seen = list(filter(None, (run["second_control"] for run in data["runs"])))
    second = [found["value"] for found in seen]
    return [
        f"Runs of {data['launches']} launches of {data['rounds']} rounds of {data['workload']}, beside so many "
        f"processes without a pause on each of {data['cpus']} CPUs, in random order. The ratio is that to {REFERENCE}; "
        "its median, smallest and largest are over runs. Off quiet is by how much the ratio that is furthest off "
        "differs from the median of the runs without busy processes. By wall time the same rounds are read as if the "
        "system did not tell CPU time.",
        f"The target is that every ratio is within {REACH:.0%} of the quiet one ({others}), and that at most "
        f"{MOST_UNFIT:.0%} of runs are unfit. Beyond it by the clock: {', '.join(misses(data)) or 'none'}. Unfit: "
        f"{len(unfit)} of {runs} runs{': ' if unfit else ''}{'; '.join(unfit)}.",
        *([f"The second control came out between {min(second):.4f} and {max(second):.4f}."] if second else []),
        *([f"Without a ratio: {', '.join(lost)}."] if lost else []),
        *(f"{name} is missing: {why}." for name, why in data["missing"].items()),
    ]


def main() -> None:
    """Measure, keep, print."""
    parser = asking.parser("load", "Time the same implementations beside busy processes.")
    parser.add_argument("--runs", type=asking.number, default=RUNS, metavar="N", help=f"of each; {RUNS}")
    parser.add_argument("--launches", type=asking.number, default=LAUNCHES, metavar="N", help=f"of a run; {LAUNCHES}")
    parser.add_argument("--rounds", type=asking.number, default=ROUNDS, metavar="N", help=f"of a launch; {ROUNDS}")
    parser.add_argument("--seed", type=asking.number_or_0, default=0, metavar="N", help="of the order; 0")
    given = parser.parse_args()
    begun = kept.begun("load", [i.framework for i in there(IMPLEMENTATIONS)[0]])
    asking.keep_last(begun, study(given.runs, given.launches, given.rounds, seed=given.seed), given.output)


if __name__ == "__main__":
    main()
