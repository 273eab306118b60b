"""The table of instructions that `xorbench count` counted."""

import pandas as pd

from xorbench.estimates.analysis import Analysis
from xorbench.tables.cells import NONE, Measured, Table, listed

DIGITS = 4
"""Significant digits of a count, of which the last one may differ from process to process."""


def counts(analysis: Analysis) -> Table:
    """Return the table of the instructions of an epoch, in the order of the record: it is no ranking.

    It has no line if the record has no counts.
    """
    found = analysis.record.counts
    about = {i.name: i for i in analysis.record.implementations}
    lines = [
        {
            "implementation": row.implementation,
            "workload": row.workload,
            "execution": about[row.implementation].execution,
            "instructions per epoch": NONE if each is None else instructions(each),
            "epochs counted": NONE if each is None or found is None else f"{found.epochs(row):,}",
            "why not": row.reason or "",
        }
        for row in (found.rows if found else ())
        for each in [found.per_epoch(row) if found else None]
    ]
    notes = []
    if found:
        notes.append(
            "The difference of two trainings in one process, over the number of epochs by which one is longer (epochs "
            "counted), after everything was compiled and had run. Trainings whose epochs have few instructions are "
            "longer, so that what differs from process to process is a small share of them. Instructions are no times "
            "and no rank: they serve to compare two records."
        )
    if found and found.features:
        notes.append(
            f"Counted with {listed(found.features)}: valgrind hides extensions of the instruction set that it does not "
            "know, so that libraries may choose other code than they do in timed rounds."
        )
    frame = pd.DataFrame(lines, dtype=object)
    if not any(line["why not"] for line in lines):
        frame = frame.drop(columns="why not", errors="ignore")
    return Table("Instructions per epoch", frame, notes)


def instructions(number: float) -> str:
    """Return a number of instructions with DIGITS significant digits; the text carries the number."""
    return Measured(f"{float(f'{number:.{DIGITS}g}'):,.0f}", value=number)
