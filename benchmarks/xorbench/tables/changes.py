"""The comparison of two records in words, for a terminal and for a comment on GitHub: changed rows come first."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from xorbench.contract import REFERENCE
from xorbench.estimates.comparison import FASTER, NOT_SEPARATED, SLOWER, Change
from xorbench.estimates.intervals import Interval
from xorbench.record.settings import CONFIDENCE
from xorbench.tables.cells import LONGEST_SENTENCE, NONE, ends, factor, plain, three_digits
from xorbench.tables.counts import instructions
from xorbench.tables.escapes import of_paragraph
from xorbench.tables.layout import wrapped
from xorbench.tables.summary import WIDTH


@dataclass(frozen=True)
class Section:
    """A sentence, and lines that belong to it; all are plain text of one line."""

    sentence: str
    lines: Sequence[str] = ()


def sections(
    found: Sequence[Change], notes: Sequence[str], between_runs: float, failures: Sequence[str] = ()
) -> list[Section]:
    """Return the comparison: changed rows from the largest change on, unchanged rows, exceptions by reason, notes.

    `notes` are sentences on other differences, and `failures` those of a gate, which come last; `between_runs` is the
    standard deviation of a ratio from run to run, as a share.
    """
    together = (
        f"All intervals hold together with {CONFIDENCE * 100:.4g} % confidence and include a standard deviation of "
        f"{between_runs * 100:.3g} % from run to run."
    )
    return _sections(found, notes, failures, f"with the ratios to {REFERENCE}", _changed, together)


def of_counts(
    found: Sequence[Change], notes: Sequence[str], repeats: float, failures: Sequence[str] = ()
) -> list[Section]:
    """Return the comparison of two records of counts, in the same form; `repeats` is the change that says nothing."""
    about = (
        f"Counts of the same code differ by up to {repeats * 100:.3g} % from process to process. They are no times: "
        "fewer instructions may take longer."
    )
    return _sections(found, notes, failures, "with the instructions of an epoch", _counted, about)


def _sections(
    found: Sequence[Change],
    notes: Sequence[str],
    failures: Sequence[str],
    beside: str,
    said: Callable[[Change, Interval], str],
    about: str,
) -> list[Section]:
    """Return a comparison whose changed rows `said` describes, with numbers `beside` them; `about` is its footnote."""
    changed = [(c, c.change) for c in found if c.change is not None and c.verdict in (FASTER, SLOWER)]
    changed.sort(key=lambda each: -abs(math.log(each[1].value)))
    unchanged = [c for c in found if c.verdict == NOT_SEPARATED]
    comparable = len(changed) + len(unchanged)
    shown = [
        Section(
            f"{len(changed)} of {_rows(comparable)} changed from A to B" + (f", {beside}:" if changed else "."),
            [said(c, change) for c, change in changed],
        )
    ]
    if unchanged:
        sentence = f"{_rows(len(unchanged))} not shown to have changed{_at_most(unchanged)}:"
        shown.append(Section(sentence, [_named(unchanged)]))
    excluded: dict[str, list[Change]] = {}
    for change in found:
        if change.reason is not None:
            excluded.setdefault(change.reason, []).append(change)
    if excluded:
        lines = [f"{reason}: {_named(some)}" for reason, some in excluded.items()]
        shown.append(Section(f"{_rows(len(found) - comparable)} cannot be compared:", lines))
    if notes:
        shown.append(Section("Other differences:", notes))
    if comparable:
        shown.append(Section(about))
    if failures:
        shown.append(Section("Failed:", failures))
    return [Section(_plain(each.sentence), [*map(_plain, each.lines)]) for each in shown]


def text(found: Iterable[Section], width: int = WIDTH) -> list[str]:
    """Return the lines of a comparison for a terminal, wrapped between words to `width` characters."""
    shown = []
    for section in found:
        shown += wrapped(section.sentence, width)
        for line in section.lines:
            first, *others = wrapped(line, width - 4) or [""]
            shown += [f"  {first}", *(f"    {other}" for other in others)]
    return shown


def markdown(found: Iterable[Section]) -> str:
    """Return a comparison in GitHub's Markdown."""
    parts = ["### Changes from A to B"]
    for section in found:
        parts.append(of_paragraph(section.sentence))
        parts += ["\n".join(f"- {of_paragraph(line)}" for line in section.lines)] if section.lines else []
    return "\n\n".join(parts) + "\n"


def _changed(row: Change, change: Interval) -> str:
    ratios = f"A {three_digits(row.before)}, B {three_digits(row.after)}"
    return f"{row.implementation}, {row.workload}: {factor(change)} ({ends(change)}); {ratios}"


def _counted(row: Change, change: Interval) -> str:
    before, after = (NONE if each is None else instructions(each) for each in (row.before, row.after))
    percent = 100 * (change.value - 1)
    return f"{row.implementation}, {row.workload}: {percent:+.2f} %; A {before}, B {after}"


def _rows(number: int) -> str:
    return f"{number} row{'s' * (number != 1)}"


def _plain(sentence: str) -> str:
    return plain(sentence, LONGEST_SENTENCE)


def _at_most(unchanged: Sequence[Change]) -> str:
    """Return how much the rows may have changed at most, by the worst end of their intervals."""
    worst = [max(c.change.high, 1 / c.change.low) for c in unchanged if c.change and c.change.low and c.change.high]
    if not worst:
        return ""
    most = math.ceil(max(worst) * 1000) / 1000 if max(worst) < 10 else math.inf
    return f"; a change is at most a factor of {most:.4g}" if most < 10 else "; a change may be a factor of ten or more"


def _named(changes: Sequence[Change]) -> str:
    """Return the names of implementations, those with the same workloads together, and the workloads in brackets."""
    workloads: dict[str, list[str]] = {}
    for change in changes:
        workloads.setdefault(change.implementation, []).append(change.workload)
    names: dict[tuple[str, ...], list[str]] = {}
    for name, some in workloads.items():
        names.setdefault(tuple(some), []).append(name)
    return "; ".join(f"{', '.join(some)} ({', '.join(where)})" for where, some in names.items())
