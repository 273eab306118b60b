"""Weaknesses of the numbers of a record: what a run warns of, its marks, and what may not be published."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from xorbench.estimates import timing_table
from xorbench.estimates.analysis import Analysis
from xorbench.record.settings import FEWEST_LAUNCHES
from xorbench.tables.cells import WIDE, WIDEST, listed

MOST_NAMES = 4
"""Most rows that a sentence names; of more, their number is given."""

MOST_STOLEN = 0.02

FEWEST_TO_PUBLISH = 4
"""The number of launches below which a record may not be published: Student's t is then above 4."""

MOST_DISTURBED = 0.25
"""The share of disturbed rounds above which a record is marked."""

WIDE_INTERVAL = 2.0
"""The ratio of the ends of an interval above which a record is marked; above `WIDEST` it may not be published."""


@dataclass(frozen=True)
class Weakness:
    """A weakness of the numbers of a record.

    `mark` names it in a few words, as on all that is published from the record; `sentence` says what it is and what
    would help. With `refused`, a record may not be published because of it.
    """

    mark: str
    sentence: str
    refused: bool = False


def weaknesses(analysis: Analysis) -> list[str]:
    """Return sentences that name the weaknesses of the numbers of a record, each with its remedy; [] if it has none."""
    return [found.sentence for found in found_weaknesses(analysis)]


def marks(analysis: Analysis) -> list[str]:
    """Return the weaknesses of a record in a few words each, as its caption states them; [] if it has none."""
    return list(dict.fromkeys(found.mark for found in found_weaknesses(analysis)))


def found_weaknesses(analysis: Analysis) -> Sequence[Weakness]:
    """Return the weaknesses of the numbers of a record, of which `run` warns and after which `check` decides.

    A record may not be published if it is unfit, interrupted, a quick run, of fewer than FEWEST_TO_PUBLISH launches,
    without an A/A control, or has an interval wider than a factor of WIDEST. It is marked if rounds are timed by wall
    time on one CPU, more than 2 % of the time was stolen by other virtual machines, launches are correlated, there are
    fewer than FEWEST_LAUNCHES, an interval is wider than a factor of WIDE_INTERVAL or than the resolution that was
    asked for, more than a share MOST_DISTURBED of the rounds was disturbed, another measurement ran on the machine,
    processes were lost, or the run was resumed after an interruption. The load average decides nothing, because the
    workers of the run itself are most of it. Counts of instructions have only the weakness of being interrupted.
    """
    if analysis.record.counts:
        sentence = "The command was interrupted: only finished counts are shown. Run it again for the others."
        return [Weakness("interrupted", sentence, refused=True)] if analysis.record.partial else []
    return [
        *_of_the_run(analysis),
        *_of_the_clock(analysis),
        *_of_the_launches(analysis),
        *_of_the_intervals(analysis),
        *_of_the_rounds(analysis),
    ]


def _of_the_run(analysis: Analysis) -> Iterator[Weakness]:
    if why := analysis.unfit:
        sentence = f"Unfit: {why}. The ratios of this run are not reliable. Run it again on a quieter machine."
        yield Weakness("unfit", sentence, refused=True)
    if analysis.record.partial:
        sentence = "The run was interrupted: only finished launches are shown. Run it again for the others."
        yield Weakness("interrupted", sentence, refused=True)
    if analysis.record.resumed:
        sentence = (
            "The run was interrupted and resumed: its launches are from different times. Run it again without an "
            "interruption for launches under the same conditions."
        )
        yield Weakness("resumed", sentence)
    if analysis.record.settings.quick:
        yield Weakness("quick run", "This is a quick run. Run without --quick for a record to publish.", refused=True)


def _of_the_clock(analysis: Analysis) -> Iterator[Weakness]:
    floor = analysis.noise_floor
    if analysis.timings and len(analysis.record.launches) > 1 and (floor is None or floor.low is None):
        sentence = "There is no A/A control over at least two launches, so that the noise is unknown. Run it again."
        yield Weakness("no A/A control", sentence, refused=True)
    if analysis.timings and not analysis.by_cpu and analysis.threads == 1:
        yield Weakness(
            "wall time",
            "Rounds were timed by wall time, which other processes on the CPU lengthen. Run it again on a system that "
            "reports CPU time.",
        )
    if (stolen := _stolen_share(analysis)) > MOST_STOLEN:
        yield Weakness(
            "CPU time stolen",
            f"Other virtual machines used the CPU for {stolen:.1%} of the time of the launches (steal), which cannot "
            "be subtracted from the times. Run it again at another time.",
        )


