"""The clock's tables: what an epoch costs, what it costs to begin, and under which conditions both were measured."""

from dataclasses import asdict
from typing import Any

import pandas as pd

from benchmarks.captions import caption, together, weaknesses
from benchmarks.cells import NONE, Table, decimals, three_digits
from benchmarks.contract import REFERENCE
from benchmarks.estimates import control
from benchmarks.estimates.biases import Bias, biases
from benchmarks.estimates.changes import Change
from benchmarks.estimates.costs import BreakEven, Cost, costs
from benchmarks.estimates.disturbance import WAITED, Disturbance, disturbances
from benchmarks.estimates.intervals import Interval
from benchmarks.estimates.rows import Row, rows
from benchmarks.records import Record

RATIO = f"time / {REFERENCE}"


def tables(record: Record) -> list[Table]:
    """All of them."""
    return [*timings(record), beginnings(record), order(record), ledger(record), quietness(record)]


def timings(record: Record) -> list[Table]:
    """One for each workload and tier; idiomatic and tuned implementations never share a column."""
    reference_tier = next(i["tier"] for i in record["implementations"] if i["name"] == REFERENCE)
    shown = []
    for workload in record["workloads"]:
        floor = control.noise_floor(record, [workload["name"]])
        found = [row for row in rows(record) if row.workload == workload["name"]]
        for tier in sorted({row.tier or reference_tier for row in found}):
            chosen = [row for row in found if (row.tier or reference_tier) == tier]
            lines = [_timing(row) for row in chosen]
            if tier == reference_tier and floor:
                lines.append({**_ratio(_second_copy(), floor), "verdict": "noise floor"})
            compared = len([row for row in chosen if row.ratio is not None and row.verdict != "baseline"])
            notes = [f"{row.implementation}: {row.reason}." for row in chosen if row.reason]
            notes += [*weaknesses(record), together(record, compared), caption(record)]
            shown.append(Table(_title(workload, tier), _frame(lines), notes))
    return shown


def _title(workload: dict[str, Any], tier: str) -> str:
    return f"{workload['name']} ({'-'.join(map(str, workload['layer_sizes']))}, {workload['dtype']}), {tier}"


def _timing(row: Row) -> dict[str, str]:
    about = {
        "rank": NONE if row.rank is None else str(row.rank),
        "implementation": row.implementation,
        "execution": ", ".join(filter(None, (row.execution, row.granularity))),
        "µs per epoch": three_digits(row.microseconds_per_epoch),
    }
    baseline = row.verdict == "baseline"
    ratio = Interval(1, None, None) if baseline else row.interval
    return {**_ratio(about, ratio), "verdict": row.verdict}


def _second_copy() -> dict[str, str]:
    return {"rank": NONE, "implementation": f"{REFERENCE}, second copy", "execution": "", "µs per epoch": NONE}


def _ratio(about: dict[str, str], ratio: Interval | None) -> dict[str, str]:
    value, ends = _interval(ratio)
    return {**about, RATIO: value, "95 % interval": ends}


def _interval(ratio: Interval | None) -> tuple[str, str]:
    """A ratio and its interval, with as many digits as that allows."""
    if ratio is None:
        return NONE, NONE
    if ratio.low is None or ratio.high is None:
        return f"{ratio.value:.2f}", NONE
    digits = decimals(ratio.high - ratio.low)
    return f"{ratio.value:.{digits}f}", f"{ratio.low:.{digits}f} to {ratio.high:.{digits}f}"


def beginnings(record: Record) -> Table:
    """Import, first call, memory, size, and when they have paid."""
    notes = [
        "Each from fresh processes that had the CPU to themselves, with its own 95 % interval; none of it is in any other "
        "column. The first call is the first epoch, with all that is compiled for it; installed are a framework and "
        "all that it requires. Break-even: the epochs, of one training, after which import, first call and epochs together "
        f"take less time than {REFERENCE}'s; the ends are the worst that all intervals together allow."
    ]
    return Table("What it costs to begin", _frame([_beginning(cost) for cost in costs(record)]), notes)


def _beginning(cost: Cost) -> dict[str, str]:
    return {
        "implementation": cost.implementation,
        "workload": cost.workload,
        "cold starts": str(cost.starts),
        "import, ms": _between(cost.import_seconds, 1e3),
        "first call, ms": _between(cost.first_call_seconds, 1e3),
        "peak memory, MiB": _between(cost.peak_mebibytes),
        "installed, MiB": three_digits(cost.installed_mebibytes),
        "break-even, epochs": _break_even(cost.break_even),
    }


def _between(measured: Interval | None, unit: float = 1) -> str:
    if measured is None:
        return "unknown"
    value = three_digits(measured.value * unit)
    if measured.low is None or measured.high is None:
        return value
    return f"{value} ({three_digits(measured.low * unit)} to {three_digits(measured.high * unit)})"


def _break_even(found: BreakEven | None) -> str:
    if found is None:
        return NONE
    if found.epochs is None:
        return found.verdict
    ends = f" ({_epochs(found.low)} to {_epochs(found.high)})" if found.low and found.high else ""
    return f"{'' if found.verdict == 'after' else 'only until '}{_epochs(found.epochs)}{ends}"


def _epochs(number: float) -> str:
    return f"{float(f'{number:.3g}'):,.0f}"


