"""Comparison of ratios on several machines: which verdicts hold on all of them, and how much the ratios differ.

Each number is computed from the rounds of one record, and so of one machine. The ratios of several machines are listed
beside each other; no number combines rounds of two machines.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from xorbench.contract import REFERENCE
from xorbench.estimates.intervals import Interval, interval
from xorbench.estimates.machine_conditions import Conditions, conditions, preferred, unusable
from xorbench.estimates.ratios import RowId, log_ratios
from xorbench.estimates.timed import Recorded
from xorbench.estimates.timing_table import NOT_STEADY, Row, confidence, rows
from xorbench.record.run import ImplementationRecord, WorkloadRecord

FASTER, SLOWER, OPPOSITE, UNDECIDED = "faster on all", "slower on all", "opposite", "undecided"
"""The verdicts on an implementation over machines; "opposite" is faster on one machine and slower on another.

It is "undecided" if none of the others is true, because on some machine the implementation is not separated from the
baseline, or not steady.
"""

ABSENT = "absent"
"""The verdict on an implementation on a machine whose record does not have it."""


@dataclass(frozen=True)
class OnMachine:
    """An implementation on one machine: the verdict against the baseline and the ratio to it.

    The ratio is None if there is no time; the verdict is then that of the record, such as "missing", or ABSENT.
    """

    verdict: str
    launches: int = 0
    ratio: Interval | None = None


@dataclass(frozen=True)
class Conclusion:
    """An implementation on all machines of a comparison; `found` has one item for each record, in their order."""

    implementation: str
    found: Sequence[OnMachine]

    @property
    def ratios(self) -> dict[int, Interval]:
        """The ratios to the baseline, by the number of the record in the comparison."""
        return {number: there.ratio for number, there in enumerate(self.found) if there.ratio is not None}

    @property
    def smallest(self) -> int:
        """The number of the record with the smallest ratio."""
        return min(self.ratios, key=lambda number: self.ratios[number].value)

    @property
    def largest(self) -> int:
        """The number of the record with the largest ratio."""
        return max(self.ratios, key=lambda number: self.ratios[number].value)

    @property
    def verdict(self) -> str:
        """The verdict over all machines that have a ratio: FASTER, SLOWER, OPPOSITE or UNDECIDED."""
        verdicts = {there.verdict for there in self.found if there.ratio is not None}
        if {"faster", "slower"} <= verdicts:
            return OPPOSITE
        if verdicts == {"faster"}:
            return FASTER
        return SLOWER if verdicts == {"slower"} else UNDECIDED


@dataclass(frozen=True)
class Difference:
    """A property that differs between the records of a comparison, and its value in each; None if a record has none."""

    what: str
    values: Sequence[str | None]


@dataclass(frozen=True)
class Comparison:
    """The implementations that have a ratio under the same conditions on two machines or more.

    `records` has one record of each machine. All intervals are simultaneous, over implementations and machines. `alone`
    has the implementations with a ratio on one machine only, each with the number of its record, and `texts` the names
    of the files whose texts differ.
    """

    conditions: Conditions
    records: Sequence[Recorded]
    conclusions: Sequence[Conclusion]
    alone: Sequence[tuple[str, int]]
    differences: Sequence[Difference]
    texts: Sequence[str]

    @property
    def workload(self) -> WorkloadRecord:
        """The definition of the workload, from the first record."""
        return self.records[0].record.workload(self.conditions.workload)

    @property
    def machines(self) -> list[str]:
        """The names of the machines, in the order of the records."""
        return [recorded.record.machine.name for recorded in self.records]


@dataclass(frozen=True)
class OverMachines:
    """Comparisons of the ratios on several machines.

    `records` has one record of each machine, by name, and `left_out` the reason why a machine is in no comparison.
    """

    records: dict[str, Recorded]
    comparisons: Sequence[Comparison]
    left_out: dict[str, str]

    @property
    def compared(self) -> list[str]:
        """The names of the machines that are in a comparison."""
        return [name for name in self.records if name not in self.left_out]


def over_machines(records: Sequence[Recorded]) -> OverMachines:
    """Return the comparisons of the ratios in `records` under all conditions that two machines have in common.

    Under the same conditions one record of each machine is compared, the one that `preferred` chooses. Machines have
    the order of the records; comparisons are sorted by number of threads, then tier, then by the order of the records.
    """
    by_machine: dict[str, list[Recorded]] = {}
    chosen: dict[Conditions, dict[str, Recorded]] = {}
    for recorded in records:
        name = recorded.record.machine.name
        by_machine.setdefault(name, []).append(recorded)
        for each in conditions(recorded):
            of_machines = chosen.setdefault(each, {})
            of_machines[name] = preferred(of_machines.get(name, recorded), recorded, each)
    found = (_comparison(each, of_machines, [*by_machine]) for each, of_machines in chosen.items())
    comparisons = [comparison for comparison in found if comparison.conclusions]
    comparisons.sort(key=lambda comparison: (comparison.conditions.threads, comparison.conditions.tier))
    compared = {name for comparison in comparisons for name in comparison.machines}
    left_out = {name: _why_alone(some) for name, some in by_machine.items() if name not in compared}
    return OverMachines({name: some[0] for name, some in by_machine.items()}, comparisons, left_out)


def _why_alone(some: Sequence[Recorded]) -> str:
    """Return a sentence that says why none of the records of a machine is compared."""
    if any(conditions(recorded) for recorded in some):
        return "No other machine has a ratio of the same implementation under the same conditions."
    newest = max(some, key=lambda recorded: recorded.record.created)
    return f"Its record of {newest.record.created} {unusable(newest) or f'has no ratio to {REFERENCE}'}."


def _comparison(under: Conditions, of_machines: dict[str, Recorded], order: Sequence[str]) -> Comparison:
    tables = {name: _rows(of_machines[name], under) for name in order if name in of_machines}
    timed = {name: {row for row, about in table.items() if about.ratio is not None} for name, table in tables.items()}
    times = Counter(row for some in timed.values() for row in some)
    shared = [row for row in dict.fromkeys(row for table in tables.values() for row in table) if times[row] > 1]
    machines = [name for name, some in timed.items() if some & {*shared}]
    records = [of_machines[name] for name in machines]
    levels = [
        confidence(recorded, len(machines) * len(timed[name] & {*shared}))
        for name, recorded in zip(machines, records, strict=True)
    ]
    about = [*zip(records, (tables[name] for name in machines), levels, strict=True)]
    conclusions = [Conclusion(row, [_on_machine(*each, row) for each in about]) for row in shared]
    conclusions.sort(key=lambda each: next(iter(each.ratios.values())).value)
    alone = [
        (row, number) for number, name in enumerate(machines) for row in tables[name] if row in timed[name] - {*shared}
    ]
    described = [
        [
            i
            for i in recorded.record.implementations
            if i.name in (REFERENCE, *shared) and not i.missing and not i.broken
        ]
        for recorded in records
    ]
    return Comparison(under, records, conclusions, alone, [*_differences(records, described)], [*_texts(described)])


def _rows(recorded: Recorded, under: Conditions) -> dict[str, Row]:
    return {
        row.implementation: row
        for row in rows(recorded)
        if (row.workload, row.tier) == (under.workload, under.tier) and row.implementation != REFERENCE
    }


def _on_machine(recorded: Recorded, table: dict[str, Row], level: float, name: str) -> OnMachine:
    row = table.get(name)
    if row is None or row.ratio is None:
        return OnMachine(ABSENT if row is None else row.verdict)
    ratio = interval(log_ratios(recorded, row.workload, RowId(name)), level)
    return OnMachine(NOT_STEADY if row.verdict == NOT_STEADY else ratio.verdict, row.launches, ratio)


def _differences(records: Sequence[Recorded], about: Sequence[Sequence[ImplementationRecord]]) -> Iterator[Difference]:
    """Yield what differs between the records: the commit, and the versions of Python and of frameworks."""
    own = [
        {"xorbench": _short(recorded.record.commit), "Python": recorded.record.environment.versions["python"]}
        for recorded in records
    ]
    versions = [
        {f"{i.framework} in {i.interpreter}" if i.interpreter else i.framework: i.version for i in some}
        for some in about
    ]
    for of_all in (own, versions):
        for what in dict.fromkeys(what for found in of_all for what in found):
            values = [found.get(what) for found in of_all]
            if len({*values} - {None}) > 1:
                yield Difference(what, values)


def _short(commit: str | None) -> str:
    """Return a commit with the first 12 digits of its SHA-1 and its suffix, such as "+changes"."""
    sha1, plus, changes = (commit or "an unknown commit").partition("+")
    return f"{sha1[:12] if commit else sha1}{plus}{changes}"


def _texts(about: Sequence[Sequence[ImplementationRecord]]) -> Iterator[str]:
    """Yield the names of the files whose texts differ between records."""
    found: dict[str, set[str]] = {}
    for i in (i for some in about for i in some):
        found.setdefault(f"{i.file or i.name}.py", set()).add(i.source_sha256)
    yield from (name for name, texts in found.items() if len(texts) > 1)
