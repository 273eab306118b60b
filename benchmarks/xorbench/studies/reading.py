"""The cost of checking records, beside an earlier version of this project, on records that both can read.

`python -m xorbench.studies.reading --before FOLDER` times what `check` does with each record in `FOLDER/results`, where
FOLDER is a worktree of the earlier commit, such as that of `git worktree add FOLDER 6e2e25d`. Both versions are timed
in processes of their own, in turn; nothing is stored.
"""

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Annotated, TypedDict

import typer

from xorbench import places, progress
from xorbench.cli.options import count
from xorbench.failure import HarnessError
from xorbench.record import store
from xorbench.studies import asking

REPETITIONS = 5

CHECKED = """
import json, sys, time
from pathlib import Path
from {package}.publication.contribution import complaints

def seconds(path):
    began = time.process_time()
    complaints(path)
    return time.process_time() - began

paths = [Path(name) for name in sys.argv[1:]]
print(json.dumps([[len(complaints(path)), min(seconds(path) for _ in range(3))] for path in paths]))
"""
"""What a process does: it prints for each record the number of complaints and the least CPU seconds of three checks."""


class Line(TypedDict):
    """The name and the size of a record, the complaints and CPU seconds of both versions, and the ratio of these."""

    record: str
    bytes: int
    complaints: dict[str, int]
    seconds: dict[str, float]
    ratio: float


def checked(package: str, folder: Path, paths: list[Path]) -> list[tuple[int, float]]:
    """Return the number of complaints about each record, and the CPU seconds of checking it once it is imported.

    `package` is the name of the version that checks, in `folder`. Raises HarnessError if it cannot check records, as
    where a package that it requires is not installed.
    """
    done = subprocess.run(
        [sys.executable, "-P", "-c", CHECKED.format(package=package), *map(str, paths)],
        env=os.environ | {"PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        reason = (done.stderr.splitlines() or [f"it ended with exit code {done.returncode}"])[-1]
        raise HarnessError(f"the version in {folder} cannot check records here: {reason}")
    found: list[tuple[int, float]] = json.loads(done.stdout)
    return found


def study(before: Path, repetitions: int = REPETITIONS) -> list[Line]:
    """Return for each record its size, the complaints and the median CPU seconds of both versions, and their ratio."""
    paths = store.paths(before.absolute() / "results")
    versions = {"before": ("benchmarks", before.absolute()), "now": ("xorbench", places.PACKAGE.parent)}
    found: dict[str, list[list[tuple[int, float]]]] = {name: [] for name in versions}
    with progress.steps("reading", repetitions * len(versions)) as advance:
        for _ in range(repetitions):
            for name, (package, folder) in versions.items():
                found[name].append(checked(package, folder, paths))
                advance()
    lines: list[Line] = []
    for place, path in enumerate(paths):
        seconds = {name: statistics.median(each[place][1] for each in found[name]) for name in versions}
        lines.append(
            {
                "record": path.name,
                "bytes": path.stat().st_size,
                "complaints": {name: found[name][0][place][0] for name in versions},
                "seconds": seconds,
                "ratio": seconds["now"] / seconds["before"],
            }
        )
    return lines


def main(
    before: Annotated[Path, typer.Option(metavar="FOLDER", help="Worktree of the earlier version.")],
    repetitions: Annotated[int, count("Processes of each version.")] = REPETITIONS,
) -> None:
    """Time the checking of records by this version and by an earlier one."""
    lines = study(before, repetitions)
    for line in lines:
        print(json.dumps(line))
    sums = {name: sum(line["seconds"][name] for line in lines) for name in ("before", "now")}
    print(json.dumps({"records": len(lines), "seconds": sums, "ratio": sums["now"] / sums["before"]}))


if __name__ == "__main__":
    asking.run("reading", main)
