"""Table that compares the same file in two environments, for example with two releases of a framework."""

import pandas as pd

from xorbench.estimates.analysis import Analysis
from xorbench.estimates.versions import Version
from xorbench.tables.cells import NONE, Table, with_ends


def versions(analysis: Analysis) -> Table:
    """Return the table of implementations in other environments, each compared with the same file in this one."""
    found = analysis.versions
    notes = [
        "The same file in the same rounds, in another environment (there) and in the environment of the run (here). A "
        "ratio below 1 means faster there. The intervals of a workload are simultaneous."
    ]
    frame = pd.DataFrame(map(_line, found), dtype=object)
    return Table("Versions side by side", frame, notes, measured=[version.ratio for version in found])


def _line(version: Version) -> dict[str, str]:
    value, ends = with_ends(version.ratio)
    return {
        "implementation in an environment": version.implementation,
        "workload": version.workload,
        "framework": version.framework,
        "version there": version.there,
        "version here": version.here,
        "µs per epoch there": with_ends(version.microseconds)[0],
        "time there / here": value,
        "95 % interval": ends,
        "verdict": version.ratio.verdict if version.ratio else NONE,
    }
