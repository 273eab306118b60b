"""The rows of the timing table: each implementation's ratio to the baseline, its interval, its rank, its verdict."""

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from xorbench.contract import REFERENCE
from xorbench.estimates.intervals import Interval, interval
from xorbench.estimates.ratios import (
    BASELINE,
    Contender,
    compared,
    log_ratios,
    log_seconds_per_epoch,
    refusal,
    start_microseconds,
    workload_names,
)
from xorbench.estimates.rounds import epochs_of_a_round, idle_share
from xorbench.estimates.steadiness import drift, unsteady
from xorbench.records import Record, computed

SEPARATED = ("slower", "faster")

NOT_STEADY = "not steady"


@dataclass(frozen=True)
class Row:
    """One implementation in the table of one workload; the numbers are None where there is no time, for `reason`.

    `rank` is one more than the number of those in the same table that were shown to be faster: ties share it. What a
    training takes before its first epoch is `start_microseconds`, and `start_share` that over the time of a long round.
    `idle_share` is what was spent neither running nor waiting for a CPU over the CPU time; `slow_factor` the ratio in
    rounds in which the machine was slow over that in the others, where they differ; `quiet_share` the share of the
    others, None where all rounds count.
    """

    implementation: str
    workload: str
    tier: str
    execution: str
    granularity: str
    launches: int
    verdict: str
    reason: str | None = None
    rank: int | None = None
    microseconds_per_epoch: float | None = None
    microseconds_low: float | None = None
    microseconds_high: float | None = None
    ratio: float | None = None
    ratio_low: float | None = None
    ratio_high: float | None = None
    start_microseconds: float | None = None
    start_low: float | None = None
    start_high: float | None = None
    start_share: float | None = None
    idle_share: float | None = None
    slow_factor: float | None = None
    quiet_share: float | None = None

    @property
    def is_baseline(self) -> bool:
        """Whether the ratios of the table are over this one; it may be not steady."""
        return self.implementation == REFERENCE and self.ratio is not None

    @property
    def microseconds(self) -> Interval | None:
        """The time of an epoch with its interval: a mean over launches, which moves with the machine's mood."""
        if self.microseconds_per_epoch is None:
            return None
        return Interval(self.microseconds_per_epoch, self.microseconds_low, self.microseconds_high)

    @property
    def start(self) -> Interval | None:
        """What a training takes before its first epoch, in microseconds, with its interval."""
        if self.start_microseconds is None:
            return None
        return Interval(self.start_microseconds, self.start_low, self.start_high)

    @property
    def interval(self) -> Interval | None:
        """The ratio with its interval."""
        return None if self.ratio is None else Interval(self.ratio, self.ratio_low, self.ratio_high)


def rows(record: Record) -> list[Row]:
    """For each workload the baseline, the others from fastest to slowest, those without a time.

    Intervals hold together, with the record's confidence, for all rows of a workload's tier; so do the ranks, for all
    pairs of its rows: Bonferroni's correction. A row that is not steady has no rank.
    """
    return computed(record, "rows", lambda: _rows(record))


def _rows(record: Record) -> list[Row]:
    found = []
    for workload in workload_names(record):
        for tier in dict.fromkeys(i["tier"] for i in record["implementations"]):
            implementations = [i for i in record["implementations"] if i["tier"] == tier]
            ratios = {i["name"]: log_ratios(record, workload, Contender(i["name"])) for i in implementations}
            timed = {name: found for name, found in ratios.items() if found}
            together = len(timed.keys() - {REFERENCE})
            table = [_row(record, workload, i, ratios[i["name"]], together) for i in implementations]
            steady = {row.implementation for row in table if row.verdict != NOT_STEADY}
            ranks = _ranks(record, workload, {name: found for name, found in timed.items() if name in steady})
            table = [replace(row, rank=ranks.get(row.implementation)) for row in table]
            found += sorted(table, key=lambda row: (not row.is_baseline, row.ratio or math.inf))
    return found