def order(record: Record) -> Table:
    """Whether it mattered who came first."""
    notes = [
        "Turns follow balanced Latin squares. Order: the ratio in the rounds where the row came before the baseline, over "
        "that where it came after it, and the verdict of each half alone. Carry-over: the time right after that one, over the "
        "time after anybody else; the largest there is. Both are 1 where order does nothing."
    ]
    return Table("What the order of turns did", _frame([_bias(bias) for bias in biases(record)]), notes)


def _bias(bias: Bias) -> dict[str, str]:
    value, ends = _interval(bias.order)
    carried, its_ends = _interval(bias.carry_over)
    return {
        "implementation": _name(bias),
        "workload": bias.workload,
        "order": value,
        "its interval": ends,
        "verdict, if before": bias.verdict_before,
        "verdict, if after": bias.verdict_after,
        "carry-over": carried,
        "the interval of that": its_ends,
        "from": bias.after or NONE,
    }


def ledger(record: Record) -> Table:
    """What the workers observed of themselves, at its worst over all launches."""
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for timing in record["timings"]:
        groups.setdefault((timing["implementation"], timing["workload"]), []).append(timing)
    lines = []
    for (implementation, workload), found in groups.items():
        ledgers = [timing["ledger"] for timing in found]
        epochs = {timing["epochs_per_round"] for timing in found}
        lines.append(
            {
                "implementation": implementation,
                "workload": workload,
                "started from": ", ".join(sorted({one["parameters_sha256"][:8] for one in ledgers})),
                "gradients, results": _all(f"{one['gradient_dtype']}, {one['result_dtype']}" for one in ledgers),
                "epochs a round": _all(f"{number:,}" for number in epochs),
                "off the trajectory": _worst(one["off_trajectory"] for one in ledgers),
                "Python entered": _all(str(one["entered_later"]) for one in ledgers),
                "late": f"{max(one['late'] for one in ledgers):.1%}",
                "threads": str(max(one["process_threads"] for one in ledgers)),
                "pools": str(max((pool["threads"] for one in ledgers for pool in one["pools"]), default=0)),
                "variables": _all(" ".join(one["variables"]) for one in ledgers) or "none",
                "rules": "broken" if any(timing["violations"] for timing in found) else "kept",
            }
        )
    notes = [
        "Observed by every worker in every launch; the worst is shown, and a breach refuses the row. Started from: the first "
        "digits of the parameters' SHA-256, read back. Off the trajectory: the parameters at the end of any round from those "
        f"of {REFERENCE} after as many epochs. Python entered: calls of the file's own functions in 20 epochs, none where all "
        "is compiled. Late: the share of a round that reading its result took after the clock was stopped. Pools: the threads "
        "of the largest. Variables: of the environment, set by the file or its framework; no others reach a worker. All were "
        "alone on one CPU, with garbage collection off inside rounds."
    ]
    return Table("The fairness ledger", _frame(lines), notes)


def quietness(record: Record) -> Table:
    """What disturbed the rounds."""
    notes = [
        f"Flagged, never dropped: a round is disturbed if its process waited for a CPU for more than {WAITED:.0%} of it. "
        f"While the launches ran, the CPU that was timed on lost {_steal(record)} to others outside this system, and the load "
        f"was {_range(launch['load_1_minute'] for launch in record['launches'])}, the clock "
        f"{_range(launch['megahertz'] for launch in record['launches'])} MHz."
    ]
    return Table("How quiet it was", _frame([_quiet(found) for found in disturbances(record)]), notes)


def _quiet(found: Disturbance) -> dict[str, str]:
    return {
        "implementation": _name(found),
        "workload": found.workload,
        "rounds": f"{found.rounds:,}",
        "disturbed": "unknown" if found.disturbed is None else f"{found.disturbed / found.rounds:.1%}",
        "waited for a CPU": "unknown" if found.waited_share is None else f"{found.waited_share:.2%}",
        "involuntary switches a round": three_digits(found.switches_per_round)
        if found.switches_per_round is not None
        else "unknown",
    }


def changes(found: list[Change], notes: list[str]) -> Table:
    """Two records beside each other."""
    lines = []
    for change in found:
        value, ends = _interval(change.change)
        lines.append(
            {
                "implementation": change.implementation,
                "workload": change.workload,
                f"{RATIO}, A": three_digits(change.before),
                "B": three_digits(change.after),
                "B / A": value,
                "95 % interval": ends,
                "verdict": change.verdict,
            }
        )
    reasons = [f"{c.implementation} ({c.workload}): {c.reason}." for c in found if c.reason]
    held = "The intervals hold together. No ranks: these hold within one run only."
    return Table("What changed from A to B", _frame(lines), [*reasons, *notes, held])


def _name(found: Bias | Disturbance) -> str:
    about = asdict(found)
    return f"{about['implementation']}, second copy" if about["copy"] else str(about["implementation"])


def _all(values: Any) -> str:
    return " or ".join(sorted({*values}))


def _worst(values: Any) -> str:
    found = list(values)
    return "no number" if None in found else f"{max(found):.1e}"


def _steal(record: Record) -> str:
    stolen = [launch["steal_seconds"] for launch in record["launches"]]
    return "an unknown time" if None in stolen else f"{sum(stolen):.2f} s"


def _range(values: Any) -> str:
    found = list(values)
    if not found or None in found:
        return "unknown"
    low, high = (three_digits(end) for end in (min(found), max(found)))
    return low if low == high else f"{low} to {high}"


def _frame(lines: list[dict[str, str]]) -> pd.DataFrame:
    return pd.DataFrame(lines)
