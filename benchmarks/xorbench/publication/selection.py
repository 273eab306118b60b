"""Choose the representative records of a machine: one run, sweeps, histories, and special records.

There is a sweep for each number of threads, and a history for each framework. The special records are a run with tuned
implementations, one with other environments, one of more measures than epochs, and counts of instructions.

Records without CPU time, those of schema 4, are never combined with one that has it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from xorbench.charts.album import of_record
from xorbench.charts.figure import Figure
from xorbench.contract import REFERENCE
from xorbench.estimates.analysis import Analysis
from xorbench.estimates.history import framework_of
from xorbench.estimates.rounds import knows_cpu_time
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
    _sweeps: dict[int, Analysis] = field(default_factory=dict)
    _histories: dict[str, Analysis] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.meet(self.analysis)

    def meet(self, analysis: Analysis) -> None:
        """Take another record of this machine into account."""
        self.analysis = newest(self.analysis, analysis)
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

    def join(self, other: "Standing") -> None:
        """Take the representative records of the same machine among other records into account."""
        for analysis in other.every:
            self.meet(analysis)

    @property
    def every(self) -> list[Analysis]:
        """All representative records."""
        special = (self.tuned, self.versions, self.counts, self.measuring)
        there = [one for one in special if one is not None]
        return [self.analysis, *there, *self._sweeps.values(), *self._histories.values()]

    @property
    def sweeps(self) -> Sequence[Analysis]:
        """The representative sweeps, by rising number of threads."""
        found = [self._sweeps[threads] for threads in sorted(self._sweeps)]
        return [sweep for sweep in found if knows_cpu_time(sweep) or not knows_cpu_time(self.analysis)]

    @property
    def histories(self) -> Sequence[Analysis]:
        """The representative histories, in the order of the frameworks' names."""
        return [self._histories[framework] for framework in sorted(self._histories)]

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
        return of_record(self.analysis, self.sweeps, self.histories, self.measuring)


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
            not analysis.record.unfit,
            of_all and alone,
            timed,
            analysis.record.created,
        )

    return max(one, other, key=worth)


def has_tuned(analysis: Analysis) -> bool:
    """Return whether a record has a time of an implementation of another tier than that of the baseline."""
    tiers = {i.name: i.tier for i in analysis.record.implementations}
    return any(tiers[timing.implementation] != tiers.get(REFERENCE) for timing in analysis.timings)
