"""The alignment of the columns of a table: numbers are on the right."""

import re

from xorbench.tables.cells import WIDE, Measured, Table


def sides(table: Table) -> list[str]:
    """Return the alignment of each column: "right" if it holds numbers, or words in their place, else "left"."""
    columns = [table.frame.iloc[:, place].tolist() for place in range(table.frame.shape[1])]
    return ["right" if any(map(_is_number, cells)) and all(map(_may_be_one, cells)) else "left" for cells in columns]


def _is_number(cell: str) -> bool:
    return isinstance(cell, Measured) or bool(_DIGIT.match(cell))


def _may_be_one(cell: str) -> bool:
    return isinstance(cell, Measured) or bool(_NUMBER.fullmatch(cell))


_DIGIT = re.compile(r"[-+]?\d")
_WIDE = re.escape(WIDE)
_NUMBER = re.compile(rf"[-+]?\d[-+\d.,e%]*( \(?[-+\d.,e%]+)?( to [-+\d.,e%]+\)?)?( \({_WIDE}\))?|–|n/a|[a-z]+|{_WIDE}")
