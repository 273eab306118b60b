"""The commands that need records and nothing else: show, compare, export, check, publish, verify."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from xorbench.cli.options import AsJson, Output

app = typer.Typer()


@app.command()
def compare(
    before: Annotated[Path, typer.Argument(metavar="A", help="A record.")],
    after: Annotated[Path, typer.Argument(metavar="B", help="A later one, of the same kind of machine.")],
    fail_if_slower: Annotated[
        str | None,
        typer.Option(
            metavar="PERCENT", help="Exit code 1 if a row of A is slower by more beyond doubt, or can't be compared."
        ),
    ] = None,
    between_runs: Annotated[
        str,
        typer.Option(metavar="PERCENT", help="Standard deviation of a ratio from run to run of the same code; 2%."),
    ] = "2%",
    as_json: AsJson = False,
) -> int:
    """What became of each ratio from record A to record B, where that can be said."""
    from xorbench.cli import choices

    limit = choices.share(fail_if_slower, "--fail-if-slower")
    spread = choices.share(between_runs, "--between-runs", least=0)
    old, new = choices.record(before), choices.record(after)
    from xorbench.cli import show
    from xorbench.estimates import changes
    from xorbench.tables import timings

    found = changes.changes(old, new, spread or 0.0)
    failed = limit is not None and (not found or any(c.slower_by(limit) or c.reason for c in found))
    if as_json:
        show.document({"failed": failed, "changes": [asdict(c) for c in found], "notes": changes.notes(old, new)})
    else:
        show.tables([timings.changes(found, changes.notes(old, new))])
    return 1 if failed else 0


@app.command("show")
def show_(
    record: Annotated[Path, typer.Argument(metavar="RECORD", help="Whose tables to print.")],
    table: Annotated[list[str] | None, typer.Option(metavar="NAME", help="This one only; may be repeated.")] = None,
    form: Annotated[str | None, typer.Option("--format", metavar="FORMAT", help="md, csv, tex or html.")] = None,
) -> int:
    """Print a record's tables, here in colour or as a text to paste."""
    from xorbench.cli import choices

    content = choices.record(record)
    from xorbench.cli import show
    from xorbench.tables.catalogue import named
    from xorbench.tables.formats import FORMATS

    found = named(content)
    wanted = [choices.known(name, list(found), "table") for name in table or found]
    tables = [one for name in wanted for one in found[name]]
    if form is None:
        show.tables(tables)
    else:
        typer.echo(FORMATS[choices.known(form, list(FORMATS), "format")](tables), nl=False)
    return 0


@app.command()
def export(
    record: Annotated[list[Path], typer.Argument(metavar="RECORD...", help="Whose raw timings to export.")],
    pytest_benchmark: Annotated[
        Path | None, typer.Option("--pytest-benchmark", metavar="FILE", help="JSON, of one, for its compare.")
    ] = None,
    parquet: Annotated[Path | None, typer.Option(metavar="DIR", help="Frames of them all, a file each.")] = None,
) -> int:
    """Write records as other tools read them."""
    from xorbench.cli import choices

    if pytest_benchmark is None and parquet is None:
        raise typer.BadParameter("nothing to write; give --pytest-benchmark FILE or --parquet DIR")
    contents = [choices.record(path) for path in record]
    written = []
    if pytest_benchmark is not None:
        file = choices.file(pytest_benchmark, "--pytest-benchmark", (".json",))
        if len(contents) > 1:
            raise typer.BadParameter(f"expected one record, got {len(contents)}", param_hint="--pytest-benchmark")
        from xorbench import records
        from xorbench.exports import foreign

        records.write_whole(file, foreign.pytest_benchmark(contents[0]))
        written.append(file)
    if parquet is not None:
        folder = choices.folder(parquet, "--parquet")
        from xorbench.exports import frames

        try:
            written += frames.load(*record).to_parquet(folder)
        except ImportError as error:
            raise typer.BadParameter("pyarrow is missing: pip install pyarrow", param_hint="--parquet") from error
    for path in written:
        typer.echo(path)
    return 0


@app.command()
def check(
    record: Annotated[list[Path] | None, typer.Argument(metavar="[RECORD...]", help="All there are, if none.")] = None,
) -> int:
    """Say whether records may be published: gradients, the run's own control, nothing personal; 1 if not.

    Studies too: that they have a table and tell of nobody.
    """
    from xorbench import places, records
    from xorbench.cli import choices
    from xorbench.publication import contribution
    from xorbench.studies import kept

    found = []
    folder = places.results()
    paths = record or [*records.paths(folder), *kept.paths(folder)]
    for path in paths:
        try:
            found += contribution.complaints(path)
        except OSError as error:
            raise choices.no_record(path, error) from error
    for complaint in found:
        typer.echo(complaint)
    if not found:
        studies = sum(map(kept.holds_one, paths))
        for number, kind in ((studies, "studies"), (len(paths) - studies, "records")):
            if number:
                typer.echo(f"{number} of {number} {kind} may be published")
    return 1 if found else 0


@app.command("publish")
def publish_(output: Output = None) -> int:
    """Render the tables from the records."""
    from xorbench.cli import choices
    from xorbench.publication import publish

    try:
        written = publish.publish(choices.folder(output))
    except (OSError, ValueError) as error:
        raise typer.BadParameter(str(error), param_hint="--output") from error
    for path in written:
        typer.echo(path)
    return 0


@app.command()
def verify(output: Output = None) -> int:
    """Render the tables again and compare: 1 where what is published is not what the records say."""
    from xorbench.cli import choices
    from xorbench.publication import publish

    folder = choices.folder(output)
    try:
        complaints = publish.verify(folder)
    except (OSError, ValueError) as error:
        raise typer.BadParameter(str(error), param_hint="--output") from error
    for complaint in complaints:
        typer.echo(complaint)
    if not complaints:
        typer.echo(f"{folder}: everything is what the records say")
    return 1 if complaints else 0
