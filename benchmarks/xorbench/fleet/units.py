"""The units of a plan, of which its parts consist: workloads of a run, curves of a sweep, or ranges of points."""

import itertools
import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from xorbench.fleet.plan import FleetPlan, Kind
from xorbench.measures import MEASURES
from xorbench.record.parts import LARGEST_SEED
from xorbench.record.settings import Settings
from xorbench.suite import defaults
from xorbench.suite.sweep import RANDOM_POINTS
from xorbench.workloads import is_named, sizes

Threads = Literal["1", "all"]

OPTIONS: dict[Kind, tuple[str, ...]] = {
    "run": ("implementation", "workload", "quick", "launches", "rounds", "cold-starts", "measure", "seed"),
    "sweep": (
        *("implementation", "widths", "batches", "at-width", "at-batch", "grid", "threads"),
        *("launches", "rounds", "seed"),
    ),
    "gradients": ("implementation", "workload", "points", "seed"),
}
"""The options of each command that are in the arguments of a plan."""


FLAGS = ("quick", "grid")
"""The options that have no value."""


@dataclass(frozen=True)
class Share:
    """The share of a part that is one record: workloads by name, in their order, and the threads of each library."""

    workloads: tuple[str, ...]
    threads: Threads = "1"


def check(plan: FleetPlan) -> None:
    """Raise ValueError, with one line, if the parts of a plan are not what its arguments ask for, each unit once."""
    for argument in plan.arguments:
        option, equals, _ = argument.removeprefix("--").partition("=")
        if option not in OPTIONS[plan.kind] or bool(equals) == (option in FLAGS):
            raise ValueError(
                f"$.arguments: {argument!r} is not planned, expected one of {', '.join(OPTIONS[plan.kind])}"
            )
    if len({*plan.arguments}) < len(plan.arguments):
        twice, times = Counter(plan.arguments).most_common(1)[0]
        raise ValueError(f"$.arguments: {twice!r} is there {times} times, expected once")
    if sorted(plan.values("implementation")) != sorted(plan.implementations):
        raise ValueError("$.implementations: expected those of --implementation in $.arguments, each once")
    planned = [unit for part in plan.parts for unit in part.units]
    expected = [*ranges(plan, len(plan.parts))] if plan.kind == "gradients" else [*wholes(plan)]
    if sorted(planned) != sorted(expected):
        odd = sorted({*planned} ^ {*expected}) or sorted(planned)
        raise ValueError(f"$.parts: the units are not those of $.arguments, each once; for instance {odd[0]!r}")
    if not workloads(plan):
        raise ValueError("$.arguments: --workload is not there, expected at least one")
    for name in workloads(plan):
        if not is_named(name):
            raise ValueError(f"$.arguments: no workload is named {name!r}")
    if plan.kind != "gradients":
        settings(plan, "1", cpu=0, threads_here=1)
    if (seed := plan.number("seed", least=0)) > LARGEST_SEED:
        raise ValueError(f"$.arguments: --seed={seed}, expected at most {LARGEST_SEED}")


def wholes(plan: FleetPlan) -> dict[str, Share]:
    """Return the workloads of a run, or the curves of a sweep, by the name of the unit; {} where points are judged."""
    match plan.kind:
        case "run":
            return {name: Share((name,)) for name in plan.values("workload")}
        case "sweep":
            return _curves(plan)
        case "gradients":
            return {}


def _curves(plan: FleetPlan) -> dict[str, Share]:
    """Return the curves of a sweep: all its widths at one batch, and all its batches at one width."""
    widths, batches = _numbers(plan, "widths", WIDTHS_ALLOWED), _numbers(plan, "batches", sizes.BATCHES)
    width, batch = plan.number("at-width"), plan.number("at-batch")
    asked = plan.value("threads")
    if asked not in ("1", "all", "both"):
        raise ValueError(f"$.arguments: --threads={asked}, expected 1, all or both")
    found: dict[str, Share] = {}
    every: tuple[Threads, ...] = ("1", "all")
    for threads in every if asked == "both" else [each for each in every if each == asked]:
        words = "1 thread" if threads == "1" else "all threads"
        if "--grid" in plan.arguments:
            for one in batches:
                found[f"widths at batch {one}, {words}"] = Share(_points(widths, [one]), threads)
        else:
            found[f"widths at batch {batch}, {words}"] = Share(_points(widths, [batch]), threads)
            found[f"batches at width {width}, {words}"] = Share(_points([width], batches), threads)
    return found


