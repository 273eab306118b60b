"""Table of a history: the time of an epoch in each release of a framework, and the step changes between releases."""

from collections.abc import Iterator

import pandas as pd

from xorbench.estimates.analysis import Analysis
from xorbench.estimates.history import OLDEST, History, Release, differing
from xorbench.estimates.noise_floor import MOST_OFF
from xorbench.tables.captions import how_timed
from xorbench.tables.cells import NONE, NOT_APPLICABLE, Table, listed, with_ends
from xorbench.tables.timings import label
from xorbench.tables.verdict_words import worded
from xorbench.tables.weaknesses import weaknesses

MOST_DIFFERING = 8
"""The most libraries that differ between environments and are named."""


def history(analysis: Analysis) -> list[Table]:
    """Return a table for each file and workload of a history, with a line for each release, from old to new."""
    return [_table(analysis, found) for found in analysis.histories]


def _table(analysis: Analysis, found: History) -> Table:
    workload = analysis.record.workload(found.workload)
    notes = [
        *(f"{found.framework} {r.version} is {worded(r.verdict)}: {r.reason}." for r in found.releases if _has_none(r)),
        *(f"{found.framework} {r.version} is not steady: {r.reason}." for r in found.timed if r.reason),
        "The same file in the same rounds, in an environment for each release. The intervals of all ratios to the "
        "oldest release on a workload are simultaneous, and so are those of all ratios to the release before in the "
        "record. A step change is a ratio to the release before whose interval excludes 1, and which differs from 1 by "
        f"more than {MOST_OFF:.0%}, the error that a usable run may have.",
        *_other_libraries(analysis),
        *how_timed(analysis),
    ]
    return Table(
        title=f"{found.implementation}, {label(workload)}, by release of {found.framework}",
        frame=pd.DataFrame([_line(found.framework, release) for release in found.releases], dtype=object),
        notes=notes,
        warnings=weaknesses(analysis),
        measured=[release.cost for release in found.releases],
    )


def _has_none(release: Release) -> bool:
    return release.cost is None and release.reason is not None


def _line(framework: str, release: Release) -> dict[str, str]:
    if release.cost is None:
        time = cost = ends = change = its_ends = worded(release.verdict)
    else:
        time, _ = with_ends(release.microseconds)
        is_oldest = release.verdict == OLDEST
        cost, ends = ("1", NOT_APPLICABLE) if is_oldest else with_ends(release.cost)
        change, its_ends = (NOT_APPLICABLE, NOT_APPLICABLE) if is_oldest else with_ends(release.change)
    return {
        "release": f"{framework} {release.version}",
        "µs per epoch": time,
        "time / oldest release": cost,
        "95 % interval": ends,
        "time / release before": change,
        "95 % interval of the change": its_ends,
        "step change": release.verdict if release.is_step else NOT_APPLICABLE if release.change is None else "none",
    }


def _other_libraries(analysis: Analysis) -> Iterator[str]:
    """Yield a sentence that names the other libraries whose versions are not the same in all environments."""
    found = differing(analysis)
    named = [f"{name} {', '.join(version or NONE for version in found[name])}" for name in found]
    if found:
        yield f"Other libraries differ between the environments, from old to new: {listed(named, MOST_DIFFERING)}."
    else:
        yield "No other library differs between the environments."
