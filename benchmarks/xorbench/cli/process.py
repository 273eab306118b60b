"""The process of a command: it ends with the command's exit code, and a usage error is one line."""

import sys

import typer


def run(app: typer.Typer, name: str) -> None:
    """Run a command and exit with its code; a usage error is printed in one line on standard error.

    `name` is what the user calls the command by, such as "xorbench".
    """
    try:
        code = app(standalone_mode=False)
    except typer.TyperException as error:
        typer.echo(f"{name}: {' '.join(error.format_message().split())} (see {name} --help)", err=True)
        code = 2
    sys.exit(code)
