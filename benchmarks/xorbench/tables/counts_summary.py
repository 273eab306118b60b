"""The summary of a record of counts for the terminal and the headline: the instructions of an epoch."""

from xorbench.contract import REFERENCE
from xorbench.estimates.analysis import Analysis
from xorbench.record.counts import Counts
from xorbench.record.run import WorkloadRecord
from xorbench.tables.cells import listed, plain
from xorbench.tables.counts import instructions
from xorbench.tables.frameworks import named, required
from xorbench.tables.grid import Grid
from xorbench.tables.timings import reference_tier
from xorbench.tables.workloads import main_workload, sized, training

INSTRUCTIONS = "instructions/epoch"

LONGEST_NAME = 40

MORE = "more: show --table counts"


def sentences(analysis: Analysis, counts: Counts) -> list[str]:
    """Return the sentences of the headline: the instructions of an epoch in the frameworks that the project requires.

    They are in the order of the record, in which the baseline is first, because instructions are no rank.
    """
    workload, tier = main_workload(analysis), reference_tier(analysis)
    per_epoch = _per_epoch(counts, workload)
    own_tier = [one for one in analysis.record.implementations if one.tier == tier and not one.missing]
    names, chosen = named(own_tier), {REFERENCE, *required(own_tier, per_epoch)}
    shown = [name for name in per_epoch if name in chosen]
    lead = training(analysis, workload)
    if not shown:
        return [f"{lead}: the instructions of an epoch were counted in none of the required frameworks."]
    clauses = [
        f"{instructions(per_epoch[name])}{'' if place else ' instructions'} in "
        f"{'plain ' if name == REFERENCE else ''}{plain(names[name])}"
        for place, name in enumerate(shown)
    ]
    return [f"{lead}: an epoch takes {listed(clauses)}.", "Instructions are neither times nor a rank."]


def conditions(counts: Counts) -> str:
    """Return the sentence on what counted the instructions, and how many implementations it counted."""
    every = {row.implementation for row in counts.rows}
    counted = {row.implementation for row in counts.counted}
    files = f"{len(every)} file{'s' * (len(every) > 1)}"
    return f"Counted: {len(counted)} of {files}, by Callgrind of valgrind {plain(counts.valgrind)}."


def lines(analysis: Analysis, counts: Counts, width: int, room: int) -> list[str]:
    """Return a table for each workload, one below the other, in at most `room` lines of `width` characters.

    A table has a line for each implementation that was counted, in the order of the record. The last line says how many
    lines are left out, if any are.
    """
    execution = {one.name: one.execution for one in analysis.record.implementations}
    shown: list[str] = []
    for workload in analysis.record.workloads:
        per_epoch = _per_epoch(counts, workload)
        if not per_epoch:
            continue
        cells: dict[str, list[str]] = {
            "name": [plain(name, LONGEST_NAME) for name in per_epoch],
            "execution": [execution[name] for name in per_epoch],
            INSTRUCTIONS: [instructions(number) for number in per_epoch.values()],
        }
        grid = Grid(cells, (INSTRUCTIONS,), {"name", "execution"})
        table = grid.lines(plain(sized(workload), width), width, ("execution",))
        shown += ["", *table] if shown else table
    if len(shown) <= room:
        return shown
    kept = max(0, room - 1)
    return [*shown[:kept], f"... {len(shown) - kept} lines {MORE}"][: max(0, room)]


def _per_epoch(counts: Counts, workload: WorkloadRecord) -> dict[str, float]:
    """Return the instructions of an epoch of a workload by implementation, of those that were counted."""
    found = {row.implementation: counts.per_epoch(row) for row in counts.rows if row.workload == workload.name}
    return {name: number for name, number in found.items() if number is not None}
