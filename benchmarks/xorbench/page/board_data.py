"""The data of a board for the script of the page, which shows it with another baseline."""

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from xorbench.contract import REFERENCE
from xorbench.estimates.analysis import Analysis
from xorbench.estimates.intervals import Interval
from xorbench.estimates.pairs import Pair
from xorbench.page.board_rows import BoardRow, ends_if_known
from xorbench.tables.cells import between, factor

MOST_PAIRED = 40
"""The most implementations of a record for which any can be chosen as the baseline: the pairs grow with the square."""


class BoardData(TypedDict):
    """The data with which the script of the page shows the ratios of a board to another baseline; see `board_data`."""

    key: str
    first: int
    workloads: list[str]
    names: list[str]
    labels: list[str]
    base: int
    ranks: list[list[str]]
    noise: list[list[float | str | None] | None]
    pairs: list[list[Any]]


def board_data(
    analysis: Analysis,
    key: str,
    entries: Sequence[BoardRow],
    names: Mapping[str, str],
    workloads: Sequence[str],
    first: int,
) -> BoardData | None:
    """Return the ratios of each two rows, with their texts, for the script; None if there are too many rows or too few.

    The baseline of the record is the last of the names if it is of another tier. A pair is [row, baseline, workload,
    ratio, low, high, factor, interval, interval of the opposite], with rows and workloads as numbers of the lists. The
    factor of the opposite ratio is the same, with "faster" and "slower" exchanged.
    """
    if len(entries) < 2 or len(analysis.record.implementations) > MOST_PAIRED:
        return None
    every = list(dict.fromkeys([*(entry.name for entry in entries), REFERENCE]))
    number = {name: place for place, name in enumerate(every)}
    of = {workload: number for number, workload in enumerate(workloads)}
    found = [
        _pair(pair, number, of) for pair in analysis.pairs if {pair.implementation, pair.baseline} <= number.keys()
    ]
    return {
        "key": key,
        "first": first,
        "workloads": [*workloads],
        "names": every,
        "labels": [names.get(name, name) for name in every],
        "base": number[REFERENCE],
        "ranks": [[entry.results[place].rank for entry in entries] for place in range(len(workloads))],
        "noise": [_noise(analysis.noise_floor_of(workload)) for workload in workloads],
        "pairs": found,
    }


def _pair(pair: Pair, number: Mapping[str, int], of: Mapping[str, int]) -> list[float | str | None]:
    ratio, launches = pair.ratio, pair.launches
    rows = [number[pair.implementation], number[pair.baseline], of[pair.workload]]
    intervals = [ends_if_known(one, launches) for one in (ratio, ratio.inverse)]
    return [*rows, *_numbers(ratio), factor(ratio, launches), *intervals]


def _numbers(ratio: Interval) -> list[float | None]:
    """Return a ratio and the ends of its interval, with six digits."""
    return [None if end is None else float(f"{end:.6g}") for end in (ratio.value, ratio.low, ratio.high)]


def _noise(floor: Interval | None) -> list[float | str | None] | None:
    """Return the ends of the ratios that cannot be told from 1, and their text; None if they are not known."""
    return None if floor is None or floor.low is None else [*_numbers(floor)[1:], between(floor)]
