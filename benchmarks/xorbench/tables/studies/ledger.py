"""Table of the study of refusals of honest implementations on a busy machine."""

from collections import Counter

import pandas as pd

from xorbench.record.studies import Data
from xorbench.tables.cells import Table
from xorbench.tables.studies.runs import not_timed


def table_of(data: Data) -> Table:
    """Return the table of the study: for each row its launches, and in how many it was refused or failed."""
    timed: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    failed: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    for run in data["runs"]:
        timed.update(run["timed"])
        for one in run["refused"]:
            refused[one["row"]] += 1
            reasons[f"{one['row']} was refused: {one['violations'][0]}"] += 1
        for one in run["failed"]:
            failed[one["implementation"]] += 1
            reasons[f"{one['implementation']} failed: {one['reason']}"] += 1
    lines = [
        {
            "implementation": name,
            "launches": str(timed[name]),
            "refused": str(refused[name]),
            "failed": str(failed[name]),
        }
        for name in dict.fromkeys([*timed, *failed])
    ]
    return Table("Honest implementations on a busy machine", pd.DataFrame(lines), _notes(data, timed, refused, reasons))


def _notes(data: Data, timed: Counter[str], refused: Counter[str], reasons: Counter[str]) -> list[str]:
    return [
        f"Launches of {data['rounds']} rounds of {data['workload']}, while {data['busy_per_cpu']} processes keep each "
        f"of {data['cpus']} CPUs busy. Refused: launches in which the row broke a rule of the ledger. Failed: launches "
        "without a time.",
        "All implementations are honest, so that the target is 0 refusals. Refused: "
        f"{refused.total():,} of {timed.total():,} timings.",
        *(f"{reason} (in {number} launches)." for reason, number in reasons.most_common()),
        *not_timed(data),
    ]
