"""The progress of a command, on standard error: a live bar with the time left on a terminal, else plain lines."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


def say(sentence: str) -> None:
    """Print one line to standard error, between stages."""
    print(sentence, file=sys.stderr, flush=True)


@contextmanager
def stage(name: str, steps: int) -> Iterator[Callable[[], None]]:
    """Show the progress of one stage of a command; call the yielded function after each of its `steps`."""
    show = _live if sys.stderr.isatty() else _plain
    with show(name, steps) as advance:
        yield advance


@contextmanager
def _live(name: str, steps: int) -> Iterator[Callable[[], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    # Automatic refreshing would run a thread beside the clock.
    with Progress(*columns, console=Console(stderr=True), transient=True, auto_refresh=False) as progress:
        task = progress.add_task(name, total=steps)

        def advance() -> None:
            progress.advance(task)
            progress.refresh()

        progress.refresh()
        yield advance


@contextmanager
def _plain(name: str, steps: int) -> Iterator[Callable[[], None]]:
    started = time.monotonic()
    done = 0

    def advance() -> None:
        nonlocal done
        done += 1
        left = (time.monotonic() - started) / done * (steps - done)
        if done * 10 // steps > (done - 1) * 10 // steps:  # a line for each tenth
            print(f"{name}: {done} of {steps}, about {left:.0f} s left", file=sys.stderr, flush=True)

    yield advance
