"""The check whether this host can measure a part of a plan, with a command for the workers of a scheduler.

The command `python -m xorbench.fleet.preflight [CPU ...] < PLAN` prints a JSON list of sentences that say why not; it
is empty where the host can. A worker may use these CPUs, or without any those that the command may use.
"""

import json
import os
import platform
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from xorbench import affinity, environment, places
from xorbench.contract import Implementation
from xorbench.contract.implementation import UNREADABLE_SHA256
from xorbench.contract.source_text import shadows
from xorbench.failure import HarnessError
from xorbench.fleet import plan as plans
from xorbench.fleet import units
from xorbench.fleet.plan import SHORT, FleetPlan
from xorbench.record import checking
from xorbench.suite.about import harness_sha256
from xorbench.temporary import Temporary

TIMED = ("run", "sweep")
"""The kinds of plans in which something is timed."""

MOST_TOLD = 5
"""The number of reasons that are told of one host."""


def main() -> None:
    """Print why this host cannot have a worker of Dask for the parts of a plan, one sentence for each reason."""
    if cpus := [*map(int, sys.argv[1:])]:
        affinity.set_affinity(os.getpid(), *cpus)
    try:
        plan = plans.parsed(sys.stdin.buffer.read())
    except ValueError as error:
        found = [checking.one_line(f"it can't read the plan: {error}")]
    else:
        with Temporary() as folder:
            found = [*unfit(plan, Path(folder)), *_unfit_for_a_worker(plan)]
    print(json.dumps(found))


def unfit(plan: FleetPlan, folder: Path, number: int | None = None) -> list[str]:
    """Return why this host cannot measure the parts of a plan, in sentences of one line each; [] if it can.

    With a `number`, it is about the part with this number, which may need several CPUs. The files that travel with the
    plan are written to `folder`. Raises OSError.
    """
    found = [*_unfit(plan, folder)]
    of_all = number is not None and any(share.threads == "all" for share in units.shares(plan, number))
    if of_all and len(affinity.allowed_cpus()) == 1:
        found.append("it has 1 CPU for this process, expected more where all threads are timed")
    return [checking.one_line(sentence) for sentence in found]


def told(reasons: Sequence[str]) -> str:
    """Return the reasons why a host is unfit as one phrase, of which at most MOST_TOLD are told."""
    more = len(reasons) - MOST_TOLD
    return "; ".join([*reasons[:MOST_TOLD], *([f"and {more} more"] if more > 0 else [])])


def _unfit(plan: FleetPlan, folder: Path) -> Iterator[str]:
    if plan.harness_sha256 != harness_sha256():
        yield (
            f"xorbench has another text here, of the SHA-256 {harness_sha256()[:SHORT]}, expected "
            f"{plan.harness_sha256[:SHORT]}: use the version of xorbench that made the plan"
        )
    for name, expected in plan.versions.items():
        found = platform.python_version() if name == "python" else environment.version_of(name)
        if found == "unknown":
            yield f"{name} is not installed here, expected {expected}"
        elif found != expected:
            yield f"{name} is {found} here, expected {expected}"
    try:
        chosen = plans.implementations(plan, folder)
    except ValueError as error:
        yield str(error)
        return
    for implementation in chosen:
        yield from _unfit_for(plan, implementation)


def _unfit_for(plan: FleetPlan, implementation: Implementation) -> Iterator[str]:
    name, expected = implementation.name, plan.implementations[implementation.name]
    found = implementation.source_sha256 or UNREADABLE_SHA256
    if found != expected:
        yield f"{name} has another text here, of the SHA-256 {found[:SHORT]}, expected {expected[:SHORT]}"
    elif implementation.missing:
        yield f"{name} cannot run here: {implementation.missing}"
    elif implementation.broken:
        yield f"{name} is broken: {implementation.broken}"
    elif f"{name}.py" in plan.files and (complaint := shadows(implementation.path)):
        yield complaint


def _unfit_for_a_worker(plan: FleetPlan) -> Iterator[str]:
    """Yield why a worker, which waits beside what is timed and keeps results in a folder, is not possible here."""
    if plan.kind in TIMED and len(affinity.allowed_cpus()) < 2:
        yield "it has 1 CPU, expected at least 2: the worker that waits would disturb what is timed"
    try:
        there = places.user_cache()
    except HarnessError as error:
        yield str(error)
        return
    try:
        there.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=there):
            pass
    except OSError as error:
        yield f"its folder for results, {there}, can't be written: {error.strerror}"


if __name__ == "__main__":
    main()
