"""The commands that ask implementations: list, gradients, run."""

import signal
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from xorbench.cli.options import AsJson, Extra, Implementations, Output, Pythons, Seed, Tuned, Workloads, finite

app = typer.Typer()


@app.command("list")
def list_(extra: Extra = None, as_json: AsJson = False) -> int:
    """List the implementations and workloads; those that are missing with the reason."""
    from xorbench.cli import choices

    implementations = [i.description() for i in choices.implementations(None, extra)]
    workloads = [w.description() for w in choices.workloads(None)]
    from xorbench.cli import show
    from xorbench.tables import field

    if as_json:
        show.document({"implementations": implementations, "workloads": workloads})
    else:
        show.tables([field.implementations(implementations), field.workloads(workloads)])
    return 0


@app.command()
def gradients(
    implementation: Implementations = None,
    workload: Workloads = None,
    tuned: Tuned = False,
    quick: Annotated[
        bool, typer.Option("--quick", help="Verdicts alone, at 10 points: nothing that is only told beside them.")
    ] = False,
    points: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Random points for each workload and dtype; 500.")
    ] = None,
    time_limit: Annotated[
        float,
        typer.Option(
            min=1, callback=finite, metavar="SECONDS", help="An implementation that is silent for longer is ended."
        ),
    ] = 300,
    seed: Seed = 0,
    extra: Extra = None,
    python: Pythons = None,
    report: Annotated[Path | None, typer.Option(metavar="FILE", help="Write all of it as .md or .html.")] = None,
    as_json: AsJson = False,
) -> int:
    """Judge every gradient: against the true one, and by what rounding alone explains."""
    from xorbench.cli import choices
    from xorbench.workloads import TUTORIAL

    chosen, workloads = choices.implementations(implementation, extra, tuned), choices.workloads(workload, TUTORIAL)
    file, chosen = choices.report(report), choices.in_environments(chosen, python)
    from xorbench import environment, progress
    from xorbench import report as document
    from xorbench.cli import show
    from xorbench.gradients.judge import judge
    from xorbench.tables import judgements

    found = judge(
        chosen,
        workloads,
        points or (10 if quick else 500),
        seed,
        thorough=not quick,
        seconds_to_answer=time_limit,
        stage=progress.stage,
    )
    content, about = asdict(found), [i.description() for i in chosen]
    written = document.write(file, content, about, environment.command()) if file else []
    if as_json:
        show.document({"passed": found.passed, "implementations": about, **content})
    else:
        show.tables(judgements.tables(content))
        for example in content["counterexamples"]:
            typer.echo(f"\nThe smallest example of {example['implementation']}, to paste:\n\n{example['script']}")
        for path in written:
            typer.echo(f"The report: {path}")
    return 0 if found.passed and not choices.missing(implementation, chosen) else 1


@app.command()
def run(
    quick: Annotated[bool, typer.Option("--quick", help="5 launches of 30 rounds: soon done, wide intervals.")] = False,
    implementation: Implementations = None,
    workload: Workloads = None,
    tuned: Tuned = False,
    budget: Annotated[
        float | None,
        typer.Option(
            min=0.1, callback=finite, metavar="MINUTES", help="Wall time of the whole command; 5, with --resolution 30."
        ),
    ] = None,
    resolution: Annotated[
        str | None, typer.Option(metavar="PERCENT", help="Stop when every ratio is known to this, or clear of 1.")
    ] = None,
    launches: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="So many fresh processes of each, whatever it takes.")
    ] = None,
    rounds: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="Turns of each in such a launch, long and short ones by turns; 100."),
    ] = None,
    cold_starts: Annotated[
        int | None,
        typer.Option(min=0, metavar="N", help="Of each implementation on each workload; 3, with --quick none."),
    ] = None,
    cpu: Annotated[int | None, typer.Option(min=0, metavar="N", help="The CPU to time on; the last one.")] = None,
    seed: Seed = 0,
    output: Output = None,
    extra: Extra = None,
    python: Pythons = None,
    as_json: AsJson = False,
) -> int:
    """Judge the gradients, time what passed, print the tables, write the record."""
    from xorbench.cli import choices
    from xorbench.workloads import TUTORIAL

    chosen = choices.with_reference(choices.implementations(implementation, extra, tuned))
    workloads, folder, timing_cpu = choices.workloads(workload, TUTORIAL), choices.folder(output), choices.cpu(cpu)
    wanted = choices.share(resolution, "--resolution")
    chosen = choices.in_environments(chosen, python)
    fixed = quick or launches or rounds
    if fixed and (budget or wanted):
        raise typer.BadParameter("give these, or --budget and --resolution, which choose them", param_hint="--launches")
    from xorbench import environment, suite
    from xorbench.cli import show
    from xorbench.cli.keeping import kept
    from xorbench.estimates import rows
    from xorbench.exports.document import document
    from xorbench.tables.catalogue import tables

    settings = suite.Settings(
        points=50 if quick else 200,
        cpu=timing_cpu,
        seed=seed,
        quick=quick,
        launches=launches or (5 if quick else 20) if fixed else None,
        rounds=rounds or (30 if quick else 100) if fixed else None,
        budget_minutes=None if fixed else budget or (30 if wanted else 5),
        resolution=wanted,
        cold_starts=cold_starts if cold_starts is not None else 0 if quick else 3,
    )
    session = suite.Suite(chosen, workloads, settings)
    try:
        session.run()
    except BaseException as error:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second Ctrl-C must not cost what is finished
        if not session.timings:
            raise
        if not isinstance(error, KeyboardInterrupt):
            path = kept(session.record(environment.command()), folder)
            typer.echo(f"xorbench: the run ended early; what was finished is kept in {path}", err=True)
            raise
    record = session.record(environment.command())
    path = kept(record, folder)
    if as_json:
        show.document({"record": str(path), **document(record)})
    else:
        show.tables(tables(record))
        typer.echo(f"\nThe record: {path}")
    if record["partial"]:
        return 130
    failed = any(row.verdict in ("outside", "failed", "refused", "untimed") for row in rows.rows(record))
    return 1 if failed or record["failures"] or choices.missing(implementation, chosen) else 0
