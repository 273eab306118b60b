"""Table of the study of the judge's margin."""

import pandas as pd

from xorbench.record.studies import Data
from xorbench.tables.cells import NONE, Table, three_digits


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
                "largest error / bound": three_digits(found["of_bound"]),
                "in": f"{found['workload']}, {found['dtype']}, {found['entry']}",
                "at": found["point"],
                "starts of the search": f"{search['starts']:,}" if search else NONE,
                "points of the search": f"{search['questions'] * data['steps']:,}" if search else NONE,
                "search: largest error / bound": three_digits(search["of_bound"]) if search else NONE,
            }
        )
    note = (
        "A question is one point in one dtype, with gradient, predictions and loss, of any kind. Above 1 would be a "
        f"false alarm. A search changes parameters at random from a random start, in {data['steps']} steps, and keeps "
        f"what is not smaller; it took {data['search_seconds']:g} s for each implementation. Seed {data['seed']}."
    )
    return Table("Errors of honest implementations", pd.DataFrame(lines), [note])
