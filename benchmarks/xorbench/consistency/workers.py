"""Rules on what is observed of workers: what they used, where their rounds ended, and the rules of the clock."""

from collections.abc import Iterator

from xorbench.clock import ends, ledger
from xorbench.consistency.rounds import timings
from xorbench.record.run import Record
from xorbench.record.timing import End, Timing
from xorbench.workloads import Workload, named


def observed(record: Record) -> Iterator[str]:
    """A worker trained at least the epochs of its rounds, and the compared rounds are different ones of these."""
    for place, timing in timings(record):
        if timing.usage and timing.usage.epochs < sum(timing.epochs):
            least = sum(timing.epochs)
            yield f"{place}.usage.epochs: {timing.usage.epochs}, expected at least the {least} of its rounds"
        if timing.compared_rounds > len(timing.epochs):
            yield f"{place}.compared_rounds: {timing.compared_rounds}, expected at most {len(timing.epochs)}"
        if len(timing.ends) > timing.compared_rounds:
            yield f"{place}.ends: {len(timing.ends)} of them, but {timing.compared_rounds} rounds were compared"
        for number, end in enumerate(timing.ends):
            if end.round >= len(timing.epochs):
                yield f"{place}.ends[{number}].round: {end.round}, expected less than {len(timing.epochs)}"
            elif end.round in {earlier.round for earlier in timing.ends[:number]}:
                yield f"{place}.ends[{number}].round: {end.round} again, expected once"
            elif timing.measure == "epoch":
                yield from _start(f"{place}.ends[{number}].start", end, named(timing.workload))


def broken_rules(record: Record) -> Iterator[str]:
    """The rules of the clock that the observations of a worker break are among its violations."""
    execution = {i.name: i.execution for i in record.implementations}
    for place, timing in timings(record):
        workload = named(timing.workload)
        cpus = [record.settings.cpu] if record.settings.threads == 1 else timing.ledger.cpus
        if len(cpus) != record.settings.threads and not timing.violations:
            yield f"{place}.ledger.cpus: {cpus}, expected {record.settings.threads} of them"
        timed = sum(value or 0 for value in timing.cpu_nanoseconds) if timing.usage else 0
        declared = execution[timing.implementation] if timing.measure == "epoch" else ""
        found = ledger.violations(timing.ledger, timing.usage, timed, workload, declared, cpus)
        for end in timing.ends:
            if not end.off_course <= (most := _tolerance(workload, timing, end)):
                found.append(f"the end of round {end.round} is {end.off_course:.2g} off, expected at most {most:.2g}")
        if left := record.launches[timing.launch].left.get(timing.implementation):
            found.append(f"it left a process running after its launch: {left}")
        if found and not timing.violations:
            yield f"{place}.violations: it is empty, expected: {found[0]}"


def _start(place: str, end: End, workload: Workload) -> Iterator[str]:
    """Yield a line where the start of a compared round is not the one that its seed gives.

    Of many parameters only some are kept, without their numbers, and drawing them takes long.
    """
    size = sum(rows * columns for rows, columns in workload.shapes)
    if size > (least := ends.MOST_ENTRIES // 2):
        if len(end.start) < least:
            yield f"{place}: {len(end.start)} parameters, expected at least {least}"
    elif end.start != ends.drawn(workload, end.seed).tolist():
        yield f"{place}: {_first(end.start)}, expected {size} parameters, which the seed {end.seed} gives"


def _first(numbers: list[float]) -> str:
    return f"{numbers[:2]}" if len(numbers) < 3 else f"{numbers[:2]} and {len(numbers) - 2} more"


def _tolerance(workload: Workload, timing: Timing, end: End) -> float:
    if timing.measure != "epoch":
        return workload.tolerance_of_results
    return ends.allowed(end, timing.epochs[end.round], workload)


RULES = (observed, broken_rules)
