"""The command that judges and times implementations."""

from typing import Annotated

import typer

from xorbench.cli.options import (
    AsJson,
    Extra,
    Implementations,
    OfPart,
    OfPlanFile,
    Output,
    Pythons,
    Resume,
    Scheduler,
    Seed,
    Tuned,
    Wait,
    Workloads,
    count,
    minutes,
    rounds_of_a_launch,
)

app = typer.Typer()


@app.command()
def run(
    context: typer.Context,
    quick: Annotated[
        bool, typer.Option("--quick", help="5 launches of 30 rounds, a short gradient check, no cold starts.")
    ] = False,
    implementation: Implementations = None,
    workload: Workloads = None,
    tuned: Tuned = False,
    budget: Annotated[
        float | None, minutes("Time limit of the whole command in minutes. [default: 5; 30 with --resolution]")
    ] = None,
    resolution: Annotated[
        str | None,
        typer.Option(metavar="PERCENT", help="Stop when every half-width is at most this, or the interval excludes 1."),
    ] = None,
    launches: Annotated[
        int | None,
        count("Fresh processes of each implementation, in place of --budget. [default: 20; 5 with --quick]"),
    ] = None,
    rounds: Annotated[
        int | None, rounds_of_a_launch("Rounds of a launch, in place of --budget. [default: 100; 30 with --quick]")
    ] = None,
    cold_starts: Annotated[
        int | None, count("Cold starts of each implementation on each workload. [default: 3; 0 with --quick]", least=0)
    ] = None,
    measure: Annotated[
        str,
        typer.Option(
            metavar="LIST",
            help="What is timed, separated by commas: epoch (always), gradient, loss, predict; or all.",
        ),
    ] = "epoch",
    cpu: Annotated[int | None, count("Number of the CPU to time on. [default: the last one]", least=0)] = None,
    seed: Seed = 0,
    wait: Wait = False,
    output: Output = None,
    extra: Extra = None,
    python: Pythons = None,
    resume: Resume = False,
    plan: OfPlanFile = None,
    part: OfPart = None,
    scheduler: Scheduler = None,
    as_json: AsJson = False,
) -> int:
    """Judge gradients, time what passed, and write a record.

    A summary of at most 40 lines at 80 columns is printed; `xorbench show` prints it again, and all tables. An
    interrupted run is continued with --resume.

    With --scheduler, each host of its workers measures some of the workloads, and has a record of its own.
    """
    if plan is not None or part is not None:
        from xorbench.cli import parts

        return parts.measured(context)
    from xorbench.cli import choices, selected
    from xorbench.workloads import TUTORIAL

    chosen = selected.with_reference(selected.implementations(implementation, extra, tuned))
    workloads, folder, timing_cpu = choices.workloads(workload, TUTORIAL), choices.folder(output), choices.cpu(cpu)
    wanted, measures = choices.share(resolution, "--resolution"), choices.measures(measure)
    if selected.broken(chosen, extra):
        return 1
    if scheduler is not None:
        from xorbench.cli import scheduled

        address = scheduled.checked(context, scheduler, scheduled.OF_PARTS)
        return scheduled.measured(context, address, chosen, folder)
    chosen = selected.in_environments(chosen, python)
    from xorbench import suite
    from xorbench.cli import keeping
    from xorbench.suite import defaults

    try:
        settings = defaults.of_a_run(timing_cpu, seed, quick, launches, rounds, budget, wanted, cold_starts, measures)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    missing = selected.missing(chosen, implementation, extra)
    return keeping.finished(lambda: suite.Suite(chosen, workloads, settings), folder, wait, resume, as_json, missing)
