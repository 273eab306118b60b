"""Rankings of implementations by the total time of a training: the first one, and the data for others."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypedDict

from xorbench.charts.style import labels
from xorbench.estimates.analysis import Analysis
from xorbench.estimates.intervals import Interval
from xorbench.estimates.measured_points import TUNED, Point, table
from xorbench.estimates.recommendation import Ranking, leads, ranking
from xorbench.tables.cells import listed, with_ends
from xorbench.tables.recommendation import why
from xorbench.tables.workloads import main_workload

MOST_POINTS = 400
"""The most points that are on the page, the smallest networks first."""


@dataclass(frozen=True)
class Line:
    """A total of the ranking: its texts, and the places of its end and of its interval, in percent."""

    rank: int
    label: str
    seconds: str
    interval: str
    before: str
    style: str


class PointData(TypedDict):
    """A measured network for the script of the page: its choices, its records, and the sentences on the fastest."""

    choices: list[list[Any]]
    records: str
    why: list[str]


class ChoosingData(TypedDict):
    """The data from which the script of the page ranks the implementations for another choice; see `_data`."""

    names: list[str]
    first: int
    epochs: int
    points: list[PointData]


@dataclass(frozen=True)
class Choosing:
    """The ranking that is shown first, the choices of the form, and what the script needs for other choices.

    `points` are the labels of the measured networks, and `records` says where the epochs of the first were timed.
    """

    points: list[str]
    first: int
    epochs: int
    sentence: str
    lines: list[Line]
    records: str
    data: ChoosingData


def choosing(analyses: Sequence[Analysis]) -> Choosing | None:
    """Return the measured points of the records of one machine; None if no point has a total in a fresh process.

    The ranking that is shown first is of the tutorial's network, or of the first point that has one.
    """
    measured = table(analyses)
    points = measured.points[:MOST_POINTS]
    workload = main_workload(analyses[0])
    wanted = (workload.layer_sizes[1], workload.samples, workload.dtype, 1)
    order = sorted(points, key=lambda p: (p.width, p.batch, p.dtype, p.threads) != wanted)
    first = next((point for point in order if _has_total(point)), None)
    if first is None:
        return None
    found = ranking(measured, first.width, first.batch, workload.epochs, dtype=first.dtype, threads=first.threads)
    names = labels(choice.implementation for point in points for choice in point.choices)
    return Choosing(
        points=[_label(point) for point in points],
        first=points.index(first),
        epochs=workload.epochs,
        sentence=why(found.leads),
        lines=_lines(found, names),
        records=_timed_in(found.records),
        data=_data(points, names, points.index(first), workload.epochs),
    )


def _has_total(point: Point) -> bool:
    return any(choice.before(warm=False) is not None and choice.tier != TUNED for choice in point.choices)


def _label(point: Point) -> str:
    cpus = f", {point.threads} threads" if point.threads > 1 else ""
    return f"width {point.width:,}, batch {point.batch:,} ({point.dtype}{cpus})"


def _lines(found: Ranking, names: dict[str, str]) -> list[Line]:
    longest = max(total.seconds.high or total.seconds.value for total in found.totals)
    lines = []
    for total in found.totals:
        seconds, interval = with_ends(total.seconds)
        lines.append(
            Line(
                rank=total.rank,
                label=names[total.implementation],
                seconds=seconds,
                interval=interval,
                before=with_ends(total.before)[0],
                style=_style(total.seconds, longest),
            )
        )
    return lines


def _style(seconds: Interval, longest: float) -> str:
    low, high = ((seconds.value if end is None else end) / seconds.value for end in (seconds.low, seconds.high))
    return f"--v:{100 * seconds.value / longest:.2f}%;--l:{100 * low:.2f}%;--w:{100 * (high - low):.2f}%"


def _data(points: Sequence[Point], names: dict[str, str], first: int, epochs: int) -> ChoosingData:
    """Return the points for the script: of each choice [name, tuned, start-up or null, start, epoch, fewest epochs].

    The parts of a total are [value, low, high] in seconds; `fewest` is the shortest training that was timed. `why` are
    the sentences for a fresh and a warm process, then both again for a comparison that includes tuned implementations.
    """
    number = {name: place for place, name in enumerate(names)}
    return {
        "names": list(names.values()),
        "first": first,
        "epochs": epochs,
        "points": [
            {
                "choices": [
                    [
                        number[choice.implementation],
                        choice.tier == TUNED,
                        _ends(choice.start_up.seconds) if choice.start_up else None,
                        _ends(choice.start),
                        _ends(choice.epoch),
                        choice.fewest,
                    ]
                    for choice in point.choices
                ],
                "records": _timed_in(point.records),
                "why": [why(leads(point, warm, tuned)) for tuned in (False, True) for warm in (False, True)],
            }
            for point in points
        ],
    }


def _timed_in(records: Sequence[str]) -> str:
    scaled = ", scaled to the baseline's time in the first" if len(records) > 1 else ""
    return f"Epochs were timed in {listed(records)}{scaled}."


def _ends(measured: Interval) -> list[float | None]:
    return [None if end is None else float(f"{end:.9g}") for end in (measured.value, measured.low, measured.high)]
