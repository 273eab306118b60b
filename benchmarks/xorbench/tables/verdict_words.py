"""The words of verdicts in tables, failures in a dtype that is not timed, and pairs that differ without a failure."""

from collections.abc import Iterable

from xorbench.record.report import INSIDE, NO_FAILURES, OUTSIDE, Conduct, Judgement, Pair, Report
from xorbench.tables.cells import listed

PASSED = "passed"

WORDS = {INSIDE: PASSED, OUTSIDE: "failed"}
"""The words that tables print for the verdicts of a record, by verdict; one that is not here is printed as it is."""


def worded(verdict: str) -> str:
    """Return the word for a verdict in tables."""
    return WORDS.get(verdict, verdict)


def unexplained_pairs(report: Report) -> list[Pair]:
    """Return the pairs of implementations that differ by more than rounding although neither has failed there."""
    wrong = failing(report)
    return [
        pair
        for pair in report.pairs
        if pair.verdict not in NO_FAILURES
        and not any((name, pair.workload, pair.dtype) in wrong for name in (pair.first, pair.second))
    ]


def failing(report: Report) -> set[tuple[str, str, str]]:
    """Return the implementations, workloads and dtypes for which a gradient, a prediction or the loss has failed."""
    return {(row.implementation, row.workload, row.dtype) for row in report.rows if row.verdict not in NO_FAILURES}


def in_other_dtypes(rows: Iterable[Judgement | Conduct]) -> list[str]:
    """Return sentences on what did not pass in a dtype in which its workload is not timed, and so decides nothing."""
    return [f"{name}: {phrase}." for name, phrases in failures_in_other_dtypes(rows).items() for phrase in phrases]


def failures_in_other_dtypes(rows: Iterable[Judgement | Conduct]) -> dict[str, list[str]]:
    """Return what did not pass in a dtype in which its workload is not timed: phrases by name of the implementation."""
    found: dict[tuple[str, str, str], dict[str, None]] = {}
    for row in rows:
        if not row.decides and row.verdict not in NO_FAILURES:
            found.setdefault((row.implementation, worded(row.verdict), row.dtype), {})[row.workload] = None
    phrases: dict[str, list[str]] = {}
    for (name, verdict, dtype), names in found.items():
        timed = f"{listed([*names])} {'is' if len(names) == 1 else 'are'} not timed"
        phrases.setdefault(name, []).append(f"{verdict} in {dtype}, in which {timed}")
    return phrases
