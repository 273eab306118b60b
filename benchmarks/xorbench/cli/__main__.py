"""The command xorbench; `xorbench --help` lists its subcommands.

Exit codes: 0 success, and help without a command; 1 a gradient outside its bound, an implementation that is missing,
failed or broke a rule of the clock, a row that became slower than allowed, a record that may not be published, or a
page that does not match the records; 2 a usage error; 3 the harness or the reference failed, so that there is no
verdict, or this machine can't do it, as where a folder can't be written or a disk is full; 130, 143 and 129 ended by
SIGINT, SIGTERM and SIGHUP. A reader of the output that stops early, such as `head`, changes nothing, and so do closed
standard streams.
"""

from typing import TYPE_CHECKING

from xorbench.cli import process

if TYPE_CHECKING:
    import typer


def main() -> None:
    """Run the command and exit with its code; a usage error is printed in one line on standard error."""
    process.run(_app, "xorbench")


def _app() -> "typer.Typer":
    from xorbench.cli.app import app  # imported here, so that a signal is handled before

    return app


if __name__ == "__main__":
    main()
