"""The verdict of the judge on each file of a report, with the numbers of its line as text."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from xorbench.contract import REFERENCE
from xorbench.record.report import (
    FAILED,
    INSIDE,
    MISSING,
    NO_FAILURES,
    NOT_OFFERED,
    OUTSIDE,
    Bias,
    Conduct,
    Judgement,
    Report,
    TrainingEnd,
)
from xorbench.tables.cells import NONE, UNDEFINED, listed, plain, plain_ends
from xorbench.tables.verdict_words import PASSED, failures_in_other_dtypes, worded

ORDER = (FAILED, MISSING, NOT_OFFERED, PASSED)
"""The verdicts on a file, in the order of the lines."""

NOT_RUN, STOPPED = "not run", "stopped"

_LONGEST_MISTAKE = 120


@dataclass(frozen=True)
class FileVerdict:
    """The verdict on one file over all workloads, and the numbers of its line as text.

    `errors` are the largest errors as fractions of the bound, `digits` the right digits of the median entry of the
    gradient at the parameter scale where they are fewest, both by dtype. `training` says whether trained parameters
    agree with the reference's and with known answers, or that the training stopped before its end. `remarks` say in
    phrases what failed first, or why nothing was judged.
    """

    name: str
    verdict: str
    errors: Mapping[str, str]
    digits: Mapping[str, str]
    training: str
    remarks: Sequence[str]

    @property
    def judged(self) -> bool:
        """Whether the file was judged on some workload, which means that it is neither missing nor not offered."""
        return self.verdict not in (MISSING, NOT_OFFERED)


def files(report: Report) -> list[FileVerdict]:
    """Return the verdict on each file of a report, failures first, else in the order of the report."""
    names = dict.fromkeys(row.implementation for row in report.rows)
    digits = report.fewest_digits()
    return sorted((_file(report, name, digits) for name in names), key=lambda found: ORDER.index(found.verdict))


def _file(report: Report, name: str, digits: Mapping[tuple[str, str], float]) -> FileVerdict:
    rows = [row for row in report.rows if row.implementation == name]
    failures = [row for row in report.deciding() if row.implementation == name and row.verdict not in NO_FAILURES]
    judged = {row.verdict for row in rows if row.decides} or {row.verdict for row in rows}
    verdict = PASSED
    if failures:
        verdict = FAILED
    elif judged <= {MISSING, NOT_OFFERED}:
        verdict = MISSING if MISSING in judged else NOT_OFFERED
    dtypes = dict.fromkeys(row.dtype for row in report.rows)
    return FileVerdict(
        name=plain(name),
        verdict=verdict,
        errors={dtype: _largest([row for row in rows if row.dtype == dtype]) for dtype in dtypes},
        digits={dtype: f"{digits[name, dtype]:.1f}" if (name, dtype) in digits else NONE for dtype in dtypes},
        training=_training(report, name, verdict),
        remarks=[_failure(report, failures)] if failures else [*_unjudged(report, rows, verdict)],
    )


def _failure(report: Report, failures: Sequence[Judgement | Bias | Conduct | TrainingEnd]) -> str:
    """Return where the first failure of a file is and what it is, the mistake that it shows, and how many follow."""
    first = failures[0]
    dtype = "" if isinstance(first, TrainingEnd) else first.dtype
    place = ", ".join(filter(None, [first.workload, dtype]))
    mistakes = [mistake for mistake in report.mistakes if mistake.implementation == first.implementation]
    mistakes.sort(key=lambda mistake: (mistake.workload != first.workload, mistake.dtype != dtype))
    parts = [f"{place}: {_what(first)}", *(plain_ends(mistake.text, _LONGEST_MISTAKE) for mistake in mistakes[:1])]
    if more := sum(row.reason != first.reason for row in failures):
        parts.append(f"{more} more check{'s' if more > 1 else ''} failed")
    return "; ".join(parts)


def _what(row: Judgement | Bias | Conduct | TrainingEnd) -> str:
    """Return the wrong entry with its true value, or else the reason of a failure."""
    if not isinstance(row, Judgement) or row.of_bound is None or row.verdict != OUTSIDE:
        return row.reason or worded(row.verdict)
    array, _, point = row.of_bound.where.rpartition(", from ")
    value, truth = _told_apart(row.of_bound.value, row.of_bound.truth)
    return f"{array or row.parameter}{row.of_bound.index or ''} is {value}, true {truth}, at {point}"


def _told_apart(value: float | None, truth: float) -> tuple[str, str]:
    """Return two numbers with as many digits, at least four, as it takes to tell them apart."""
    shown = "not finite", f"{truth:.4g}"
    for digits in range(4, 18) if value is not None else ():
        shown = f"{value:.{digits}g}", f"{truth:.{digits}g}"
        if shown[0] != shown[1]:
            break
    return shown


def _unjudged(report: Report, rows: Sequence[Judgement], verdict: str) -> Iterator[str]:
    """Yield why a file without a failure was not judged on some workload, and what failed but decides nothing."""
    reasons: dict[tuple[str, str], dict[str, None]] = {}
    for row in rows:
        if row.verdict in (MISSING, NOT_OFFERED):
            reasons.setdefault((row.verdict, row.reason or "no reason is known"), {})[row.workload] = None
    for (why, reason), workloads in reasons.items():
        yield reason if why == verdict else f"{why} on {listed([*workloads])}: {reason}"
    conduct = [row for row in report.conduct if rows and row.implementation == rows[0].implementation]
    for phrases in failures_in_other_dtypes([*rows, *conduct]).values():
        yield from phrases


def _largest(rows: Sequence[Judgement]) -> str:
    """Return the largest error as a fraction of the bound; NONE if nothing was compared, UNDEFINED if it is infinite.

    It has two significant digits, and more where a number above 1 would be rounded to 1.
    """
    found = [row.of_bound.largest for row in rows if row.of_bound]
    known = [largest for largest in found if largest is not None]
    if len(known) < len(found):
        return UNDEFINED
    if not known:
        return NONE
    value = max(known)
    if 99.5 <= value < 1e5:
        return f"{value:,.0f}"
    texts = (f"{value:#.{digits}g}".rstrip(".") for digits in range(2, 18))
    return next(text for text in texts if (float(text) > 1) == (value > 1))


def _training(report: Report, name: str, verdict: str) -> str:
    ends = [end for end in report.endings if end.implementation == name]
    if not ends:
        compared = any(end.verdict == INSIDE for end in report.endings)
        return STOPPED if compared and verdict == FAILED else NOT_RUN
    if any(end.verdict != INSIDE for end in ends):
        return "differs"
    return "reference" if name == REFERENCE else "agrees"
