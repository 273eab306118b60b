"""The table of the machines whose ratios are compared, and a table of each comparison."""

from collections.abc import Iterator
from string import ascii_uppercase

import pandas as pd

from xorbench.contract import REFERENCE
from xorbench.estimates.machines import (
    FASTER,
    OPPOSITE,
    SLOWER,
    UNDECIDED,
    Comparison,
    Conclusion,
    Difference,
    OnMachine,
    OverMachines,
)
from xorbench.estimates.timing_table import NOT_STEADY
from xorbench.record.settings import CONFIDENCE
from xorbench.tables.cells import NOT_APPLICABLE, Table, between, letter, listed, with_ends
from xorbench.tables.timings import label

NAME = "machines"
"""The name under which these tables are published."""

SAME = (FASTER, SLOWER)
"""The verdicts that an implementation has if its verdict is the same on all machines."""


def named(over: OverMachines) -> dict[str, list[Table]]:
    """Return the tables by the name under which they are published; empty if there is only one machine."""
    return {NAME: tables(over)} if len(over.records) > 1 else {}


def tables(over: OverMachines) -> list[Table]:
    """Return the table of all machines, and one for each comparison."""
    letters = letters_of(over)
    return [_machines(over, letters), *(_comparison(comparison, letters) for comparison in over.comparisons)]


def letters_of(over: OverMachines) -> dict[str, str]:
    """Return the letters that stand for each compared machine, by its name: A, B, and so on to Z, AA, AB."""
    return {name: letter(number, ascii_uppercase) for number, name in enumerate(over.compared)}


def title(comparison: Comparison) -> str:
    """Return the title of a comparison: the workload, the tier, and the conditions that are not the usual ones."""
    under = comparison.conditions
    parts = [
        f"{label(comparison.workload)}, {under.tier}",
        f"{under.threads} threads" if under.threads > 1 else "",
        "wall time" if not under.by_cpu and under.threads == 1 else "",
        f"{listed(under.measures)} timed" if len(under.measures) > 1 else "",
        f"{len(comparison.records)} machines",
    ]
    return ", ".join(filter(None, parts))


def conclusion(comparison: Comparison) -> str:
    """Return a sentence that says which verdicts are the same on all machines of a comparison."""
    of: dict[str, list[str]] = {}
    for each in comparison.conclusions:
        of.setdefault(each.verdict, []).append(each.implementation)
    same = sum(len(of.get(verdict, ())) for verdict in SAME)
    many = len(comparison.conclusions)
    parts = [
        f"{same} of {many} implementation{'s' * (many != 1)} {'has' if same == 1 else 'have'} the same verdict on all "
        f"machines, faster or slower than {REFERENCE}"
    ]
    if opposite := of.get(OPPOSITE):
        parts.append(f"faster on one machine and slower on another: {listed(opposite)}")
    if unknown := of.get(UNDECIDED):
        parts.append(f"undecided, because not separated or not steady on some machine: {listed(unknown)}")
    return f"{'; '.join(parts)}."


def _machines(over: OverMachines, letters: dict[str, str]) -> Table:
    used: dict[str, dict[str, None]] = {name: {} for name in over.records}
    for comparison in over.comparisons:
        for name, recorded in zip(comparison.machines, comparison.records, strict=True):
            used[name][recorded.record.created] = None
    lines = []
    for name, recorded in over.records.items():
        machine = recorded.record.machine
        lines.append(
            {
                "machine": letters.get(name, NOT_APPLICABLE),
                "name": name,
                "processor": machine.cpu,
                "CPUs": str(machine.cores),
                "system": machine.system,
                "compared": "yes" if name in letters else "no",
                "records": ", ".join(used[name]) or NOT_APPLICABLE,
            }
        )
    notes = [
        "A record is compared if it is that of a complete run without --quick, is fit, and has at least two launches "
        "and the CPU times of its rounds. Ratios are compared if workload, tier, number of threads, measures and clock "
        "are the same.",
        *(f"{name} is not compared. {why}" for name, why in over.left_out.items()),
    ]
    return Table("Machines", pd.DataFrame(lines, dtype=object), notes)


def _comparison(comparison: Comparison, letters: dict[str, str]) -> Table:
    names = [letters[name] for name in comparison.machines]
    alone = [f"{name} ({names[number]})" for name, number in comparison.alone]
    moved = [
        f"{each.implementation} ({name})"
        for each in comparison.conclusions
        for name, there in zip(names, each.found, strict=True)
        if there.verdict == NOT_STEADY
    ]
    notes = [
        conclusion(comparison),
        *(_difference(each, names) for each in comparison.differences),
        *([f"Files whose texts differ: {listed(comparison.texts)}."] if comparison.texts else []),
        *([f"Not steady, so that the ratio has no verdict there: {', '.join(moved)}."] if moved else []),
        *([f"On one machine only, and not in the table: {', '.join(alone)}."] if alone else []),
        f"The column of a machine has the ratio time / {REFERENCE}, from the rounds of one record, with its interval. "
        "No number combines rounds of two machines. A verdict is over the machines that have a ratio.",
        f"The intervals of the table are simultaneous {CONFIDENCE * 100:.4g} % confidence intervals (Bonferroni, over "
        "implementations and machines), so that they are wider than on the page of a machine.",
        "Times are CPU time, or wall time minus waiting for a CPU, whichever is longer."
        if comparison.conditions.by_cpu
        else "Times are wall time.",
    ]
    lines = [_line(each, names) for each in comparison.conclusions]
    return Table(title(comparison), pd.DataFrame(lines, dtype=object), notes)


def _line(each: Conclusion, names: list[str]) -> dict[str, str]:
    ends = {"smallest ratio": each.smallest, "largest ratio": each.largest}
    extremes: dict[str, str] = {}
    for head, number in ends.items():
        extremes[head] = with_ends(each.ratios[number], each.found[number].launches)[0]
        extremes[f"{head}, machine"] = names[number]
    return {
        "implementation": each.implementation,
        "verdict": each.verdict,
        "machines with a ratio": f"{len(each.ratios)} of {len(names)}",
        **extremes,
        **{name: _ratio(there) for name, there in zip(names, each.found, strict=True)},
    }


def _ratio(there: OnMachine) -> str:
    return there.verdict if there.ratio is None else between(there.ratio, processes=there.launches)


def _difference(difference: Difference, names: list[str]) -> str:
    """Return a sentence with each value of a property that differs, and the machines that have it."""
    return f"Versions of {difference.what} differ: {'; '.join(_each(difference, names))}."


def _each(difference: Difference, names: list[str]) -> Iterator[str]:
    where: dict[str, list[str]] = {}
    for name, value in zip(names, difference.values, strict=True):
        if value is not None:
            where.setdefault(value, []).append(name)
    yield from (f"{value} on {listed(some)}" for value, some in where.items())
