"""Whether a release got slower: the same file in two environments."""

import pandas as pd

from xorbench.estimates.analysis import Analysis
from xorbench.estimates.versions import Version
from xorbench.tables.cells import NONE, Table, with_ends


def versions(analysis: Analysis) -> Table:
    """Each contestant of another environment beside the same file in ours."""
    found = analysis.versions
    notes = [
        "The same file, in the same rounds, in another environment and in ours: below 1 it is faster there. "
        "The intervals of a workload hold together."
    ]
    return Table(
        "Versions side by side", pd.DataFrame(map(_line, found)), notes, measured=[version.ratio for version in found]
    )


def _line(version: Version) -> dict[str, str]:
    value, ends = with_ends(version.ratio)
    return {
        "contestant": version.implementation,
        "workload": version.workload,
        "framework": version.framework,
        "there": version.there,
        "here": version.here,
        "µs per epoch there": with_ends(version.microseconds)[0],
        "time there / here": value,
        "95 % interval": ends,
        "verdict": version.ratio.verdict if version.ratio else NONE,
    }
