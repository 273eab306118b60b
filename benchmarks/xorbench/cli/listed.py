"""The command that lists implementations and workloads."""

from dataclasses import asdict

import typer

from xorbench.cli.options import (
    AsJson,
    Extra,
)

app = typer.Typer()


@app.command("list")
def list_(extra: Extra = None, as_json: AsJson = False) -> int:
    """List implementations and workloads, and what is missing."""
    from xorbench.cli import choices, selected
    from xorbench.record.run import WorkloadRecord
    from xorbench.suite.about import of_implementation

    implementations = [of_implementation(i) for i in selected.implementations(None, extra)]
    workloads = [WorkloadRecord.of(w) for w in choices.workloads(None)]
    from xorbench.cli import show
    from xorbench.tables import listing

    if as_json:
        show.document({"implementations": [*map(asdict, implementations)], "workloads": [*map(asdict, workloads)]})
    else:
        show.tables([listing.implementations(implementations), listing.workloads(workloads)])
    return 0
