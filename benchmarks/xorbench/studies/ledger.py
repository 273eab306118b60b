"""Refusals of honest implementations on a busy machine: what the ledger finds in many launches of `hidden`.

`python -m xorbench.studies.ledger` performs 200 launches of three frameworks, and 20 of every implementation that is
installed, while four processes keep each CPU busy. All of them are honest, so that each refusal is a mistake of a rule.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Annotated

from xorbench import affinity
from xorbench.cli import choices
from xorbench.cli.options import Output, Seed, count
from xorbench.contract import REFERENCE, Implementation, discover
from xorbench.record.run import Record
from xorbench.record.studies import Data
from xorbench.record.timing import Timing
from xorbench.studies import asking
from xorbench.studies.neighbours import busy
from xorbench.studies.runs import WORKLOAD, Rounds, judged, performed, usable
from xorbench.tables.studies.repeated import SECOND_COPY

FRAMEWORKS = (REFERENCE, "jax_grad", "torch_autograd")
"""The implementations of most launches."""

LAUNCHES, LAUNCHES_OF_ALL, ROUNDS, BUSY_PER_CPU = 200, 20, 60, 4

LAUNCHES_OF_A_RUN = 10
"""The most launches of a run; an interrupted study keeps the runs that are finished."""


def study(
    launches: int = LAUNCHES,
    launches_of_all: int = LAUNCHES_OF_ALL,
    rounds: int = ROUNDS,
    busy_per_cpu: int = BUSY_PER_CPU,
    names: Sequence[str] = FRAMEWORKS,
    seed: int = 0,
    earlier: Data | None = None,
) -> Iterator[Data]:
    """Run `launches` launches of `names` and `launches_of_all` of all implementations; yield the data after each run.

    The gradients are judged once, before the CPUs are kept busy; what does not pass is not timed. What is in the data
    of an `earlier` study is not repeated.
    """
    implementations, missing = usable(chosen(names, launches_of_all))
    report = judged(implementations, seed)
    passed = []
    for one in implementations:
        if refused := report.refusal(one.name, WORKLOAD):
            missing[one.name] = f"{refused[0]}: {refused[1]}" if refused[1] else refused[0]
        else:
            passed.append(one)
    some = [one for one in passed if one.name in names]
    about = (earlier or {}) | {
        "workload": WORKLOAD,
        "missing": missing,
        "launches": {"some": launches, "all": launches_of_all},
        "rounds": rounds,
        "busy_per_cpu": busy_per_cpu,
        "cpus": len(affinity.allowed_cpus()),
        "seed": seed,
    }
    planned = [*((some, n) for n in divided(launches)), *((passed, n) for n in divided(launches_of_all))]
    found: list[Data] = [*about.get("runs", ())]
    with busy(busy_per_cpu):
        for place, (several, number) in asking.announced(planned, _about, len(found)):
            found.append(of_run(performed(several, report, seed + place, number, rounds).record))
            yield {**about, "runs": [*found]}


def chosen(names: Sequence[str], launches_of_all: int) -> list[str]:
    """Return the names of all implementations, or `names` where no launches of all are asked for."""
    return [i.name for i in discover()] if launches_of_all else [*names]


def _about(run: tuple[Sequence[Implementation], int]) -> str:
    return f"{run[1]} launches of {len(run[0])} implementations"


def divided(launches: int) -> list[int]:
    """Return the numbers of launches of runs that have so many `launches` together."""
    return [min(LAUNCHES_OF_A_RUN, launches - first) for first in range(0, launches, LAUNCHES_OF_A_RUN)]


def of_run(record: Record) -> Data:
    """Return the data of a run: the launches in which each row was timed, and its refusals and failures."""
    loads = [launch.load_1_minute for launch in record.launches if launch.load_1_minute is not None]
    return {
        "timed": dict(Counter(map(_row, record.timings))),
        "refused": [
            {"row": _row(timing), "launch": timing.launch, "violations": [*timing.violations]}
            for timing in record.timings
            if timing.violations
        ],
        "failed": [asdict(failure) for failure in record.failures],
        "load_1_minute": max(loads, default=None),
        "seconds": record.seconds.total,
    }


def _row(timing: Timing) -> str:
    return SECOND_COPY if timing.copy else timing.implementation


def main(
    launches: Annotated[int, count("Launches of three frameworks.", least=0)] = LAUNCHES,
    launches_of_all: Annotated[int, count("Launches of every implementation.", least=0)] = LAUNCHES_OF_ALL,
    rounds: Rounds = ROUNDS,
    busy_per_cpu: Annotated[int, count("Busy processes on every CPU.", least=0)] = BUSY_PER_CPU,
    seed: Seed = 0,
    after: asking.After = None,
    output: Output = None,
) -> None:
    """Count how often the ledger refuses an honest implementation while other processes keep the CPUs busy."""
    folder = choices.folder(output)
    begun = asking.begun("ledger", [i.framework for i in usable(chosen(FRAMEWORKS, launches_of_all))[0]])
    decisive = {
        "launches": {"some": launches, "all": launches_of_all},
        "rounds": rounds,
        "busy_per_cpu": busy_per_cpu,
        "cpus": len(affinity.allowed_cpus()),
        "seed": seed,
    }
    begun, earlier = asking.continued(begun, after, decisive)
    runs = study(launches, launches_of_all, rounds, busy_per_cpu, seed=seed, earlier=earlier)
    asking.keep_last(begun, runs, folder)


if __name__ == "__main__":
    asking.run("ledger", main)
