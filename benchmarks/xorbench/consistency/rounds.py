"""Rules on rounds and launches: their numbers, their order, physically possible times, and the rules of the clock."""

from collections import defaultdict
from collections.abc import Iterator

import numpy as np

from xorbench.clock import ends, ledger
from xorbench.contract import REFERENCE
from xorbench.measures import Measure
from xorbench.record.run import Record, WorkloadRecord
from xorbench.record.timing import End, Failure, Timing
from xorbench.workloads import Workload, named
from xorbench.workloads.workload import multiply_adds

FASTEST = 1000
"""The most multiply-adds per nanosecond and CPU that are believed: more than twenty times what processors reach."""

SHORTEST_ROUND_NANOSECONDS = 50
"""The resolution of the clock, which no round can be shorter than."""

ROUNDING = 1.01
"""The factor by which a sum of parts may exceed the whole, because both were measured."""

LEAST_PEAK_BYTES = 2**20
"""The memory that every process of Python takes."""

FEWEST_DIFFERENT = 10
"""The number of rounds from which on not all of them may have taken the same time."""


def lengths(record: Record) -> Iterator[str]:
    """A timing has as many rounds as its launch."""
    for place, timing in _timings(record):
        rounds = record.launches[timing.launch].rounds
        if len(timing.epochs) != rounds:
            yield f"{place}: {len(timing.epochs)} rounds, expected {rounds}, those of launch {timing.launch}"


def once(record: Record) -> Iterator[str]:
    """A row is timed once in a launch, and no two timings have the same rounds."""
    rows: dict[object, str] = {}
    rounds: dict[object, str] = {}
    for place, timing in _timings(record):
        for found, key, what in (
            (rows, (timing.launch, timing.workload, *_row(timing)), "the row"),
            (rounds, tuple(timing.round_nanoseconds), "the rounds"),
        ):
            if len(timing.epochs) < FEWEST_DIFFERENT and found is rounds:
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
    for (launch, workload), timings in together.items():
        order = np.sort([timing.positions for timing in timings], axis=0)
        rows = len(timings)
        wrong = (order[1:] == order[:-1]).any(axis=0) if launch in failed else (np.arange(rows) != order.T).any(axis=1)
        if wrong.any():
            expected = "different ones" if launch in failed else f"0 to {rows - 1}, each once"
            number = int(np.argmax(wrong))
            yield (
                f"$.timings: the positions in round {number} of launch {launch} on {workload} are "
                f"{order[:, number].tolist()}, expected {expected}"
            )


def clocks(record: Record) -> Iterator[str]:
    """All rounds were timed by one clock, and what that clock observes of each worker is there.

    The clock of schema 4 did not observe when results are ready, what a worker used, nor the ends of rounds.
    """
    older = {timing.ledger.late_nanoseconds is None for timing in record.timings}
    if len(older) > 1:
        yield "$.timings: some have a late_nanoseconds and some have none, expected all to be timed by one clock"
        return
    for place, timing in _timings(record):
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


def observed(record: Record) -> Iterator[str]:
    """A worker trained at least the epochs of its rounds, and the compared rounds are different ones of these."""
    for place, timing in _timings(record):
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


def epochs(record: Record) -> Iterator[str]:
    """Rounds of a row have the same two lengths in all launches, n and n / 2 in turn, and both copies have the same."""
    expected: dict[tuple[str, str, Measure], tuple[int, str]] = {}
    for place, timing in _timings(record):
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


