"""The writing of merged records: one takes the place of an earlier merging of the same parts, and of nothing else."""

from dataclasses import replace
from pathlib import Path

from xorbench.fleet.measured import records_of
from xorbench.record import store
from xorbench.record.run import Record


def write(record: Record, folder: Path) -> Path:
    """Write a merged record into a folder of records and return its path; written before, it stays as it is.

    It takes the place of an earlier merging of some of its parts. What the same host measured of the same plan another
    time stays. Raises ValueError where what was merged earlier holds a workload that this record lacks, and OSError.
    """
    there_already = records_of(folder, record.plan_sha256, record.host)
    earlier = {path: there for path, there in there_already if there.is_merged}
    for path, there in earlier.items():
        if replace(there, created=record.created) == record:  # another record began in the same second
            return path
    rounds, names = _rounds(record), {workload.name for workload in record.workloads}
    of_these_parts = {path: there for path, there in earlier.items() if not rounds.isdisjoint(_rounds(there))}
    for path, there in of_these_parts.items():
        if lost := [workload.name for workload in there.workloads if workload.name not in names]:
            raise ValueError(f"{path} has {lost[0]}, which no part has now; name another --output")
    place = store.path_of(record, folder)
    written = store.write(record, folder, instead=place if place in of_these_parts else None)
    for path in of_these_parts:
        if path != written:
            path.unlink()
    return written


def _rounds(record: Record) -> set[tuple[object, ...]]:
    """Return what no other measurement has: the nanoseconds of all rounds of each row in each launch."""
    return {(t.launch, t.workload, t.implementation, t.copy, t.measure, *t.round_nanoseconds) for t in record.timings}
