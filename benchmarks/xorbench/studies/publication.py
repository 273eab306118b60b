"""What publishing costs where there are many records: their number and all their rounds, made of a committed record.

`python -m xorbench.studies.publication [RECORDS] [ROUNDS]`: 200 records and 10,000,000 rounds if not given.
"""

import copy
import itertools
import resource
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter

import numpy as np
import pandas as pd

from xorbench import places, records
from xorbench.records import Record
from xorbench.tables.cells import Table
from xorbench.tables.formats import markdown

MACHINES = 10


def fill(folder: Path, number: int, rounds: int) -> int:
    """Write so many records with so many rounds in all; the rounds that there are."""
    template = records.read(records.paths(places.results())[-1])
    random = np.random.default_rng(0)
    length = round(rounds / number / len(template["timings"]))
    for place in range(number):
        records.write(_another(template, place, length, random), folder)
    return number * length * len(template["timings"])


def _another(template: Record, place: int, length: int, random: np.random.Generator) -> Record:
    """The record of another run: its rounds are drawn from the template's, those of all in a launch together."""
    record = copy.deepcopy(template)
    began = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=place)
    record["created"] = began.strftime("%Y-%m-%dT%H:%M:%SZ")
    record["machine"]["name"] = f"machine-{place % MACHINES}"
    by_launch = itertools.groupby(record["timings"], key=lambda timing: (timing["launch"], timing["workload"]))
    for _, timings in by_launch:
        together = list(timings)
        drawn = random.integers(0, min(len(timing["positions"]) for timing in together), length)
        for timing in together:
            timing |= {name: [timing[name][index] for index in drawn] for name in records.SERIES}
    return record


def measure(command: str, folder: Path) -> dict[str, str]:
    """The time of one command, from start to end, and the most memory that it or one before it had."""
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
    """Both commands, over that many."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        found = fill(folder, number, rounds)
        size = sum(path.stat().st_size for path in records.paths(folder)) / 2**20
        lines = [measure(command, folder) for command in ("publish", "verify")]
    note = f"{number} records of {MACHINES} machines, {found:,} rounds, {size:,.0f} MiB."
    return Table("What publishing costs", pd.DataFrame(lines), [note])


if __name__ == "__main__":
    print(markdown(table(*map(int, sys.argv[1:] or (200, 10_000_000)))))
