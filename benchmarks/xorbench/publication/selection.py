"""Choose the representative records of a machine: one run, sweeps, histories, and special records.

There is a sweep for each number of threads, and a history for each framework. The special records are a run with tuned
implementations, one with other environments, one of more measures than epochs, one of a network in both dtypes, and
counts of instructions.

Records without CPU time, those of schema 4, are never combined with one that has it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from xorbench.charts.album import OfARecord, of_record
from xorbench.charts.errors import errors, same_network
from xorbench.charts.figure import Figure
from xorbench.charts.measured import measured
from xorbench.consistency.rules import read
from xorbench.contract import REFERENCE
from xorbench.estimates.analysis import Analysis
from xorbench.estimates.history import framework_of
from xorbench.estimates.machine_conditions import Conditions, conditions, preferred
from xorbench.estimates.machines import OverMachines, over_machines
from xorbench.record import store
from xorbench.tables.catalogue import OF_A_HISTORY, OF_A_SWEEP, named, one
from xorbench.tables.cells import Table
from xorbench.workloads import TUTORIAL


@dataclass
class Standing:
    """The representative records of a machine; `analysis` is that of a run, or of another kind if there is no run.

    Counts of instructions are in it only if there is nothing else.
    """

    analysis: Analysis
    tuned: Analysis | None = None
    versions: Analysis | None = None
    counts: Analysis | None = None
    measuring: Analysis | None = None
    in_both_dtypes: Analysis | None = None
    _sweeps: dict[int, Analysis] = field(default_factory=dict)
    _histories: dict[str, Analysis] = field(default_factory=dict)
    _compared: dict[Conditions, Analysis] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.meet(self.analysis)

    def meet(self, analysis: Analysis) -> None:
        """Take another record of this machine into account.

        The first one with CPU times replaces all that were timed without them, and later ones without are ignored.
        """
        if analysis.timings and self.analysis.timings and analysis.knows_cpu_time != self.analysis.knows_cpu_time:
            if analysis.knows_cpu_time:
                vars(self).update(vars(Standing(analysis)) | {"counts": self.counts})
            return
        self.analysis = newest(self.analysis, analysis)
        for each in conditions(analysis):
            self._compared[each] = preferred(self._compared.get(each, analysis), analysis, each)
        if analysis.record.counts:
            self.counts = newest(self.counts or analysis, analysis)
            return
        if analysis.record.is_sweep:
            threads = analysis.record.settings.threads
            self._sweeps[threads] = newest(self._sweeps.get(threads, analysis), analysis)
        elif analysis.record.is_history:
            framework = framework_of(analysis)
            self._histories[framework] = newest(self._histories.get(framework, analysis), analysis)
        elif has_tuned(analysis):
            self.tuned = newest(self.tuned or analysis, analysis)
        if analysis.record.is_run and analysis.record.environment.others:
            self.versions = newest(self.versions or analysis, analysis)
        if analysis.measured:
            self.measuring = newest(self.measuring or analysis, analysis)
        if analysis.record.is_run and len(same_network(analysis)) > 1:
            self.in_both_dtypes = newest(self.in_both_dtypes or analysis, analysis)

    def join(self, other: "Standing") -> None:
        """Take the representative records of the same machine among other records into account."""
        for analysis in other.every:
            self.meet(analysis)

    @property
    def every(self) -> list[Analysis]:
        """All representative records."""
        special = (self.tuned, self.versions, self.counts, self.measuring, self.in_both_dtypes)
        there = [one for one in special if one is not None]
        several = (self._sweeps, self._histories, self._compared)
        return [self.analysis, *there, *(one for some in several for one in some.values())]

    @property
    def sweeps(self) -> Sequence[Analysis]:
        """The representative sweeps, by rising number of threads."""
        return [self._sweeps[threads] for threads in sorted(self._sweeps)]

    @property
    def histories(self) -> Sequence[Analysis]:
        """The representative histories, in the order of the frameworks' names."""
        return [self._histories[framework] for framework in sorted(self._histories)]

    @property
    def compared(self) -> Sequence[Analysis]:
        """The records that may be compared with those of other machines, newest first; `analysis` if there is none."""
        found = {one.record.created: one for one in self._compared.values()}
        return [found[created] for created in sorted(found, reverse=True)] or [self.analysis]

    @cached_property
    def tables(self) -> dict[str, list[Table]]:
        """The tables of the representative run, and those of the other records that it does not have."""
        special = {"tuned": self.tuned, "versions": self.versions, "counts": self.counts, "parts": self.measuring}
        found = {name: tables for name, of in special.items() if of is not None and (tables := one(of, name))}
        of_sweeps: dict[str, list[Table]] = {}
        for sweep in self.sweeps:
            for name, tables in named(sweep).items():
                if name in OF_A_SWEEP:
                    of_sweeps.setdefault(name, []).extend(tables)
        of_histories = {
            name: tables for name in OF_A_HISTORY if (tables := [t for of in self.histories for t in one(of, name)])
        }
        return found | named(self.analysis) | of_sweeps | of_histories

    @cached_property
    def figures(self) -> list[Figure]:
        """All figures of the representative records."""
        of: list[tuple[OfARecord, Analysis | None]] = [(measured, self.measuring), (errors, self.in_both_dtypes)]
        others = {draw: analysis for draw, analysis in of if analysis is not None}
        return of_record(self.analysis, self.sweeps, self.histories, others, self.tuned)


def over(machines: Iterable[Standing]) -> OverMachines:
    """Return the comparisons of the ratios of several machines."""
    return over_machines([analysis for standing in machines for analysis in standing.compared])


def over_folder(folder: Path) -> tuple[OverMachines, list[str]]:
    """Return the comparisons of the ratios of all machines in a folder of records, in the order of their names.

    The second list has a line for each record that was left out, because it is invalid or contradicts itself. Raises
    OSError.
    """
    standing: dict[Path, Standing] = {}
    refused = []
    for path in store.paths(folder):
        try:
            analysis = Analysis(read(path))
        except ValueError as error:
            refused.append(str(error))
            continue
        if path.parent in standing:
            standing[path.parent].meet(analysis)
        else:
            standing[path.parent] = Standing(analysis)
    return over(standing.values()), refused


def newest(one: Analysis, other: Analysis) -> Analysis:
    """Return the record that is preferred as the representative one.

    The criteria are, in this order: no counts of instructions; CPU times are known; a run, or else a sweep; complete
    and of full length; fit; of all workloads of the tutorial in one environment; more implementations; newer.
    """

    def worth(analysis: Analysis) -> tuple[bool, bool, bool, bool, bool, bool, bool, int, str]:
        full = not analysis.record.partial and not analysis.record.settings.quick
        of_all = {*TUTORIAL} <= {workload.name for workload in analysis.record.workloads}
        alone = not analysis.record.environment.others
        timed = len({timing.implementation for timing in analysis.timings})
        clock = analysis.knows_cpu_time
        return (
            analysis.record.counts is None,
            clock,
            analysis.record.is_run,
            analysis.record.is_sweep,
            full,
            not analysis.unfit,
            of_all and alone,
            timed,
            analysis.record.created,
        )

    return max(one, other, key=worth)


def has_tuned(analysis: Analysis) -> bool:
    """Return whether a record has a time of an implementation of another tier than that of the baseline."""
    tiers = {i.name: i.tier for i in analysis.record.implementations}
    return any(tiers[timing.implementation] != tiers.get(REFERENCE) for timing in analysis.timings)
