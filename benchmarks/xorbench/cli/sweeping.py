"""The command that sweeps over sizes: xorbench sweep."""

import signal
from dataclasses import asdict
from typing import Annotated

import typer

from xorbench.cli.options import AsJson, Extra, Implementations, Output, Seed, Tuned, finite

app = typer.Typer()


@app.command()
def sweep(
    widths: Annotated[
        str | None, typer.Option(metavar="N,N,...", help="Of the hidden layer, 2 to 1024; the powers of two.")
    ] = None,
    batches: Annotated[
        str | None, typer.Option(metavar="N,N,...", help="Samples, powers of two; all from 4 to 1024.")
    ] = None,
    at_width: Annotated[int, typer.Option(metavar="N", help="The width of all batches.")] = 64,
    at_batch: Annotated[int, typer.Option(metavar="N", help="The batch of all widths.")] = 4,
    grid: Annotated[bool, typer.Option("--grid", help="Every width with every batch: many points.")] = False,
    threads: Annotated[str, typer.Option(metavar="1|all|both", help="Of each library, on as many CPUs.")] = "both",
    implementation: Implementations = None,
    tuned: Tuned = False,
    budget: Annotated[
        float | None,
        typer.Option(min=0.1, callback=finite, metavar="MINUTES", help="For all of it; 10, but 4 launches at least."),
    ] = None,
    launches: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="So many fresh processes of each, whatever it takes.")
    ] = None,
    rounds: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Turns of each on each point in a launch; about 15.")
    ] = None,
    seed: Seed = 0,
    output: Output = None,
    extra: Extra = None,
    as_json: AsJson = False,
) -> int:
    """Time an epoch over widths and batches: where the lines cross. Go on with what was interrupted."""
    from xorbench.cli import choices, choices_of_sweep

    chosen = choices.with_reference(choices.implementations(implementation, extra, tuned))
    points = choices_of_sweep.points(widths, batches, at_width, at_batch, grid)
    if budget and launches:
        raise typer.BadParameter("give this, or --budget, which chooses it", param_hint="--launches")
    counts, folder, cpu = choices_of_sweep.threads(threads), choices.folder(output), choices.cpu(None)
    from xorbench import environment, places
    from xorbench.cli import show
    from xorbench.cli.keeping import kept
    from xorbench.estimates import crossings, growth, rows
    from xorbench.exports.document import document
    from xorbench.suite.settings import Settings
    from xorbench.suite.sweep import RANDOM_POINTS, Sweep
    from xorbench.tables.catalogue import tables

    choices.folder(places.user_cache(), "XDG_CACHE_HOME")  # what is finished is noted there
    failed = False
    documents, sessions = [], []
    for number in counts:
        settings = Settings(
            RANDOM_POINTS,
            cpu,
            seed,
            launches=launches,
            rounds=rounds,
            budget_minutes=None if launches else (budget or 10) / len(counts),
            cold_starts=0,
            threads=number,
            sweep=True,
        )
        session = Sweep(chosen, points, settings, folder)
        sessions.append(session)
        try:
            session.run()
        except KeyboardInterrupt:
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second Ctrl-C must not cost what is finished
            if not session.timings:
                raise
        record = session.record(environment.command())
        path = kept(record, folder)
        documents.append(
            {
                "record": str(path),
                **document(record),
                "crossings": [asdict(found) for found in crossings.crossings(record)],
                "growth": [asdict(found) for found in growth.growth(record)],
            }
        )
        if not as_json:
            show.tables(tables(record))
            typer.echo(f"\nThe record: {path}")
        if record["partial"]:
            typer.echo("Interrupted: the same command goes on from here.", err=True)
            break
        failed |= any(row.verdict in ("outside", "failed", "refused", "untimed") for row in rows.rows(record))
    if as_json:
        show.document({"sweeps": documents})
    if record["partial"]:
        return 130
    for session in sessions:  # not before all are finished: the same command would begin the first anew
        session.close()
    return 1 if failed or choices.missing(implementation, chosen) else 0