def possible(record: Record) -> Iterator[str]:
    """Times are possible: longer than the clock's resolution, not all equal, not faster than any processor."""
    workloads = {workload.name: workload for workload in record.workloads}
    for where, timing in _timings(record):
        wall, epochs = np.array(timing.round_nanoseconds), np.array(timing.epochs)
        cpu = np.array(timing.cpu_nanoseconds, dtype=float)  # not a number where it is not known
        times = np.fmax(wall, cpu) if record.settings.threads == 1 else wall
        place = f"{where}.round_nanoseconds"
        if (shortest := wall.min()) < SHORTEST_ROUND_NANOSECONDS:
            yield f"{place}: a round of {shortest} ns, expected at least {SHORTEST_ROUND_NANOSECONDS}"
        if len(wall) >= FEWEST_DIFFERENT and len({*timing.round_nanoseconds}) == 1:
            yield f"{place}: all rounds took {wall[0]} ns, expected different times"
        least = _multiply_adds(workloads[timing.workload]) / (FASTEST * record.settings.threads)
        each = (times / epochs).min()
        if each < least and timing.measure in ("epoch", "gradient"):  # others compute a part of these products
            yield f"{place}: an epoch of {each:.3g} ns, expected at least {least:.3g} for its products"


def totals(record: Record) -> Iterator[str]:
    """Rounds fit into the turns of their launch, turns into the launch, and launches and stages into the run."""
    rounds: dict[int, float] = defaultdict(float)
    for timing in record.timings:
        rounds[timing.launch] += sum(timing.round_nanoseconds) / 1e9
    for number, launch in enumerate(record.launches):
        place = f"$.launches[{number}]"
        for what, part, whole, of in (
            ("rounds", rounds[number], launch.seconds_in_turns, "turns"),
            ("turns", launch.seconds_in_turns, launch.seconds, "launch"),
        ):
            if part > ROUNDING * whole:
                yield f"{place}: its {what} took {part:.3f} s, expected at most the {whole:.3f} s of its {of}"
        stolen, cpus = launch.steal_seconds or 0.0, record.settings.threads
        if not -0.02 <= stolen <= ROUNDING * launch.seconds * cpus + 0.02:  # two ticks of the system's counter
            yield f"{place}.steal_seconds: {stolen}, expected 0 to {launch.seconds * cpus:.3f}"
        if (launch.load_1_minute or 0) < 0 or (launch.megahertz is not None and launch.megahertz <= 0):
            yield f"{place}: a negative load or frequency"
    seconds = record.seconds
    cold = sum(one.import_seconds + one.first_call_seconds for one in record.cold_starts)
    stages = seconds.judge + seconds.calibration + seconds.launches + seconds.cold_starts
    for what, part, whole in (
        ("launches", sum(launch.seconds for launch in record.launches), seconds.launches),
        ("cold_starts", cold, seconds.cold_starts),
        ("total", stages, seconds.total),
    ):
        if part > ROUNDING * whole + 0.01:
            yield f"$.seconds.{what}: {whole:.3f} s, expected at least the {part:.3f} s of its parts"


def waiting(record: Record) -> Iterator[str]:
    """The threads of a process wait at most as long as the turns of its launch last."""
    for place, timing in _timings(record):
        waited = sum(value or 0 for value in timing.waited_nanoseconds) / 1e9
        most = ROUNDING * record.launches[timing.launch].seconds * timing.ledger.process_threads
        if waited > most:
            yield f"{place}.waited_nanoseconds: {waited:.3f} s in all, expected at most {most:.3f} s"


def broken_rules(record: Record) -> Iterator[str]:
    """The rules of the clock that the observations of a worker break are among its violations."""
    execution = {i.name: i.execution for i in record.implementations}
    for place, timing in _timings(record):
        workload = named(timing.workload)
        cpus = [record.settings.cpu] if record.settings.threads == 1 else timing.ledger.cpus
        if len(cpus) != record.settings.threads:
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


def _tolerance(workload: Workload, timing: Timing, end: End) -> float:
    if timing.measure != "epoch":
        return workload.tolerance_of_results
    return min(workload.tolerance, end.explained(timing.epochs[end.round], workload.dtype))


