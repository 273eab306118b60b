"""All tables of a record, as pandas frames of text: every format prints the same digits, as many as there are.

Units stand in the heads; a cell without a number says why, and a note under the table says more.
"""

from typing import Any

import pandas as pd

from benchmarks import conditions, judgements, timings
from benchmarks.cells import Table
from benchmarks.records import Record


def tables(record: Record) -> list[Table]:
    """All tables of a record."""
    return [
        *timings.tables(record),
        *conditions.tables(record),
        *judgements.tables(record["gradients"]),
        implementations(record["implementations"]),
    ]


def implementations(found: list[dict[str, Any]]) -> Table:
    """Who takes part, in which version; who cannot, and why."""
    lines = [
        {
            "implementation": i["name"],
            "framework": f"{i['framework']} {i['version']}",
            "tier": i["tier"],
            "execution": i["execution"],
            "granularity": i["granularity"],
            "status": "failed" if i["broken"] else "missing" if i["missing"] else "present",
        }
        for i in found
    ]
    notes = [f"{i['name']}: {i['broken'] or i['missing']}." for i in found if i["broken"] or i["missing"]]
    return Table("Implementations", pd.DataFrame(lines), notes)


def workloads(found: list[dict[str, Any]]) -> Table:
    """What is trained."""
    lines = [
        {
            "workload": w["name"],
            "layers": "-".join(map(str, w["layer_sizes"])),
            "rate": f"{w['rate']:g}",
            "epochs": f"{w['epochs']:,}",
            "dtype": w["dtype"],
            "what it is": w["story"],
        }
        for w in found
    ]
    return Table("Workloads", pd.DataFrame(lines), [])
