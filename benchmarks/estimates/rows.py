"""The rows of the timing table: each implementation's ratio to the baseline, its interval, its rank, its verdict."""

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from benchmarks.contract import REFERENCE
from benchmarks.estimates import control
from benchmarks.estimates.intervals import Interval, interval
from benchmarks.estimates.ratios import (
    BASELINE,
    Contender,
    log_ratios,
    log_seconds_per_epoch,
    refusal,
    workload_names,
)
from benchmarks.records import Record

SEPARATED = ("slower", "faster")


@dataclass(frozen=True)
class Row:
    """One implementation in the table of one workload; the numbers are None where there is no time, for `reason`.

    `rank` is one more than the number of those in the same table that were shown to be faster: ties share it.
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

    @property
    def microseconds(self) -> Interval | None:
        """The time of an epoch with its interval: a mean over launches, which moves with the machine's mood."""
        if self.microseconds_per_epoch is None:
            return None
        return Interval(self.microseconds_per_epoch, self.microseconds_low, self.microseconds_high)

    @property
    def interval(self) -> Interval | None:
        """The ratio with its interval."""
        return None if self.ratio is None else Interval(self.ratio, self.ratio_low, self.ratio_high)


def rows(record: Record) -> list[Row]:
    """For each workload the baseline, the others from fastest to slowest, those without a time.

    Intervals hold together, with the record's confidence, for all rows of a workload's tier; so do the ranks, for all
    pairs of its rows: Bonferroni's correction.
    """
    found = []
    for workload in workload_names(record):
        for tier in dict.fromkeys(i["tier"] for i in record["implementations"]):
            implementations = [i for i in record["implementations"] if i["tier"] == tier]
            ratios = {i["name"]: log_ratios(record, workload, Contender(i["name"])) for i in implementations}
            ranks = _ranks(record, workload, {name: found for name, found in ratios.items() if found})
            compared = len(ranks.keys() - {REFERENCE})
            table = [
                replace(_row(record, workload, i, ratios[i["name"]], compared), rank=ranks.get(i["name"]))
                for i in implementations
            ]
            found += sorted(table, key=lambda row: (row.verdict != "baseline", row.ratio or math.inf))
    return found


def confidence(record: Record, comparisons: int) -> float:
    """Of one interval, so that this many of them hold together with the confidence of the record's last look."""
    return 1 - (1 - float(record["plan"]["confidence"])) / max(1, comparisons)


def unresolved(record: Record, resolution: float) -> list[Row]:
    """The rows whose ratio is neither known to this share of itself nor clear of 1."""
    return [
        row
        for row in rows(record)
        if row.interval and row.verdict not in (*SEPARATED, "baseline") and row.interval.half_width > resolution
    ]


def document(record: Record) -> dict[str, Any]:
    """What a program wants to know of a run: the table, whether it is fit, and the noise floors."""
    floors = {name: control.noise_floor(record, [name]) for name in workload_names(record)}
    floor = control.noise_floor(record)
    return {
        "partial": record["partial"],
        "unfit": control.unfit(record),
        "noise_floor": asdict(floor) if floor else None,
        "noise_floors": {name: asdict(floor) if floor else None for name, floor in floors.items()},
        "rows": [asdict(row) for row in rows(record)],
    }


def _row(record: Record, workload: str, implementation: dict[str, Any], ratios: Sequence[float], compared: int) -> Row:
    name = implementation["name"]
    about: dict[str, Any] = {"implementation": name, "workload": workload, "launches": len(ratios)}
    about |= {key: implementation[key] for key in ("tier", "execution", "granularity")}
    if not ratios:
        verdict, reason = _no_time(record, workload, implementation)
        return Row(**about, verdict=verdict, reason=reason)
    found = interval(ratios, confidence(record, compared))
    step = interval(log_seconds_per_epoch(record, workload, Contender(name)))
    return Row(
        **about,
        microseconds_per_epoch=step.value * 1e6,
        microseconds_low=step.low and step.low * 1e6,
        microseconds_high=step.high and step.high * 1e6,
        ratio=found.value,
        ratio_low=found.low,
        ratio_high=found.high,
        verdict="baseline" if name == REFERENCE else found.verdict,
    )


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
