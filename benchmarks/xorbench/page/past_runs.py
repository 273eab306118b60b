"""Runs over time: the ratio of each implementation in the records of one machine."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from xorbench.estimates.intervals import Interval
from xorbench.exports.lines import RecordLine, TimingLine
from xorbench.page.axis import Axis, Mark, axis
from xorbench.page.board_rows import BASELINE, ends_if_known
from xorbench.tables.cells import NONE, factor

MOST_RUNS = 12
"""The most runs that are shown, the newest ones: more do not fit beside one another."""


@dataclass(frozen=True)
class PastRun:
    """A run: when it began, the place of its record in the folder of records, and what weakens it, "" for nothing."""

    created: str
    file: str
    remark: str


@dataclass(frozen=True)
class PastRatio:
    """The ratio of an implementation in one run: its factor, its interval, its place on the axis."""

    text: str
    interval: str = ""
    mark: Mark | None = None


@dataclass(frozen=True)
class PastRuns:
    """The ratios on one workload by implementation, each with an item for each of `runs`, from old to new."""

    workload: str
    axis: Axis
    runs: list[PastRun]
    ratios: dict[str, list[PastRatio]]


def past_runs(records: Sequence[RecordLine], timings: Sequence[TimingLine]) -> tuple[list[PastRuns], int]:
    """Return the ratios over the newest runs of a machine by workload, and how many older runs are left out.

    `records` and `timings` are the lines of its records, of which only runs are shown, and of these only what at least
    two have in common.
    """
    of_runs = (line for line in records if line["kind"] == "run" and not line["sweep"])
    runs = sorted(of_runs, key=lambda line: line["created"])
    shown = runs[-MOST_RUNS:]
    kept = {line["created"]: _past(line) for line in shown}
    rows = [line for line in timings if line["created"] in kept and line["ratio"] is not None]
    found = []
    for workload in dict.fromkeys(line["workload"] for line in rows):
        mine = [line for line in rows if line["workload"] == workload]
        times = [created for created in kept if any(line["created"] == created for line in mine)]
        if len(times) > 1:
            found.append(_past_runs(workload, mine, [kept[created] for created in times]))
    return found, len(runs) - len(shown)


def _past_runs(workload: str, lines: Sequence[TimingLine], runs: list[PastRun]) -> PastRuns:
    scale = axis(line["ratio"] for line in lines if line["ratio"] is not None)
    by_run = {(line["implementation"], line["created"]): line for line in lines}
    names = dict.fromkeys(name for name, _ in by_run)
    ratios = {name: [_ratio(by_run.get((name, run.created)), scale) for run in runs] for name in names}
    common = {name: found for name, found in ratios.items() if sum(ratio.mark is not None for ratio in found) > 1}
    newest = {name: next(ratio.mark.value for ratio in reversed(found) if ratio.mark) for name, found in common.items()}
    return PastRuns(
        workload, scale, runs, {name: common[name] for name in sorted(common, key=lambda name: newest[name])}
    )


def _past(line: RecordLine) -> PastRun:
    remarks = {"quick": line["quick"], "interrupted": line["partial"], "unfit": line["unfit"]}
    return PastRun(line["created"], line["file"], ", ".join(itertools.compress(remarks, remarks.values())))


def _ratio(line: TimingLine | None, scale: Axis) -> PastRatio:
    if line is None or line["ratio"] is None:
        return PastRatio(NONE)
    ratio = Interval(line["ratio"], line["ratio_low"], line["ratio_high"])
    if line["verdict"] == BASELINE:
        return PastRatio(BASELINE, mark=scale.mark(ratio))
    launches = line["launches"]
    return PastRatio(factor(ratio, launches), ends_if_known(ratio, launches), scale.mark(ratio))
