"""Table of the study of refusals of honest implementations on a busy machine."""

from collections import Counter
from dataclasses import dataclass

import pandas as pd

from xorbench.record.studies import Data
from xorbench.tables.cells import Table
from xorbench.tables.studies.runs import not_timed
from xorbench.tables.studies.typed import typed


@dataclass(frozen=True)
class Refusal:
    """A launch in which a row broke rules of the ledger."""

    row: str
    violations: list[str]


@dataclass(frozen=True)
class Failed:
    """A launch in which an implementation gave no time."""

    implementation: str
    reason: str


@dataclass(frozen=True)
class Run:
    """What a run found: in how many launches each row was timed, its refusals and its failures."""

    timed: dict[str, int]
    refused: list[Refusal]
    failed: list[Failed]


@dataclass(frozen=True)
class Refusals:
    """The data of the study; `missing` has the reason why an implementation was not timed, by its name."""

    workload: str
    missing: dict[str, str]
    rounds: int
    busy_per_cpu: int
    cpus: int
    runs: list[Run]


def table_of(data: Data) -> Table:
    """Return the table of the study: for each row its launches, and in how many it was refused or failed."""
    study = typed(Refusals, data)
    timed: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    failed: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    for run in study.runs:
        timed.update(run.timed)
        for one in run.refused:
            refused[one.row] += 1
            reasons[f"{one.row} was refused: {one.violations[0]}"] += 1
        for lost in run.failed:
            failed[lost.implementation] += 1
            reasons[f"{lost.implementation} failed: {lost.reason}"] += 1
    lines = [
        {
            "implementation": name,
            "launches": str(timed[name]),
            "refused": str(refused[name]),
            "failed": str(failed[name]),
        }
        for name in dict.fromkeys([*timed, *failed])
    ]
    return Table(
        "Honest implementations on a busy machine", pd.DataFrame(lines), _notes(study, timed, refused, reasons)
    )


def _notes(study: Refusals, timed: Counter[str], refused: Counter[str], reasons: Counter[str]) -> list[str]:
    return [
        f"Launches of {study.rounds} rounds of {study.workload}, while {study.busy_per_cpu} processes keep each "
        f"of {study.cpus} CPUs busy. Refused: launches in which the row broke a rule of the ledger. Failed: launches "
        "without a time.",
        "All implementations are honest, so that the target is 0 refusals. Refused: "
        f"{refused.total():,} of {timed.total():,} timings.",
        *(f"{reason} (in {number} launches)." for reason, number in reasons.most_common()),
        *not_timed(study.missing),
    ]
