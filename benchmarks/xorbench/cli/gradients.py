"""The command that judges the gradients of implementations."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from xorbench.cli.options import (
    POINTS,
    AsJson,
    Implementations,
    OfPart,
    OfPlanFile,
    Pythons,
    Scheduler,
    Seed,
    Tuned,
    Workloads,
    count,
    finite,
)

if TYPE_CHECKING:
    from xorbench.record.report import Report

app = typer.Typer()

TABLES = "gradients, endings, conduct, errors, accuracy, trajectories, audits, faults"
"""The names of `judge_report.TABLES`, which --help prints without importing it."""


@app.command()
def gradients(
    context: typer.Context,
    implementation: Implementations = None,
    workload: Workloads = None,
    tuned: Tuned = False,
    quick: Annotated[
        bool,
        typer.Option(
            "--quick", help="10 random points, trainings of 100 epochs, few workloads in the dtype that is not timed."
        ),
    ] = False,
    every: Annotated[
        bool, typer.Option("--all", help="Also print all tables, and the smallest failing examples as scripts.")
    ] = False,
    table: Annotated[
        list[str] | None,
        typer.Option("--table", metavar="NAME", help=f"Print this table instead: {TABLES}; may be repeated."),
    ] = None,
    points: Annotated[
        int | None, count(f"Random points for each workload and dtype. [default: {POINTS}; 10 with --quick]")
    ] = None,
    time_limit: Annotated[
        float,
        typer.Option(
            min=1, callback=finite, metavar="SECONDS", help="End an implementation that gives no answer for this long."
        ),
    ] = 300,
    seed: Seed = 0,
    extra: Annotated[
        list[Path] | None,
        typer.Option(
            "--with",
            metavar="FILE",
            help="The implementation in this file, and others only with --implementation; may be repeated.",
        ),
    ] = None,
    python: Pythons = None,
    traceback: Annotated[
        bool, typer.Option("--traceback", help="Also print full tracebacks, on standard error.")
    ] = False,
    report: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also write the report as Markdown (.md) or HTML (.html).")
    ] = None,
    plan: OfPlanFile = None,
    part: OfPart = None,
    output: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder for the results of a part of a plan. [default: parts/]")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Continue a part of a plan that was interrupted.")] = False,
    scheduler: Scheduler = None,
    as_json: AsJson = False,
) -> int:
    """Judge whether gradients are right up to rounding errors.

    One line for each file is printed, failures first, and a summary. Columns that do not fit the terminal are left out:
    first the right digits, then the training, then the errors.

    With --scheduler, workers judge gradients, predictions and losses at --points numbered points, and nothing else. The
    same call continues an interrupted one.
    """
    if plan is not None or part is not None:
        from xorbench.cli import parts

        return parts.measured(context)
    if output or resume:
        raise typer.BadParameter("expected --plan and --part with it", param_hint="--output" if output else "--resume")
    from xorbench.cli import choices, selected
    from xorbench.workloads import TUTORIAL

    chosen = selected.implementations(implementation, extra, tuned, alone=not tuned)
    workloads, file = choices.workloads(workload, TUTORIAL), choices.report(report)
    wanted = [choices.known(name, TABLES.split(", "), "table") for name in table or ()]
    if selected.broken(chosen, extra):
        return 1
    if scheduler is not None:
        from xorbench.cli import scheduled

        scheduler = scheduled.checked(context, scheduler, scheduled.OF_GRADIENTS)
    chosen = selected.in_environments(chosen, python)
    from xorbench import environment, progress
    from xorbench import report as document
    from xorbench.cli import show
    from xorbench.judging.judge import judge
    from xorbench.judging.questions import Reply
    from xorbench.judging.scope import BRIEF, EVERYTHING
    from xorbench.suite.about import of_implementation

    tracebacks: dict[tuple[str, str], str] = {}

    def hear(reply: Reply) -> None:
        for trouble in reply.troubles:
            tracebacks.setdefault((reply.spec.implementation.name, trouble.reason), trouble.traceback)

    kept: Path | None = None
    if scheduler is not None:
        found, kept = scheduled.gradients(context, scheduler, chosen)
    else:
        found = judge(
            chosen,
            workloads,
            points or (10 if quick else POINTS),
            seed,
            thorough=not quick,
            seconds_to_answer=time_limit,
            stage=progress.stage,
            scope=BRIEF if quick else EVERYTHING,
            heard=hear,
            say=progress.say,
        )
    about = [of_implementation(i) for i in chosen]
    written = document.write(file, found, about, environment.command()) if file else []
    if as_json:
        show.document({"passed": found.passed, "implementations": [*map(asdict, about)], **asdict(found)})
    else:
        _print(found, every, wanted)
        for path in written:
            typer.echo(f"The report: {path}")
    if kept:
        kept.unlink(missing_ok=True)
    for (name, reason), text in tracebacks.items():
        if traceback and text:
            typer.echo(f"\n{name}: {reason}\n{text}", err=True, nl=False)
    return 0 if found.passed and not selected.missing(chosen, implementation, extra) else 1


def _print(found: "Report", every: bool, tables: list[str]) -> None:
    """Print a report: the verdicts, or the `tables` that are named; with `every` all tables, examples and verdicts."""
    from xorbench.cli import show
    from xorbench.streams import printable
    from xorbench.tables import judge_report
    from xorbench.tables.verdicts import verdicts

    if every or tables:
        shown = judge_report.tables(found, () if every else tables)
        show.tables(shown)
        if not shown:
            typer.echo(f"There is nothing to show in {' and '.join(tables)}: this was not judged.")
    for example in found.counterexamples if every else ():
        script = printable(example.script)
        typer.echo(f"\nA script with the smallest failing example of {example.implementation}:\n\n{script}")
    for line in () if tables and not every else verdicts(found, show.width()):
        typer.secho(line, fg="red" if line.startswith("FAILED") else None)
