"""The summary that `xorbench run` prints at its end: tables, and lines of text below.

The last LAST lines are on gradients, noise, measures, warnings, implementations without a time or a count and their
reasons, then the headline, the place of the record and how to see more. Where that is too few, long reasons and
warnings are shortened, and then the last warnings are counted only. All together are at most LINES. In a terminal
narrower than WIDTH the last lines are more.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from xorbench.contract import REFERENCE
from xorbench.estimates.analysis import Analysis
from xorbench.estimates.timing_table import Row
from xorbench.record import store
from xorbench.record.counts import InstructionCount
from xorbench.record.report import MISSING, NO_FAILURES, NOT_OFFERED, Report
from xorbench.tables import counts_summary, parts
from xorbench.tables.captions import noise, two_digits
from xorbench.tables.cells import listed, plain
from xorbench.tables.frameworks import named
from xorbench.tables.headline import headline
from xorbench.tables.layout import shortened, wrapped
from xorbench.tables.summary_tables import table_of, tables
from xorbench.tables.verdict_words import in_other_dtypes, worded
from xorbench.tables.weaknesses import weaknesses

WIDTH = 80

LINES, LAST = 40, 12
"""The most lines, and the most of the last ones, in a terminal of WIDTH columns."""

LONGEST_REMARK = 2
"""Lines that a reason or a warning takes at WIDTH columns."""

LONGEST_PATH, LONGEST_REASON = 1000, 400

MOST_REASONS = 2
"""Most implementations without a time that are listed with their reasons; more are only named."""

NOT_COUNTED = "not counted"
"""The verdict on a row of a record of counts without a number."""

WITHOUT_TIME = ("refused", "failed", "untimed", MISSING, NOT_OFFERED, NOT_COUNTED)
"""Verdicts on rows without a time or a count, in the order in which they are listed."""


def summary(analysis: Analysis, width: int = WIDTH, record: Path | None = None, newest: bool = True) -> list[str]:
    """Return the lines that sum up a record for a terminal of `width` columns, without escape codes.

    `record` is the path of its file as it is to be printed, by default that in the folder `results`; `newest` is
    whether `xorbench show` takes this record by itself.
    """
    path = plain(record or store.path_of(analysis.record, Path("results")), LONGEST_PATH)
    last = _last(analysis, width, path, "xorbench show" if newest else f"xorbench show {path}")
    above = tables(analysis, width, LINES - len(last) - 1)
    return [*above, "", *last] if above else last


def _last(analysis: Analysis, width: int, path: str, show: str) -> list[str]:
    """Return the last lines: LAST of them at most, or more in the proportion in which `width` is below WIDTH."""
    first = [_gradients(analysis.record.gradients), *_conditions(analysis)]
    last = [
        headline(analysis),
        f"Record: {path}",
        f"More: {show} --all, or --table NAME (names: xorbench show --help).",
    ]
    fixed = [[line for text in texts for line in wrapped(text, width)] for texts in (first, last)]
    per_line = max(1, -(-WIDTH // width))
    room = LAST * per_line - sum(map(len, fixed))
    return [*fixed[0], *_remarks(analysis, width, max(1, room), LONGEST_REMARK * per_line), *fixed[1]]


def _conditions(analysis: Analysis) -> Iterator[str]:
    """Yield the sentences on the noise of the times and on further measures, or on what counted instructions."""
    if counts := analysis.record.counts:
        yield counts_summary.conditions(counts)
        return
    yield f"Noise: {noise(analysis, named(analysis.record.implementations)[REFERENCE])}"
    if of_parts := parts.line(analysis):
        yield of_parts


def _remarks(analysis: Analysis, width: int, room: int, longest: int) -> list[str]:
    """Return warnings, then rows without a time, in at most `room` lines, each in at most `longest`.

    Rows without a time have the room before warnings do; of warnings without room the number is given.
    """
    without_time = [*_without_time(analysis)]
    reasons = [line for text in without_time for line in shortened(text, width, longest)]
    warnings = [*weaknesses(analysis), *in_other_dtypes(analysis.record.gradients.rows)]
    texts = [shortened(f"Warning: {plain(warning, 1000)}", width, longest) for warning in warnings]
    if sum(map(len, texts)) + len(reasons) <= room:
        return [*(line for text in texts for line in text), *reasons]
    shown: list[str] = []
    left = list(texts)
    while left and len(shown) + len(left[0]) + len(reasons) + 1 <= room:
        shown += left.pop(0)
    count = f"{len(left)} {'more ' if shown else ''}warning{'s' * (len(left) > 1)}"
    more = wrapped(f"Warning: {count}: xorbench show --table {table_of(analysis)}", width) if left else []
    room -= len(shown) + len(more)
    return [
        *shown,
        *more,
        *(reasons if len(reasons) <= room else shortened(" ".join(without_time), width, max(1, room))),
    ]


def _without_time(analysis: Analysis) -> Iterator[str]:
    """Yield a sentence for each verdict on rows without a time: which implementations have it, and why."""
    found: dict[str, dict[tuple[str, str], list[str]]] = {}
    counts = analysis.record.counts
    rows: Sequence[Row | InstructionCount] = counts.rows if counts else analysis.rows
    for row in rows:
        verdict = _verdict_without_number(row)
        if verdict:
            of_verdict = found.setdefault(verdict, {})
            of_verdict.setdefault((plain(row.implementation), row.reason or ""), []).append(plain(row.workload))
    if not found:
        yield "Not counted: none." if counts else "Refused: none. Failed: none. Missing: none."
    every = len(analysis.record.workloads)
    for verdict in sorted(found, key=WITHOUT_TIME.index):
        names = list(dict.fromkeys(name for name, _ in found[verdict]))
        if len(names) > MOST_REASONS:
            yield f"{verdict.capitalize()}: {', '.join(names)} (why: xorbench show --table {table_of(analysis)})."
            continue
        texts = []
        for (name, why), workloads in found[verdict].items():
            where = "" if len(workloads) == every else f" ({listed(workloads)})"
            texts.append(": ".join(filter(None, [f"{name}{where}", plain(why, LONGEST_REASON)])))
        yield f"{verdict.capitalize()}: {'; '.join(texts)}."


def _verdict_without_number(row: Row | InstructionCount) -> str | None:
    """Return the verdict on a row that has neither a time nor a count; None on one that has."""
    if isinstance(row, Row):
        return worded(row.verdict) if row.ratio is None else None
    return NOT_COUNTED if row.short is None or row.long is None else None


def _gradients(report: Report) -> str:
    """Return one sentence on how many files passed and the largest error of those, as a fraction of its bound."""
    judged = [row for row in report.rows if row.verdict not in (MISSING, NOT_OFFERED)]
    names = dict.fromkeys(row.implementation for row in judged if row.decides)
    if not names:
        return "Gradients: none was judged."
    failed = {row.implementation for row in report.deciding() if row.verdict not in NO_FAILURES}
    elsewhere = any(row.verdict not in NO_FAILURES and not row.decides for row in judged)
    dtypes = listed(list(dict.fromkeys(row.dtype for row in judged)))
    errors = [
        row.of_bound.largest
        for row in judged
        if row.decides and row.implementation not in failed and row.of_bound and row.of_bound.largest is not None
    ]
    worst = f" (worst: {two_digits(max(errors))} of bound)" if errors else ""
    right = len(names.keys() - failed)
    where = "in the dtypes that are timed" if elsewhere else f"in {dtypes}"
    return f"Gradients: {right} of {len(names)} file{'s' * (len(names) > 1)} passed {where}{worst}."
