"""What a program wants to know of a run, as one JSON document."""

from dataclasses import asdict
from typing import Any

from xorbench.estimates import control, states
from xorbench.estimates.ratios import workload_names
from xorbench.estimates.rows import Row, rows
from xorbench.records import Record
from xorbench.tables.captions import weaknesses


def document(record: Record) -> dict[str, Any]:
    """What a program wants to know of a run: the table, whether it is fit, its warnings and its controls."""
    floors = {name: control.noise_floor(record, [name]) for name in workload_names(record)}
    floor, second = control.noise_floor(record), control.second_control(record)
    return {
        "partial": record["partial"],
        "unfit": control.unfit(record),
        "warnings": weaknesses(record),
        "noise_floor": asdict(floor) if floor else None,
        "noise_floors": {name: asdict(floor) if floor else None for name, floor in floors.items()},
        "second_control": asdict(second) if second else None,
        "quiet_share": states.run_quiet_share(record),
        "rows": [_row(row) for row in rows(record)],
    }


def _row(row: Row) -> dict[str, Any]:
    """Every field; the ends of the time of an epoch also under the name of the time itself, as those of others."""
    ends = {"microseconds_per_epoch_low": row.microseconds_low, "microseconds_per_epoch_high": row.microseconds_high}
    return {**asdict(row), **ends}
