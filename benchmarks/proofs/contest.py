"""The same step against itself, in the same time, by three clocks: pytest-benchmark, pyperf, and this one.

`python -m benchmarks.proofs.contest REPETITIONS` gives each about half a minute for the pair, in turn, beside a process
that keeps another core busy, and prints how far from 1 each came out. Needs pyperf: `pip install -e '.[proofs]'`.
"""

import json
import math
import random
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from time import perf_counter

import pandas as pd

from benchmarks import environment, progress
from benchmarks.clock.launches import Launches
from benchmarks.clock.turns import Entry
from benchmarks.contract import REFERENCE, discover
from benchmarks.environment import ROOT
from benchmarks.estimates.intervals import interval
from benchmarks.estimates.ratios import CONTROL, log_ratios
from benchmarks.proofs.planted import EPOCHS, ROUNDS, WORKLOAD, neighbour
from benchmarks.tables.cells import Table
from benchmarks.tables.formats import markdown

SECONDS = 30
"""For a pair."""

SCRIPT = f"""
import pyperf
from benchmarks.contract import discover, load
from benchmarks.workloads import WORKLOADS

workload, module = WORKLOADS[{WORKLOAD!r}], load(discover()[0])
converted = module.convert(list(workload.initial_parameters), workload.inputs, workload.targets, workload.dtype)
pyperf.Runner().bench_func("train", module.train, workload.recipe, *converted, {EPOCHS})
"""

CPU = environment.allowed_cpus()[-1]


def pytest_benchmark(folder: Path) -> dict[str, float]:
    """One process after the other, each with as many rounds as fit into half of the time: medians and means."""
    found = []
    for name in ("A", "B"):
        file = folder / f"{name}.json"
        rounds = int(SECONDS / 2 / (1.4 * EPOCHS * 18e-6))  # with the warming up before each
        _run(
            *("pytest", "benchmarks/bench_train.py", f"--implementation={REFERENCE}", f"--workload={WORKLOAD}", "-q"),
            *(f"--rounds={rounds}", f"--epochs-per-round={EPOCHS}", f"--benchmark-json={file}"),
            *("-p", "no:cacheprovider"),
        )
        found.append(json.loads(file.read_text())["benchmarks"][0]["stats"])
    return {f"pytest-benchmark, {what}s": found[1][what] / found[0][what] for what in ("median", "mean")}


def pyperf(folder: Path) -> dict[str, float]:
    """One after the other, twenty processes each, as it does by itself: medians and means."""
    script = folder / "train.py"
    script.write_text(SCRIPT)
    found = []
    for name in ("A", "B"):
        file = folder / f"{name}.json"
        file.unlink(missing_ok=True)
        call = (script, "-o", file, "-q", "--processes=20", "--values=3", "--warmups=1", "--inherit-environ=PYTHONPATH")
        _run(*map(str, call), module=False)
        values = [v for run in json.loads(file.read_text())["benchmarks"][0]["runs"] for v in run.get("values", ())]
        found.append({"median": statistics.median(values), "mean": statistics.fmean(values)})
    return {f"pyperf, {what}s": found[1][what] / found[0][what] for what in ("median", "mean")}


def turns(_folder: Path) -> dict[str, float]:
    """Launches of the baseline and its second copy until the time is over."""
    entry = Entry(discover()[0], {WORKLOAD: EPOCHS})
    copy = Entry(discover()[0], {WORKLOAD: EPOCHS}, copy=True)
    timings, started, longest = [], perf_counter(), 0.0
    with Launches([entry, copy], [WORKLOAD], [CPU], random.Random(started)) as launches:
        while perf_counter() - started + longest < SECONDS:
            launch, about = launches.run(ROUNDS)
            longest = max(longest, about.seconds)
            timings += [asdict(timing) | {"violations": []} for timing in launch.timings]
    return {"xorbench": interval(log_ratios({"timings": timings}, WORKLOAD, CONTROL)).value}


CLOCKS: tuple[Callable[[Path], dict[str, float]], ...] = (pytest_benchmark, pyperf, turns)


def contest(repetitions: int) -> Table:
    """All of them in turn, so many times."""
    found: dict[str, list[float]] = {}
    seconds: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder, neighbour(CPU), progress.stage("repetitions", repetitions) as advance:
        for _ in range(repetitions):
            for clock in random.sample(CLOCKS, len(CLOCKS)):
                started = perf_counter()
                ratios = clock(Path(folder))
                for name, ratio in ratios.items():
                    found.setdefault(name, []).append(ratio)
                    seconds.setdefault(name, []).append(perf_counter() - started)
            advance()
    lines = [
        {
            "clock": name,
            "seconds for the pair": f"{statistics.fmean(seconds[name]):.0f}",
            "A/A ratios": f"{min(ratios):.4f} to {max(ratios):.4f}",
            "largest error": f"{max(abs(math.log(ratio)) for ratio in ratios):.2%}",
            "typical error (root mean square)": f"{math.sqrt(statistics.fmean(math.log(r) ** 2 for r in ratios)):.2%}",
        }
        for name, ratios in sorted(found.items())
    ]
    note = f"{repetitions} repetitions, in random order, with a neighbour on the other core. The truth is 1."
    return Table("The same step against itself, by three clocks", pd.DataFrame(lines), [note])


def _run(*arguments: str, module: bool = True) -> None:
    with environment.started_on(CPU):
        call = [sys.executable, *(["-m"] if module else []), *arguments]
        variables = environment.of_a_worker() | {"PYTHONPATH": str(ROOT)}
        subprocess.run(call, cwd=ROOT, env=variables, check=True, capture_output=True)


if __name__ == "__main__":
    print(markdown(contest(int(sys.argv[1]) if len(sys.argv) > 1 else 10)))
