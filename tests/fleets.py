"""Synthetic plans, and records of their parts."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.planted import NO_SHA256, planted, report, timing, with_durations
from xorbench.contract import REFERENCE, discover
from xorbench.environment import host
from xorbench.fleet import merge, units
from xorbench.fleet import plan as plans
from xorbench.fleet.plan import FleetPlan, PlannedPart
from xorbench.record import store
from xorbench.record.run import Record, WorkloadRecord
from xorbench.record.settings import Plan
from xorbench.record.timing import Products, Timing
from xorbench.workloads import named

NAMES = (REFERENCE, "other")

LAUNCHES, ROUNDS = 4, 12

COMMON = [*(f"--implementation={name}" for name in NAMES), f"--launches={LAUNCHES}", f"--rounds={ROUNDS}", "--seed=0"]

WORKLOADS = ("neuron", "hidden", "relu", "deep")


def plan_of(*parts: Sequence[str], **changes: Any) -> FleetPlan:
    """Return a plan of a run whose parts are these workloads, of which all are in the order of `WORKLOADS`."""
    asked = [name for name in WORKLOADS if any(name in part for part in parts)]
    plain: dict[str, Any] = {
        "kind": "run",
        "arguments": [*COMMON, *(f"--workload={name}" for name in asked), "--cold-starts=3", "--measure=epoch"],
        "harness_sha256": NO_SHA256,
        "implementations": dict.fromkeys(NAMES, NO_SHA256),
        "files": {},
        "versions": {"python": "3.11.7"},
        "parts": [PlannedPart([*part], 60.0) for part in parts],
    }
    return FleetPlan(**plain | changes)


def sweep_of(*parts: Sequence[str], threads: str = "1", **changes: Any) -> FleetPlan:
    """Return a plan of a sweep whose parts are these curves."""
    sizes = ["--widths=2,4,8", "--batches=4,8", "--at-width=4", "--at-batch=4", f"--threads={threads}"]
    return plan_of(kind="sweep", arguments=[*COMMON, *sizes], parts=[PlannedPart([*p], 1.0) for p in parts], **changes)


def gradients_of(*extra: Path, points: int = 20, seed: int = 0) -> FleetPlan:
    """Return a plan, in one part, of judging the reference and the implementations in files on the neuron."""
    chosen = [i for i in discover(extra) if i.name == REFERENCE or i.path in extra]
    names = [f"--implementation={i.name}" for i in chosen]
    arguments = [*names, "--workload=neuron", f"--points={points}", f"--seed={seed}"]
    draft = plans.drafted("gradients", arguments, chosen, [i for i in chosen if i.path in extra])
    return replace(draft, parts=[PlannedPart(units.ranges(draft, 1), 1.0)])


def named_host(plan: FleetPlan, name: str) -> str:
    """Return what a host of this name is called in the records of a plan."""
    return host(f"{plan.sha256} {name}")


def part_of(plan: FleetPlan, number: int, on: str = "a", share: int = 0, **changes: Any) -> Record:
    """Return the record of a part that a host measured, with other times for each part, host and workload."""
    wanted = units.shares(plan, number)[share]
    whole = record_of(plan, wanted.workloads, wanted.threads, seed=100 * number + sum(map(ord, on)))
    about = {"plan_sha256": plan.sha256, "part": plan.named(number), "host": named_host(plan, on)}
    command = f"xorbench {plan.kind} --plan plan.json --part {plan.named(number)}"
    return replace(whole, **{"command": command, "created": f"2026-01-02T03:04:{number:02}Z", **about, **changes})


def record_of(plan: FleetPlan, names: Sequence[str], threads: units.Threads = "1", seed: int = 0) -> Record:
    """Return the record of a command that measured these workloads as a plan says, in their order."""
    base = planted({"other": [0.1] * LAUNCHES}, launches=LAUNCHES, rounds=ROUNDS).record
    settings = units.settings(plan, threads, cpu=0, threads_here=2)
    cpus = [*range(settings.threads)]
    timings: list[Timing] = []
    for launch in range(LAUNCHES):
        for workload in map(named, names):
            for one in base.timings:
                if one.launch != launch:
                    continue
                long = min(one.epochs[0], workload.most_epochs)
                epochs = [long, long // 2] * (ROUNDS // 2)
                slower = 1 + (seed + len(timings)) / 1e4
                taken = [round(slower * n) for n in one.round_nanoseconds]
                about = {"workload": workload.name, "positions": one.positions}
                made = timing(launch, one.implementation, taken, epochs, one.copy, **about)
                timings.append(replace(made, ledger=replace(made.ledger, cpus=cpus)))
    cold = [replace(start, workload=name) for name in names for start in base.cold_starts if plan.kind == "run"]
    judged = replace(report(NAMES, [named(name) for name in names]), points=settings.points)
    found = replace(
        base,
        kind="sweep" if plan.kind == "sweep" else "run",
        command=f"xorbench {plan.kind}",
        settings=settings,
        plan=Plan(rounds=ROUNDS, launches=LAUNCHES),
        workloads=[WorkloadRecord.of(named(name)) for name in names],
        gradients=judged,
        timings=timings,
        cold_starts=cold,
        products=[Products(REFERENCE, "float64", 100, [250_000])] if plan.kind == "sweep" else [],
    )
    return with_durations(found)


PLAN = plan_of(["neuron", "relu"], ["hidden"], ["deep"])
"""A plan of a run of all these workloads, in three parts."""


def kept(folder: Path, *records: Record) -> list[Path]:
    """Write records into a folder of records, and return their paths."""
    return [store.write(record, folder) for record in records]


def merged(folder: Path, plan: FleetPlan = PLAN) -> list[Record]:
    """Return the records that are merged from the parts in a folder, where none is refused."""
    found = merge.merge(folder, plan)
    assert found.refused == []
    return [*found.records()]


def with_text(record: Record) -> Record:
    """Return a record in which the text of the other implementation is not that of the plan."""
    other = [replace(i, source_sha256="1" * 64) if i.name == "other" else i for i in record.implementations]
    return replace(record, implementations=other)
