"""Table of the study of elementary functions: the largest error of each function of each framework."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, Literal

import pandas as pd
from annotated_types import Ge

from xorbench.record.studies import Data
from xorbench.tables.cells import NONE, NOT_APPLICABLE, UNDEFINED, Table, three_digits
from xorbench.tables.studies.typed import typed

DTYPES = ("float64", "float32")

Error = Annotated[float, Ge(0)] | Literal["inf"]
"""The largest error of a result, infinite where a result is not finite and should be."""


@dataclass(frozen=True)
class Row:
    """The largest errors of a function of a framework in a dtype.

    `units` is in units of roundoff, at the argument `units_at`, and `ulps` in units in the last place. `ulps_by_bin`
    has the largest error in each bin of arguments, None in a bin without arguments.
    """

    framework: str
    function: str
    dtype: str
    units: Error
    units_at: str
    ulps: Error
    ulps_by_bin: list[Error | None]


@dataclass(frozen=True)
class Functions:
    """The data of the study: the arguments, the functions, the charges of the judge, and the largest errors."""

    arguments: int
    seed: int
    lengths: list[int]
    functions: list[str]
    charges: dict[str, dict[str, int]]
    edges: list[float]
    rows: list[Row]
    missing: list[str]


def table_of(data: Data) -> Table:
    """Return the table of the study: a line for each function of each framework, the smallest errors first."""
    study = typed(Functions, data)
    for low, high in pairwise(study.edges):
        if low >= high:
            raise ValueError(f"$.edges: {low:g} before {high:g}, expected rising numbers")
    rows = {(row.function, row.framework, row.dtype): row for row in study.rows}
    pairs = dict.fromkeys((function, framework) for function, framework, _ in rows)
    order = study.functions

    def place(pair: tuple[str, str]) -> tuple[int, float, float]:
        float64, float32 = (float(rows[*pair, dtype].units) if (*pair, dtype) in rows else 0 for dtype in DTYPES)
        return order.index(pair[0]), max(float64, float32), float64

    lines = []
    for function, framework in sorted(pairs, key=place):
        line = {"function": function, "framework": framework}
        charged = function in study.charges[DTYPES[0]]
        above = []
        for dtype in DTYPES:
            row = rows.get((function, framework, dtype))
            line |= {
                f"{dtype}: largest error, u": _error(row.units if row else None),
                f"{dtype}: at x =": row.units_at if row else NONE,
                f"{dtype}: largest error, ulps": _error(row.ulps if row else None),
            }
            above += [dtype] if row and _is_above(row, study.charges) else []
        lines.append(line | {"above the charge": (", ".join(above) or "no") if charged else NOT_APPLICABLE})
    return Table("Errors of elementary functions", pd.DataFrame(lines), _notes(study))


def _is_above(row: Row, charges: Mapping[str, Mapping[str, int]]) -> bool:
    """Return whether the largest error of a row exceeds the charge of its function, if it has one."""
    return float(row.units) > charges[row.dtype].get(row.function, math.inf)


def _error(value: float | str | None) -> str:
    return UNDEFINED if value == "inf" else three_digits(None if value is None else float(value))


def _notes(study: Functions) -> list[str]:
    *lengths, longest = map(str, study.lengths)
    rows = [row for row in study.rows if _is_above(row, study.charges)]
    above = "; ".join(
        f"{framework}: " + ", ".join(f"{row.function} in {row.dtype}" for row in rows if row.framework == framework)
        for framework in dict.fromkeys(row.framework for row in rows)
    )
    charges = "; ".join(
        f"{dtype}: " + ", ".join(f"{name} {charge} u" for name, charge in study.charges[dtype].items())
        for dtype in DTYPES
    )
    missing = ", ".join(study.missing)
    return [
        "u: the error relative to the true value, in units of roundoff (2^-53 in float64, 2^-24 in float32). ulps: the "
        "error in units in the last place of the true value. A correctly rounded result is off by at most 1 u and 0.5 "
        f"ulps. Each error is the largest at {study.arguments:,} arguments (seed {study.seed}), in arrays of "
        f"{', '.join(lengths)} and {longest} numbers; x is where the error in u is largest.",
        "A true value below the smallest normal number may be flushed to zero: only what exceeds that number counts as "
        f"error there. {UNDEFINED}: a result is infinite or not a number where the true value is finite.",
        f"Charges of the judge, {charges}. Above its charge: {above or 'nothing'}.",
        *([f"Not installed: {missing}."] if missing else []),
    ]
