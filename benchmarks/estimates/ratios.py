"""Paired log-ratios from the raw timings of a record: the pair is compared, and the launch is the unit.

Within a launch rounds are paired: each time per epoch over the other's in the same round, milliseconds apart. The
median of the logarithms of these ratios is the launch's one number.
"""

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.contract import REFERENCE

Record = dict[str, Any]
Timing = dict[str, Any]


@dataclass(frozen=True)
class Contender:
    """Whose times are meant: an implementation, or the second copy of the baseline."""

    implementation: str
    copy: bool = False


BASELINE = Contender(REFERENCE)
CONTROL = Contender(REFERENCE, copy=True)


def refusal(record: Record, workload: str, contender: Contender) -> str | None:
    """The first breach of the rules that its ledgers show, and in how many launches there was one; None if in none."""
    timings = _timings(record, workload, contender)
    broken = [t["violations"][0] for t in timings if t["violations"]]
    return f"{broken[0]} (in {len(broken)} of {len(timings)} launches)" if broken else None


def timings(record: Record, workload: str, contender: Contender) -> dict[int, Timing]:
    """By launch; none at all of a contender whose ledgers show a breach of the rules."""
    return (
        {} if refusal(record, workload, contender) else {t["launch"]: t for t in _timings(record, workload, contender)}
    )


def _timings(record: Record, workload: str, contender: Contender) -> list[Timing]:
    wanted = (workload, contender.implementation, contender.copy)
    return [t for t in record["timings"] if (t["workload"], t["implementation"], t["copy"]) == wanted]


def paired(
    record: Record,
    workload: str,
    one: Contender,
    other: Contender = BASELINE,
    chosen: Callable[[int, int], bool] = lambda _one, _other: True,
) -> dict[int, list[float]]:
    """The log-ratio of each round, of each launch in which both were timed.

    `chosen` picks rounds by the places that the two had in them.
    """
    ours, theirs = timings(record, workload, one), timings(record, workload, other)
    return {
        launch: [
            math.log(a / ours[launch]["epochs_per_round"]) - math.log(b / theirs[launch]["epochs_per_round"])
            for a, b, place, its_place in zip(
                ours[launch]["round_nanoseconds"],
                theirs[launch]["round_nanoseconds"],
                ours[launch]["positions"],
                theirs[launch]["positions"],
                strict=True,
            )
            if chosen(place, its_place)
        ]
        for launch in sorted(ours.keys() & theirs.keys())
    }


def log_ratios(record: Record, workload: str, one: Contender, other: Contender = BASELINE) -> list[float]:
    """One number for each launch in which both were timed."""
    return medians(paired(record, workload, one, other))


def medians(rounds: dict[int, list[float]]) -> list[float]:
    """The median of each launch that has any rounds."""
    return [statistics.median(ratios) for ratios in rounds.values() if ratios]


def log_seconds_per_epoch(record: Record, workload: str, contender: Contender) -> list[float]:
    """The logarithm of the median time, for each launch: for orientation, for it moves with the machine's mood."""
    return [
        math.log(statistics.median(t["round_nanoseconds"]) / t["epochs_per_round"] / 1e9)
        for t in timings(record, workload, contender).values()
    ]


def workload_names(record: Record) -> Sequence[str]:
    """In the order of the record."""
    return [workload["name"] for workload in record["workloads"]]
