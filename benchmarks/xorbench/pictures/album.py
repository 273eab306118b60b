"""Which pictures there are: one entry here is a file under results/ and a part of the page."""

from collections.abc import Callable, Sequence
from typing import Any

from altair.utils.schemapi import debug_mode

from xorbench.estimates.axes import is_sweep
from xorbench.pictures.crossover import crossover
from xorbench.pictures.dots import dots
from xorbench.pictures.figure import Figure
from xorbench.pictures.judged import losses, partings, saturation, scale
from xorbench.pictures.parts import parts
from xorbench.pictures.payback import payback
from xorbench.pictures.rounds import rounds
from xorbench.pictures.surfaces import surfaces
from xorbench.records import Record

OF_A_RECORD: Sequence[Callable[[Record], Figure | None]] = (surfaces, dots, parts, rounds, payback)

OF_SWEEPS: Sequence[Callable[[Sequence[Record], Sequence[str]], Figure | None]] = (crossover,)
"""Of sweeps, and of the names of all implementations in the order of their colours."""

OF_A_REPORT: Sequence[Callable[[dict[str, Any]], Figure | None]] = (losses, partings, saturation, scale)


@debug_mode(False)  # else every part is validated when it is made: the tests draw all there is instead
def of_report(report: dict[str, Any]) -> list[Figure]:
    """All that the judge's report has the data for."""
    return [figure for draw in OF_A_REPORT if (figure := draw(report))]


@debug_mode(False)
def of_record(record: Record, sweeps: Sequence[Record] = ()) -> list[Figure]:
    """All that a record has the data for, and the sweeps beside it; it may be one of them itself."""
    everybody = dict.fromkeys(i["name"] for one in (record, *sweeps) for i in one["implementations"])
    of_it = [] if is_sweep(record) else [figure for draw in OF_A_RECORD if (figure := draw(record))]
    of_them = [figure for draw in OF_SWEEPS if (figure := draw(sweeps, list(everybody)))]
    return [*of_it, *of_them, *of_report(record["gradients"])]
