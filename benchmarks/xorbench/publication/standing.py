"""Which records stand for a machine: one run, and beside it a sweep for each number of threads.

Records without CPU time, those of schema 4, never stand beside one that has it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from xorbench.estimates.axes import is_sweep
from xorbench.estimates.rounds import knows_cpu_time
from xorbench.pictures.album import of_record
from xorbench.pictures.figure import Figure
from xorbench.records import Record
from xorbench.tables.catalogue import OF_A_SWEEP, named
from xorbench.tables.cells import Table
from xorbench.workloads import TUTORIAL


@dataclass
class Standing:
    """`record` stands for the machine: a run, or a sweep where there is no run."""

    record: Record
    _sweeps: dict[int, Record] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.meet(self.record)

    def meet(self, record: Record) -> None:
        """One record more of this machine."""
        self.record = newest(self.record, record)
        if is_sweep(record):
            threads = record["settings"].get("threads", 1)
            self._sweeps[threads] = newest(self._sweeps.get(threads, record), record)

    @property
    def sweeps(self) -> Sequence[Record]:
        """With one thread first."""
        found = [self._sweeps[threads] for threads in sorted(self._sweeps)]
        return [sweep for sweep in found if knows_cpu_time(sweep) or not knows_cpu_time(self.record)]

    @cached_property
    def tables(self) -> dict[str, list[Table]]:
        """Those of the record, and of the sweeps what runs don't have."""
        found: dict[str, list[Table]] = {}
        for sweep in self.sweeps:
            for name, tables in named(sweep).items():
                if name in OF_A_SWEEP:
                    found.setdefault(name, []).extend(tables)
        return named(self.record) | found

    @cached_property
    def figures(self) -> list[Figure]:
        """All pictures."""
        return of_record(self.record, self.sweeps)


def newest(one: Record, other: Record) -> Record:
    """Which is shown: one with CPU time before one without, a run before a sweep.

    Then a whole and fit one of full length before another.

    Then one of all that a run is of by itself, and in one environment; then that of more implementations; then the
    newer.
    """

    def worth(record: Record) -> tuple[bool, bool, bool, bool, bool, int, str]:
        full = not record["partial"] and not record["settings"]["quick"]
        of_all = {*TUTORIAL} <= {workload["name"] for workload in record["workloads"]}
        alone = "others" not in record["environment"]
        timed = len({timing["implementation"] for timing in record["timings"]})
        clock = knows_cpu_time(record)
        return clock, not is_sweep(record), full, not record["unfit"], of_all and alone, timed, record["created"]

    return max(one, other, key=worth)
