"""The tables of the summary, in a given number of lines and columns.

A table has a line for each implementation in the tier of the baseline, from the fastest to the slowest; that of a
history has one for each release, from old to new, and that of a record of counts is in its order.

Where the lines are too few, this is left out, in this order: the tables of tuned implementations, for which one line
stands; the rows in the middle of a table, but not the baseline; workloads after the second, of which each has one line,
from the last. Every point of a sweep has one line.

In a terminal narrower than a table, columns are left out in this order: compiled or eager, the time, the interval, the
rank; from the lines of workloads the time, the slowest, and the factor of the fastest. Names, factors and verdicts are
whole, unless a name is longer than the line.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass

from xorbench.contract import REFERENCE
from xorbench.estimates.analysis import Analysis
from xorbench.estimates.timing_table import NOT_STEADY, Row
from xorbench.record.run import WorkloadRecord
from xorbench.tables import counts_summary, history_summary
from xorbench.tables.cells import NONE, ends, factor, plain, with_ends
from xorbench.tables.grid import Grid
from xorbench.tables.layout import wrapped
from xorbench.tables.timings import reference_tier
from xorbench.tables.workloads import sized

WHOLE = 2
"""The number of workloads that have a table of their own."""

FEWEST_ROWS = 5
"""The rows that a table keeps where workloads after the second also need room."""

NARROW = 60
"""The width of a terminal below which the head of the factors does not name the baseline."""

SHORTEST = 16
"""The length to which a name may be cut that is longer than the terminal is wide."""

TIME, FACTOR, ENDS = "µs/epoch", f"vs {REFERENCE}", "95 % interval"


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
        return f"{sized(self.workload)}{f', {self.tier}' if self.tuned else ''}"


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
                found.append(_Group(workload, tier, of_tier, tuned, table_of(analysis, tuned)))
    return found


def tables(analysis: Analysis, width: int, room: int) -> list[str]:
    """Return the tables in at most `room` lines; [] if nothing was timed, or there is no room."""
    if analysis.record.is_history:
        return history_summary.lines(analysis, width, room)
    if counts := analysis.record.counts:
        return counts_summary.lines(analysis, counts, width, room)
    groups, tuned = _groups(analysis, tuned=False), _groups(analysis, tuned=True)
    number = 0 if analysis.record.is_sweep else WHOLE
    whole, others = groups[:number], groups[number:]
    complete = _joined([_table(group, width, sys.maxsize) for group in [*whole, *tuned]])
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


def table_of(analysis: Analysis, tuned: bool = False) -> str:
    """Return the name of the table that has all rows and all warnings."""
    if analysis.record.is_history:
        return "history"
    if analysis.record.counts:
        return "counts"
    return "points" if analysis.record.is_sweep else "tuned" if tuned else "timings"
