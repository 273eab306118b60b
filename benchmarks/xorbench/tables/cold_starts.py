"""The tables of cold costs: what it costs to begin, and after how many epochs that has paid."""

import pandas as pd

from xorbench.contract import REFERENCE
from xorbench.estimates.analysis import Analysis
from xorbench.estimates.break_even import BreakEven, Cost
from xorbench.tables.cells import NONE, UNKNOWN, Table, between, three_digits


def beginnings(analysis: Analysis) -> Table:
    """Import, first call, memory and size."""
    note = (
        "Each from fresh processes that had the CPU to themselves, with its own 95 % interval; none of it is in any "
        "other table's times. The first call is the first epoch, with all that is compiled for it; installed are a "
        "framework and all that it requires."
    )
    return Table("What it costs to begin", pd.DataFrame([_beginning(cost) for cost in analysis.costs]), [note])


def break_even(analysis: Analysis) -> Table:
    """When import and first call have paid."""
    note = (
        f"After how many epochs, of one training, import, first call and epochs together take less time than "
        f"{REFERENCE}'s, or until then; the ends are the worst that all intervals together allow."
    )
    lines = [
        {"implementation": cost.implementation, "workload": cost.workload, **_break_even(cost.break_even)}
        for cost in analysis.costs
        if cost.break_even
    ]
    return Table("Break-even", pd.DataFrame(lines), [note])


def _beginning(cost: Cost) -> dict[str, str]:
    return {
        "implementation": cost.implementation,
        "workload": cost.workload,
        "cold starts": str(cost.starts),
        "import, ms": between(cost.import_seconds, 1e3),
        "first call, ms": between(cost.first_call_seconds, 1e3),
        "peak memory, MiB": between(cost.peak_mebibytes),
        "installed, MiB": three_digits(cost.installed_mebibytes) if cost.installed_mebibytes else UNKNOWN,
    }


def _break_even(found: BreakEven) -> dict[str, str]:
    ends = f"{_epochs(found.low)} to {_epochs(found.high)}" if found.low and found.high else NONE
    return {
        f"ahead of {REFERENCE}": found.verdict,
        "epochs": NONE if found.epochs is None else _epochs(found.epochs),
        "at the worst": ends,
    }


def _epochs(number: float) -> str:
    return f"{float(f'{number:.3g}'):,.0f}"
