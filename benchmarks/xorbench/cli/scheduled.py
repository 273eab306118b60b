"""The option --scheduler: workers of a Dask scheduler judge points, or measure parts of a run or a sweep."""

from collections.abc import Container, Sequence
from dataclasses import replace
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
from xorbench.fleet import costs, dask_cluster, dask_parts, dask_points, dask_preflight, merge
from xorbench.fleet import plan as plans
from xorbench.fleet.chunk_messages import Questions
from xorbench.fleet.dask_parts import PLAN, Collected
from xorbench.fleet.plan import FleetPlan
from xorbench.judging import chunks
from xorbench.record.report import Report
from xorbench.tables.summary import summary
from xorbench.workloads import Workload

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


def gradients(
    context: typer.Context,
    address: str,
    implementations: Sequence[Implementation],
    workloads: Sequence[Workload],
    points: int,
    seed: int,
    seconds_to_answer: float,
) -> Report:
    """Return the judge's report on `points` numbered points, which the workers of a scheduler judge.

    Raises HarnessError if no worker can judge, and KeyboardInterrupt if the call is interrupted; the results so far are
    then kept for the next call.
    """
    usable = [i for i in implementations if i.usable]
    questions = Questions.about(usable, workloads, seed, seconds_to_answer)
    with dask_cluster.connected(address, dask_cluster.local_workers(is_timed=False)) as client:
        text = plans.text_of(_plan(context, client, usable))
        workers = _fit(client, text, "gradients")
        from xorbench.fleet import dask_tasks  # it imports Dask, which is known to be installed here

        kept = dask_points.Kept(questions, points, progress.say)
        if before := kept.joined.points:
            progress.say(f"{before:,} of {points:,} points were judged before")
        try:
            with progress.Progress(prior=0.0).stage("points", points - before) as advance:
                found = dask_points.judged(
                    client,
                    workers,
                    dask_tasks.judge,
                    questions,
                    points,
                    kept,
                    lambda chunk, _judged: advance(chunk.number),
                    progress.say,
                )
        except BaseException:
            if kept.joined.points:
                progress.say(
                    f"xorbench: {kept.joined.points:,} points are judged; the same command continues from there"
                )
            raise
    kept.remove()
    return chunks.report(found, implementations, workloads, seed)


def measured(context: typer.Context, address: str, implementations: Sequence[Implementation], folder: Path) -> int:
    """Have the hosts of a scheduler measure the parts of this command, and return its exit code.

    The records, one for each host, are written into `folder`; their summaries, or one JSON document, are printed.
    """
    with dask_cluster.connected(address, dask_cluster.local_workers(is_timed=True)) as client:
        found, collected = _call(_plan(context, client, implementations), context.params["resume"])
        text = plans.text_of(found)
        workers = _fit(client, text, found.kind)
        seconds = [part.seconds for part in found.parts]
        try:
            with progress.stage("parts", sum(seconds)) as advance:
                left = dask_parts.measured(
                    client, workers, text, found.sha256, seconds, collected, advance, progress.say
                )
        except BaseException as error:
            ignore_signals()
            progress.say(
                f"xorbench: {len(collected.finished)} of {len(seconds)} parts are measured, in {collected.place}; "
                "the same command with --resume continues"
            )
            if isinstance(error, KeyboardInterrupt):
                return INTERRUPTED
            raise
        dask_parts.forget(client, workers, found.sha256, collected)
    merged = merge.merge(collected.records, found)
    as_json: bool = context.params["as_json"]
    documents, failed, is_placed = [], False, True
    for record in merged.records():
        path, analysis = keeping.kept(record, folder), Analysis(record)
        failed |= keeping.failed(analysis)
        is_placed &= keeping.is_placed(path, folder)
        documents.append({"record": str(path), **document(analysis)})
        if not as_json:
            show.lines(summary(analysis, show.width(), choices.near(path), newest=False))
    missing = [f"part {found.named(n)}: {'; '.join(found.parts[n - 1].units)}" for n in merged.missing]
    if as_json:
        show.document({"records": documents, "missing": missing})
    for line in (*merged.refused, *(f"no host has measured {one}" for one in missing)):
        progress.say(f"xorbench: {line}")
    if left or missing or merged.refused or not is_placed:
        return NOT_COMPLETE
    collected.end()
    return 1 if failed else 0


def _fit(client: "Client", text: str, kind: str) -> list[dask_cluster.Worker]:
    """Return the workers of the hosts that can measure the plan. Raises HarnessError if there are none."""
    workers = dask_preflight.fit(client, text, kind, progress.say)
    if not workers:
        raise HarnessError("no host of the scheduler can measure this, expected at least one host with a worker")
    hosts = len({worker.host for worker in workers})
    progress.say(f"{len(workers)} worker{'s' * (len(workers) > 1)} on {hosts} host{'s' * (hosts > 1)}")
    return workers


def _call(made: FleetPlan, resume: bool) -> tuple[FleetPlan, Collected]:
    """Return the plan of this call and the folder of its parts; with `resume`, those of the newest unfinished call.

    An unfinished call has the same plan except for its parts, which depend on the number of hosts. Raises
    typer.BadParameter if there is no unfinished call.
    """
    for there in Collected.unfinished():
        before = plans.read(there.place / PLAN)
        if replace(before, parts=[]) == replace(made, parts=[]):
            if resume:
                return before, there
            if there.finished:
                progress.say(
                    f"xorbench: there is an unfinished call of this command with {len(there.finished)} of "
                    f"{len(before.parts)} parts, which --resume continues; this one begins anew"
                )
            break
    if resume:
        raise typer.BadParameter(
            "there is no unfinished call of the same command with a scheduler; run without it to begin one",
            param_hint="--resume",
        )
    return made, Collected.begun(made.sha256, plans.text_of(made))


def _plan(context: typer.Context, client: "Client", implementations: Sequence[Implementation]) -> FleetPlan:
    """Wait for the first worker, and return the plan of this command for as many hosts as the scheduler has."""
    hosts = {worker.host for worker in dask_cluster.first_workers(client, progress.say)}
    return planning.made(context, [*implementations], len(hosts), costs.here(places.results()))
