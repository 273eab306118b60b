"""Paired log-ratios from the raw timings of a record: the pair is compared, and the launch is the unit.

Within a launch rounds are paired: each time per epoch over the other's in the same round, milliseconds apart. The
median of the logarithms of these ratios is the launch's one number.
"""

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.contract import REFERENCE
from benchmarks.records import Record

Timing = dict[str, Any]
Places = NDArray[np.int64]
Mask = NDArray[np.bool_]


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
    found = _timings(record, workload, contender)
    return {} if any(t["violations"] for t in found) else {t["launch"]: t for t in found}


def _timings(record: Record, workload: str, contender: Contender) -> list[Timing]:
    wanted = (workload, contender.implementation, contender.copy)
    return [t for t in record["timings"] if (t["workload"], t["implementation"], t["copy"]) == wanted]


def paired(
    record: Record,
    workload: str,
    one: Contender,
    other: Contender = BASELINE,
    chosen: Callable[[Places, Places], Mask] | None = None,
) -> dict[int, list[float]]:
    """The log-ratio of each round, of each launch in which both were timed.

    `chosen` picks rounds by the places that the two had in them; all where it is None.
    """
    ours, theirs = timings(record, workload, one), timings(record, workload, other)
    return {launch: _paired(ours[launch], theirs[launch], chosen) for launch in sorted(ours.keys() & theirs.keys())}


def _paired(one: Timing, other: Timing, chosen: Callable[[Places, Places], Mask] | None) -> list[float]:
    ratios = np.log(one["round_nanoseconds"]) - np.log(other["round_nanoseconds"])
    ratios -= math.log(one["epochs_per_round"] / other["epochs_per_round"])
    if chosen is not None:
        ratios = ratios[chosen(np.array(one["positions"]), np.array(other["positions"]))]
    found: list[float] = ratios.tolist()
    return found


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
