"""The same step against itself, in the same time, by three clocks: pytest-benchmark, pyperf, and this one.

`python -m xorbench.studies.contest --repetitions 10` gives each about half a minute for the pair, in random order,
beside a process that keeps another CPU busy, or with `--busy-per-cpu N` beside so many on every CPU. Its table says how
far from 1 each came out. Needs pyperf: `pip install -e '.[studies]'`.
"""

import importlib.metadata
import json
import math
import random
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from time import perf_counter

import pandas as pd

from xorbench import environment, places
from xorbench.clock.launches import Launches
from xorbench.clock.turns import Entry
from xorbench.clock.worker import BENCHMARK
from xorbench.contract import REFERENCE, discover
from xorbench.estimates.intervals import interval
from xorbench.estimates.ratios import CONTROL, log_ratios
from xorbench.estimates.timed import Timed
from xorbench.record.timing import Timing
from xorbench.studies import asking, kept
from xorbench.studies.kept import Data
from xorbench.studies.neighbours import busy
from xorbench.studies.planted import EPOCHS, ROUNDS, WORKLOAD
from xorbench.tables.cells import Table

SECONDS = 30
"""For a pair."""

REPETITIONS = 10

PROCESSES = 20
"""Of pyperf, for each of a pair: as many as it starts by itself."""

SCRIPT = f"""
import pyperf
from xorbench.contract import discover, load
from xorbench.workloads import WORKLOADS

workload, module = WORKLOADS[{WORKLOAD!r}], load(discover()[0])
converted = module.convert(list(workload.initial_parameters), workload.inputs, workload.targets, workload.dtype)
pyperf.Runner().bench_func("train", module.train, workload.recipe, *converted, {EPOCHS})
"""

CPU = environment.allowed_cpus()[-1]

Clock = Callable[[Path, float], dict[str, float]]


def pytest_benchmark(folder: Path, seconds: float) -> dict[str, float]:
    """One process after the other, each with as many rounds as fit into half of the time: medians and means."""
    found = []
    for name in ("A", "B"):
        file = folder / f"{name}.json"
        rounds = max(2, int(seconds / 2 / (1.4 * EPOCHS * 18e-6)))  # with the warming up before each
        _run(
            *("pytest", str(BENCHMARK), "-p", "xorbench.clock.plugin", "-q"),
            *(f"--implementation={REFERENCE}", f"--workload={WORKLOAD}"),
            *(f"--rounds={rounds}", f"--epochs-per-round={EPOCHS}", f"--benchmark-json={file}"),
            *("-p", "no:cacheprovider"),
        )
        found.append(json.loads(file.read_text())["benchmarks"][0]["stats"])
    return {f"pytest-benchmark, {what}s": found[1][what] / found[0][what] for what in ("median", "mean")}


def pyperf(folder: Path, seconds: float) -> dict[str, float]:
    """One after the other, as many processes each as it starts by itself in half a minute: medians and means."""
    script = folder / "train.py"
    script.write_text(SCRIPT)
    processes = f"--processes={max(2, round(PROCESSES * seconds / SECONDS))}"
    found = []
    for name in ("A", "B"):
        file = folder / f"{name}.json"
        file.unlink(missing_ok=True)
        call = (script, "-o", file, "-q", processes, "--values=3", "--warmups=1")
        _run(*map(str, call), module=False)
        values = [v for run in json.loads(file.read_text())["benchmarks"][0]["runs"] for v in run.get("values", ())]
        found.append({"median": statistics.median(values), "mean": statistics.fmean(values)})
    return {f"pyperf, {what}s": found[1][what] / found[0][what] for what in ("median", "mean")}


def turns(_folder: Path, seconds: float) -> dict[str, float]:
    """Launches of the baseline and its second copy until the time is over."""
    entry = Entry(discover()[0], {WORKLOAD: EPOCHS})
    copy = Entry(discover()[0], {WORKLOAD: EPOCHS}, copy=True)
    started, longest = perf_counter(), 0.0
    timings: list[Timing] = []
    with Launches([entry, copy], [WORKLOAD], [CPU], random.Random(started)) as launches:
        while not timings or perf_counter() - started + longest < seconds:
            launch, about = launches.run(ROUNDS)
            longest = max(longest, about.seconds)
            timings += launch.timings
    return {"xorbench": interval(log_ratios(Timed(timings, [WORKLOAD]), WORKLOAD, CONTROL)).value}


