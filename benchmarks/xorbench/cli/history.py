"""The command that times the same files in several releases of a framework: history."""

from dataclasses import asdict
from typing import Annotated

import typer

from xorbench.cli.options import (
    AsJson,
    Extra,
    Implementations,
    Output,
    Resume,
    Seed,
    Wait,
    Workloads,
    count,
    minutes,
    rounds_of_a_launch,
)

app = typer.Typer()


@app.command()
def history(
    framework: Annotated[str, typer.Argument(metavar="FRAMEWORK", help="Name of the framework, as pip knows it.")],
    release: Annotated[
        list[str] | None,
        typer.Argument(metavar="VERSION", help="Releases: versions, or OLD..NEW for all from OLD to NEW."),
    ] = None,
    last: Annotated[int | None, count("The newest N releases.", least=2)] = None,
    quick: Annotated[bool, typer.Option("--quick", help="5 launches of 30 rounds, a short gradient check.")] = False,
    implementation: Implementations = None,
    workload: Workloads = None,
    budget: Annotated[
        float | None, minutes("Time limit of the measurement in minutes, without making environments. [default: 5]")
    ] = None,
    launches: Annotated[
        int | None,
        count("Fresh processes of each release, in place of --budget. [default: 20; 5 with --quick]"),
    ] = None,
    rounds: Annotated[
        int | None, rounds_of_a_launch("Rounds of a launch, in place of --budget. [default: 100; 30 with --quick]")
    ] = None,
    cpu: Annotated[int | None, count("Number of the CPU to time on. [default: the last one]", least=0)] = None,
    seed: Seed = 0,
    wait: Wait = False,
    output: Output = None,
    extra: Extra = None,
    resume: Resume = False,
    as_json: AsJson = False,
) -> int:
    """Time the same files in several releases of a framework.

    The result is the cost of an epoch in each release, and the releases in which it changed. Each release has an
    environment in the user's cache folder, made by pip where there is none, from wheels only. A release that cannot be
    installed is reported and left out. All releases take turns in the same rounds.
    """
    from xorbench.cli import choices, selected
    from xorbench.workloads import TUTORIAL

    chosen = selected.of_framework(framework, implementation, extra)
    workloads, folder, timing_cpu = choices.workloads(workload, TUTORIAL), choices.folder(output), choices.cpu(cpu)
    wanted = selected.releases(framework, release or (), last)
    if selected.broken(chosen, extra):
        return 1
    from xorbench import places
    from xorbench.cli import keeping
    from xorbench.suite import defaults
    from xorbench.suite.history import History

    try:
        settings = defaults.of_a_run(timing_cpu, seed, quick, launches, rounds, budget, cold_starts=0)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    choices.folder(places.user_cache(), "XDG_CACHE_HOME")  # the environments are made there
    there = selected.in_releases(framework, wanted, chosen)
    missing = selected.missing(there, implementation, extra)
    return keeping.finished(
        lambda: History(selected.with_reference(there), workloads, settings),
        folder,
        wait,
        resume,
        as_json,
        missing,
        lambda analysis: {"history": [*map(asdict, analysis.histories)]},
    )
