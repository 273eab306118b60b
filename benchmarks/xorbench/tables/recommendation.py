"""The ranking of implementations by the total time of a training, as lines of text."""

import textwrap
from collections.abc import Sequence

from xorbench.estimates.intervals import Interval
from xorbench.estimates.measured_points import TUNED
from xorbench.estimates.recommendation import Lead, Ranking, Total
from xorbench.tables.captions import two_digits
from xorbench.tables.cells import NONE, listed, plain, with_ends
from xorbench.tables.layout import kept

MOST_LINES = 30
"""The most lines of a printed ranking."""

MOST_NAMES, LONGEST_NAME = 4, 24
"""The most names in a sentence, and the most characters of a name."""

UNITS = (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6), ("ns", 1e-9))


def why(found: Sequence[Lead]) -> str:
    """Return the sentences that say which implementation takes the least time up to which number of epochs, and why."""
    if not found:
        return ""
    first, *others = found
    name, costs = plain(first.implementation, LONGEST_NAME), _costs(first)
    if not others:
        return f"{name} takes the least time for every number of epochs: {costs}."
    shown = others if len(others) <= 3 else [*others[:2], others[-1]]
    parts = [f"{name} takes the least time up to {_until(first.until)}: {costs}"]
    for lead in shown:
        skipped = f"{len(others) - 3} more in between; " if lead is shown[-1] and len(shown) < len(others) else ""
        name, costs = plain(lead.implementation, LONGEST_NAME), _costs(lead)
        parts.append(f"{skipped}then {name}{f' up to {_until(lead.until)}' if lead.until else ''}: {costs}")
    return f"{'; '.join(parts)}."


def lines(found: Ranking, width: int = 80) -> list[str]:
    """Return a ranking as at most 30 lines of plain text, of at most `width` (at least 60) characters each.

    Columns that do not fit are left out, the parts of the totals first, and so are the largest totals.
    """
    process = "warm" if found.warm else "fresh"
    title = (
        f"Width {found.width:,}, batch {found.batch:,}, {found.dtype}: {found.epochs:,} "
        f"epoch{'s' * (found.epochs != 1)} in a {process} process, {found.threads} thread{'s' * (found.threads != 1)}, "
        f"on {plain(found.cpu, 40)}"
    )
    above = _wrapped(title, width)
    below = [line for text in (why(found.leads), *_notes(found)) for line in _wrapped(text, width)]
    room = max(3, MOST_LINES - len(above) - len(below) - 3)
    shown = found.totals if len(found.totals) <= room else found.totals[: room - 1]
    more = [f"({len(found.totals) - len(shown)} more take longer.)"] if len(shown) < len(found.totals) else []
    return [*above, "", *_grid(shown, found.tuned, width), *more, "", *below]


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, break_on_hyphens=False)  # it breaks words that are longer than a line


def _grid(totals: Sequence[Total], tuned: bool, width: int) -> list[str]:
    unit, seconds = _unit(totals[0].seconds.value)
    heads = ["rank", "implementation", f"total, {unit}", "95 % interval", f"start, {unit}", f"epochs, {unit}"]
    rows = [heads, *(_row(total, 1 / seconds, tuned) for total in totals)]
    widths = {place: max(map(len, column)) for place, column in enumerate(zip(*rows, strict=True))}
    places = kept(widths, width, 2, [5, 4, 3])
    return [
        "  ".join(
            row[place].ljust(widths[place]) if place == 1 else row[place].rjust(widths[place]) for place in places
        ).rstrip()
        for row in rows
    ]


def _row(total: Total, per_second: float, tuned: bool) -> list[str]:
    value, ends = with_ends(total.seconds.times(per_second))
    name = plain(total.implementation, LONGEST_NAME)
    parts = (with_ends(part.times(per_second))[0] for part in (total.before, total.epochs))
    mark = "*" if tuned and total.tier == TUNED else ""
    return [str(total.rank), f"{name}{mark}", value, "" if ends == NONE else ends, *parts]


def _notes(found: Ranking) -> list[str]:
    """Return sentences on where the numbers come from, and on what has none."""
    scaled = ", scaled to the baseline's time in the first" if len(found.records) > 1 else ""
    notes = [f"Epochs were timed in {_records(found.records)}{scaled}."]
    starts = [total.start_up for total in found.totals if total.start_up]
    if starts:
        sizes = list(dict.fromkeys(f"width {s.width:,}, batch {s.batch:,}, {s.dtype}" for s in starts))
        records = sorted({record for start in starts for record in start.records}, reverse=True)
        notes.append(f"Start-up (import and first call) was measured at {listed(sizes, 1)}, in {_records(records)}.")
    notes.append("The ends of a total are the sums of the ends of its parts; totals that overlap share a rank.")
    if found.tuned and any(total.tier == TUNED for total in found.totals):
        notes[-1] += " * is tuned."
    if found.extrapolated:
        notes.append(f"Extrapolated from trainings of more epochs: {_names(found.extrapolated)}.")
    if found.not_started:
        notes.append(f"No cold start was measured of {_names(found.not_started)}.")
    if found.not_timed:
        notes.append(f"Not measured at this width and batch: {_names(found.not_timed)}.")
    if found.left_out:
        notes.append(f"Left out: record {listed([plain(text, 110) for text in found.left_out], 1)}.")
    return notes


def _records(created: Sequence[str]) -> str:
    what = "record" if len(created) == 1 else "records"
    return f"{what} {listed(created, 2)}"


def _names(names: Sequence[str]) -> str:
    found = [plain(name, LONGEST_NAME) for name in names]
    return listed(found, MOST_NAMES) if len(found) > MOST_NAMES else ", ".join(found)


def _until(epochs: Interval | None) -> str:
    """Return a number of epochs, with the range that the intervals of all parts allow."""
    if epochs is None:
        return ""
    number = f"{_epochs(epochs.value)} epochs"
    if epochs.low is None:
        return number
    return f"{number} ({_epochs(epochs.low)} {'or more' if epochs.high is None else f'to {_epochs(epochs.high)}'})"


def _epochs(number: float) -> str:
    return f"{float(f'{number:.3g}'):,.0f}"


def _costs(lead: Lead) -> str:
    epoch = f"{_time(lead.epoch.value)} for each"
    return f"{_time(lead.before.value)} before the first epoch, {epoch}" if lead.before.value else f"{epoch} epoch"


def _time(seconds: float) -> str:
    """Return a time with two significant digits and its unit."""
    unit, size = _unit(seconds)
    return f"{two_digits(seconds / size)} {unit}"


def _unit(seconds: float) -> tuple[str, float]:
    """Return the largest unit in which a time is at least 0.05, and its seconds."""
    return next(((unit, size) for unit, size in UNITS if seconds >= 0.05 * size), UNITS[-1])
