"""The summary that `xorbench run` prints at its end: a table for each workload, and lines of text below.

A table has a line for each implementation in the tier of the baseline, from the fastest to the slowest; that of a
history has one for each release, from old to new, and that of a record of counts is in its order. The last LAST lines
are on gradients, noise, measures, warnings, implementations without a time or a count and their reasons, then the
headline, the place of the record and how to see more.

It is at most LINES long. Where that is too few, this is left out, in this order: the tables of tuned implementations,
for which one line stands; the rows in the middle of a table, but not the baseline; workloads after the second, of which
each has one line, from the last. Every point of a sweep has one line. Of the last lines, long reasons and warnings are
shortened, and then the last warnings are counted only.

In a terminal narrower than a table, columns are left out in this order: compiled or eager, the time, the interval, the
rank; from the lines of workloads the time, the slowest, and the factor of the fastest. Names, factors and verdicts are
whole, unless a name is longer than the line. In a terminal narrower than WIDTH the last lines are more.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from xorbench.contract import REFERENCE
from xorbench.estimates.analysis import Analysis
from xorbench.estimates.timing_table import NOT_STEADY, Row
from xorbench.record import store
from xorbench.record.counts import InstructionCount
from xorbench.record.report import MISSING, NO_FAILURES, NOT_OFFERED, Report
from xorbench.record.run import WorkloadRecord
from xorbench.tables import counts_summary, history_summary, parts
from xorbench.tables.captions import noise, two_digits
from xorbench.tables.cells import NONE, ends, factor, listed, plain, with_ends
from xorbench.tables.frameworks import named
from xorbench.tables.grid import Grid
from xorbench.tables.headline import headline
from xorbench.tables.judge_report import in_other_dtypes
from xorbench.tables.layout import shortened, wrapped
from xorbench.tables.timings import reference_tier, worded
from xorbench.tables.weaknesses import weaknesses

WIDTH = 80

LINES, LAST = 40, 12
"""The most lines, and the most of the last ones, in a terminal of WIDTH columns."""

WHOLE = 2
"""The number of workloads that have a table of their own."""

FEWEST_ROWS = 5
"""The rows that a table keeps where workloads after the second also need room."""

NARROW = 60
"""The width of a terminal below which the head of the factors does not name the baseline."""

SHORTEST = 16
"""The length to which a name may be cut that is longer than the terminal is wide."""

LONGEST_REMARK = 2
"""Lines that a reason or a warning takes at WIDTH columns."""

LONGEST_PATH, LONGEST_REASON = 1000, 400

MOST_REASONS = 2
"""Most implementations without a time that are listed with their reasons; more are only named."""

TIME, FACTOR, ENDS = "µs/epoch", f"vs {REFERENCE}", "95 % interval"

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
    above = _above(analysis, width, LINES - len(last) - 1)
    return [*above, "", *last] if above else last


@dataclass(frozen=True)
class _Group:
    """The timed rows of one workload and tier, from the fastest to the slowest; `table` is the name of their table."""

    workload: WorkloadRecord
    tier: str
    rows: list[Row]
    tuned: bool
    table: str

    @property
    def title(self) -> str:
        sizes = "-".join(map(str, self.workload.layer_sizes))
        return f"{plain(self.workload.name)} ({sizes}, {self.workload.dtype}){f', {self.tier}' if self.tuned else ''}"


def _groups(analysis: Analysis, tuned: bool) -> list[_Group]:
    """Return the groups that have a timed row, in the tier of the baseline or, if `tuned`, in the other ones."""
    own = reference_tier(analysis)
    found = []
    for workload in analysis.record.workloads:
        rows = [row for row in analysis.rows if row.workload == workload.name and row.ratio is not None]
        for tier in dict.fromkeys(row.tier for row in rows):
            if (tier != own) == tuned:
                of_tier = sorted(
                    (row for row in rows if row.tier == tier), key=lambda row: row.ratio.value if row.ratio else 0.0
                )
                found.append(_Group(workload, tier, of_tier, tuned, _table_of(analysis, tuned)))
    return found


def _table_of(analysis: Analysis, tuned: bool = False) -> str:
    """Return the name of the table that has all rows and all warnings."""
    if analysis.record.is_history:
        return "history"
    if analysis.record.counts:
        return "counts"
    return "points" if analysis.record.is_sweep else "tuned" if tuned else "timings"


def _above(analysis: Analysis, width: int, room: int) -> list[str]:
    """Return the tables in at most `room` lines; [] if nothing was timed, or there is no room."""
    if analysis.record.is_history:
        return history_summary.lines(analysis, width, room)
    if counts := analysis.record.counts:
        return counts_summary.lines(analysis, counts, width, room)
    groups, tuned = _groups(analysis, tuned=False), _groups(analysis, tuned=True)
    number = 0 if analysis.record.is_sweep else WHOLE
    whole, others = groups[:number], groups[number:]
    complete = _joined([_table(group, width, LINES) for group in [*whole, *tuned]])
    if not others and len(complete) <= room:
        return complete
    lines = [_about_tuned(tuned, width)] if tuned else []
    room -= sum(map(len, lines)) + len(lines)
    if others:
        fewest = sum(min(len(group.rows), FEWEST_ROWS) + 2 for group in whole)
        lines.insert(0, _further(others, width, max(3, room - fewest - 1)))
        room -= len(lines[0]) + 1
    share = max(2, (room - len(whole) + 1) // max(1, len(whole)))
    return _joined([*(_table(group, width, share) for group in whole), *lines])


def _joined(parts: Sequence[list[str]]) -> list[str]:
    """Return the lines of all parts, with an empty line between two."""
    return [line for part in parts for line in ("", *part)][1:]


def _table(group: _Group, width: int, most: int) -> list[str]:
    """Return the table of a group in at most `most` lines: its heads, and a line for each row."""
    ranks = [row.rank for row in group.rows]
    against = FACTOR if width >= NARROW else "factor"
    factors = [_factor(row) for row in group.rows]
    room = width - max(map(len, [against, *factors])) - 2
    cells = {
        "rank": [f"{row.rank or ''}{'=' if row.rank and ranks.count(row.rank) > 1 else ' '}" for row in group.rows],
        "name": [plain(row.implementation, max(SHORTEST, room)) for row in group.rows],
        "execution": [row.execution for row in group.rows],
        TIME: [with_ends(row.microseconds_per_epoch, row.launches)[0] for row in group.rows],
        against: factors,
        ENDS: ["" if row.is_baseline or row.ratio is None else ends(row.ratio, row.launches) for row in group.rows],
    }
    grid = Grid(cells, ("rank", TIME, ENDS), {"rank", "name", "execution"})
    lines = grid.lines(group.title, width, ("execution", TIME, ENDS, "rank"))
    heads = len(lines) - len(group.rows)
    chosen = _chosen(group.rows, most - heads)
    shown = [*lines[:heads], *(lines[heads + place] for place in chosen)]
    left = len(group.rows) - len(chosen)
    return [*shown, *([f"... {left} more: show --table {group.table}"] if left else [])]


def _factor(row: Row) -> str:
    if row.ratio is None or row.verdict == NOT_STEADY:
        return row.verdict
    return "baseline" if row.is_baseline else factor(row.ratio, row.launches)


def _chosen(rows: Sequence[Row], most: int) -> list[int]:
    """Return the places of the rows that are shown in at most `most` lines: the fastest, the baseline, the slowest."""
    if len(rows) <= most:
        return [*range(len(rows))]
    room = max(1, most - 1)  # a line says how many were left out
    baseline = [place for place, row in enumerate(rows) if row.is_baseline]
    slowest = [*range(len(rows) - (room - len(baseline)) // 2, len(rows))]
    found = {*baseline, *slowest}
    fastest = (place for place in range(len(rows)) if place not in found)
    return sorted([*found, *(place for place, _ in zip(fastest, range(room - len(found)), strict=False))])


def _further(groups: Sequence[_Group], width: int, most: int) -> list[str]:
    """Return one line for each of the groups, in at most `most` lines with the heads."""
    shown = groups if len(groups) < most else groups[: most - 2]
    time = f"{REFERENCE}, µs"
    bases = [next((row for row in group.rows if row.is_baseline), None) for group in shown]
    for say in (_extreme, lambda row: plain(row.implementation)):
        cells = {
            "workload": [plain(group.workload.name) for group in shown],
            time: [with_ends(row.microseconds_per_epoch, row.launches)[0] if row else NONE for row in bases],
            "fastest": [say(group.rows[0]) for group in shown],
            "slowest": [say(group.rows[-1]) for group in shown],
        }
        lines = Grid(cells, (time,), {"workload"}).lines("workload", width, (time, "slowest"))
        if max(map(len, lines)) <= width:
            break
    left = len(groups) - len(shown)
    return [*lines, *([f"... {left} more: show --table {groups[0].table}"] if left else [])]


def _extreme(row: Row) -> str:
    return f"{plain(row.implementation)} {_factor(row)}"


def _about_tuned(groups: Sequence[_Group], width: int) -> list[str]:
    fastest = groups[0].rows[0]
    number = len({row.implementation for group in groups for row in group.rows})
    many = f"{number} implementation{'s' * (number > 1)}"
    where = f"the fastest on {plain(fastest.workload)} is {_extreme(fastest)}"
    return wrapped(f"{groups[0].tier.capitalize()}: {many}, {where}: xorbench show --table {groups[0].table}", width)


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
    more = wrapped(f"Warning: {count}: xorbench show --table {_table_of(analysis)}", width) if left else []
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
            yield f"{verdict.capitalize()}: {', '.join(names)} (why: xorbench show --table {_table_of(analysis)})."
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
