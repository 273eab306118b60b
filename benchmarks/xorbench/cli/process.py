"""The process of a command: its streams, its signals, its exit code, and errors in one line."""

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import monotonic
from types import FrameType
from typing import TYPE_CHECKING

from xorbench.failure import HarnessError, of_system
from xorbench.streams import failure_of_output, guard_output, open_standard_streams, printable

if TYPE_CHECKING:
    import typer

INTERRUPTED = -1
"""The value that a command returns after it was interrupted and has said so.

The process then exits with 128 and the number of the signal.
"""

ENDING = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
"""The signals by which Ctrl-C, `kill` and a closed terminal end a process. All are handled in the same way."""

SECONDS_TO_END = 10.0
"""The time for which a command that a signal ends is not interrupted again."""

_OF_TYPER = 130
"""The exit code that typer returns for a command that raised KeyboardInterrupt."""


@dataclass
class _Signals:
    """The signals that this process has received, when the last one interrupted it, and whether none does any more."""

    received: list[signal.Signals] = field(default_factory=list)
    interrupted: float = -SECONDS_TO_END
    finishing: bool = False

    def handle(self, number: int, _frame: FrameType | None) -> None:
        """Note a signal, and raise KeyboardInterrupt unless the command is ending already."""
        self.received.append(signal.Signals(number))
        now = monotonic()
        if not self.finishing and now - self.interrupted >= SECONDS_TO_END:
            self.interrupted = now
            raise KeyboardInterrupt


_signals = _Signals()


def run(load: "Callable[[], typer.Typer]", name: str) -> None:
    """Run the command that `load` returns and exit with its code; an error is printed in one line on standard error.

    It exits with 2 after a usage error, with 3 after a failure of the harness, of the reference or of the system, and
    with 128 and the number of the signal that ended it; further signals do not interrupt its end. `name` is what the
    user calls the command by, such as "xorbench". Standard streams may be closed, and a reader of its output may stop
    early.
    """
    global _signals
    open_standard_streams()
    guard_output()
    _signals = _Signals()
    try:
        try:
            _handle_signals()  # in here, because a signal may come before the last one is handled
            code, error = _called(load, name)
        finally:
            ignore_signals()
    except KeyboardInterrupt:  # not inside the command
        code, error = _OF_TYPER, ""
    if code in (INTERRUPTED, _OF_TYPER) or _signals.received:
        ended = (_signals.received or [signal.SIGINT])[0]
        if code == _OF_TYPER:
            error = f"interrupted by {ended.name}"
        elif code != INTERRUPTED:
            error = error or f"interrupted by {ended.name} while the last results were written"
        code = 128 + ended
    if failure := failure_of_output():
        error = f"{error or 'the output is incomplete'}; standard output can't be written: {failure.strerror}"
        code = code if code > 128 else 3
    if error:
        print(printable(f"{name}: {error}"), file=sys.stderr)
    sys.exit(code)


def _handle_signals() -> None:
    for number in ENDING:
        if signal.getsignal(number) is not signal.SIG_IGN:  # as nohup leaves it
            signal.signal(number, _signals.handle)


def _called(load: "Callable[[], typer.Typer]", name: str) -> tuple[int, str]:
    """Return the exit code of a command, and an error in one line, empty if there is none."""
    import typer

    from xorbench.places import current

    app: typer.Typer | None = None
    try:
        app = load()
        code: int | None = app(standalone_mode=False, prog_name=name)
    except typer.TyperException as error:
        return 2, f"{_mistake(error)} (see {' '.join([name, *_subcommands(app)])} --help)"
    except typer.Abort:
        return _OF_TYPER, ""
    except HarnessError as error:
        return 3, str(error)
    except OSError as error:
        return 3, of_system(error) if current() else "the current folder was removed; change to another one"
    return code or 0, ""


def _mistake(error: "typer.TyperException") -> str:
    """Return the message of a usage error in one line, with what was given instead of a valid number or choice."""
    from pydantic import ValidationError

    if isinstance(error.__cause__, ValidationError):
        first = error.__cause__.errors(include_url=False)[0]
        wanted = first["msg"].removeprefix("Value error, ").removesuffix(".").split(", unable to parse")[0]
        if wanted.startswith("Input should be "):
            limit = wanted.removeprefix("Input should be ")
            number = "a number " if limit.startswith(("greater", "less")) else ""
            wanted = f"{first['input']}: expected {number}{limit}"
        error.message = printable(wanted)
    return " ".join(error.format_message().split())


def _subcommands(app: "typer.Typer | None") -> Iterator[str]:
    """Yield the names of the subcommands that were called, such as "environments" and "create"."""
    import typer

    command: object = None if app is None else typer.main.get_command(app)
    for word in sys.argv[1:]:
        command = getattr(command, "commands", {}).get(word)
        if command is None:
            return
        yield word


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Let no signal interrupt what is done inside, such as writing results; one that came is handled behind it.

    It is handled as everywhere: KeyboardInterrupt is raised, and the first signal sets the exit code.
    """
    before, received = _signals.finishing, len(_signals.received)
    _signals.finishing = True
    try:
        yield
    finally:
        _signals.finishing = before
    if len(_signals.received) > received and not before:
        raise KeyboardInterrupt


def ignore_signals() -> None:
    """Let no signal end this process from now on, while what is finished is written; the first one sets its code."""
    _signals.finishing = True
