"""Cells of tables for programs: every number is a cell of its own, without separators of thousands or percent signs."""

import re
from collections.abc import Collection
from decimal import Decimal

import pandas as pd

from xorbench.tables.alignment import sides
from xorbench.tables.cells import WORDS, Table, numbers_of

DIGITS = ".9g"
"""The format of numbers: further digits of logarithms differ between processors."""

VALUE = "value"
"""The name of the number of a measured cell whose column keeps its head; others are added to the head."""


def one_number_a_cell(table: Table) -> pd.DataFrame:
    """Return the cells of a table, as text, with one number in each.

    A column of measured quantities becomes a column for the value and one for each end of the interval, with nine
    digits. A percentage becomes a share. Signs that stand for a missing number become empty cells, and so does a word
    in place of a measured quantity that another cell of the line has, such as "refused".
    """
    columns = [table.frame.iloc[:, place].tolist() for place in range(table.frame.shape[1])]
    names = [dict.fromkeys(name for cell in cells for name in numbers_of(cell)) for cells in columns]
    said = [{*words} for words in zip(*(c for c, of in zip(columns, names, strict=True) if not of), strict=True)]
    shown = {}
    for head, cells, of, side in zip(table.frame.columns, columns, names, sides(table), strict=True):
        for name in of:
            found = [_number(cell, name, said[line] if said else ()) for line, cell in enumerate(cells)]
            shown[head if name == VALUE else f"{head}, {name}"] = found
        if not of:
            shown[head] = [*map(_bare, cells)] if side == "right" else cells
    return pd.DataFrame(shown, dtype=object)


def _number(cell: str, name: str, said: Collection[str]) -> str:
    """Return the number `name` of a cell; for the value of a cell without numbers, its text if it is not in `said`."""
    if numbers := numbers_of(cell):
        return f"{numbers[name]:{DIGITS}}" if name in numbers else ""
    return "" if name != VALUE or cell in said else _bare(cell)


def _bare(cell: str) -> str:
    """Return a number without separators of thousands, plus sign and percent sign; other words as they are."""
    if cell in WORDS:
        return ""
    if not _FORMATTED.fullmatch(cell):
        return cell
    number = cell.removeprefix("+").replace(",", "")
    return str(Decimal(number.removesuffix("%")) / 100) if number.endswith("%") else number


_FORMATTED = re.compile(r"[-+]?\d{1,3}(,\d{3})*(\.\d+)?(e[-+]?\d+)?%?|[-+]?\d+(\.\d+)?(e[-+]?\d+)?%?")
