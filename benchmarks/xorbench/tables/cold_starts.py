"""Tables of cold starts: startup costs, and the number of epochs at which they break even."""

import pandas as pd

from xorbench.contract import REFERENCE
from xorbench.estimates.analysis import Analysis
from xorbench.estimates.break_even import BreakEven, Cost
from xorbench.tables.cells import NONE, NOT_APPLICABLE, UNKNOWN, Table, between, three_digits


def beginnings(analysis: Analysis) -> Table:
    """Return the table of cold starts: time of import and of the first call, peak memory and installed size."""
    note = (
        "Measured in fresh processes with no other process of the run on the CPU, each with its own 95 % interval, "
        "and not part of the times in any other table. The first call is the first epoch, including compilation. "
        "Installed size: the framework and everything it requires."
    )
    return Table("Cold starts", pd.DataFrame([_beginning(cost) for cost in analysis.costs]), [note])


def break_even(analysis: Analysis) -> Table:
    """Return the table of break-even points against the baseline, including import and first call."""
    note = (
        "The number of epochs of one training from which (after), or up to which (until), import, first call and "
        f"epochs together take less time than those of {REFERENCE}. Worst case: the range that results from the ends "
        "of all intervals."
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
        "processes": str(cost.starts),
        "import, ms": between(cost.import_seconds, 1e3, cost.starts),
        "first call, ms": between(cost.first_call_seconds, 1e3, cost.starts),
        "peak memory, MiB": between(cost.peak_mebibytes, processes=cost.starts),
        "installed size, MiB": three_digits(cost.installed_mebibytes) if cost.installed_mebibytes else UNKNOWN,
    }


def _break_even(found: BreakEven) -> dict[str, str]:
    missing = NOT_APPLICABLE if found.epochs is None else NONE
    ends = f"{_epochs(found.low)} to {_epochs(found.high)}" if found.low and found.high else missing
    return {
        f"break-even with {REFERENCE}": found.verdict,
        "epochs": NOT_APPLICABLE if found.epochs is None else _epochs(found.epochs),
        "worst case": ends,
    }


def _epochs(number: float) -> str:
    return f"{float(f'{number:.3g}'):,.0f}"
