"""The command that ranks implementations by the total time of a training: recommend."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal

import typer

from xorbench.cli.options import AsJson, Output, count

app = typer.Typer()


@app.command()
def recommend(
    width: Annotated[int, count("Hidden width, one of those that were measured.")],
    batch: Annotated[int, count("Number of samples, one of those that were measured.")],
    epochs: Annotated[int, count("Number of epochs of the training.")],
    record: Annotated[
        list[Path] | None,
        typer.Argument(metavar="RECORD", help="Records of one machine. [default: all of the newest one's machine]"),
    ] = None,
    warm: Annotated[
        bool, typer.Option("--warm", help="Without import and first call, as in a process that has trained before.")
    ] = False,
    tuned: Annotated[bool, typer.Option("--tuned", help="Also the tuned implementations.")] = False,
    threads: Annotated[int, count("Threads of each library, on as many CPUs.")] = 1,
    dtype: Annotated[Literal["float64", "float32"], typer.Option(help="Precision of the training.")] = "float64",
    output: Output = None,
    as_json: AsJson = False,
) -> int:
    """Rank implementations by the total time of a training.

    The times, start-up included, are those in the records of one machine.
    """
    from xorbench import places
    from xorbench.cli import choices, show
    from xorbench.estimates.measured_points import table
    from xorbench.estimates.recommendation import ranking
    from xorbench.record import store
    from xorbench.tables.recommendation import lines

    folder = output or places.results()
    paths = record or store.of_newest_machine(folder)
    if not paths:
        raise typer.BadParameter(
            f"{folder} has no record, expected <machine>/<time>.json; `xorbench run` and `xorbench sweep` write records"
        )
    analyses = [choices.record(path) for path in paths]
    try:
        found = ranking(table(analyses), width, batch, epochs, warm, tuned=tuned, threads=threads, dtype=dtype)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    if as_json:
        show.document(asdict(found))
    else:
        show.lines(lines(found, max(60, show.width())))
    return 0
