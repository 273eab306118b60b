"""List of all figures: each entry yields a file under results/ and a part of the page."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from xorbench.charts.break_even import break_even
from xorbench.charts.cost_breakdown import decomposition
from xorbench.charts.crossover import crossover
from xorbench.charts.errors import errors
from xorbench.charts.figure import Figure
from xorbench.charts.functions import functions
from xorbench.charts.history import history
from xorbench.charts.judge import losses, partings, saturation, scale
from xorbench.charts.machines import machines
from xorbench.charts.measured import measured
from xorbench.charts.ratios import dots, tuned_dots
from xorbench.charts.rounds import rounds
from xorbench.charts.surfaces import surfaces
from xorbench.estimates.analysis import Analysis
from xorbench.estimates.machines import OverMachines
from xorbench.record.report import Report
from xorbench.record.studies import Data

OfARecord = Callable[[Analysis], Figure | None]

OF_A_RECORD: Sequence[OfARecord] = (surfaces, dots, measured, decomposition, rounds, break_even, errors)

OF_SWEEPS: Sequence[Callable[[Sequence[Analysis], Sequence[str]], Figure | None]] = (crossover,)
"""Functions of sweeps and of the names of all implementations, in the order of their colours."""

OF_HISTORIES: Sequence[Callable[[Sequence[Analysis]], Figure | None]] = (history,)
"""Functions of histories, of which each is of another framework."""

OF_A_REPORT: Sequence[Callable[[Report], Figure | None]] = (losses, partings, saturation, scale)


OF_STUDIES: Mapping[str, Callable[[Data], Figure]] = {"functions": functions}
"""Functions of the data of a study, by its name; their files are in the folder of the studies."""


def of_report(report: Report) -> list[Figure]:
    """Return all figures for which a report of the judge has the data."""
    return [figure for draw in OF_A_REPORT if (figure := draw(report))]


def of_record(
    analysis: Analysis,
    sweeps: Sequence[Analysis] = (),
    histories: Sequence[Analysis] = (),
    others: Mapping[OfARecord, Analysis] = MappingProxyType({}),
    tuned: Analysis | None = None,
) -> list[Figure]:
    """Return all figures for which a record, and `sweeps` and `histories` of its machine, have the data.

    The record may itself be one of them. `others` are records that have more for a figure than this one, by the
    function that draws it, and `tuned` is a record of tuned implementations, if it is another one.
    """
    names_of_all = dict.fromkeys(i.name for one in (analysis, *sweeps) for i in one.record.implementations)
    every = OF_A_RECORD if analysis.record.is_run else ()
    of_it = [figure for draw in every if (figure := draw(others.get(draw, analysis)))]
    of_them = [figure for draw in OF_SWEEPS if (figure := draw(sweeps, list(names_of_all)))]
    of_them += [figure for draw in OF_HISTORIES if (figure := draw(histories))]
    of_them += [figure] if tuned and tuned is not analysis and (figure := tuned_dots(tuned)) else []
    return [*of_it, *of_them, *of_report(analysis.record.gradients)]


def of_machines(over: OverMachines) -> list[Figure]:
    """Return the figure of the ratios on several machines, if any are compared."""
    figure = machines(over)
    return [figure] if figure else []
