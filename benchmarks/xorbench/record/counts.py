"""The part of a record that `xorbench count` writes: numbers of instructions."""

from dataclasses import dataclass
from typing import Annotated

from xorbench.record.parts import Count, Many, Part, Text


@dataclass(frozen=True)
class InstructionCount(Part):
    """The instructions of one implementation on one workload in one process.

    `short` and `long` are those of two trainings, whose epochs are `times` those in `Counts.short_epochs` and in
    `Counts.long_epochs`. Both are None where nothing was counted, and `reason` says why; `times` is 1 then.
    """

    implementation: Text
    workload: Text
    short: Count | None
    long: Count | None
    reason: Text | None = None
    times: Count = 1


@dataclass(frozen=True)
class Counts(Part):
    """All counts of a record, in the order of its implementations and then of its workloads.

    Each was made by Callgrind of the version `valgrind` of valgrind. `features` are the extensions of the instruction
    set that a process has there, which may be fewer than those of the processor; they are empty if nothing was counted.
    """

    valgrind: Text
    features: Annotated[list[Text], Many]
    short_epochs: Count
    long_epochs: Count
    rows: Annotated[list[InstructionCount], Many]

    @property
    def counted(self) -> list[InstructionCount]:
        """The rows with numbers."""
        return [row for row in self.rows if row.short is not None and row.long is not None]

    def per_epoch(self, row: InstructionCount) -> float | None:
        """Return the instructions of an epoch: the difference of both trainings, over that of their epochs."""
        if row.short is None or row.long is None:
            return None
        return (row.long - row.short) / self.epochs(row)

    def epochs(self, row: InstructionCount) -> int:
        """Return the epochs by which the longer training of a row is longer than the shorter one."""
        return row.times * (self.long_epochs - self.short_epochs)
