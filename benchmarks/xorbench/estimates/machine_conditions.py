"""The conditions under which ratios of several machines may be compared, and which record of a machine is."""

from dataclasses import dataclass
from typing import TypeVar

from xorbench.contract import REFERENCE
from xorbench.estimates import noise_floor
from xorbench.estimates.comparison import SAME_PROBLEM
from xorbench.estimates.rounds import by_cpu, knows_cpu_time
from xorbench.estimates.timed import Recorded, once
from xorbench.estimates.timing_table import Row, rows
from xorbench.measures import Measure

R = TypeVar("R", bound=Recorded)


@dataclass(frozen=True)
class Conditions:
    """The conditions that all ratios of a comparison have in common.

    `measures` were timed in the same rounds, `by_cpu` says whether rounds were timed by CPU time instead of wall time,
    and `problem` is the definition of the workload as text: layers, recipe, dtype, data, initial parameters.
    """

    workload: str
    tier: str
    threads: int
    measures: tuple[Measure, ...]
    by_cpu: bool
    problem: str


def preferred(one: R, other: R, under: Conditions) -> R:
    """Return the record with more implementations `under` these conditions; the newer one if they have as many."""
    return max(one, other, key=lambda recorded: (conditions(recorded).get(under, 0), recorded.record.created))


@once
def conditions(recorded: Recorded) -> dict[Conditions, int]:
    """Return the conditions under which a record has ratios to compare, each with the number of implementations.

    The result is empty if the record is `unusable`.
    """
    if unusable(recorded):
        return {}
    found: dict[Conditions, int] = {}
    for row in rows(recorded):
        if row.ratio is not None and row.implementation != REFERENCE:
            each = _conditions(recorded, row)
            found[each] = found.get(each, 0) + 1
    return found


@once
def unusable(recorded: Recorded) -> str | None:
    """Return why the ratios of a record are not compared with those of other machines; None if they are.

    The reason continues a sentence that begins with the record.
    """
    record = recorded.record
    if not record.is_run:
        return f"is of the kind {'sweep' if record.is_sweep else record.kind}, not of a run"
    if record.partial:
        return "was interrupted"
    if record.settings.quick:
        return "is of a quick run"
    if not recorded.timings:
        return "has no timings"
    if not knows_cpu_time(recorded):
        return "has no CPU times of its rounds, as no record of schema 4 has"
    if len(record.launches) < 2:
        return "has one launch, and so no intervals"
    if why := noise_floor.unfit(recorded):
        return f"is unfit: {why}"
    return None


def _conditions(recorded: Recorded, row: Row) -> Conditions:
    settings, workload = recorded.record.settings, recorded.record.workload(row.workload)
    return Conditions(
        workload=row.workload,
        tier=row.tier,
        threads=settings.threads,
        measures=tuple(settings.measures),
        by_cpu=by_cpu(recorded),
        problem=", ".join(f"{key} {getattr(workload, key)}" for key in SAME_PROBLEM),
    )
