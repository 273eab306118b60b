"""The results of a run as one JSON document, for programs."""

from dataclasses import asdict
from typing import Any

from xorbench.estimates.analysis import Analysis
from xorbench.estimates.intervals import Interval
from xorbench.estimates.measured import Measured
from xorbench.estimates.timing_table import Row
from xorbench.measures import MEASURES
from xorbench.tables.weaknesses import weaknesses

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
        "parts": [_part(row) for row in analysis.measured],
    }


def _row(row: Row) -> Document:
    """Return every field of `row`, with each interval as a value and its two ends."""
    return {
        **asdict(row),
        **_ends("microseconds_per_epoch", row.microseconds_per_epoch),
        **_ends("ratio", row.ratio),
        **_ends("start_microseconds", row.start_microseconds),
    }


def _part(row: Measured) -> Document:
    """Return the measures of a row, each with an interval as a value and its two ends; null where it has no time."""
    return {
        "implementation": row.implementation,
        "workload": row.workload,
        "tier": row.tier,
        "launches": row.launches,
        **{
            key: value
            for measure in MEASURES
            for key, value in _ends(f"{measure}_microseconds", row.microseconds.get(measure)).items()
        },
        **_ends("gradient_over_loss", row.gradient_over_loss),
        "against_limit": row.against_limit,
        **_ends("update_microseconds", row.update_microseconds),
        **_ends("median_microseconds", row.median_microseconds),
        **_ends("percentile_99_microseconds", row.percentile_99_microseconds),
        "refused": dict(row.refused),
    }


def _ends(name: str, measured: Interval | None) -> dict[str, float | None]:
    value, low, high = (measured.value, measured.low, measured.high) if measured else (None, None, None)
    return {name: value, f"{name}_low": low, f"{name}_high": high}
