"""Table of the study of the judge's margin."""

import pandas as pd

from xorbench.record.report import CERTAIN_STANDARD_ERRORS, LARGEST_FACTOR_UNITS
from xorbench.record.studies import Data
from xorbench.tables.cells import NONE, UNDEFINED, Table, three_digits


def table_of(data: Data) -> Table:
    """Return the table of the study: the worst error of each implementation as a fraction of the bound."""
    searches = {found["implementation"]: found for found in data["searches"]}
    lines = []
    for found in data["questions"]:
        search = searches.get(found["implementation"])
        lines.append(
            {
                "implementation": found["implementation"],
                "questions": f"{found['questions']:,}",
                "answers outside or missing": _count(found.get("outside")),
                "systematic factor beyond doubt, u": f"{found['factor']:.2f}" if "factor" in found else NONE,
                "largest error / bound": _fraction(found),
                "in": _place(found),
                "at": found.get("point", NONE),
                "points of the search": f"{search['starts'] * data['steps']:,}" if search else NONE,
                "CPU time of the search, s": f"{search.get('seconds', data['search_seconds']):,.0f}"
                if search
                else NONE,
                "search: largest error / bound": _fraction(search) if search else NONE,
                "search: in": _place(search) if search else NONE,
            }
        )
    notes = [
        "A question is one point in one dtype, with gradient, predictions and loss. Above 1 would be a false alarm. "
        f"Seed {data['seed']}.",
        "A result below the smallest normal number may be flushed to zero, as by JAX: its error is then as close to "
        "the bound as it is to that number, and never above 1.",
        "Systematic factor: the largest distance of a common factor of all values of a quantity from 1 that is beyond "
        f"doubt, which is {CERTAIN_STANDARD_ERRORS} standard errors less than the estimate. More than "
        f"{LARGEST_FACTOR_UNITS} u is refused.",
    ]
    if searches:
        notes.append(
            f"A search changes parameters at random from a drawn point, in {data['steps']} steps, and keeps what is "
            "not smaller. It leaves out results so small that a part of them may have been flushed to zero."
        )
    return Table("Errors of honest implementations", pd.DataFrame(lines), notes)


def _count(number: int | None) -> str:
    return NONE if number is None else f"{number:,}"


def _fraction(found: Data) -> str:
    if "of_bound" not in found:
        return NONE
    if (fraction := found["of_bound"]) is None:
        return UNDEFINED
    shown = three_digits(fraction)
    return f"1 - {1 - fraction:.1e}" if fraction < 1 <= float(shown) else shown


def _place(found: Data) -> str:
    return f"{found['workload']}, {found['dtype']}, {found['entry']}" if "entry" in found else NONE
