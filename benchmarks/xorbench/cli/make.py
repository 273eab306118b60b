"""The commands for environments and new implementations: environments create, environments list, new."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from xorbench.cli.options import AsJson

app = typer.Typer()
environments_app = typer.Typer(help="Make and list virtual environments for --python.")
app.add_typer(environments_app, name="environments")


@environments_app.command()
def create(
    label: Annotated[
        str, typer.Argument(metavar="LABEL", help="Name of the environment in --python, records and tables.")
    ],
    requirement: Annotated[
        list[str],
        typer.Argument(
            metavar="REQUIREMENT", help="What to install, with its version, as in numpy==2.0.2; NumPy is needed."
        ),
    ],
    python_executable: Annotated[
        str, typer.Option(metavar="PATH", show_default=False, help="The Python to make it from. [default: this one]")
    ] = sys.executable,
) -> int:
    """Make a virtual environment in the user's cache folder."""
    from xorbench.environments import virtualenvs

    try:
        typer.echo(virtualenvs.create(label, requirement, python_executable))
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    return 0


@environments_app.command("list")
def list_(as_json: AsJson = False) -> int:
    """List these environments, and what is installed in them."""
    from xorbench.cli import show
    from xorbench.environments.probe import Unusable, survey
    from xorbench.environments.virtualenvs import environments
    from xorbench.tables import listing

    found: dict[str, dict[str, str] | str] = {}
    for label, executable in environments():
        try:
            found[label] = dict(survey(label, str(executable), [])[0].versions)
        except Unusable as error:
            found[label] = str(error)
    if as_json:
        show.document(found)
    else:
        show.tables([listing.environments(found)])
    return 0


@app.command()
def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the implementation and of its file.")],
    framework: Annotated[
        str,
        typer.Option(metavar="LIBRARY", help="The framework: a distribution, as pip names it, or a program."),
    ],
    output: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder of the file. [default: the current one]")
    ] = None,
) -> int:
    """Write NAME.py, an implementation to be filled in."""
    from xorbench.contract import template

    try:
        typer.echo(template.write(name, framework, output or Path()))
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    return 0
