"""The command that counts instructions: count."""

from typing import Annotated

import typer

from xorbench.cli.options import AsJson, Extra, Implementations, Output, Pythons, Seed, Tuned, Workloads, finite
from xorbench.cli.process import INTERRUPTED

app = typer.Typer()


@app.command()
def count(
    implementation: Implementations = None,
    workload: Workloads = None,
    tuned: Tuned = False,
    time_limit: Annotated[
        float, typer.Option(min=1, callback=finite, metavar="SECONDS", help="End a process that takes longer.")
    ] = 300,
    seed: Seed = 0,
    output: Output = None,
    extra: Extra = None,
    python: Pythons = None,
    as_json: AsJson = False,
) -> int:
    """Count the instructions of an epoch by Callgrind (valgrind).

    The gradients are judged first, and a record is written. What cannot be counted is listed with the reason. Other
    work on the machine does not change a count; instructions are no times and no rank. Two such records are compared by
    xorbench compare.
    """
    from xorbench.cli import choices, selected
    from xorbench.workloads import TUTORIAL

    chosen = selected.with_reference(selected.implementations(implementation, extra, tuned))
    workloads, folder, cpu = choices.workloads(workload, TUTORIAL), choices.folder(output), choices.cpu(None)
    if selected.broken(chosen, extra):
        return 1
    chosen = selected.in_environments(chosen, python)
    from dataclasses import asdict

    from xorbench import environment
    from xorbench.cli import keeping, process, show
    from xorbench.estimates.analysis import Analysis
    from xorbench.record.settings import Settings
    from xorbench.suite.counting import Counting
    from xorbench.suite.defaults import QUICK_POINTS
    from xorbench.tables.summary import summary

    settings = Settings(points=QUICK_POINTS, cpu=cpu, seed=seed)
    session = Counting(chosen, workloads, settings, time_limit)
    try:
        session.run()
    except KeyboardInterrupt:
        process.ignore_signals()  # a second one must not lose what is finished
        if not session.rows:
            raise
    with process.uninterrupted():
        record = session.record(environment.command())
        path = keeping.kept(record, folder)
        counts = record.counts
        assert counts is not None
        if as_json:
            rows = [{**asdict(row), "instructions_per_epoch": counts.per_epoch(row)} for row in counts.rows]
            about = {"valgrind": counts.valgrind, "features": counts.features}
            show.document({"record": str(path), "partial": record.partial, **about, "rows": rows})
        else:
            show.lines(summary(Analysis(record), show.width(), choices.near(path)))
    if record.partial:
        return INTERRUPTED
    asked = {*(implementation or ()), *(path.stem for path in extra or ())}
    lacking = any(row.reason and row.implementation in asked for row in counts.rows)
    failed = not (record.gradients.passed and counts.counted)
    return 1 if failed or lacking or selected.missing(chosen, implementation, extra) else 0
