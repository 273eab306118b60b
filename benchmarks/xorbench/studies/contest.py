"""A/A comparison of three benchmark tools in equal time: pytest-benchmark, pyperf and xorbench time a step twice.

`python -m xorbench.studies.contest --repetitions 10` gives each tool about half a minute for the pair, in random order,
while one process keeps another CPU busy, or N processes every CPU with `--busy-per-cpu N`. Its table shows how far from
1 the ratios of each tool are. It needs pyperf: `pip install -e '.[studies]'`.
"""

import importlib.util
import json
import random
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from time import perf_counter
from typing import Annotated

import typer

from xorbench import affinity, environment, places
from xorbench.cli import choices
from xorbench.cli.options import Output, count
from xorbench.clock import host
from xorbench.clock.launches import Launches
from xorbench.clock.turns import Entry
from xorbench.clock.worker import BENCHMARK
from xorbench.contract import REFERENCE, discover
from xorbench.estimates.intervals import interval
from xorbench.estimates.ratios import CONTROL, log_ratios
from xorbench.estimates.timed import Timed
from xorbench.record.studies import Data
from xorbench.record.timing import Timing
from xorbench.studies import asking
from xorbench.studies.neighbours import busy
from xorbench.studies.planted import EPOCHS, ROUNDS, WORKLOAD

SECONDS = 30
"""The seconds that each tool has for a pair."""

REPETITIONS = 10

PROCESSES = 20
"""The number of processes of pyperf for each half of a pair, which is pyperf's default."""

SCRIPT = f"""
import pyperf
from xorbench.contract import discover, load
from xorbench.workloads import WORKLOADS

workload, module = WORKLOADS[{WORKLOAD!r}], load(discover()[0])
converted = module.convert(list(workload.initial_parameters), workload.inputs, workload.targets, workload.dtype)
pyperf.Runner().bench_func("train", module.train, workload.recipe, *converted, {EPOCHS})
"""

CPU = affinity.allowed_cpus()[-1]

Clock = Callable[[Path, float], dict[str, float]]


def pytest_benchmark(folder: Path, seconds: float) -> dict[str, float]:
    """Return the A/A ratios of medians and means of pytest-benchmark, one process after the other, in `seconds`."""
    found = []
    for name in ("A", "B"):
        file = folder / f"{name}.json"
        rounds = max(2, int(seconds / 2 / (1.4 * EPOCHS * 18e-6)))  # includes the warm-up before each round
        _run(
            *("pytest", str(BENCHMARK), "-p", "xorbench.clock.plugin", "-q"),
            *(f"--implementation={REFERENCE}", f"--workload={WORKLOAD}"),
            *(f"--rounds={rounds}", f"--epochs-per-round={EPOCHS}", f"--benchmark-json={file}"),
            *("-p", "no:cacheprovider"),
        )
        found.append(json.loads(file.read_text())["benchmarks"][0]["stats"])
    return {f"pytest-benchmark, {what}s": found[1][what] / found[0][what] for what in ("median", "mean")}


def pyperf(folder: Path, seconds: float) -> dict[str, float]:
    """Return the A/A ratios of medians and means of pyperf, one half of the pair after the other, in `seconds`."""
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
    """Return the A/A ratio of xorbench from launches of the baseline and its second copy in `seconds`."""
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
    """Run all clocks in random order, `repetitions` times, and yield the data after each of them.

    Each item of `measured` has the ratios of the pair by one clock, and how long that took. If `busy_per_cpu` is None
    there is one busy process, on another CPU than that of the clock if there is one.
    """
    shuffler = random.Random(seed)
    apart = affinity.cpus_on_other_cores(CPU)[:1]
    about = {
        "workload": WORKLOAD,
        "epochs": EPOCHS,
        "repetitions": repetitions,
        "seconds": seconds,
        "seed": seed,
        "busy_on": "another CPU than that of the clock" if busy_per_cpu is None else "every CPU",
        "busy_processes": len(apart) if busy_per_cpu is None else busy_per_cpu * len(affinity.allowed_cpus()),
    }
    measured: list[Data] = []
    order = [(number, clock) for number in range(repetitions) for clock in shuffler.sample(CLOCKS, len(CLOCKS))]
    beside: AbstractContextManager[int] = busy(1, apart) if busy_per_cpu is None else busy(busy_per_cpu)
    with host.held(), tempfile.TemporaryDirectory() as folder, beside:
        for _, (repetition, clock) in asking.announced(order, lambda turn: turn[1].__name__):
            started = perf_counter()
            ratios = clock(Path(folder), seconds)
            spent = perf_counter() - started
            measured.append({"repetition": repetition, "clock": clock.__name__, "seconds": spent, "ratios": ratios})
            yield {**about, "measured": [*measured]}


def _run(*arguments: str, module: bool = True) -> None:
    with affinity.started_on(CPU):
        call = [sys.executable, *(["-m"] if module else []), *arguments]
        variables, folder = environment.worker_variables(), places.no_code()
        subprocess.run(call, cwd=folder, env=variables, check=True, capture_output=True)


def main(
    repetitions: Annotated[int, count("Repetitions of all clocks.")] = REPETITIONS,
    seconds: Annotated[int, count("Seconds per pair.")] = SECONDS,
    busy_per_cpu: Annotated[
        int | None,
        count("Busy processes on every CPU. [default: one, on another CPU than that of the clock]", least=0),
    ] = None,
    output: Output = None,
) -> None:
    """Time the same step twice with each of three benchmark tools (A/A comparison)."""
    folder = choices.folder(output)
    if importlib.util.find_spec("pyperf") is None:
        raise typer.BadParameter("pyperf is missing: pip install -e '.[studies]'")
    begun = asking.begun("contest", [discover()[0].framework, "pytest-benchmark", "pyperf"])
    asking.keep_last(begun, study(repetitions, seconds, busy_per_cpu), folder)


if __name__ == "__main__":
    asking.run("contest", main)
