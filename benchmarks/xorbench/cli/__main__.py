"""The command: xorbench list, gradients, run, sweep, show, compare, export, check, publish, verify, environments, new.

Exit codes: 0 all is well; 1 a gradient outside its bound, an implementation that failed or broke a rule of the clock, a
row that became slower than it may, a record that may not be published, or a page that is not what the records say; 2 a
mistake in the call; 130 interrupted. Nothing heavy is imported before it is needed, so that `--help` answers at once.
"""

import sys

import typer

from xorbench.cli import make, measure, records, sweep

app = typer.Typer(
    help="What a training step costs in each framework, and whether its gradient is right.",
    add_completion=False,
    rich_markup_mode=None,
)
app.add_typer(measure.app)
app.add_typer(sweep.app)
app.add_typer(records.app)
app.add_typer(make.app)


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
