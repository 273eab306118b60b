"""The summary of a history for the terminal and the headline: the cost of each release, and the step changes."""

from xorbench.estimates.analysis import Analysis
from xorbench.estimates.history import OLDEST, History, Release, framework_of
from xorbench.tables.cells import ends, factor, listed, plain, plain_factor, with_ends
from xorbench.tables.grid import Grid
from xorbench.tables.verdict_words import worded
from xorbench.tables.workloads import main_workload, sized, training

MOST_NAMED = 2
"""The most files, and the most step changes, that a sentence names."""

TIME, ENDS, STEP = "µs/epoch", "95 % interval", "step change"

LONGEST_NAME = 30
"""The most characters of a framework with its version."""

MORE = "more: show --table history"


def sentences(analysis: Analysis) -> list[str]:
    """Return the sentences of the headline: the newest release against the oldest, and the step changes."""
    workload = main_workload(analysis)
    mine = [found for found in analysis.histories if found.workload == workload.name and len(found.timed) > 1]
    lead = training(analysis, workload)
    if not mine:
        return [f"{lead} was timed in fewer than two releases of {plain(framework_of(analysis))}."]
    return [f"{lead}: {listed([*map(_against_oldest, mine)], MOST_NAMED)}.", _steps(analysis, workload.name)]


def lines(analysis: Analysis, width: int, room: int) -> list[str]:
    """Return a table for each file and workload, one below the other, in at most `room` lines of `width` characters.

    Tables for which there is no room are counted in a last line, and so are the rows that the first one lacks.
    """
    shown: list[str] = []
    grids = [_grid(analysis, found, width) for found in analysis.histories]
    for place, grid in enumerate(grids):
        last = place == len(grids) - 1
        if len(shown) + bool(shown) + len(grid) + (not last) > room:
            if shown:
                return [*shown, f"... {len(grids) - place} {MORE}"]
            return [*grid[: max(0, room - 1)], f"... {len(grid) - max(0, room - 1)} lines {MORE}"][: max(0, room)]
        shown += ["", *grid] if shown else grid
    return shown


def _grid(analysis: Analysis, found: History, width: int) -> list[str]:
    against = f"vs {plain(found.timed[0].version)}" if found.timed else "vs oldest"
    cells = {
        "release": [plain(f"{found.framework} {release.version}", LONGEST_NAME) for release in found.releases],
        TIME: [with_ends(release.microseconds)[0] if release.microseconds else "" for release in found.releases],
        against: [_cost(release) for release in found.releases],
        ENDS: ["" if release.cost is None or _is_oldest(release) else ends(release.cost) for release in found.releases],
        STEP: [factor(r.change) if r.change and r.is_step else "" for r in found.releases],
    }
    title = f"{plain(found.implementation)}, {sized(analysis.record.workload(found.workload))}"
    return Grid(cells, (TIME, ENDS), {"release"}).lines(plain(title, width), width, (ENDS, TIME, STEP))


def _is_oldest(release: Release) -> bool:
    return release.verdict == OLDEST


def _cost(release: Release) -> str:
    if release.cost is None:
        return worded(release.verdict)
    return OLDEST if _is_oldest(release) else factor(release.cost)


def _against_oldest(found: History) -> str:
    oldest, newest = found.timed[0], found.timed[-1]
    said = plain_factor(newest.cost) if newest.cost else newest.verdict
    than = "from that in" if said == "not separated" else "than in"
    releases = f"{plain(found.framework)} {plain(newest.version)} {than} {plain(oldest.version)}"
    return f"{plain(found.implementation)} is {said} in {releases}"


def _steps(analysis: Analysis, workload: str) -> str:
    """Return the sentence on all step changes, of which those on a workload are named first."""
    histories = sorted(analysis.histories, key=lambda found: found.workload != workload)
    found = [_step(history, release) for history in histories for release in history.steps]
    if not found:
        return "There is no step change from one release to the next."
    return f"{'Step changes' if len(found) > 1 else 'One step change'}: {listed(found, MOST_NAMED)}."


def _step(history: History, release: Release) -> str:
    said = plain_factor(release.change) if release.change else ""
    where = f"{plain(history.implementation)} on {plain(history.workload)}"
    return f"{said} from {plain(release.before)} to {plain(release.version)} ({where})"
