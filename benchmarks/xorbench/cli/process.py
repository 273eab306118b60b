"""The process of a command: it ends with the command's exit code, and a usage error is one line."""

import signal
import sys
from types import FrameType

import typer

from xorbench.failure import HarnessError
from xorbench.streams import forgive_closed_pipes, open_standard_streams

INTERRUPTED = 130
"""The exit code of a command that Ctrl-C ended. Where another signal ended it, it is 128 and the signal's number."""

ENDING = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))
"""The signals by which `kill` and a closed terminal end a process. They are handled as Ctrl-C is."""


def run(app: typer.Typer, name: str) -> None:
    """Run a command and exit with its code; an error is printed in one line on standard error.

    It exits with 2 after a usage error, with 3 after a failure of the harness or of the reference, and with 128 and the
    number of the signal that ended it. `name` is what the user calls the command by, such as "xorbench". A reader of
    its output that stops early is no error.
    """
    open_standard_streams()
    forgive_closed_pipes()
    received = [signal.SIGINT]

    def end(number: int, _frame: FrameType | None) -> None:
        received.append(signal.Signals(number))
        raise KeyboardInterrupt

    for number in ENDING:
        if signal.getsignal(number) is not signal.SIG_IGN:  # as nohup leaves it
            signal.signal(number, end)
    try:
        code = app(standalone_mode=False, prog_name=name)
    except typer.TyperException as error:
        typer.echo(f"{name}: {' '.join(error.format_message().split())} (see {name} --help)", err=True)
        code = 2
    except HarnessError as error:
        typer.echo(f"{name}: {error}", err=True)
        code = 3
    except (KeyboardInterrupt, typer.Abort):
        typer.echo(f"{name}: interrupted before anything was finished", err=True)
        code = INTERRUPTED
    sys.exit(128 + received[-1] if code == INTERRUPTED else code)


def ignore_signals() -> None:
    """Ignore Ctrl-C, `kill` and a closed terminal from now on, while what is finished is written."""
    for number in (signal.SIGINT, *ENDING):
        signal.signal(number, signal.SIG_IGN)
