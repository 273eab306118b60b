"""The commands that only read records: compare, show, machines, export."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal

import typer

from xorbench.cli.options import AsJson
from xorbench.tables.names import NAMES

app = typer.Typer()


@app.command()
def compare(
    before: Annotated[Path, typer.Argument(metavar="A", help="The earlier record.")],
    after: Annotated[Path, typer.Argument(metavar="B", help="The later record, of the same kind of machine.")],
    fail_if_slower: Annotated[
        list[str] | None,
        typer.Option(
            metavar="[NAME=]PERCENT",
            help="Exit with code 1 if the whole interval of a row's change is above this, or the row cannot be "
            "compared. Without NAME the limit is for every row that has none of its own; may be repeated.",
        ),
    ] = None,
    between_runs: Annotated[
        str | None,
        typer.Option(
            metavar="PERCENT",
            help="Standard deviation of a ratio between runs of the same code; for records of count, the largest "
            "change between them. [default: 2%; 0.5% for records of count]",
        ),
    ] = None,
    form: Annotated[
        Literal["md"] | None, typer.Option("--format", help="Print Markdown, for a comment on a pull request.")
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Compare two records: which ratios changed from A to B.

    Of two records of xorbench count the instructions are compared.
    """
    from xorbench.cli import choices

    if form and as_json:
        raise typer.BadParameter("expected one format, got --json as well", param_hint="--format")
    spread = choices.share(between_runs, "--between-runs", least=0)
    limits = choices.limits(fail_if_slower or (), "--fail-if-slower")
    old, new = choices.record(before), choices.record(after)
    from xorbench.cli import show
    from xorbench.estimates import comparison, instructions
    from xorbench.tables import changes

    counts = [one.record.counts is not None for one in (old, new)]
    if any(counts) and not all(counts):
        kinds = f"A is of the kind {old.record.kind} and B of the kind {new.record.kind}"
        raise typer.BadParameter(f"{kinds}, expected two records of one kind", param_hint="B")
    for name in limits.by_name:
        choices.known(name, [i.name for i in old.record.implementations], "implementation", "--fail-if-slower")
    notes = comparison.notes(old, new)
    if all(counts):
        spread = instructions.REPEATS if spread is None else spread
        found = instructions.changes(old.record, new.record, spread)
        notes += instructions.notes(old.record, new.record)
        held = [change for change in found if change.before is not None]
        failures = comparison.failures(held, limits, "needs more instructions") if fail_if_slower else []
        sections = changes.of_counts(found, notes, spread, failures)
    else:
        spread = comparison.BETWEEN_RUNS if spread is None else spread
        found = comparison.changes(old, new, spread)
        failures = comparison.failures(found, limits) if fail_if_slower else []
        sections = changes.sections(found, notes, spread, failures)
    if as_json:
        content = {"failed": bool(failures), "failures": failures, "changes": [*map(asdict, found)], "notes": notes}
        show.document(content)
    else:
        show.lines(changes.markdown(sections).splitlines() if form else changes.text(sections, show.width()))
    return 1 if failures else 0


@app.command("show")
def show_(
    record: Annotated[
        Path | None, typer.Argument(metavar="RECORD", help="The record. [default: the newest in results/]")
    ] = None,
    table: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            autocompletion=lambda: [*NAMES],
            help=f"Print this table in full; may be repeated. The names: {', '.join(NAMES)}.",
        ),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Print all tables in full.")] = False,
    form: Annotated[
        Literal["md", "csv", "tex", "html"] | None,
        typer.Option("--format", help="Print the tables as text of this format, all of them without --table."),
    ] = None,
) -> int:
    """Print the summary of a record, or some of its tables.

    In a terminal that is too narrow for a table, columns are left out: first the execution, then the others from the
    right to the left. The leftmost column, the implementation, the verdict and the status stay.
    """
    from xorbench.cli import choices

    if table and every:
        raise typer.BadParameter("can't be combined with --table; give one of them", param_hint="--all")
    path = record or choices.newest_record()
    content = choices.record(path)
    from xorbench.cli import show
    from xorbench.tables.catalogue import named
    from xorbench.tables.formats import FORMATS
    from xorbench.tables.summary import summary

    if not table and not every and form is None:
        show.lines(summary(content, show.width(), choices.near(path), newest=record is None))
        return 0
    found = named(content)
    wanted = [choices.table(name, list(found)) for name in table or found]
    tables = [each for name in wanted for each in found[name]]
    if form is None:
        show.tables(tables)
    else:
        typer.echo(FORMATS[form](tables), nl=False)
    return 0


@app.command()
def machines(
    folder: Annotated[
        Path | None, typer.Argument(metavar="FOLDER", help="The folder of records. [default: results/]")
    ] = None,
    form: Annotated[
        Literal["md", "csv", "tex", "html"] | None,
        typer.Option("--format", help="Print the tables as text of this format."),
    ] = None,
) -> int:
    """Compare the ratios of several machines.

    Each machine's ratios are printed beside those of the others, with the verdicts that hold on all of them. Exit code
    1 where a record is left out because it is invalid.
    """
    from xorbench import places
    from xorbench.cli import show
    from xorbench.publication.selection import over_folder
    from xorbench.tables.formats import FORMATS
    from xorbench.tables.machines import tables

    where = folder or places.results()
    over, refused = over_folder(where)
    if not over.records:
        why = "; ".join(refused) or "expected <machine>/<time>.json; write one with xorbench run"
        raise typer.BadParameter(f"{where} has no record: {why}", param_hint="FOLDER")
    found = tables(over)
    if form is None:
        show.tables(found)
    else:
        typer.echo(FORMATS[form](found), nl=False)
    for reason in refused:
        typer.echo(f"left out: {reason}", err=True)
    return 1 if refused else 0


@app.command()
def export(
    record: Annotated[list[Path], typer.Argument(metavar="RECORD", help="Records.")],
    pytest_benchmark: Annotated[
        Path | None,
        typer.Option("--pytest-benchmark", metavar="FILE", help="Write raw timings as JSON of pytest-benchmark."),
    ] = None,
    github_action_benchmark: Annotated[
        Path | None,
        typer.Option(
            "--github-action-benchmark",
            metavar="FILE",
            help="Write ratios as JSON of github-action-benchmark (customSmallerIsBetter).",
        ),
    ] = None,
    parquet: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write the records as frames, one file each.")
    ] = None,
) -> int:
    """Write records in the formats of other tools."""
    from xorbench.cli import choices

    as_json = {"--pytest-benchmark": pytest_benchmark, "--github-action-benchmark": github_action_benchmark}
    if parquet is None and not any(as_json.values()):
        raise typer.BadParameter(f"no output is given; give {' FILE, '.join(as_json)} FILE or --parquet DIR")
    contents = [choices.record(path) for path in record]
    from xorbench.exports import foreign
    from xorbench.record import store

    writers = {
        "--pytest-benchmark": foreign.pytest_benchmark,
        "--github-action-benchmark": foreign.github_action_benchmark,
    }
    written = []
    for option, path in as_json.items():
        if path is not None:
            file = choices.file(path, option, (".json",))
            for place, one in zip(record, contents, strict=True):
                if one.record.counts is not None:
                    raise typer.BadParameter(
                        f"{place} is a record of xorbench count, which has no times; expected one of run, sweep or "
                        "history",
                        param_hint=option,
                    )
            try:
                text = writers[option](contents)
            except ValueError as error:
                raise typer.BadParameter(str(error), param_hint=option) from error
            store.write_whole(file, text)
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
