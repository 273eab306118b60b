"""Table of the study of fleets: each figure beside what it has to be."""

import statistics
from collections.abc import Iterator, Sequence
from math import floor

import pandas as pd

from xorbench.record.studies import Data
from xorbench.tables.cells import Table, three_digits

LEAST_EFFICIENCY, MOST_OVERHEAD, MOST_GROWTH = 0.85, 0.005, 100.0
"""The efficiency on two workers, the share of client and scheduler in the CPU time of judging, and MiB of growth."""

HOSTS, THREADS_OF_A_HOST, SECONDS_OF_A_CHUNK = 1_000, 2, 5
"""The hosts, their threads and the length of a chunk for which it is calculated what one scheduler can do."""

Line = tuple[str, str, str]
"""What is measured, the measured figure, and what it has to be."""


def table_of(data: Data) -> Table:
    """Return the table of the study: one line for each figure."""
    lines = [
        *_of_points(data["judged"]),
        *_of_memory(data["empty"]),
        *_of_kills(data["kills"]),
        *_of_runs(data["runs"]),
    ]
    note = (
        "Scheduler, nannies, workers and clients are processes on one machine, on loopback, and Dask's profilers are "
        "off. Efficiency is the rate of two workers over twice that of one. Overhead is the CPU time of client and "
        "scheduler over that of judging. An "
        "empty judgement returns rows without judging. A killed process is started again; a result is the same if it "
        "is that without a kill, bit for bit, and a run if each row has all its launches, each once. Orphans are "
        f"processes without a living parent 5 s after a kill. Seed {data['seed']}."
    )
    return Table("Fleets", pd.DataFrame(lines, columns=["what", "measured", "expected"]), [note])


def _of_points(judged: Sequence[Data]) -> Iterator[Line]:
    rates = {one["workers"]: one["points"] / one["seconds"] for one in judged}
    for one in judged:
        workers = f"{one['workers']} worker{'s' * (one['workers'] > 1)}"
        yield f"points a second, {workers}, {one['points']:,} points", three_digits(rates[one["workers"]]), ""
        overhead = (one["cpu_seconds"] + one["scheduler_cpu_seconds"]) / one["judging_cpu_seconds"]
        yield f"overhead, {workers}, {one['chunks']:,} chunks", f"{overhead:.2%}", f"at most {MOST_OVERHEAD:.1%}"
    if {1, 2} <= rates.keys():
        yield "efficiency on 2 workers", three_digits(rates[2] / rates[1] / 2), f"at least {LEAST_EFFICIENCY}"


def _of_memory(empty: Sequence[Data]) -> Iterator[Line]:
    for one in empty:
        yield f"peak memory of the client, empty, {one['points']:,} points", f"{one['peak_mib']:.0f} MiB", ""
    for one in empty[1:]:
        yield from _of_tasks(one["chunks"], one["scheduler_cpu_seconds"], one["cpu_seconds"])
    if len(empty) == 2:
        growth = empty[1]["peak_mib"] - empty[0]["peak_mib"]
        yield "growth of the memory", f"{growth:.1f} MiB", f"at most {MOST_GROWTH:.0f} MiB"


def _of_tasks(number: int, scheduler_seconds: float, client_seconds: float) -> Iterator[Line]:
    """Yield what a task costs in the scheduler and in the client, and how many threads each can keep busy."""
    for process, seconds in (("scheduler", scheduler_seconds), ("client", client_seconds)):
        yield f"CPU ms of the {process} for each of {number:,} empty chunks", three_digits(1_000 * seconds / number), ""
        busy = f"{floor(SECONDS_OF_A_CHUNK * number / seconds):,}"
        hosts = f"{HOSTS * THREADS_OF_A_HOST:,} for {HOSTS:,} hosts with {THREADS_OF_A_HOST} threads each"
        yield f"threads that it keeps busy with chunks of {SECONDS_OF_A_CHUNK} s, calculated: {process}", busy, hosts


def _of_kills(kills: Sequence[Data]) -> Iterator[Line]:
    for what, killed in dict.fromkeys((one["what"], one["killed"]) for one in kills):
        some = [one for one in kills if (one["what"], one["killed"]) == (what, killed)]
        complete, same = (sum(one[key] for one in some) for key in ("is_complete", "is_same"))
        orphans = sum(one["orphans"] for one in some)
        of_what = "judging" if what == "points" else "a run"
        yield (
            f"kill -9 of the {killed} during {of_what}, {len(some)} times",
            f"{complete} complete, {same} the same, {orphans} orphans",
            f"{len(some)} complete, {len(some)} the same, 0 orphans",
        )


def _of_runs(runs: Sequence[Data]) -> Iterator[Line]:
    if not runs:
        return
    pairs = [
        (theirs, ours)
        for one in runs
        for theirs in one["dask"]["rows"]
        for ours in one["local"]["rows"]
        if all(theirs[key] == ours[key] for key in ("implementation", "workload"))
    ]
    same = sum(theirs["verdict"] == ours["verdict"] for theirs, ours in pairs)
    measured = [pair for pair in pairs if all(row["ratio_low"] is not None for row in pair)]
    overlap = sum(_overlap(*pair) for pair in measured)
    yield (
        f"rows of {len(runs)} runs through Dask and as many local ones with the same verdict",
        f"{same} of {len(pairs)}",
        "all",
    )
    yield "of these, with intervals of the ratio that overlap", f"{overlap} of {len(measured)}", "all"
    if measured:
        moved = statistics.median(theirs["ratio"] / ours["ratio"] for theirs, ours in measured)
        yield "median ratio through Dask over the local one", three_digits(moved), "about 1"


def _overlap(one: Data, other: Data) -> bool:
    return bool(one["ratio_low"] <= other["ratio_high"] and other["ratio_low"] <= one["ratio_high"])
