"""Boards: the picture and the table of all implementations of one tier in one record, with all workloads side by side.

Every text is written here; the script of the page only exchanges texts and places where another baseline is chosen.
"""

from dataclasses import dataclass

from xorbench.charts.style import labels
from xorbench.contract import REFERENCE
from xorbench.estimates.analysis import Analysis
from xorbench.estimates.timing_table import Row
from xorbench.page.axis import Axis, Mark, axis
from xorbench.page.board_data import BoardData, board_data
from xorbench.page.board_rows import BoardRow, board_row
from xorbench.page.sources import Drawing
from xorbench.record.run import WorkloadRecord
from xorbench.tables.cells import between
from xorbench.tables.workloads import main_workload, sized


@dataclass(frozen=True)
class Place:
    """A workload of a board: its name and label, and the band of ratios that cannot be told from 1."""

    name: str
    label: str
    band: Mark | None
    noise: str


@dataclass(frozen=True)
class Board:
    """The implementations of one tier in one record, from the fastest to the slowest on the workload `first`.

    `data` is what the script needs for other baselines; None where there are none to choose.
    """

    key: str
    tier: str
    created: str
    file: str
    places: list[Place]
    first: int
    axis: Axis
    entries: list[BoardRow]
    data: BoardData | None

    @property
    def chosen(self) -> Place:
        """The workload that the picture shows first."""
        return self.places[self.first]


def reference_tier(analysis: Analysis) -> str:
    """Return the tier of the baseline; "" if the record does not have it."""
    return next((str(i.tier) for i in analysis.record.implementations if i.name == REFERENCE), "")


def boards(analysis: Analysis, key: str, code: str | None = None, drawn: Drawing | None = None) -> list[Board]:
    """Return a board for each tier of a run, that of the baseline first; `key` begins their identifiers.

    `code` is the way from the page to the folder of the implementations, and `drawn` the figure of raw rounds. Records
    of other kinds have none: the workloads of a sweep, for example, are too many to stand side by side.
    """
    if not analysis.record.is_run:
        return []
    own = reference_tier(analysis)
    tiers = sorted(dict.fromkeys(row.tier or own for row in analysis.rows), key=lambda tier: tier != own)
    return [_board(analysis, f"{key}-{tier or 'all'}", tier, code, drawn) for tier in tiers]


def compact(analysis: Analysis, key: str) -> Board | None:
    """Return the board of the tier of the baseline, without other baselines; None unless it is a run."""
    if not analysis.record.is_run:
        return None
    return _board(analysis, key, reference_tier(analysis), None, None, pairs=False)


def _board(
    analysis: Analysis, key: str, tier: str, code: str | None, drawn: Drawing | None, pairs: bool = True
) -> Board:
    record = analysis.record
    own = reference_tier(analysis)
    rows = {(row.implementation, row.workload): row for row in analysis.rows if (row.tier or own) == tier}
    names = labels(i.name for i in record.implementations)
    scale = axis(row.ratio.value for row in rows.values() if row.ratio is not None)
    places = [_place(analysis, workload, scale) for workload in record.workloads]
    first = record.workloads.index(main_workload(analysis))
    order = [row.implementation for row in rows.values() if row.workload == places[first].name]
    order.sort(key=lambda name: _speed(rows[name, places[first].name]))
    digits = analysis.record.gradients.fewest_digits()
    entries = [board_row(analysis, name, rows, names, digits, scale, code, drawn) for name in order]
    return Board(
        key=key,
        tier=tier,
        created=record.created,
        file=f"{record.machine.name}/{record.created.replace(':', '')}.json",
        places=places,
        first=first,
        axis=scale,
        entries=entries,
        data=board_data(analysis, key, entries, names, [place.name for place in places], first) if pairs else None,
    )


def _speed(row: Row) -> tuple[bool, float]:
    return (row.ratio is None, row.ratio.value if row.ratio else 0.0)


def _place(analysis: Analysis, workload: WorkloadRecord, scale: Axis) -> Place:
    floor = analysis.noise_floor_of(workload.name)
    known = floor is not None and floor.low is not None
    return Place(
        name=workload.name,
        label=sized(workload),
        band=scale.mark(floor) if floor is not None and known else None,
        noise=between(floor) if floor is not None and known else "",
    )