def _of_the_launches(analysis: Analysis) -> Iterator[Weakness]:
    launches = len(analysis.record.launches)
    if (correlation := analysis.autocorrelation) and correlation.positive:
        yield Weakness(
            "correlated launches",
            f"Successive launches are correlated (lag-1 autocorrelation {correlation.value:.2f}, p = "
            f"{correlation.p:.3f}): the intervals are too narrow. Run it again when the machine is less busy.",
        )
    if launches < FEWEST_LAUNCHES:
        many = "one launch: there are no intervals" if launches == 1 else f"{launches} launches: the intervals are wide"
        budget = None if analysis.record.is_sweep else analysis.record.settings.budget_minutes
        more = f"--budget {2 * budget:.3g}" if budget else f"--launches {FEWEST_LAUNCHES}"
        yield Weakness(
            "few launches",
            f"Only {many}. Run with {more} for narrower intervals.",
            refused=launches < FEWEST_TO_PUBLISH,
        )
    if shared := sum(launch.others_timing for launch in analysis.record.launches):
        yield Weakness(
            "another measurement",
            f"Another measurement ran on this machine when {shared} of {launches} launches began. Run it again with "
            "--wait, which waits until no other one runs.",
        )
    in_launches = [failure for failure in analysis.record.failures if failure.launch >= 0]
    lost = Counter(failure.implementation for failure in in_launches)
    first = {failure.implementation: failure.reason for failure in reversed(in_launches)}
    for name, count in lost.items():
        yield Weakness(
            "lost processes",
            f"{name} failed in {count} of its processes: {first[name]}. Only rounds that were finished before are "
            "counted.",
        )


def _of_the_intervals(analysis: Analysis) -> Iterator[Weakness]:
    resolution = analysis.record.settings.resolution
    if resolution and (left := timing_table.unresolved(analysis, resolution)):
        yield Weakness(
            "resolution not reached",
            f"The half-width of the interval is over {resolution * 100:.3g} %, and it contains 1: {_rows(left)}. Run "
            "with a larger --budget.",
        )
    widths: dict[float, list[timing_table.Row]] = {WIDEST: [], WIDE_INTERVAL: []}
    for row in timing_table.rows(analysis):
        if row.ratio and row.ratio.low and row.ratio.high and not row.is_baseline:
            width = row.ratio.high / row.ratio.low
            if wider_than := next((limit for limit in widths if width > limit), None):
                widths[wider_than].append(row)
    for limit, found in widths.items():
        if found:
            words = WIDE if limit == WIDEST else f"over a factor of {limit:g}"
            yield Weakness(
                "wide intervals",
                f"The interval is {words}: {_rows(found)}. Run with a larger --budget or more --launches.",
                refused=limit == WIDEST,
            )


def _of_the_rounds(analysis: Analysis) -> Iterator[Weakness]:
    share = disturbed_share(analysis)
    if share is not None and share > MOST_DISTURBED:
        sentence = f"{100 * share:.0f} % of the rounds were disturbed. Repeat on a quieter machine."
        yield Weakness("disturbed rounds", sentence)


def _rows(found: Iterable[timing_table.Row]) -> str:
    """Return the first few of `found` rows as part of a sentence, and the number of the others."""
    names = [f"{row.implementation} ({row.workload})" for row in found]
    return listed(names, MOST_NAMES) if len(names) > MOST_NAMES else ", ".join(names)


def disturbed_share(analysis: Analysis) -> float | None:
    """Return the share of the rounds that were disturbed; None if it is not known."""
    found = analysis.disturbances
    rounds = sum(each.rounds for each in found)
    disturbed = [each.disturbed for each in found if each.disturbed is not None]
    return sum(disturbed) / rounds if rounds and len(disturbed) == len(found) else None


def _stolen_share(analysis: Analysis) -> float:
    """Return the share of the time of the launches in which other virtual machines used the CPU; 0 if not known.

    It is the mean over the CPUs of the run.
    """
    stolen = sum(launch.steal_seconds or 0.0 for launch in analysis.record.launches)
    seconds = analysis.threads * sum(launch.seconds for launch in analysis.record.launches)
    return stolen / seconds if seconds else 0.0