def measures(record: Record) -> Iterator[str]:
    """Yield timings of measures that were not asked for, and latencies that are not of predictions or impossible."""
    for place, timing in _timings(record):
        if timing.measure not in record.settings.measures:
            yield f"{place}.measure: {timing.measure}, expected one of {', '.join(record.settings.measures)}"
        if timing.copy and timing.measure != "epoch":
            yield f"{place}.measure: {timing.measure} of the second copy, expected epochs only"
        if (latency := timing.latency) is None:
            continue
        if timing.measure != "predict":
            yield f"{place}.latency: there is one, expected none where the measure is {timing.measure}"
        if latency.calls > sum(timing.epochs):
            yield f"{place}.latency.calls: {latency.calls}, expected at most the {sum(timing.epochs)} of all rounds"
        least = max(SHORTEST_ROUND_NANOSECONDS, _least_nanoseconds(named(timing.workload), record))
        longest = 1e9 * record.launches[timing.launch].seconds
        if not least <= latency.median_nanoseconds or latency.percentile_99_nanoseconds > longest:
            yield (
                f"{place}.latency: calls of {latency.median_nanoseconds} and {latency.percentile_99_nanoseconds} ns, "
                f"expected {least:.3g} to {longest:.3g} ns"
            )
        if latency.percentile_99_nanoseconds < latency.median_nanoseconds:
            yield f"{place}.latency: its 99th percentile is below its median"


def cold_starts(record: Record) -> Iterator[str]:
    """No implementation has more cold starts on a workload than were asked for."""
    counts: dict[tuple[str, str], int] = defaultdict(int)
    for one in record.cold_starts:
        counts[one.implementation, one.workload] += 1
    for (name, workload), count in counts.items():
        if count > record.settings.cold_starts:
            yield (
                f"$.cold_starts: {count} of {name} on {workload}, expected at most {record.settings.cold_starts}, the "
                "number in the settings"
            )
    for number, one in enumerate(record.cold_starts):
        for name in ("import_seconds", "first_call_seconds"):
            if getattr(one, name) * 1e9 < SHORTEST_ROUND_NANOSECONDS:
                yield f"$.cold_starts[{number}].{name}: {getattr(one, name)}, expected at least the clock's resolution"
        if one.peak_bytes is not None and one.peak_bytes < LEAST_PEAK_BYTES:
            yield f"$.cold_starts[{number}].peak_bytes: {one.peak_bytes}, expected at least {LEAST_PEAK_BYTES}"


def products(record: Record) -> Iterator[str]:
    """Products of matrices are those of one implementation, dtype and side once each, and no faster than possible."""
    seen = set()
    for number, one in enumerate(record.products):
        place, key = f"$.products[{number}]", (one.implementation, one.dtype, one.side)
        if key in seen:
            yield f"{place}: {one.implementation} in {one.dtype} with a side of {one.side} again, expected once"
        seen.add(key)
        least = one.side**3 / (FASTEST * record.settings.threads)
        if min(one.nanoseconds) < least:
            yield f"{place}.nanoseconds: {min(one.nanoseconds)} ns, expected at least {least:.3g} ns"


Row = tuple[str, bool, Measure]
"""The name of an implementation, whether it is the second copy, and what is measured."""


def _row(part: Timing | Failure) -> Row:
    return part.implementation, part.copy, part.measure


def _name(row: Row) -> str:
    """Return a row in words."""
    name, copy, measure = row
    parts = [name, *(["second copy"] if copy else []), *([measure] if measure != "epoch" else [])]
    return ", ".join(parts)


def _timings(record: Record) -> Iterator[tuple[str, Timing]]:
    for number, timing in enumerate(record.timings):
        yield f"$.timings[{number}]", timing


def _least_nanoseconds(workload: Workload, record: Record) -> float:
    """Return the least time of a forward pass of a workload, which is at least a third of the products of an epoch."""
    return workload.multiply_adds / 3 / (FASTEST * record.settings.threads)


def _multiply_adds(workload: WorkloadRecord) -> int:
    return multiply_adds(workload.layer_sizes, workload.samples)


RULES = (
    launches,
    lengths,
    clocks,
    once,
    complete,
    positions,
    epochs,
    observed,
    possible,
    totals,
    waiting,
    measures,
    broken_rules,
    cold_starts,
    products,
)
