"""Table of the study of three methods for intervals."""

from dataclasses import dataclass

import pandas as pd

from xorbench.record.studies import Data
from xorbench.tables.cells import Table
from xorbench.tables.studies.typed import typed


@dataclass(frozen=True)
class Cell:
    """The share of intervals that cover the true ratio, and their median width, of one method on one machine."""

    machine: str
    launches: int
    method: str
    held: float
    width: float


@dataclass(frozen=True)
class Methods:
    """The data of the study: the settings of the simulation, and its results."""

    runs: int
    bootstrapped_runs: int
    confidence: float
    cells: list[Cell]


def table_of(data: Data) -> Table:
    """Return the table of the study: a line for each machine and number of launches."""
    study = typed(Methods, data)
    lines: dict[tuple[str, int], dict[str, str]] = {}
    for cell in study.cells:
        line = lines.setdefault(
            (cell.machine, cell.launches), {"machine": cell.machine, "launches": str(cell.launches)}
        )
        line |= {cell.method: f"{cell.held:.1%}", f"width of {cell.method}": f"{cell.width:.2%}"}
    note = (
        f"The share of {study.runs:,} simulated runs ({study.bootstrapped_runs:,} for the bootstrap) whose "
        f"interval covers the true ratio; the nominal confidence of each method is {study.confidence:.0%}. The "
        "width is the median width of the intervals."
    )
    return Table(
        "Coverage of single intervals by three methods, by simulation", pd.DataFrame([*lines.values()]), [note]
    )
