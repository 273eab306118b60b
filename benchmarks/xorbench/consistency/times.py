"""Rules on times: all are physically possible, and parts fit into the whole."""

from collections import defaultdict
from collections.abc import Iterator

import numpy as np

from xorbench.consistency.rounds import FEWEST_DIFFERENT, timings
from xorbench.record.run import Record, WorkloadRecord
from xorbench.workloads.workload import multiply_adds

FASTEST = 1000
"""The most multiply-adds per nanosecond and CPU that are believed: more than twenty times what processors reach."""

SHORTEST_ROUND_NANOSECONDS = 50
"""The resolution of the clock, which no round can be shorter than."""

ROUNDING = 1.01
"""The factor by which a sum of parts may exceed the whole, because both were measured."""

LEAST_PEAK_BYTES = 2**20
"""The memory that every process of Python takes."""


def possible(record: Record) -> Iterator[str]:
    """Times are possible: longer than the clock's resolution, not all equal, not faster than any processor."""
    workloads = {workload.name: workload for workload in record.workloads}
    for where, timing in timings(record):
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
    for place, timing in timings(record):
        waited = sum(value or 0 for value in timing.waited_nanoseconds) / 1e9
        most = ROUNDING * record.launches[timing.launch].seconds * timing.ledger.process_threads
        if waited > most:
            yield f"{place}.waited_nanoseconds: {waited:.3f} s in all, expected at most {most:.3f} s"


def measures(record: Record) -> Iterator[str]:
    """Yield timings of measures that were not asked for, and latencies that are not of predictions or impossible."""
    for place, timing in timings(record):
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
        least = SHORTEST_ROUND_NANOSECONDS  # for one sample no network of the suite takes as long for its products
        longest = 1e9 * record.launches[timing.launch].seconds
        if not least <= latency.median_nanoseconds or latency.percentile_99_nanoseconds > longest:
            yield (
                f"{place}.latency: calls of {latency.median_nanoseconds} and {latency.percentile_99_nanoseconds} ns, "
                f"expected {least} to {longest:.3g} ns"
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


def _multiply_adds(workload: WorkloadRecord) -> int:
    return multiply_adds(workload.layer_sizes, workload.samples)


RULES = (possible, totals, waiting, measures, cold_starts, products)