def confidence(record: Record, comparisons: int) -> float:
    """Of one interval, so that this many of them hold together with the confidence of the record's last look."""
    return 1 - (1 - float(record["plan"]["confidence"])) / max(1, comparisons)


def unresolved(record: Record, resolution: float) -> list[Row]:
    """The rows whose ratio is neither known to this share of itself nor clear of 1."""
    return [
        row
        for row in rows(record)
        if row.interval
        and not row.is_baseline
        and row.interval.verdict not in SEPARATED
        and row.interval.half_width > resolution
    ]


def _row(record: Record, workload: str, implementation: dict[str, Any], ratios: Sequence[float], together: int) -> Row:
    name = implementation["name"]
    about: dict[str, Any] = {"implementation": name, "workload": workload, "launches": len(ratios)}
    about |= {key: implementation[key] for key in ("tier", "execution", "granularity")}
    if not ratios:
        verdict, reason = _no_time(record, workload, implementation)
        return Row(**about, verdict=verdict, reason=reason)
    of, contender = confidence(record, together), Contender(name)
    found = interval(ratios, of)
    step = interval(log_seconds_per_epoch(record, workload, contender))
    pair = compared(record, workload, contender)
    moved = unsteady(drift(record, workload, contender, confidence(record, together + 1)))
    start = start_microseconds(record, workload, contender, float(record["plan"]["confidence"]))
    epochs = epochs_of_a_round(record, workload, contender)
    row = Row(
        **about,
        microseconds_per_epoch=step.value * 1e6,
        microseconds_low=step.low and step.low * 1e6,
        microseconds_high=step.high and step.high * 1e6,
        ratio=found.value,
        ratio_low=found.low,
        ratio_high=found.high,
        verdict="baseline" if name == REFERENCE else found.verdict,
        start_microseconds=start.value if start else None,
        start_low=start.low if start else None,
        start_high=start.high if start else None,
        start_share=start.value / (step.value * 1e6 * epochs) if start else None,
        idle_share=idle_share(record, workload, contender),
        slow_factor=pair.slow_factor(of),
        quiet_share=pair.quiet_share if pair.by_state else None,
    )
    return replace(row, verdict=NOT_STEADY, reason=moved) if moved else row


def _ranks(record: Record, workload: str, ratios: Mapping[str, Sequence[float]]) -> dict[str, int]:
    """Of those that were timed, whose ratios to the baseline are known already."""
    pairs = list(itertools.combinations(ratios, 2))
    ranks = dict.fromkeys(ratios, 1)
    for one, other in pairs:
        if other == REFERENCE:
            one, other = other, one
        if one == REFERENCE:
            found: Sequence[float] = [-ratio for ratio in ratios[other]]
        else:
            found = log_ratios(record, workload, Contender(one), Contender(other))
        verdict = interval(found, confidence(record, len(pairs))).verdict if found else None
        ranks[one] += verdict == "slower"
        ranks[other] += verdict == "faster"
    return ranks


def _no_time(record: Record, workload: str, implementation: dict[str, Any]) -> tuple[str, str]:
    """Why there is no time: the first that holds of a refusal by the judge or the ledger, a loss, an interruption."""
    name = implementation["name"]
    judged = [*record["gradients"]["rows"], *record["gradients"]["endings"], *record["gradients"]["conduct"]]
    for row in judged:
        if (row["implementation"], row["workload"]) == (name, workload) and row["verdict"] != "inside":
            return row["verdict"], row["reason"]
    if broken := refusal(record, workload, Contender(name)):
        return "refused", broken
    for failure in record["failures"]:
        if (failure["implementation"], failure["workload"], failure["copy"]) == (name, workload, False):
            return "failed", failure["reason"]
    if record["partial"]:
        return "untimed", "the run was interrupted"
    why = refusal(record, workload, BASELINE)
    return "untimed", f"no time of {REFERENCE} to compare with{f': {why}' if why else ''}"
