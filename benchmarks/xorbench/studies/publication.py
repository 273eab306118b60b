"""Time and memory of publishing many records, which are generated from a committed record.

`python -m xorbench.studies.publication [RECORDS] [ROUNDS]` publishes and verifies RECORDS records with ROUNDS rounds in
total; the defaults are 200 records and 10,000,000 rounds.
"""

import itertools
import resource
import subprocess
import sys
import tempfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import Annotated, Any

import numpy as np
import pandas as pd
import typer

from xorbench.consistency.rules import contradictions
from xorbench.environment import machine_name
from xorbench.record import store
from xorbench.record.run import Record
from xorbench.record.timing import SERIES
from xorbench.studies import asking
from xorbench.studies.committed import newest_run
from xorbench.tables.cells import Table
from xorbench.tables.formats import markdown

MACHINES = 10


def fill(folder: Path, number: int, rounds: int) -> int:
    """Write `number` records with about `rounds` rounds in total, and return the exact number of rounds."""
    template = newest_run()
    random = np.random.default_rng(0)
    length = round(rounds / number / len(template.timings))
    for place in range(number):
        store.write(_another(template, place, length, random), folder)
    return number * length * len(template.timings)


def _another(template: Record, place: int, length: int, random: np.random.Generator) -> Record:
    """Return a copy of `template` with rounds drawn at random from it, the same rounds for all rows of a launch.

    Long and short rounds stay in turn. Raises ValueError if that contradicts itself, as with more rounds than it has.
    """
    began = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=place)
    timings = []
    for _, of_launch in itertools.groupby(template.timings, key=lambda timing: (timing.launch, timing.workload)):
        together = list(of_launch)
        pairs = min(len(timing.positions) for timing in together) // 2
        drawn = 2 * random.integers(0, pairs, length) + np.arange(length) % 2
        for timing in together:
            series: dict[str, Any] = {name: [getattr(timing, name)[index] for index in drawn] for name in SERIES}
            usage = timing.usage
            if usage and usage.cpu_nanoseconds:  # of all rounds, which are fewer or more now
                whole = round(usage.cpu_nanoseconds * length / len(timing.epochs))
                usage = replace(usage, cpu_nanoseconds=whole, epochs=max(usage.epochs, sum(series["epochs"])))
            ends = {end.round: end for end in (replace(end, round=end.round % length) for end in timing.ends)}
            compared: dict[str, Any] = {"ends": [*ends.values()], "compared_rounds": len(ends)}
            timings.append(replace(timing, usage=usage, **series, **compared))
    machine = template.machine
    cpu = f"Machine {place % MACHINES}"
    record = replace(
        template,
        created=began.strftime("%Y-%m-%dT%H:%M:%SZ"),
        machine=replace(machine, cpu=cpu, name=machine_name(cpu, machine.cores, machine.system, machine.architecture)),
        plan=replace(template.plan, rounds=length),
        launches=[replace(launch, rounds=length) for launch in template.launches],
        timings=timings,
    )
    for contradiction in contradictions(record):
        raise ValueError(f"a generated record contradicts itself: {contradiction}")
    return record


def measure(command: str, folder: Path) -> dict[str, str]:
    """Return the wall time of an xorbench command, and the peak memory of it and of all commands before it."""
    began = perf_counter()
    subprocess.run(
        [sys.executable, "-m", "xorbench.cli", command, "--output", str(folder)],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    seconds = perf_counter() - began
    kibibytes = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return {
        "command": f"xorbench {command}",
        "seconds": f"{seconds:.1f}",
        "peak memory, MiB": f"{kibibytes / 1024:.0f}",
    }


def table(number: int, rounds: int) -> Table:
    """Return a table of time and memory of publish and verify, for `number` records with `rounds` rounds."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        found = fill(folder, number, rounds)
        size = sum(path.stat().st_size for path in store.paths(folder)) / 2**20
        lines = [measure(command, folder) for command in ("publish", "verify")]
    note = f"{number} records of {MACHINES} machines, {found:,} rounds, {size:,.0f} MiB."
    return Table("Time and memory of publishing", pd.DataFrame(lines), [note])


def main(
    records: Annotated[int, typer.Argument(min=1, help="Number of records.")] = 200,
    rounds: Annotated[int, typer.Argument(min=1, help="Rounds of all records together.")] = 10_000_000,
) -> None:
    """Time the publication of many records, and print a table."""
    print(markdown(table(records, rounds)))


if __name__ == "__main__":
    asking.run("publication", main)
