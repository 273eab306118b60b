"""The commands over the workers of a scheduler of Dask: gradients in chunks of points, runs and sweeps in parts."""

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
"""The options of `gradients` beside those of a plan that can be combined with --scheduler."""

OF_PARTS = ("scheduler", "output", "wait", "resume", "as_json")
"""The options of `run` and `sweep` beside those of a plan that can be combined with --scheduler."""

NOT_COMPLETE = 3
"""The exit code where no host could measure a part of the plan."""


def checked(context: typer.Context, address: str, also: Container[str]) -> str:
    """Return the address of a scheduler. Raises typer.BadParameter where it is none, or is open to others.

    It is raised, too, for options of the command that are neither planned nor in `also`.
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
    """Return the judge's report on numbered points that the workers of a scheduler judge.

    Raises HarnessError where there is no fit worker, and KeyboardInterrupt where the call is interrupted; what is found
    until then is kept for the next call.
    """
    usable = [i for i in implementations if i.usable]
    questions = Questions.about(usable, workloads, seed, seconds_to_answer)
    with dask_cluster.connected(address, dask_cluster.local_workers(is_timed=False)) as client:
        text = plans.text_of(_plan(context, client, usable))
        workers = _fit(client, text, "gradients")
        from xorbench.fleet import dask_tasks  # with Dask, which is there now

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
                progress.say(f"xorbench: {kept.joined.points:,} points are judged; the same command goes on from there")
            raise
    kept.remove()
    return chunks.report(found, implementations, workloads, seed)


def measured(context: typer.Context, address: str, implementations: Sequence[Implementation], folder: Path) -> int:
    """Let the hosts of a scheduler measure the parts of this command, and return its exit code.

    The records, one for each host, are written into `folder`, and their summaries or one JSON document are printed.
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
    """Return the workers of the hosts that are fit. Raises HarnessError if there are none."""
    workers = dask_preflight.fit(client, text, kind, progress.say)
    if not workers:
        raise HarnessError("no host of the scheduler can do it, expected at least one with a worker")
    hosts = len({worker.host for worker in workers})
    progress.say(f"{len(workers)} worker{'s' * (len(workers) > 1)} on {hosts} host{'s' * (hosts > 1)}")
    return workers


def _call(made: FleetPlan, resume: bool) -> tuple[FleetPlan, Collected]:
    """Return the plan of this call and its folder: a new one, or with `resume` those of the newest unfinished call.

    Such a call has the same plan, but for its parts, which depend on the number of hosts. Raises typer.BadParameter
    where there is none to continue.
    """
    for there in Collected.unfinished():
        try:
            before = plans.read(there.place / PLAN)
        except ValueError:  # it was damaged, or written by another version
            continue
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
    """Return the plan of this command for as many hosts as the scheduler has; it is waited for the first worker."""
    hosts = {worker.host for worker in dask_cluster.first_workers(client, progress.say)}
    return planning.made(context, [*implementations], len(hosts), costs.here(places.results()))
