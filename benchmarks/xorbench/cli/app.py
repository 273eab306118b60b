"""The application of typer with all subcommands of xorbench.

Large packages are imported only where they are needed, so that `--help` is fast.
"""

from typing import Annotated

import typer

from xorbench.cli import count, fleet, gradients, history, listed, make, publishing, recommend, records, run, sweep

app = typer.Typer(
    help="What a training step costs in each framework, and whether its gradient is right.", rich_markup_mode=None
)
app.add_typer(listed.app)
app.add_typer(gradients.app)
app.add_typer(run.app)
app.add_typer(sweep.app)
app.add_typer(fleet.app)
app.add_typer(history.app)
app.add_typer(count.app)
app.add_typer(records.app)
app.add_typer(publishing.app)
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
