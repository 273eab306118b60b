"""The commands that publish records: check, publish, verify."""

from pathlib import Path
from typing import Annotated

import typer

from xorbench.cli.options import Output
from xorbench.streams import in_one_line

app = typer.Typer()


@app.command()
def check(
    record: Annotated[
        list[Path] | None, typer.Argument(metavar="RECORD", help="Records and studies. [default: all in results/]")
    ] = None,
) -> int:
    """Check whether records and studies may be published. Exit code 1 if one may not, with the reasons.

    A record may not be published if it is in the wrong place, identifies a person or a machine, has a gradient that did
    not pass, or an implementation that failed or was refused; if it is a quick run, was interrupted, or is unfit; if it
    has fewer than 4 launches or no A/A control; or if an interval is wider than a factor of 10.

    It may be published with a mark, which is printed and stands in the caption of its tables: fewer than 8 launches, an
    interval wider than a factor of 2 or than --resolution, more than 25 % of the rounds disturbed, more than 2 % of the
    CPU time stolen by other virtual machines, correlated launches, wall time, processes that failed, another
    measurement on the machine, or a resumed run.
    """
    from xorbench import places
    from xorbench.cli import choices
    from xorbench.publication import contribution
    from xorbench.record import store, studies

    found = []
    folder = places.results()
    paths = record or [*store.paths(folder), *studies.paths(folder)]
    if not paths:
        raise choices.none_in(folder)
    for path in paths:
        try:
            found.append(contribution.examined(path))
        except OSError as error:
            raise choices.no_record(path, error) from error
    for one in found:
        for line in (*one.complaints, *one.marks):
            typer.echo(in_one_line(line))
    refused = any(one.complaints for one in found)
    if not refused:
        of_studies = sum(map(studies.holds_one, paths))
        for number, kind in ((of_studies, "studies"), (len(paths) - of_studies, "records")):
            if number:
                typer.echo(f"{number} of {number} {kind} may be published")
    return 1 if refused else 0


@app.command("publish")
def publish_(output: Output = None) -> int:
    """Render tables, pictures and pages from the records.

    Exit code 1 where a record or a study is left out, with the reason.
    """
    from xorbench.cli import choices
    from xorbench.publication import publish

    try:
        written, refused = publish.publish(choices.folder(output))
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--output") from error
    for path in written:
        typer.echo(in_one_line(str(path)))
    for reason in refused:
        typer.echo(in_one_line(f"left out: {reason}"), err=True)
    return 1 if refused else 0


@app.command()
def verify(output: Output = None) -> int:
    """Check that the rendered files match the records.

    Everything is rendered again and compared; exit code 1 where a file differs.
    """
    from xorbench.cli import choices
    from xorbench.publication import publish

    folder = choices.folder(output)
    try:
        complaints = publish.verify(folder)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--output") from error
    for complaint in complaints:
        typer.echo(in_one_line(complaint))
    if not complaints:
        typer.echo(f"{folder}: every published file matches the records")
    return 1 if complaints else 0