def _points(widths: Sequence[int], batches: Sequence[int]) -> tuple[str, ...]:
    return tuple(f"width-{width}-batch-{batch}" for width in widths for batch in batches)


WIDTHS_ALLOWED = range(sizes.SMALLEST, sizes.LARGEST + 1)


def _numbers(plan: FleetPlan, option: str, allowed: Collection[int]) -> list[int]:
    text = plan.value(option)
    found = [int(each) for each in text.split(",")] if re.fullmatch(r"\d{1,4}(,\d{1,4})*", text, re.ASCII) else []
    if not found or len({*found}) < len(found) or not {*found} <= {*allowed}:
        raise ValueError(f"$.arguments: --{option}={text[:100]}, expected sizes of a sweep, each once, and commas")
    return found


def ranges(plan: FleetPlan, number: int) -> list[str]:
    """Return `number` ranges, or fewer, of all points of a plan, as equal as they can be: "0 to 99"."""
    points = plan.number("points")
    number = min(number, points)
    ends = [points * place // number for place in range(number + 1)]
    return [f"{first} to {last - 1}" for first, last in itertools.pairwise(ends)]


def points_of(plan: FleetPlan, number: int) -> tuple[int, int]:
    """Return the number of the first point of a part, and how many points it has."""
    (unit,) = plan.parts[number - 1].units
    first, last = ends_of(unit)
    return first, last + 1 - first


def ends_of(unit: str) -> tuple[int, int]:
    """Return the numbers of the first and of the last point of a range."""
    first, _, last = unit.partition(" to ")
    return int(first), int(last)


def workloads(plan: FleetPlan) -> list[str]:
    """Return the names of all workloads of a plan, in the order in which one command would measure them."""
    if plan.kind == "gradients":
        return plan.values("workload")
    return _once(share.workloads for share in wholes(plan).values())


def shares(plan: FleetPlan, number: int) -> list[Share]:
    """Return what the records of a part hold: one for a run, and one for each number of threads of a sweep."""
    return together(plan, plan.parts[number - 1].units)


def together(plan: FleetPlan, units: Sequence[str]) -> list[Share]:
    """Return what the records of a part of these units hold: one for a run, one for each `threads` of a sweep."""
    chosen = [share for unit, share in wholes(plan).items() if unit in units]
    threads = dict.fromkeys(share.threads for share in chosen)
    return [Share(tuple(_once(one.workloads for one in chosen if one.threads == each)), each) for each in threads]


def _once(parts: Iterable[Sequence[str]]) -> list[str]:
    return list(dict.fromkeys(name for part in parts for name in part))


def settings(plan: FleetPlan, threads: Threads, cpu: int, threads_here: int) -> Settings:
    """Return the settings with which a part is measured on a CPU, where a host has `threads_here` CPUs in all.

    Raises ValueError, with one line, where the arguments of the plan do not give them.
    """
    launches, rounds, seed = plan.number("launches"), plan.number("rounds"), plan.number("seed", least=0)
    if plan.kind == "sweep":
        number = 1 if threads == "1" else threads_here
        return defaults.of_a_sweep(cpu, seed, RANDOM_POINTS, number, launches, rounds)
    asked = plan.value("measure").split(",")
    measures = [measure for measure in MEASURES if measure in asked]
    if "epoch" not in measures or len(measures) != len(asked):
        raise ValueError(f"$.arguments: --measure={','.join(asked)[:100]}, expected epoch, and others of {MEASURES}")
    cold = plan.number("cold-starts", least=0)
    quick = "--quick" in plan.arguments
    return defaults.of_a_run(cpu, seed, quick, launches, rounds, cold_starts=cold, measures=measures)