CLOCKS: tuple[Clock, ...] = (pytest_benchmark, pyperf, turns)


def study(repetitions: int, seconds: float = SECONDS, busy_per_cpu: int | None = None, seed: int = 0) -> Iterator[Data]:
    """All clocks in random order, so many times; what there is after each of them.

    Each of `measured` has the ratios of the pair by one clock, and how long that took. Where `busy_per_cpu` is None
    there is one busy process, on another CPU than that of the clock if there is one.
    """
    shuffler = random.Random(seed)
    apart = environment.apart_from(CPU)[:1]
    about = {
        "workload": WORKLOAD,
        "epochs": EPOCHS,
        "repetitions": repetitions,
        "seconds": seconds,
        "seed": seed,
        "busy_on": "another CPU than that of the clock" if busy_per_cpu is None else "every CPU",
        "busy_processes": len(apart) if busy_per_cpu is None else busy_per_cpu * len(environment.allowed_cpus()),
    }
    measured: list[Data] = []
    began = perf_counter()
    beside: AbstractContextManager[int] = busy(1, apart) if busy_per_cpu is None else busy(busy_per_cpu)
    with tempfile.TemporaryDirectory() as folder, beside:
        for repetition in range(repetitions):
            for clock in shuffler.sample(CLOCKS, len(CLOCKS)):
                name = clock.__name__
                asking.say_run(len(measured) + 1, repetitions * len(CLOCKS), name, perf_counter() - began)
                started = perf_counter()
                ratios = clock(Path(folder), seconds)
                measured.append(
                    {"repetition": repetition, "clock": name, "seconds": perf_counter() - started, "ratios": ratios}
                )
                yield {**about, "measured": [*measured]}


def table_of(data: Data) -> Table:
    """A line for each clock and each number that it gives."""
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
            "seconds for the pair": f"{statistics.fmean(seconds[name]):.0f}",
            "A/A ratios": f"{min(ratios):.4f} to {max(ratios):.4f}",
            "largest error": f"{max(abs(math.log(ratio)) for ratio in ratios):.2%}",
            "typical error (root mean square)": f"{math.sqrt(statistics.fmean(math.log(r) ** 2 for r in ratios)):.2%}",
        }
        for name, ratios in sorted(found.items())
    ]
    note = (
        f"The pair is {data['workload']} by the baseline and by the baseline again, so that the true ratio is 1. The "
        f"clocks follow each other in random order. Busy processes: {data['busy_processes']}, on {data['busy_on']}. "
        "pytest-benchmark and pyperf time one of the pair after the other, and xorbench times both by turns."
    )
    return Table("The same step against itself, by three clocks", pd.DataFrame(lines), [note])


def _run(*arguments: str, module: bool = True) -> None:
    with environment.started_on(CPU):
        call = [sys.executable, *(["-m"] if module else []), *arguments]
        variables, folder = environment.of_a_worker(), places.no_code()
        subprocess.run(call, cwd=folder, env=variables, check=True, capture_output=True)


def main() -> None:
    """Measure, keep, print."""
    parser = asking.parser("contest", "Time the same step against itself by three clocks.")
    parser.add_argument("--repetitions", type=asking.number, default=REPETITIONS, metavar="N", help=f"{REPETITIONS}")
    parser.add_argument("--seconds", type=asking.number, default=SECONDS, metavar="N", help=f"for a pair; {SECONDS}")
    parser.add_argument(
        "--busy-per-cpu",
        type=asking.number_or_0,
        metavar="N",
        help="busy processes on every CPU; one on another CPU than that of the clock if not given",
    )
    given = parser.parse_args()
    importlib.metadata.version("pyperf")  # raises before anything is measured
    begun = kept.begun("contest", [discover()[0].framework, "pytest-benchmark", "pyperf"])
    states = study(given.repetitions, given.seconds, given.busy_per_cpu)
    asking.keep_last(begun, states, given.output)


if __name__ == "__main__":
    main()
