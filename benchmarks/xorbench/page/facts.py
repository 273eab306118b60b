"""Short statements about a record that stand under its headline."""

from dataclasses import dataclass

from xorbench.contract import REFERENCE
from xorbench.estimates import disturbance
from xorbench.estimates.analysis import Analysis
from xorbench.record.report import INSIDE, MISSING, NOT_OFFERED
from xorbench.tables.captions import most_off, noise, two_digits
from xorbench.tables.weaknesses import disturbed_share

MOST_DISTURBED = 0.5
"""The share of disturbed rounds above which the statement on them is a warning."""


@dataclass(frozen=True)
class Fact:
    """A statement of a few words, and a sentence that explains it; `bad` is whether it weakens the results."""

    text: str
    why: str
    bad: bool = False


def facts(analysis: Analysis) -> list[Fact]:
    """Return statements on what weakens a record, on its gradients, its noise and its disturbed rounds."""
    return [*_weak(analysis), *_merged(analysis), *_gradients(analysis), *_noise(analysis), *_disturbed(analysis)]


def _weak(analysis: Analysis) -> list[Fact]:
    record = analysis.record
    marks = {
        "unfit: ratios not reliable": analysis.unfit,
        "quick run": record.settings.quick and "A short run with wide intervals.",
        "interrupted": record.partial and "Only the launches that were finished are shown.",
        "resumed": record.resumed and "It was interrupted and resumed: its launches are from different times.",
    }
    return [Fact(text, str(why), bad=True) for text, why in marks.items() if why]


def _merged(analysis: Analysis) -> list[Fact]:
    why = "One host measured the parts of a plan one after another; each comparison is from one part."
    return [Fact("merged from parts", why)] if analysis.record.is_merged else []


def _gradients(analysis: Analysis) -> list[Fact]:
    deciding = [row for row in analysis.record.gradients.rows if row.decides]
    judged = [row for row in deciding if row.verdict not in (MISSING, NOT_OFFERED)]
    files = dict.fromkeys(row.implementation for row in judged)
    if not files:
        return [Fact("no gradient was judged", "This record has no verdict on gradients.", bad=True)]
    wrong = {row.implementation for row in judged if row.verdict != INSIDE}
    errors = [row.of_bound.largest for row in judged if row.of_bound]
    known = [error for error in errors if error is not None]
    found = [
        Fact(
            f"gradients right in {len(files) - len(wrong)} of {len(files)} files",
            "Every gradient is compared with the true one, to hundreds of bits; it passes if rounding explains the "
            "whole difference.",
            bad=bool(wrong),
        )
    ]
    if known and len(known) == len(judged):
        found.append(
            Fact(
                f"worst error {two_digits(max(known))} of the bound",
                "The largest error of all gradients in the dtypes that are timed, as a fraction of what rounding "
                "explains.",
                bad=max(known) > 1,
            )
        )
    return found


def _noise(analysis: Analysis) -> list[Fact]:
    why, furthest = noise(analysis, REFERENCE), most_off(analysis)
    if furthest is None:
        return [Fact("noise unknown", why, bad=True)]
    return [Fact(f"noise up to {furthest}", why, bad=bool(analysis.unfit))]


def _disturbed(analysis: Analysis) -> list[Fact]:
    share = disturbed_share(analysis)
    if share is None:
        return []
    why = (
        "The share of rounds in which a process waited for a CPU for more than "
        f"{disturbance.WAITED * 100:.0f} % of the time. The waiting is not counted as time of the round."
    )
    return [Fact(f"{share * 100:.0f} % of rounds disturbed", why, bad=share > MOST_DISTURBED)]
