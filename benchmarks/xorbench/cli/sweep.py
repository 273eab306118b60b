"""The command that times a sweep over sizes: sweep."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from xorbench.cli.options import (
    AsJson,
    Extra,
    Implementations,
    OfPart,
    OfPlanFile,
    Output,
    Resume,
    Scheduler,
    Seed,
    Tuned,
    Wait,
    count,
    minutes,
    rounds_of_a_launch,
)
from xorbench.cli.process import INTERRUPTED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xorbench.contract import Implementation
    from xorbench.record.settings import Settings
    from xorbench.suite.parts import OfPlan
    from xorbench.workloads import Workload

app = typer.Typer()


@app.command()
def sweep(
    context: typer.Context,
    widths: Annotated[
        str | None, typer.Option(metavar="N,N,...", help="Hidden widths from 2 to 1024. [default: all powers of two]")
    ] = None,
    batches: Annotated[
        str | None,
        typer.Option(metavar="N,N,...", help="Numbers of samples, powers of two. [default: all from 4 to 1024]"),
    ] = None,
    at_width: Annotated[int, typer.Option(metavar="N", help="Hidden width at which batches are varied.")] = 64,
    at_batch: Annotated[int, typer.Option(metavar="N", help="Number of samples at which widths are varied.")] = 4,
    grid: Annotated[bool, typer.Option("--grid", help="Time every width with every batch: many points.")] = False,
    threads: Annotated[
        Literal["1", "all", "both"], typer.Option(help="Threads of each library, on as many CPUs.")
    ] = "both",
    implementation: Implementations = None,
    tuned: Tuned = False,
    budget: Annotated[
        float | None, minutes("Wall time of the whole command; at least 4 launches are made. [default: 10]")
    ] = None,
    launches: Annotated[int | None, count("Fresh processes of each implementation, in place of --budget.")] = None,
    rounds: Annotated[int | None, rounds_of_a_launch("Rounds of a launch on each point. [default: about 15]")] = None,
    seed: Seed = 0,
    wait: Wait = False,
    output: Output = None,
    extra: Extra = None,
    resume: Resume = False,
    plan: OfPlanFile = None,
    part: OfPart = None,
    scheduler: Scheduler = None,
    as_json: AsJson = False,
) -> int:
    """Time an epoch over a range of widths and batches.

    The result says at which sizes the faster of two implementations changes. An interrupted sweep is continued with
    --resume. With --scheduler, each host of its workers times some of the curves, and has a record of its own.
    """
    if plan is not None or part is not None:
        from xorbench.cli import parts

        return parts.measured(context)
    from xorbench.cli import choices, selected, sweep_options

    chosen = selected.with_reference(selected.implementations(implementation, extra, tuned))
    points = sweep_options.points(widths, batches, at_width, at_batch, grid)
    if budget and launches:
        raise typer.BadParameter("can't be combined with --budget; give one of them", param_hint="--launches")
    counts, folder, cpu = sweep_options.threads(threads), choices.folder(output), choices.cpu(None)
    if selected.broken(chosen, extra):
        return 1
    if scheduler is not None:
        from xorbench.cli import scheduled

        address = scheduled.checked(context, scheduler, scheduled.OF_PARTS)
        return scheduled.measured(context, address, chosen, folder)
    from xorbench.suite import defaults
    from xorbench.suite.sweep import RANDOM_POINTS

    whole = None if launches else budget or defaults.BUDGET_MINUTES_OF_A_SWEEP
    each = None if whole is None else whole / len(counts)
    wanted = [
        (points, defaults.of_a_sweep(cpu, seed, RANDOM_POINTS, number, launches, rounds, each)) for number in counts
    ]
    missing = selected.missing(chosen, implementation, extra)
    return swept(chosen, wanted, folder, wait, resume, as_json, missing, at_least=60 * (whole or 0))


def swept(
    chosen: "Sequence[Implementation]",
    wanted: "Sequence[tuple[Sequence[Workload], Settings]]",
    folder: Path,
    wait: bool,
    resume: bool,
    as_json: bool,
    is_missing: bool,
    at_least: float = 0.0,
    of_plan: "OfPlan | None" = None,
) -> int:
    """Perform sweeps over points with settings, print their summaries or a JSON document, and return the exit code.

    All together take `at_least` so many seconds. `of_plan` says which part of a plan they are, and `is_missing` that an
    implementation which was asked for is missing.
    """
    from xorbench import places
    from xorbench.cli import choices, keeping, show
    from xorbench.clock import host
    from xorbench.exports.document import document
    from xorbench.progress import Progress
    from xorbench.suite.sweep import Sweep
    from xorbench.tables.summary import summary

    failed, is_placed = False, True
    documents, sessions = [], []
    with host.held(wait):  # before the budget begins
        progress = Progress(at_least=at_least)
        for place, (points, settings) in enumerate(wanted, start=1):
            session = Sweep(chosen, points, settings, progress, len(wanted) - place, of_plan)
            sessions.append(session)
            keeping.prepare(session, resume, needed=place == 1)
            with keeping.performed(session, folder) as (analysis, path):
                is_placed &= keeping.is_placed(path, folder)
                documents.append(
                    {
                        "record": str(path),
                        **document(analysis),
                        "crossings": [asdict(found) for found in analysis.crossings],
                        "growth": [asdict(found) for found in analysis.growth],
                    }
                )
                if not as_json:
                    newest = path.is_relative_to(places.results())
                    show.lines(summary(analysis, show.width(), choices.near(path), newest))
            if analysis.record.partial:
                break
            failed |= keeping.failed(analysis)
    # Journals are deleted after all are finished: else the command that continues the last would repeat the first.
    keeping.end(sessions, is_placed and not analysis.record.partial)
    if as_json:
        show.document({"sweeps": documents})
    if analysis.record.partial:
        return INTERRUPTED
    if not is_placed:
        return keeping.NOT_IN_PLACE
    return 1 if failed or is_missing else 0
