"""The results of a run as one JSON document, for programs."""

from dataclasses import asdict
from typing import Any

from xorbench.estimates.analysis import Analysis
from xorbench.estimates.intervals import Interval
from xorbench.estimates.timing_table import Row
from xorbench.tables.captions import weaknesses

Document = dict[str, Any]
"""A JSON object, as it is printed."""


def document(analysis: Analysis) -> Document:
    """Return the results of a run for programs: the table, whether the run is usable, warnings and controls."""
    floors = {name: analysis.noise_floor_of(name) for name in analysis.workloads}
    floor, second = analysis.noise_floor, analysis.second_control
    return {
        "partial": analysis.record.partial,
        "unfit": analysis.unfit,
        "warnings": weaknesses(analysis),
        "noise_floor": asdict(floor) if floor else None,
        "noise_floors": {name: asdict(floor) if floor else None for name, floor in floors.items()},
        "second_control": asdict(second) if second else None,
        "quiet_share": analysis.quiet_share,
        "rows": [_row(row) for row in analysis.rows],
    }


def _row(row: Row) -> Document:
    """Return every field of `row`, with each interval as a value and its two ends."""
    return {
        **asdict(row),
        **_ends("microseconds_per_epoch", row.microseconds_per_epoch),
        **_ends("ratio", row.ratio),
        **_ends("start_microseconds", row.start_microseconds),
    }


def _ends(name: str, measured: Interval | None) -> dict[str, float | None]:
    value, low, high = (measured.value, measured.low, measured.high) if measured else (None, None, None)
    return {name: value, f"{name}_low": low, f"{name}_high": high}
