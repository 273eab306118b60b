"""Synthetic records with known properties, for tests."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np

from xorbench.clock.counting import LONG, SHORT
from xorbench.clock.ends import drawn
from xorbench.contract import REFERENCE
from xorbench.environment import machine_name
from xorbench.estimates.analysis import Analysis
from xorbench.record.counts import Counts, InstructionCount
from xorbench.record.report import Conduct, Judgement, Reading, Report
from xorbench.record.run import (
    SCHEMA_VERSION,
    Blas,
    Environment,
    ImplementationRecord,
    Machine,
    Record,
    Seconds,
    WorkloadRecord,
)
from xorbench.record.settings import Plan, Settings
from xorbench.record.timing import ColdStart, End, LaunchRecord, Ledger, Timing, Usage
from xorbench.workloads import WORKLOADS, Workload, named

NO_SHA256 = "0" * 64

LEDGER = Ledger(
    parameters_sha256=WORKLOADS["hidden"].timed_parameters_sha256,
    gradient_dtype="float64",
    result_dtype="float64",
    entered_later=100,
    late_nanoseconds=10,
    same_arrays=False,
    collecting=False,
    process_threads=1,
    pools=[],
    cpus=[0],
    variables={},
)

HIDDEN = WorkloadRecord.of(WORKLOADS["hidden"])

MACHINE = Machine("some-cpu-2-cores-linux-x86-64", "Some CPU", 2, "Linux", "x86_64", 1.0)


PASSED = Reading(median=0.1, largest=0.5, where="random point 0", index=[0, 0], value=1.0, truth=1.0)


def judged(name: str, workload: Workload = WORKLOADS["hidden"]) -> list[Judgement]:
    """Return the verdicts with which an implementation passed in every tensor of its gradient."""
    return [
        Judgement(name, workload.name, workload.dtype, parameter, 1, "inside", None, PASSED, PASSED, PASSED)
        for parameter in workload.parameter_names
    ]


def report(names: Iterable[str], workloads: Sequence[Workload] = (WORKLOADS["hidden"],)) -> Report:
    """Return a report of the judge with which each implementation passed on each workload."""
    both = [(name, workload) for name in names for workload in workloads]
    return Report(
        seed=0,
        points=1,
        rows=[row for name, workload in both for row in judged(name, workload)],
        pairs=[],
        endings=[],
        conduct=[Conduct(name, w.name, w.dtype, True, True, True, True, "inside") for name, w in both],
    )


def report_of(**parts: Any) -> Report:
    """Return a report of the judge with these parts, and empty lists for all others."""
    empty: dict[str, Any] = {"seed": 4, "points": 5, "rows": [], "pairs": [], "endings": [], "conduct": []}
    return Report(**empty | parts)


def implementation(name: str, **about: Any) -> ImplementationRecord:
    """Return a record's entry of an implementation, idiomatic and eager unless `about` says otherwise."""
    plain: dict[str, Any] = {
        "framework": name,
        "version": "1",
        "tier": "idiomatic",
        "execution": "eager",
        "granularity": "one call per epoch",
        "source_sha256": NO_SHA256,
        "missing": None,
        "broken": None,
        "installed_bytes": 10 * 2**20,
    }
    return ImplementationRecord(name=name, **plain | about)


@cache
def ended(workload: str, seed: int = 1) -> End:
    """Return the end of the first round of a row, which is where the reference ends."""
    start = drawn(named(workload), seed)
    there = (start + 1).tolist()
    return End(round=0, seed=seed, start=start.tolist(), end=there, expected=there)


def timing(
    launch: int, name: str, nanoseconds: Sequence[int], epochs: Sequence[int], copy: bool = False, **about: Any
) -> Timing:
    """Return the timing of a row in one launch, with equal wall and CPU times and no waiting."""
    rounds = len(nanoseconds)
    plain: dict[str, Any] = {
        "workload": "hidden",
        "cpu_nanoseconds": [*nanoseconds],
        "waited_nanoseconds": [0] * rounds,
        "positions": [0] * rounds,
        "involuntary_switches": [0] * rounds,
        "ledger": replace(LEDGER, parameters_sha256=named(about.get("workload", "hidden")).timed_parameters_sha256),
        "usage": Usage(max(100 * rounds, sum(epochs)), 2 * sum(nanoseconds), 0, 0, 0),
        "ends": [ended(about.get("workload", "hidden"))],
        "compared_rounds": 1,
    }
    return Timing(
        launch=launch,
        implementation=name,
        copy=copy,
        epochs=[*epochs],
        round_nanoseconds=[*nanoseconds],
        **plain | about,
    )


