"""The command that times a sweep over sizes: sweep."""

from dataclasses import asdict
from typing import Annotated, Literal

import typer

from xorbench.cli.options import AsJson, Extra, Implementations, Output, Resume, Seed, Tuned, Wait, count, minutes
from xorbench.cli.process import INTERRUPTED

app = typer.Typer()


@app.command()
def sweep(
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
    rounds: Annotated[int | None, count("Rounds of a launch on each point. [default: about 15]")] = None,
    seed: Seed = 0,
    wait: Wait = False,
    output: Output = None,
    extra: Extra = None,
    resume: Resume = False,
    as_json: AsJson = False,
) -> int:
    """Time an epoch over widths and batches, and say where lines cross.

    An interrupted sweep is continued with --resume.
    """
    from xorbench.cli import choices, sweep_options

    chosen = choices.with_reference(choices.implementations(implementation, extra, tuned))
    points = sweep_options.points(widths, batches, at_width, at_batch, grid)
    if budget and launches:
        raise typer.BadParameter("can't be combined with --budget; give one of them", param_hint="--launches")
    counts, folder, cpu = sweep_options.threads(threads), choices.folder(output), choices.cpu(None)
    if choices.broken(chosen, extra):
        return 1
    from xorbench import places
    from xorbench.cli import keeping, show
    from xorbench.clock import host
    from xorbench.exports.document import document
    from xorbench.progress import Progress
    from xorbench.suite import defaults
    from xorbench.suite.sweep import RANDOM_POINTS, Sweep
    from xorbench.tables.summary import summary

    failed, is_placed = False, True
    documents, sessions = [], []
    host.take(wait)  # before the budget begins
    progress = Progress(at_least=0.0 if launches else 60 * (budget or defaults.BUDGET_MINUTES_OF_A_SWEEP))
    for place, number in enumerate(counts, start=1):
        budget_minutes = None if launches else (budget or defaults.BUDGET_MINUTES_OF_A_SWEEP) / len(counts)
        settings = defaults.of_a_sweep(cpu, seed, RANDOM_POINTS, number, launches, rounds, budget_minutes)
        session = Sweep(chosen, points, settings, progress, others=len(counts) - place)
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
    host.release()
    # Journals are deleted after all are finished: else the command that continues the last would repeat the first.
    keeping.end(sessions, is_placed and not analysis.record.partial)
    if as_json:
        show.document({"sweeps": documents})
    if analysis.record.partial:
        return INTERRUPTED
    if not is_placed:
        return keeping.NOT_IN_PLACE
    return 1 if failed or choices.missing(implementation, chosen) else 0
