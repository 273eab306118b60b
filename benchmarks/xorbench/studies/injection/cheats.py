"""Implementations that cheat, each in a short real run: what refuses them, and what is not noticed."""

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from xorbench import affinity
from xorbench.contract import REFERENCE, Implementation, discover, read
from xorbench.estimates.analysis import Analysis
from xorbench.places import IMPLEMENTATIONS
from xorbench.record.run import Record
from xorbench.record.studies import Data
from xorbench.studies.injection.cheat import REFUSED, Cheat
from xorbench.studies.injection.cheats_of_processes import CHEATS_OF_PROCESSES
from xorbench.studies.injection.cheats_of_results import CHEATS_OF_RESULTS
from xorbench.suite import Settings, Suite
from xorbench.workloads import WORKLOADS

CHEATS: Sequence[Cheat] = (*CHEATS_OF_RESULTS, *CHEATS_OF_PROCESSES)

WORKLOAD, LAUNCHES, ROUNDS, POINTS = "neuron", 2, 32, 2

TOGETHER = 8
"""The number of cheats in one run: each has a process, beside the honest ones."""


def written(cheat: Cheat, folder: Path) -> Implementation:
    """Write the file of a cheat and return the implementation. Raises ValueError if the reference has another text."""
    text = (IMPLEMENTATIONS / f"{REFERENCE}.py").read_text(encoding="utf-8")
    for old, new in cheat.changes:
        if old not in text:
            raise ValueError(f"{REFERENCE}.py has no {old!r}, so {cheat.name} cannot be made of it")
        text = text.replace(old, new, 1)
    path = folder / f"{cheat.name}.py"
    path.write_text(text, encoding="utf-8")
    found = read(path)
    if found.broken:
        raise ValueError(f"{cheat.name}: {found.broken}")
    return found


def run(cheats: Sequence[Cheat], seed: int) -> Record:
    """Return the record of a short run of the reference and some cheats."""
    with tempfile.TemporaryDirectory(prefix="cheats-") as folder:
        implementations = [discover()[0], *(written(cheat, Path(folder)) for cheat in cheats)]
        cpu = affinity.allowed_cpus()[-1]
        settings = Settings(POINTS, cpu, seed, quick=True, launches=LAUNCHES, rounds=ROUNDS)
        session = Suite(implementations, [WORKLOADS[WORKLOAD]], settings)
        session.run()
        return session.record("xorbench.run")


def possible() -> list[Cheat]:
    """Return the cheats that this machine has enough CPUs for."""
    return [cheat for cheat in CHEATS if cheat.cpus <= len(affinity.allowed_cpus())]


def groups() -> list[list[Cheat]]:
    """Return the cheats that are possible here in groups that are run together."""
    there = possible()
    return [there[first : first + TOGETHER] for first in range(0, len(there), TOGETHER)]


def told(cheat: Cheat, analysis: Analysis) -> Data:
    """Return what came of a cheat in a run: the verdict and the ratio of its row, the reason, and whether it is right.

    The reason is the one that is expected, if the record has it among others.
    """
    row = next(row for row in analysis.rows if row.implementation == cheat.name)
    reasons = [*_reasons(cheat.name, analysis.record, row.verdict, row.reason)]
    expected = [reason for reason in reasons if cheat.says in reason]
    is_refused = row.verdict in ("refused", "failed", "outside", "untimed")
    return {
        "cheat": cheat.name,
        "does": cheat.does,
        "expected": cheat.expected,
        "verdict": row.verdict,
        "ratio": row.ratio.value if row.ratio else None,
        "reason": next(iter(expected or reasons), None) if is_refused else None,
        "right": is_refused and bool(expected) if cheat.expected == REFUSED else not is_refused,
    }


def _reasons(name: str, record: Record, verdict: str, reason: str | None) -> Iterator[str]:
    """Yield the reasons why a row was refused: that of its verdict, its broken rules and its failures, each once."""
    yield f"{verdict}: {reason}" if verdict == "outside" else str(reason)
    yield from dict.fromkeys(
        rule for timing in record.timings if timing.implementation == name for rule in timing.violations
    )
    yield from (failure.reason for failure in record.failures if failure.implementation == name)


def study(group: Sequence[Cheat], seed: int) -> list[Data]:
    """Run some cheats together, and return what came of each."""
    analysis = Analysis(run(group, seed))
    return [told(cheat, analysis) for cheat in group]
