"""The option --scheduler: workers of a Dask scheduler judge points, or measure parts of a run or a sweep."""

from collections.abc import Container, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from xorbench import places, progress
from xorbench.cli import choices, keeping, planning, show
from xorbench.cli.process import INTERRUPTED, ignore_signals
from xorbench.contract import Implementation
from xorbench.estimates.analysis import Analysis
from xorbench.exports.document import document
from xorbench.failure import HarnessError
from xorbench.fleet import cache, costs, dask_cluster, dask_parts, dask_preflight, merge, merged_records, points, units
from xorbench.fleet.chunk_loop import Judging
from xorbench.fleet.dask_parts import Collected
from xorbench.fleet.dask_points import WorkerPool
from xorbench.fleet.plan import FleetPlan
from xorbench.judging import chunk_report
from xorbench.record.report import Report
from xorbench.tables.summary import summary
from xorbench.workloads import named

if TYPE_CHECKING:
    from distributed import Client

OF_GRADIENTS = ("scheduler", "time_limit", "every", "table", "report", "as_json")
"""The options of `gradients` that can be combined with --scheduler, in addition to those of a plan."""

OF_PARTS = ("scheduler", "output", "wait", "resume", "as_json")
"""The options of `run` and `sweep` that can be combined with --scheduler, in addition to those of a plan."""

NOT_COMPLETE = 3
"""The exit code if there is a part of the plan that no host has measured."""


def checked(context: typer.Context, address: str, also: Container[str]) -> str:
    """Return the address of a scheduler. Raises typer.BadParameter if it is no address, or is open to other users.

    Raises it also for options of the command that are neither part of a plan nor in `also`.
    """
    planning.check(context, also, "can't be combined with --scheduler")
    try:
        return dask_cluster.checked(address)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--scheduler") from error


def gradients(context: typer.Context, address: str, implementations: Sequence[Implementation]) -> tuple[Report, Path]:
    """Return the judge's report on the numbered points of this command, which the workers of a scheduler judge.

    What they found is also in the file whose path is returned, from which the same command makes the report again; it
    is to be removed once the report is written. Raises HarnessError where there is no fit worker or a point can't be
    judged, and KeyboardInterrupt where the call is interrupted; what is found until then is kept for the next call.
    """
    with dask_cluster.connected(address, dask_cluster.local_threads(is_timed=False)) as client:
        plan = _plan(context, client, implementations)
        workers = _fit(client, plan)
        from xorbench.fleet import dask_tasks  # with Dask, which is there now

        cache.remove_old(points.CALLS)
        new = points.of_call(plan)
        path = points.place(new, cache.folder(points.CALLS))
        before = points.read(plan, path, new, progress.say)
        if before.judged:
            progress.say(f"{before.judged:,} of {before.points:,} points were judged before")
        judging = Judging(before, path)
        try:
            with progress.Progress(prior=0.0).stage("points", before.points - before.judged) as advance:
                judges = WorkerPool(client, workers, plan, dask_tasks.judge, context.params["time_limit"])
                kept = judging.run(judges, lambda chunk, _judged: advance(chunk.number))
        except BaseException:
            if number := judging.kept.judged:
                progress.say(f"xorbench: {number:,} points are judged; the same command continues from there")
            raise
    seed = plan.number("seed", least=0)
    return chunk_report.report(kept.found, implementations, [*map(named, units.workloads(plan))], seed), path


def measured(context: typer.Context, address: str, implementations: Sequence[Implementation], folder: Path) -> int:
    """Have the hosts of a scheduler measure the parts of this command, and return its exit code.

    The records, one for each host, are written into `folder`; their summaries, or one JSON document, are printed.
    """
    with dask_cluster.connected(address, dask_cluster.local_threads(is_timed=True)) as client:
        collected = _collected(_plan(context, client, implementations), context.params["resume"])
        plan = collected.plan
        workers = _fit(client, plan)
        try:
            with progress.stage("parts", sum(part.seconds for part in plan.parts)) as advance:
                left = dask_parts.measured(client, workers, collected, advance)
        except BaseException as error:
            ignore_signals()
            progress.say(
                f"xorbench: {len(collected.finished)} of {len(plan.parts)} parts are measured, in {collected.place}; "
                "the same command with --resume continues"
            )
            if isinstance(error, KeyboardInterrupt):
                return INTERRUPTED
            raise
        dask_parts.forget(client, workers, collected)
    merged = merge.merge(collected.records, plan)
    as_json: bool = context.params["as_json"]
    documents, failed, is_placed = [], False, True
    for record in merged.records():
        try:
            path, analysis = keeping.kept(record, folder, write=merged_records.write), Analysis(record)
        except ValueError as error:
            merged.refused.append(str(error))
            continue
        failed |= keeping.failed(analysis)
        is_placed &= keeping.is_placed(path, folder)
        documents.append({"record": str(path), **document(analysis)})
        if not as_json:
            show.lines(summary(analysis, show.width(), choices.near(path), newest=False))
    missing = [f"part {plan.named(number)}: {'; '.join(plan.parts[number - 1].units)}" for number in merged.missing]
    if as_json:
        show.document({"records": documents, "missing": missing})
    for line in (*merged.refused, *(f"no host has measured {one}" for one in missing)):
        progress.say(f"xorbench: {line}")
    if left or missing or merged.refused or not is_placed:
        return NOT_COMPLETE
    collected.end()
    return 1 if failed else 0


def _plan(context: typer.Context, client: "Client", implementations: Sequence[Implementation]) -> FleetPlan:
    """Return the plan of this command for as many hosts as the scheduler has; it is waited for the first worker."""
    hosts = {worker.host for worker in dask_cluster.first_workers(client, progress.say)}
    return planning.made(context, [*implementations], len(hosts), costs.here(places.results()))


def _fit(client: "Client", plan: FleetPlan) -> list[dask_cluster.Worker]:
    """Return the workers of the hosts that are fit. Raises HarnessError if there are none."""
    workers = dask_preflight.fit(client, plan, progress.say)
    if not workers:
        raise HarnessError("no host of the scheduler can measure this, expected at least one host with a worker")
    hosts = len({worker.host for worker in workers})
    progress.say(f"{len(workers)} worker{'s' * (len(workers) > 1)} on {hosts} host{'s' * (hosts > 1)}")
    return workers


def _collected(plan: FleetPlan, resume: bool) -> Collected:
    """Return a new folder for a call of a plan, or with `resume` that of its newest unfinished call.

    Such a call may have other parts, because they depend on the number of hosts. Raises typer.BadParameter where there
    is none to continue, and OSError.
    """
    before = Collected.unfinished(plan)
    if before and resume:
        return before
    if resume:
        raise typer.BadParameter(
            "there is no unfinished call of the same command with a scheduler; run without it to begin one",
            param_hint="--resume",
        )
    if before and before.finished:
        progress.say(
            f"xorbench: there is an unfinished call of this command with {len(before.finished)} of "
            f"{len(before.plan.parts)} parts, which --resume continues; this one begins anew"
        )
    return Collected.begun(plan)
