"""Table of the study of ratios on a busy machine."""

import statistics

import pandas as pd

from xorbench.contract import REFERENCE
from xorbench.record.studies import Data
from xorbench.tables.cells import NONE, Table
from xorbench.tables.studies.runs import not_timed, rows

REACH = 0.05
"""The target: the largest relative difference of a ratio from the ratio on a quiet machine."""

REACH_OF = {"tensorflow_tape": 0.1}
"""The implementations whose target differs from REACH, with their targets."""

MOST_UNFIT = 1 / 20


def table_of(data: Data) -> Table:
    """Return the table of the study: a line for each implementation and number of busy processes."""
    lines = []
    for name in rows(data):
        for number in data["busy_per_cpu"]:
            runs = [run for run in data["runs"] if run["busy_per_cpu"] == number]
            lines.append(
                {
                    "implementation": name,
                    "busy processes per CPU": str(number),
                    "runs": str(len(runs)),
                    **_columns(data, name, number, "by_clock", "ratio"),
                    **_columns(data, name, number, "by_wall_time", "by wall time"),
                    "unfit runs": str(sum(run["unfit"] is not None for run in runs)),
                }
            )
    return Table("Ratios on a busy machine", pd.DataFrame(lines), _notes(data))


def ratios(data: Data, name: str, busy_per_cpu: int, clock: str = "by_clock") -> list[float]:
    """Return the ratios of a row in all runs beside `busy_per_cpu` processes; runs without a ratio are left out."""
    found = [run["rows"][name][clock] for run in data["runs"] if run["busy_per_cpu"] == busy_per_cpu]
    return [ratio["value"] for ratio in found if ratio is not None]


def furthest(data: Data, name: str, busy_per_cpu: int, clock: str = "by_clock") -> float | None:
    """Return the largest relative deviation of a ratio from the median of the quiet runs, with its sign."""
    found, quiet = ratios(data, name, busy_per_cpu, clock), ratios(data, name, 0, clock)
    if not found or not quiet:
        return None
    middle = statistics.median(quiet)
    return max((ratio / middle - 1 for ratio in found), key=abs)


def misses(data: Data) -> list[str]:
    """Return a phrase for each implementation and number of busy processes whose ratios miss the target."""
    found = []
    for name in rows(data):
        for number in data["busy_per_cpu"]:
            off = furthest(data, name, number)
            if off is not None and abs(off) > reach(name):
                found.append(f"{name} at {number} ({off:+.1%})")
    return found


def reach(name: str) -> float:
    """Return the target of an implementation: the largest relative difference from its ratio on a quiet machine."""
    return REACH_OF.get(name, REACH)


def _columns(data: Data, name: str, number: int, clock: str, head: str) -> dict[str, str]:
    found, off = ratios(data, name, number, clock), furthest(data, name, number, clock)
    return {
        f"{head}, median": f"{statistics.median(found):.4g}" if found else NONE,
        f"{head}, range": f"{min(found):.4g} to {max(found):.4g}" if found else NONE,
        f"{head}, deviation from quiet": NONE if off is None else f"{off:+.1%}",
    }


def _notes(data: Data) -> list[str]:
    runs = len(data["runs"])
    unfit = [f"at {run['busy_per_cpu']} per CPU, {run['unfit']}" for run in data["runs"] if run["unfit"] is not None]
    others = ", ".join(f"{share:.0%} for {name}" for name, share in REACH_OF.items())
    lost = [
        f"{name} in a run at {run['busy_per_cpu']} per CPU ({row['reason'] or row['verdict']})"
        for run in data["runs"]
        for name, row in run["rows"].items()
        if row["by_clock"] is None
    ]
    seen = list(filter(None, (run["second_control"] for run in data["runs"])))
    second = [found["value"] for found in seen]
    return [
        f"Runs of {data['launches']} launches of {data['rounds']} rounds of {data['workload']}, in random order, while "
        f"the given number of processes keeps each of {data['cpus']} CPUs busy. The ratio is that to {REFERENCE}; "
        "median and range are over runs. Deviation from quiet: the largest deviation of a ratio from the median of the "
        "runs without busy processes. By wall time: the same rounds, evaluated as if the system did not report CPU "
        "time.",
        f"The target is that every ratio is within {REACH:.0%} of the quiet one ({others}), and that at most "
        f"{MOST_UNFIT:.0%} of runs are unfit. Ratios that miss the target, at a number of busy processes per CPU: "
        f"{', '.join(misses(data)) or 'none'}. Unfit: {len(unfit)} of {runs} runs{': ' if unfit else ''}"
        f"{'; '.join(unfit)}.",
        *([f"The second control was between {min(second):.4f} and {max(second):.4f}."] if second else []),
        *([f"Without a ratio: {', '.join(lost)}."] if lost else []),
        *not_timed(data),
    ]
