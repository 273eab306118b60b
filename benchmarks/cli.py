"""The command: xorbench list, gradients, run, show, compare, export, check, publish, verify.

Exit codes: 0 all is well; 1 a gradient outside its bound, an implementation that failed or broke a rule of the clock, a
row that became slower than it may, a record that may not be published, or a page that is not what the records say; 2 a
mistake in the call; 130 interrupted. Nothing heavy is imported before it is needed, so that `--help` answers at once.
"""

import signal
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from benchmarks import cli_records
from benchmarks.cli_records import AsJson, Output

if TYPE_CHECKING:
    from benchmarks.records import Record

app = typer.Typer(
    help="What a training step costs in each framework, and whether its gradient is right.",
    add_completion=False,
    rich_markup_mode=None,
)

Implementations = Annotated[
    list[str] | None, typer.Option("--implementation", metavar="NAME", help="This one only; may be repeated.")
]
Workloads = Annotated[
    list[str] | None,
    typer.Option("--workload", metavar="NAME", help="Of neuron and hidden this one, or another, or all."),
]
Tuned = Annotated[bool, typer.Option("--tuned", help="The tuned implementations too: some take minutes to compile.")]
Extra = Annotated[
    list[Path] | None,
    typer.Option("--with", metavar="FILE", help="An implementation from anywhere on disk too; may be repeated."),
]
Seed = Annotated[int, typer.Option(min=0, max=2**32 - 1, metavar="N", help="Of all that is random.")]


@app.command("list")
def list_(extra: Extra = None, as_json: AsJson = False) -> int:
    """List the implementations and workloads; those that are missing with the reason."""
    from benchmarks import choices

    implementations = [i.description() for i in choices.implementations(None, extra)]
    workloads = [w.description() for w in choices.workloads(None)]
    from benchmarks import show
    from benchmarks.tables import field

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
    points: Annotated[int, typer.Option(min=1, metavar="N", help="Random points for each workload and dtype.")] = 500,
    time_limit: Annotated[
        float, typer.Option(min=1, metavar="SECONDS", help="An implementation that is silent for longer is ended.")
    ] = 300,
    seed: Seed = 0,
    extra: Extra = None,
    report: Annotated[Path | None, typer.Option(metavar="FILE", help="Write all of it as .md or .html.")] = None,
    as_json: AsJson = False,
) -> int:
    """Judge every gradient: against the true one, and by what rounding alone explains."""
    from benchmarks import choices
    from benchmarks.workloads import TUTORIAL

    chosen, workloads = choices.implementations(implementation, extra, tuned), choices.workloads(workload, TUTORIAL)
    file = choices.report(report)
    from benchmarks import environment, progress, show
    from benchmarks import report as document
    from benchmarks.gradients.judge import judge
    from benchmarks.tables import judgements

    found = judge(chosen, workloads, points, seed, seconds_to_answer=time_limit, stage=progress.stage)
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
    quick: Annotated[bool, typer.Option("--quick", help="3 launches of 30 rounds: soon done, wide intervals.")] = False,
    implementation: Implementations = None,
    workload: Workloads = None,
    tuned: Tuned = False,
    budget: Annotated[
        float | None, typer.Option(min=0.1, metavar="MINUTES", help="For all launches; 4, with --resolution 30.")
    ] = None,
    resolution: Annotated[
        str | None, typer.Option(metavar="PERCENT", help="Stop when every ratio is known to this, or clear of 1.")
    ] = None,
    launches: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="So many fresh processes of each, whatever it takes.")
    ] = None,
    rounds: Annotated[int | None, typer.Option(min=1, metavar="N", help="Turns of each in such a launch; 100.")] = None,
    cold_starts: Annotated[
        int | None, typer.Option(min=0, metavar="N", help="Of each implementation on each workload; 5.")
    ] = None,
    cpu: Annotated[int | None, typer.Option(min=0, metavar="N", help="The CPU to time on; the last one.")] = None,
    seed: Seed = 0,
    output: Output = None,
    extra: Extra = None,
    as_json: AsJson = False,
) -> int:
    """Judge the gradients, time what passed, print the tables, write the record."""
    from benchmarks import choices
    from benchmarks.workloads import TUTORIAL

    chosen = choices.with_reference(choices.implementations(implementation, extra, tuned))
    workloads, folder, timing_cpu = choices.workloads(workload, TUTORIAL), choices.folder(output), choices.cpu(cpu)
    wanted = choices.share(resolution, "--resolution")
    fixed = quick or launches or rounds
    if fixed and (budget or wanted):
        raise typer.BadParameter("give these, or --budget and --resolution, which choose them", param_hint="--launches")
    from benchmarks import environment, show, suite
    from benchmarks.estimates import rows
    from benchmarks.tables.catalogue import tables

    settings = suite.Settings(
        points=50 if quick else 200,
        cpu=timing_cpu,
        seed=seed,
        quick=quick,
        launches=launches or (3 if quick else 20) if fixed else None,
        rounds=rounds or (30 if quick else 100) if fixed else None,
        budget_minutes=None if fixed else budget or (30 if wanted else 4),
        resolution=wanted,
        cold_starts=cold_starts if cold_starts is not None else 2 if quick else 5,
    )
    session = suite.Suite(chosen, workloads, settings)
    try:
        session.run()
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second Ctrl-C must not cost what is finished
        if not session.timings:
            raise
    record = session.record(environment.command())
    path = _kept(record, folder)
    if as_json:
        show.document({"record": str(path), **rows.document(record)})
    else:
        show.tables(tables(record))
        typer.echo(f"\nThe record: {path}")
    if record["partial"]:
        return 130
    failed = any(row.verdict in ("outside", "failed", "refused", "untimed") for row in rows.rows(record))
    return 1 if failed or choices.missing(implementation, chosen) else 0


app.add_typer(cli_records.app)


def _kept(record: "Record", folder: Path) -> Path:
    """Write the record; where that fails after all, somewhere else, for nothing measured may be lost."""
    from benchmarks import records

    try:
        return records.write(record, folder)
    except OSError as error:
        path = records.write(record, Path(tempfile.mkdtemp(prefix="xorbench-")))
        typer.echo(f"xorbench: {folder} could not be written: {error.strerror}; the record is {path}", err=True)
        return path


def main() -> None:
    """The entry point: a mistake in the call is one line on standard error."""
    try:
        code = app(standalone_mode=False)
    except typer.TyperException as error:
        typer.echo(f"xorbench: {' '.join(error.format_message().split())} (see xorbench --help)", err=True)
        code = 2
    sys.exit(code)


if __name__ == "__main__":
    main()
