"""Rules on the numbers and the order of launches, rounds and rows."""

from collections import defaultdict
from collections.abc import Iterator

import numpy as np

from xorbench.contract import REFERENCE
from xorbench.measures import Measure
from xorbench.record.run import Record
from xorbench.record.timing import Failure, Timing
from xorbench.workloads import named

FEWEST_DIFFERENT = 10
"""The number of rounds from which on not all of them may have taken the same time.

It is also the number of different times from which on two timings may not have the same.
"""

Row = tuple[str, bool, Measure]
"""The name of an implementation, whether it is the second copy, and what is measured."""


def timings(record: Record) -> Iterator[tuple[str, Timing]]:
    """Yield each timing with its place in the record."""
    for number, timing in enumerate(record.timings):
        yield f"$.timings[{number}]", timing


def launches(record: Record) -> Iterator[str]:
    """There are as many launches and rounds as the settings or the plan say."""
    settings, plan = record.settings, record.plan
    there = bool(record.launches) and not record.partial
    if there and settings.launches is not None and settings.launches != len(record.launches):
        yield f"$.settings.launches: {settings.launches}, expected {len(record.launches)}, the number of launches"
    if plan.pilot_launches > max(plan.launches, len(record.launches)):
        yield f"$.plan.pilot_launches: {plan.pilot_launches}, expected at most {plan.launches}, the number of launches"
    if record.launches and settings.rounds is not None and settings.rounds != plan.rounds:
        yield f"$.plan.rounds: {plan.rounds}, expected {settings.rounds} of the settings"
    for launch in record.launches[plan.pilot_launches :]:
        if launch.rounds != plan.rounds:
            yield f"$.launches[{launch.number}].rounds: {launch.rounds}, expected {plan.rounds} of the plan"


def lengths(record: Record) -> Iterator[str]:
    """A timing has as many rounds as its launch."""
    for place, timing in timings(record):
        rounds = record.launches[timing.launch].rounds
        if len(timing.epochs) != rounds:
            yield f"{place}: {len(timing.epochs)} rounds, expected {rounds}, those of launch {timing.launch}"


def clocks(record: Record) -> Iterator[str]:
    """All rounds were timed by one clock, and what that clock observes of each worker is there.

    The clock of schema 4 did not observe when results are ready, what a worker used, nor the ends of rounds.
    """
    older = {timing.ledger.late_nanoseconds is None for timing in record.timings}
    if len(older) > 1:
        yield "$.timings: some have a late_nanoseconds and some have none, expected all to be timed by one clock"
        return
    for place, timing in timings(record):
        observed = {
            "usage": timing.usage is not None,
            "compared_rounds": timing.compared_rounds > 0,
            "ends": bool(timing.ends),
            "cpu_nanoseconds": older == {False} or {*timing.cpu_nanoseconds} != {None},
        }
        wrong = [name for name, there in observed.items() if there == (older == {True})]
        if wrong and older == {True}:
            yield f"{place}.{wrong[0]}: there is one, expected none beside a late_nanoseconds that is null"
        elif wrong:
            yield f"{place}.{wrong[0]}: none, expected what was observed of the worker"


def once(record: Record) -> Iterator[str]:
    """A row is timed once in a launch, and no two timings have the same rounds.

    By a coarse clock few short rounds may take the same times, but then they have few different ones.
    """
    rows: dict[object, str] = {}
    rounds: dict[object, str] = {}
    for place, timing in timings(record):
        for found, key, what in (
            (rows, (timing.launch, timing.workload, *_row(timing)), "the row"),
            (rounds, tuple(timing.round_nanoseconds), "the rounds"),
        ):
            if found is rounds and len({*timing.round_nanoseconds}) < FEWEST_DIFFERENT:
                continue
            if key in found:
                yield f"{place}: {what} of {found[key]} again, expected once"
            found[key] = place


def complete(record: Record) -> Iterator[str]:
    """Yield the rows that were timed in some launches only without a failure, and workloads without both baselines.

    The last launch of an interrupted sweep may have some of the workloads only.
    """
    launches: dict[tuple[str, Row], set[int]] = defaultdict(set)
    for timing in record.timings:
        launches[timing.workload, _row(timing)].add(timing.launch)
    failed = {(_row(failure), failure.launch) for failure in record.failures}
    began = {(timing.workload, timing.launch) for timing in record.timings}
    last = len(record.launches) - 1 if record.partial and record.is_sweep else None
    for (workload, row), there in launches.items():
        for launch in record.launches:
            if launch.number == last and (workload, last) not in began:
                continue
            if launch.number not in there and (row, launch.number) not in failed:
                of = f"{_name(row)} on {workload}"
                yield f"$.timings: {of} has none in launch {launch.number}, and no failure says why"
    for workload in dict.fromkeys(workload for workload, _ in launches):
        for copy in (False, True):
            baseline: Row = (REFERENCE, copy, "epoch")
            lost = any((baseline, launch.number) in failed for launch in record.launches)
            if (workload, baseline) not in launches and not lost:
                yield f"$.timings: {workload} was timed without the {'second' if copy else 'first'} copy of {REFERENCE}"


def positions(record: Record) -> Iterator[str]:
    """The positions in a round are different, and without a failure they are 0 to k - 1."""
    failed = {failure.launch for failure in record.failures}
    together: dict[tuple[int, str], list[Timing]] = defaultdict(list)
    for timing in record.timings:
        together[timing.launch, timing.workload].append(timing)
    for (launch, workload), of_launch in together.items():
        order = np.sort([timing.positions for timing in of_launch], axis=0)
        rows = len(of_launch)
        wrong = (order[1:] == order[:-1]).any(axis=0) if launch in failed else (np.arange(rows) != order.T).any(axis=1)
        if wrong.any():
            expected = "different ones" if launch in failed else f"0 to {rows - 1}, each once"
            number = int(np.argmax(wrong))
            yield (
                f"$.timings: the positions in round {number} of launch {launch} on {workload} are "
                f"{order[:, number].tolist()}, expected {expected}"
            )


def epochs(record: Record) -> Iterator[str]:
    """Rounds of a row have the same two lengths in all launches, n and n / 2 in turn, and both copies have the same."""
    expected: dict[tuple[str, str, Measure], tuple[int, str]] = {}
    for place, timing in timings(record):
        long = timing.epochs[0]
        short = long if timing.ledger.late_nanoseconds is None else long // 2  # schema 4 had rounds of one length
        if set(timing.epochs[::2]) != {long} or set(timing.epochs[1::2]) - {short}:
            yield f"{place}.epochs: not {long} and {short} epochs in turn"
        most = named(timing.workload).most_epochs
        if timing.ledger.late_nanoseconds is not None and (long > most or long % 2):
            yield f"{place}.epochs: {long}, expected an even number of at most {most}"
        of, where = expected.setdefault((timing.workload, timing.implementation, timing.measure), (long, place))
        if of != long:
            yield f"{place}.epochs: {long}, expected {of} as in {where}"


def _row(part: Timing | Failure) -> Row:
    return part.implementation, part.copy, part.measure


def _name(row: Row) -> str:
    """Return a row in words."""
    name, copy, measure = row
    parts = [name, *(["second copy"] if copy else []), *([measure] if measure != "epoch" else [])]
    return ", ".join(parts)


RULES = (launches, lengths, clocks, once, complete, positions, epochs)
