"""Table of the study of the coverage of intervals and ranks."""

import math
from dataclasses import dataclass

import pandas as pd

from xorbench.record.studies import Data
from xorbench.tables.cells import Table
from xorbench.tables.studies.typed import typed

LEAST_TOGETHER, MOST_FALSE_RANKS = 0.93, 0.05
"""The targets: the smallest share of tables in which all intervals hold, and the largest with a false rank."""


@dataclass(frozen=True)
class Law:
    """A law of the effects of launches, and whether the effects of successive launches are correlated."""

    name: str
    correlated: bool


@dataclass(frozen=True)
class Shares:
    """The shares of single intervals that cover, of tables whose intervals all do, and of those with a false rank."""

    single: float
    together: float
    false_ranks: float


@dataclass(frozen=True)
class Cell(Shares):
    """The shares for one law and number of launches, for a baseline with the same law and with a normal one."""

    law: str
    launches: int
    normal_baseline: Shares


@dataclass(frozen=True)
class Coverage:
    """The data of the study: the settings of the simulation, its laws, and its results."""

    runs: int
    rows: int
    confidence: float
    laws: list[Law]
    warm_up_bias: float
    cells: list[Cell]


def misses(study: Coverage, normal_baseline: bool = False) -> list[str]:
    """Return a phrase for each cell that misses a target, such as "normal at 8 launches", except for correlated laws.

    A share misses its target if it is worse by more than two standard errors of the simulation. The baseline follows
    the law of the rows, or is normal if `normal_baseline`.
    """
    applies = {law.name for law in study.laws if not law.correlated}
    cells = [(one, one.normal_baseline if normal_baseline else one) for one in study.cells]
    least, most = (
        target + sign * 2 * math.sqrt(target * (1 - target) / study.runs)
        for target, sign in ((LEAST_TOGETHER, -1), (MOST_FALSE_RANKS, 1))
    )
    return [
        f"{one.law} at {one.launches} launches"
        for one, shares in cells
        if one.law in applies and (shares.together < least or shares.false_ranks > most)
    ]


def table_of(data: Data) -> Table:
    """Return the table of the study: a line for each law and number of launches."""
    study = typed(Coverage, data)
    rows = study.rows
    heads = {"single": "single interval", "together": f"all {rows} intervals", "false_ranks": "any false rank"}
    lines = [
        {"law": one.law, "launches": str(one.launches)}
        | {head: f"{getattr(one, key):.1%}" for key, head in heads.items()}
        | {f"{head}, normal baseline": f"{getattr(one.normal_baseline, key):.1%}" for key, head in heads.items()}
        for one in study.cells
    ]
    return Table(
        f"Coverage of the intervals and ranks of a table of {rows} rows, by simulation",
        pd.DataFrame(lines),
        _notes(study),
    )


def _notes(study: Coverage) -> list[str]:
    """Return notes on the simulation, the true values, the targets and the cells that miss them, and limitations."""
    rows, runs, confidence = study.rows, study.runs, study.confidence
    missed, missed_beside_normal = (", ".join(misses(study, normal)) or "none" for normal in (False, True))
    return [
        f"{runs:,} simulated runs per line, each with {rows} rows whose true times equal the baseline's. The number "
        "of a row in a launch is its log time less the mean log time of both copies of the baseline. Single interval: "
        f"share of single {confidence:.0%} intervals that cover the true value (Student's t over launches). All {rows} "
        f"intervals: share of tables in which the intervals of all {rows} rows cover it (Bonferroni's correction). Any "
        "false rank: share of tables with at least one false rank (Bonferroni's correction over all pairs of rows, the "
        "baseline included).",
        "In the last three columns the baseline's launches are normal and only the rows follow the law. If both follow "
        "it, the effects of a one-sided law cancel in part.",
        "The true value is the expectation of a launch's number: with bad launches on one side and with skewed "
        "launches, the mean of the law; with a load step, which each row has at a random launch of its own, the mean "
        "of the expectations over the launches of the run.",
        f"Targets for all laws without autocorrelation: all intervals hold in at least {LEAST_TOGETHER:.0%} of tables, "
        f"and at most {MOST_FALSE_RANKS:.0%} of tables have a false rank. Missed by more than two standard errors of "
        f"the simulation: {missed}. Missed with a normal baseline: {missed_beside_normal}.",
        "For correlated launches no method has the nominal coverage with so few launches unless the correlation is "
        "known: an interval that assumes independent launches is too narrow, and more launches do not correct it. The "
        "launches of one row are too few to estimate their correlation.",
        "With a warm-up that is not over, the intervals cover the expectation of the launches, which is "
        f"{math.expm1(study.warm_up_bias):.2%} above the steady state. No interval over launches shows this bias.",
    ]
