"""Summary of a record in one sentence or two."""

from collections.abc import Iterator, Sequence

from xorbench.estimates.analysis import Analysis
from xorbench.estimates.timing_table import NOT_STEADY, Row
from xorbench.record.report import INSIDE, MISSING, NOT_OFFERED
from xorbench.record.run import ImplementationRecord
from xorbench.tables import counts_summary, history_summary
from xorbench.tables.cells import listed, plain, plain_factor
from xorbench.tables.frameworks import named, required
from xorbench.tables.workloads import main_workload, title, training

SHOWN = 3
"""Most rows beside the baseline that are all named."""

MOST_TIED = 2
"""Most rows that are named as the fastest, or the slowest, where several share a rank."""


def headline(analysis: Analysis) -> str:
    """Return plain text in one sentence or two: how many times faster or slower than the baseline a training is.

    It is about the first workload with a hidden layer, or the first of all if there is none, and about the rows in the
    tier of the baseline that are steady. The first sentence is about one implementation of each framework that the
    project requires by itself, which is the first whose gradients are not written by hand; the second is about the
    fastest and the slowest row. If there are at most SHOWN rows, the first sentence is about all of them. A sentence
    before says that the run is unfit, and one after them that gradients did not pass. Of a history, the sentences are
    about releases in place of rows, and of a record of counts about instructions.
    """
    if analysis.record.is_history:
        sentences = history_summary.sentences(analysis)
    elif counts := analysis.record.counts:
        sentences = counts_summary.sentences(analysis, counts)
    else:
        sentences = _of_rows(analysis)
    unfit = ["This run is unfit and its ratios are not reliable."] if analysis.unfit else []
    return " ".join([*unfit, *sentences, *_gradients(analysis)])


def _of_rows(analysis: Analysis) -> list[str]:
    workload = main_workload(analysis)
    found = [row for row in analysis.rows if row.workload == workload.name and row.ratio is not None]
    baseline = next((row for row in found if row.is_baseline), None)
    if baseline is None:
        return [f"{title(workload)} was not timed on {analysis.record.machine.cpu}."]
    names = {one.name: plain(name) for one, name in _named(analysis, baseline.tier)}
    rows = [row for row in found if row.tier == baseline.tier and (row is baseline or row.verdict != NOT_STEADY)]
    others = [row for row in rows if row is not baseline]
    chosen = required(analysis.record.implementations, {row.implementation for row in others})
    shown = [row for row in others if len(others) <= SHOWN or row.implementation in chosen]
    lead, own = training(analysis, workload), f"plain {names[baseline.implementation]}"
    if shown:
        clauses = [_compared(row, names, own, place == 0) for place, row in enumerate(shown)]
        sentences = [f"{lead}: {', '.join(clauses)}."]
        if len(others) > SHOWN:
            sentences.append(f"Of {len(rows)}, {_extremes(rows, {*map(id, shown)}, names, own, '')}.")
    elif others:
        sentences = [f"{lead}: of {len(rows)}, {_extremes(rows, set(), names, own, f' than {own}')}."]
    else:
        sentences = [f"{lead} was timed with {own} only."]
    return sentences


def _named(analysis: Analysis, tier: str) -> Iterator[tuple[ImplementationRecord, str]]:
    """Yield the implementations of a tier that are not missing, each with its name in a sentence."""
    found = [one for one in analysis.record.implementations if one.tier == tier and not one.missing]
    names = named(found)
    yield from ((one, names[one.name]) for one in found)


def _compared(row: Row, names: dict[str, str], own: str, first: bool) -> str:
    factor = plain_factor(row.ratio) if row.ratio else ""
    name = names[row.implementation]
    if factor == "not separated":
        return f"{name} is {factor} from {own if first else 'it'}"
    return f"{name} is {factor} than {own}" if first else f"{name} {factor}"


def _extremes(rows: Sequence[Row], said: set[int], names: dict[str, str], own: str, than: str) -> str:
    """Return the fastest and the slowest of `rows` in words; rows that share their rank are named together.

    The factors of rows whose identity is in `said` are left out.
    """
    ordered = sorted(rows, key=lambda row: row.ratio.value if row.ratio else 0.0)
    fastest = [row for row in ordered if row.rank == ordered[0].rank]
    slowest = [row for row in reversed(ordered) if row.rank == ordered[-1].rank and row not in fastest]
    verb = "is" if len(fastest) == 1 else "are"
    text = f"{_group(fastest, names, own)} {verb} the fastest{_factor(fastest[0], said, than)}"
    if slowest:
        text += f" and {_group(slowest, names, own)} the slowest{_factor(slowest[0], said, '')}"
    return text


def _group(rows: Sequence[Row], names: dict[str, str], own: str) -> str:
    return listed([own if row.is_baseline else names[row.implementation] for row in rows], MOST_TIED)


def _factor(row: Row, said: set[int], than: str) -> str:
    """Return the factor of a row in brackets; nothing for the baseline and for rows in `said`."""
    if row.ratio is None or row.is_baseline or id(row) in said:
        return ""
    factor = plain_factor(row.ratio)
    return f" ({factor}{'' if factor == 'not separated' else than})"


def _gradients(analysis: Analysis) -> list[str]:
    """Return a sentence on gradients that did not pass in a dtype that is timed; [] if all did."""
    rows = [row for row in analysis.record.gradients.rows if row.verdict not in (MISSING, NOT_OFFERED)]
    deciding = [row for row in rows if row.decides]
    wrong = [row for row in deciding if row.verdict != INSIDE]
    if not deciding:
        return ["No gradient was judged."]
    return [f"{len(wrong)} of {len(deciding)} gradient checks did not pass."] if wrong else []