def planted(
    log_ratios: Mapping[str, list[float]],
    control: list[float] | None = None,
    launches: int = 6,
    rounds: int = 22,
    drifting: float = 0.05,
    **changes: Any,
) -> Analysis:
    """Return the analysis of a record whose true ratios to the baseline are exp(log_ratios[name][launch]).

    The record has one workload; long and short rounds alternate. The baseline drifts from each two rounds to the next,
    as on real machines; paired statistics must not depend on it. `changes` are other values of the record's fields.
    """
    random = np.random.RandomState(0)
    rows: list[tuple[str, bool, list[float]]] = [(REFERENCE, False, [0.0] * launches)]
    rows += [(name, False, values) for name, values in log_ratios.items()]
    rows += [(REFERENCE, True, control if control is not None else [0.0] * launches)]
    timings: list[Timing] = []
    for launch in range(launches):
        of_pairs = random.normal(0, drifting, -(-rounds // 2))  # a long round and the short one after it
        drift = 3e6 * np.exp(np.repeat(of_pairs, 2)[:rounds])
        for number, (name, copy, values) in enumerate(rows):
            long = 100 * (1 if copy else number + 1)  # lengths differ, because the time per epoch is compared
            epochs = [long if turn % 2 == 0 else long // 2 for turn in range(rounds)]
            taken = [round(value) for value in drift * np.exp(values[launch]) * epochs / 100]
            taken[-1] += len(timings)  # so that no two timings have equal rounds; medians stay what they are
            positions = [(number + turn // 2) % len(rows) for turn in range(rounds)]
            timings.append(timing(launch, name, taken, epochs, copy, positions=positions))
    names = (REFERENCE, *log_ratios)
    record = Record(
        schema=SCHEMA_VERSION,
        created="2026-01-02T03:04:05Z",
        command="xorbench run",
        commit=None,
        machine=MACHINE,
        environment=Environment({"python": "3.11.7"}, Blas("openblas", "1"), {}),
        implementations=[
            implementation(name, installed_bytes=2**20 * (10 + number)) for number, name in enumerate(names)
        ],
        partial=False,
        settings=Settings(points=1, cpu=0, seed=0, launches=launches, rounds=rounds, cold_starts=3),
        plan=Plan(rounds=rounds, launches=launches),
        seconds=Seconds(),
        workloads=[HIDDEN],
        gradients=report(names),
        launches=[
            LaunchRecord(
                number=number,
                rounds=rounds,
                overlapped=number > 0,
                seconds=1.0,
                seconds_starting=1.0,
                seconds_in_turns=0.8,
                load_1_minute=0.5,
                steal_seconds=0.0,
                megahertz=None,
            )
            for number in range(launches)
        ],
        timings=timings,
        cold_starts=[
            ColdStart("hidden", name, 0.1 * place * stretch, 0.01 * place * stretch, 2**20 * 10 * place)
            for place, name in enumerate(names, start=1)
            for stretch in (0.99, 1.0, 1.01)
        ],
        failures=[],
        unfit=None,
    )
    return Analysis(replace(with_durations(record), **changes))


def with_durations(record: Record) -> Record:
    """Return the record with launches and stages that are long enough for their rounds and cold starts."""
    rounds = dict.fromkeys((launch.number for launch in record.launches), 0.0)
    for timing in record.timings:
        rounds[timing.launch] += sum(timing.round_nanoseconds) / 1e9
    seconds = max([1.0, *(total / 0.7 for total in rounds.values())])
    launches = [replace(launch, seconds=seconds, seconds_in_turns=0.8 * seconds) for launch in record.launches]
    starting = sum(start.import_seconds + start.first_call_seconds for start in record.cold_starts)
    whole = len(launches) * seconds
    durations = Seconds(judge=1.0, launches=whole, cold_starts=starting, total=whole + starting + 1.0)
    return replace(record, launches=launches, seconds=durations)


def changed(analysis: Analysis, **changes: Any) -> Analysis:
    """Return the analysis of a record with other values of its fields."""
    return Analysis(replace(analysis.record, **changes))


def with_timings(analysis: Analysis, change: Callable[[Timing], Timing | None]) -> Analysis:
    """Return the analysis with each timing replaced by `change(timing)`, or removed if that is None."""
    found = [change(timing) for timing in analysis.record.timings]
    return changed(analysis, timings=[timing for timing in found if timing is not None])


def loud(analysis: Analysis) -> Analysis:
    """Return the analysis in which the second copy of the baseline is a fifth slower, so that the run is unfit.

    The record does not say so.
    """

    def slower(timing: Timing) -> Timing:
        if not timing.copy:
            return timing
        taken = [round(1.2 * nanoseconds) for nanoseconds in timing.round_nanoseconds]
        return replace(timing, round_nanoseconds=taken, cpu_nanoseconds=[*taken])

    return with_timings(analysis, slower)


def cheated(analysis: Analysis, name: str = "other", launches: Collection[int] | None = None) -> Analysis:
    """Return the analysis in which `name`, of the baseline its first copy, broke a rule in every launch or in these."""

    def cheating(timing: Timing) -> Timing:
        is_one = timing.implementation == name and not timing.copy
        is_broken = is_one and (launches is None or timing.launch in launches)
        return replace(timing, violations=["it cheated"]) if is_broken else timing

    return with_timings(analysis, cheating)


def with_implementation(analysis: Analysis, name: str, **about: Any) -> Analysis:
    """Return the analysis with other values in the entry of the implementation `name`."""
    implementations = [replace(i, **about) if i.name == name else i for i in analysis.record.implementations]
    return changed(analysis, implementations=implementations)


def with_settings(analysis: Analysis, **settings: Any) -> Analysis:
    """Return the analysis of a run with other settings; a quick one has the command of a quick one."""
    other = replace(analysis.record.settings, **settings)
    command = analysis.record.command.removesuffix(" --quick") + " --quick" * other.quick
    return changed(analysis, settings=other, command=command)


def with_plan(analysis: Analysis, **plan: Any) -> Analysis:
    """Return the analysis of a run with another plan."""
    return changed(analysis, plan=replace(analysis.record.plan, **plan))


def with_machine(analysis: Analysis, **machine: Any) -> Analysis:
    """Return the analysis with other values in the entry of the machine, whose name is made of them."""
    other = replace(analysis.record.machine, **machine)
    name = machine_name(other.cpu, other.cores, other.system, other.architecture)
    return changed(analysis, machine=replace(other, name=name))


def retimed(analysis: Analysis, change: Callable[[Timing, int, float], float]) -> Analysis:
    """Return the analysis with other times: `change(timing, round, nanoseconds)` is the wall and CPU time.

    The launches become as long as their rounds need.
    """

    def other(timing: Timing) -> Timing:
        taken = [round(change(timing, number, each)) for number, each in enumerate(timing.round_nanoseconds)]
        usage = replace(timing.usage, cpu_nanoseconds=2 * sum(taken)) if timing.usage else None
        return replace(timing, round_nanoseconds=taken, cpu_nanoseconds=[*taken], usage=usage)

    return Analysis(with_durations(with_timings(analysis, other).record))


START = 1_000
"""The instructions of a training before its first epoch, in planted counts."""


def counted(numbers: Mapping[str, int | str], features: Sequence[str] = ("SSE2", "AVX2"), **about: Any) -> Analysis:
    """Return the analysis of a record of counts on one workload.

    Each implementation has so many instructions an epoch, or a reason why it has none.
    """
    record = planted({name: [0.0] for name in numbers if name != REFERENCE}, launches=1).record
    rows = [
        InstructionCount(name, "hidden", None, None, number)
        if isinstance(number, str)
        else InstructionCount(name, "hidden", START + SHORT * number, START + LONG * number)
        for name, number in numbers.items()
    ]
    plain: dict[str, Any] = {
        "kind": "count",
        "command": "xorbench count",
        "launches": [],
        "timings": [],
        "cold_starts": [],
        "settings": Settings(points=1, cpu=0, seed=0),
        "plan": Plan(rounds=1, launches=0),
        "counts": Counts("3.19.0", [*features], SHORT, LONG, rows),
    }
    return Analysis(replace(record, **plain | about))


SECOND_COPY = f"{REFERENCE}, second copy"


def slowed(
    analysis: Analysis, when: Callable[[int, int], bool], factor: float, but: Mapping[str, float] | None = None
) -> Analysis:
    """Return the analysis of a machine that is slow whenever `when(launch, pair of rounds)` is true.

    In slow rounds every row takes `factor` times as long, except the rows for which `but` has another factor.
    """

    def change(timing: Timing, number: int, nanoseconds: float) -> float:
        row = SECOND_COPY if timing.copy else timing.implementation
        slow = when(timing.launch, number // 2)
        return nanoseconds * ((but or {}).get(row, factor) if slow else 1.0)

    return retimed(analysis, change)
