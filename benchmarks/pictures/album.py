"""Which pictures there are: one entry here is a file under results/ and a part of the page."""

from collections.abc import Callable, Sequence
from typing import Any

from benchmarks.pictures.dots import dots
from benchmarks.pictures.figure import Figure
from benchmarks.pictures.judged import losses, partings, saturation, scale
from benchmarks.pictures.parts import parts
from benchmarks.pictures.payback import payback
from benchmarks.pictures.rounds import rounds
from benchmarks.pictures.surfaces import surfaces
from benchmarks.records import Record

OF_A_RECORD: Sequence[Callable[[Record], Figure | None]] = (surfaces, dots, parts, rounds, payback)

OF_A_REPORT: Sequence[Callable[[dict[str, Any]], Figure | None]] = (losses, partings, saturation, scale)


def of_report(report: dict[str, Any]) -> list[Figure]:
    """All that the judge's report has the data for."""
    return [figure for draw in OF_A_REPORT if (figure := draw(report))]


def of_record(record: Record) -> list[Figure]:
    """All that a record has the data for."""
    return [figure for draw in OF_A_RECORD if (figure := draw(record))] + of_report(record["gradients"])
