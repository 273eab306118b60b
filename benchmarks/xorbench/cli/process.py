"""The process of a command: it ends with the command's exit code, and a usage error is one line."""

import sys

import typer

from xorbench.failure import HarnessError
from xorbench.streams import forgive_closed_pipes, open_standard_streams


def run(app: typer.Typer, name: str) -> None:
    """Run a command and exit with its code; an error is printed in one line on standard error.

    It exits with 2 after a usage error, and with 3 after a failure of the harness or of the reference. `name` is
    what the user calls the command by, such as "xorbench". A reader of its output that stops early is no error.
    """
    open_standard_streams()
    forgive_closed_pipes()
    try:
        code = app(standalone_mode=False, prog_name=name)
    except typer.TyperException as error:
        typer.echo(f"{name}: {' '.join(error.format_message().split())} (see {name} --help)", err=True)
        code = 2
    except HarnessError as error:
        typer.echo(f"{name}: {error}", err=True)
        code = 3
    sys.exit(code)
