"""The command xorbench; `xorbench --help` lists its subcommands.

Exit codes: 0 success, and help without a command; 1 a gradient outside its bound, an implementation that is missing,
failed or broke a rule of the clock, a row that became slower than allowed, a record that may not be published, or a
page that does not match the records; 2 a usage error; 3 the harness or the reference failed, so that there is no
verdict; 130 interrupted. A reader of the output that stops early, such as `head`, changes nothing. Large packages are
imported only where they are needed, so that `--help` is fast.
"""

from typing import Annotated

import typer

from xorbench.cli import count, make, measure, process, recommend, records, sweep

app = typer.Typer(
    help="What a training step costs in each framework, and whether its gradient is right.", rich_markup_mode=None
)
app.add_typer(measure.app)
app.add_typer(sweep.app)
app.add_typer(count.app)
app.add_typer(records.app)
app.add_typer(recommend.app)
app.add_typer(make.app)


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"xorbench {version('xorbench')}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def without_command(
    context: typer.Context,
    version: Annotated[  # noqa: ARG001  its callback prints it
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Print the help if there is no command."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def main() -> None:
    """Run the command and exit with its code; a usage error is printed in one line on standard error."""
    process.run(app, "xorbench")


if __name__ == "__main__":
    main()
