"""The progress of a command on standard error, with the time left for all of it: a bar on a terminal, else plain lines.

No thread refreshes the bar, because it would run beside the clock: it is drawn anew after each step.
"""

import math
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Protocol

from xorbench.streams import printable

PRIOR = 0.05
"""The share of an expected time that counts as if it had been measured to be right."""


class Advance(Protocol):
    """A function that is called after a step."""

    def __call__(self, done: float, left: float | None = None, /) -> None:
        """Note a step that was expected to take `done` seconds.

        `left` are the seconds until the end of the stage, if the caller knows them better than by the pace so far.
        """


class Stage(Protocol):
    """A function that shows the progress of one stage of a command, which is expected to take `seconds`.

    What it yields is called after each step with the part of `seconds` that was expected for that step: see `Advance`.
    """

    def __call__(self, name: str, seconds: float, /) -> AbstractContextManager[Advance]:
        """Return a context manager that yields the function to call after each step."""


def say(sentence: str) -> None:
    """Print one line to standard error, above the bar if there is one; control characters become �."""
    line = printable(sentence)
    if _display:
        _display.say(line)
    else:
        print(line, file=sys.stderr, flush=True)


@contextmanager
def in_silence(_name: str, _seconds: float) -> Iterator[Advance]:
    """Yield a function that does nothing: a `Stage` that shows no progress."""
    yield lambda _done, _left=None: None


@contextmanager
def stage(name: str, seconds: float) -> Iterator[Advance]:
    """Show the progress of a command of one stage: see `Stage`."""
    with Progress().stage(name, seconds) as advance:
        yield advance


@contextmanager
def steps(name: str, number: int) -> Iterator[Callable[[], None]]:
    """Show the progress of a command of one stage; call the yielded function after each of its equal steps."""
    with Progress(prior=0.0).stage(name, number) as advance:
        yield lambda: advance(1)


@dataclass
class _Current:
    """The stage in progress: its expected seconds, how many of these are done, and when it began.

    `measured` says that the expected seconds follow from measurements on this machine, and `ends` is when it will end,
    if that was told.
    """

    name: str
    seconds: float
    began: float
    measured: bool
    done: float = 0.0
    ends: float | None = None


class Progress:
    """The progress of a command whose stages follow each other, and the time left for all of them.

    The stages to come are told by `suppose` and `expect`, with their expected seconds. The command takes `at_least` so
    many seconds, such as those of its budget; it is 0 where they are not known. `about` stands before the time left,
    `prior` is the weight of the expected seconds, and `clock` returns seconds.
    """

    def __init__(
        self,
        at_least: float = 0.0,
        about: str = "about",
        prior: float = PRIOR,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.at_least = at_least
        self._expected: dict[str, float] = {}
        self._measured: dict[str, float] = {}
        self._about = about
        self._prior = prior
        self._clock = clock
        self._began = clock()
        self._expected_so_far = 0.0
        self._taken_so_far = 0.0
        self._current: _Current | None = None
        self._shown = 0.0

    def suppose(self, name: str, seconds: float) -> None:
        """State the seconds of a stage to come on an idle machine like the one for which default values are stated.

        How much slower this machine is, is estimated from the stages so far.
        """
        self._expected[name] = seconds

    def expect(self, name: str, seconds: float) -> None:
        """State the seconds of a stage to come that follow from measurements on this machine; 0 if there is none."""
        self._expected.pop(name, None)
        self._measured[name] = seconds

    @property
    def left(self) -> float:
        """The estimated seconds until the command ends; NaN before anything is known."""
        elapsed = self._clock() - self._began
        later = sum(self._measured.values()) + self._slowness(self._current) * sum(self._expected.values())
        return max(self._left_of_stage() + later, self.at_least - elapsed)

    @contextmanager
    def stage(self, name: str, seconds: float) -> Iterator[Advance]:
        """Show the progress of one stage, expected to take `seconds`: see `Stage`."""
        measured = name in self._measured
        self._measured.pop(name, None)
        self._expected.pop(name, None)
        current = self._current = _Current(name, seconds, self._clock(), measured)

        def advance(done: float, left: float | None = None, /) -> None:
            current.done += done
            current.ends = None if left is None else self._clock() + left
            self._show(current)

        with _displayed():
            self._show(current)
            try:
                yield advance
            finally:
                self._current = None
                if not measured:
                    self._expected_so_far += seconds
                    self._taken_so_far += self._clock() - current.began

    def _left_of_stage(self) -> float:
        """Return the seconds that are left of this stage: as told, or by its pace, which may differ from others'."""
        if self._current is None:
            return 0.0
        if self._current.ends is not None:
            return max(0.0, self._current.ends - self._clock())
        current, prior = self._current, self._prior * self._current.seconds
        done = min(current.done, current.seconds)
        if done + prior <= 0:
            return 0.0 if current.seconds <= 0 else math.nan
        before = 1.0 if current.measured else self._slowness(so_far=None)
        taken = self._clock() - current.began
        return (current.seconds - done) * (taken + prior * before) / (done + prior)

    def _slowness(self, so_far: _Current | None) -> float:
        """Return how many seconds an expected second takes here: in the stages before, and in one `so_far`.

        The less is known, the nearer it is to 1.
        """
        expected, taken = self._expected_so_far, self._taken_so_far
        whole = expected + sum(self._expected.values())
        if self._current and not self._current.measured:
            whole += self._current.seconds
        if so_far and not so_far.measured:
            expected += so_far.done
            taken += self._clock() - so_far.began
        prior = self._prior * whole
        return (taken + prior) / (expected + prior) if expected + prior > 0 else 1.0

    def _show(self, current: _Current) -> None:
        assert _display
        left = self.left
        elapsed = self._clock() - self._began
        share = 0.0 if math.isnan(left) else elapsed / (elapsed + left) if elapsed + left > 0 else 1.0
        self._shown = max(self._shown, share)  # a bar does not go back where the time left grows
        time_left = "" if math.isnan(left) else f"{self._about} {duration(left)} left"
        _display.show(current.name, self._shown, time_left)


def duration(seconds: float) -> str:
    """Return a duration in words, as in "45 s", "2 min 5 s" or "1 h 4 min"."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min"


class _Display(Protocol):
    """The display of one stage, a context manager."""

    def __enter__(self) -> "_Display": ...

    def __exit__(self, *about: object) -> None: ...

    def show(self, name: str, share: float, left: str) -> None:
        """Show that a `share` of the command is done, in the stage `name`, and the time left in words."""

    def say(self, sentence: str) -> None:
        """Print one line."""


_display: _Display | None = None
"""That of the stage in progress."""


@contextmanager
def _displayed() -> Iterator[None]:
    global _display
    made: _Display = _Bar() if sys.stderr.isatty() else _Lines()
    with made as _display:
        try:
            yield
        finally:
            _display = None


class _Lines:
    """Plain lines: one where a stage begins, and one for each tenth of the command."""

    def __init__(self) -> None:
        self._tenths = -1

    def __enter__(self) -> "_Lines":
        return self

    def __exit__(self, *about: object) -> None: ...

    def show(self, name: str, share: float, left: str) -> None:
        """Print a line if it is the first one, or another tenth is done."""
        tenths = int(10 * share)
        if tenths != self._tenths:
            self._tenths = tenths
            self.say(f"{name}: {share:.0%} done{left and f', {left}'}")

    def say(self, sentence: str) -> None:
        """Print one line."""
        print(sentence, file=sys.stderr, flush=True)


class _Bar:
    """A bar on a terminal, which is removed at the end of the stage."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TaskProgressColumn(),
            TextColumn("{task.fields[left]}", markup=False),
        )
        self._bar = Progress(
            *columns, console=Console(stderr=True), transient=True, auto_refresh=False, redirect_stdout=False
        )
        self._task = self._bar.add_task("", total=1.0, left="")
        self._drawn = ("", "", "")

    def __enter__(self) -> "_Bar":
        return self

    def __exit__(self, *about: object) -> None:
        self._bar.stop()

    def show(self, name: str, share: float, left: str) -> None:
        """Draw the bar anew, if it looks different."""
        drawn = (name, f"{share:.0%}", left)
        if drawn != self._drawn:
            self._drawn = drawn
            self._bar.update(self._task, description=name, completed=share, left=left)
            self._bar.start()
            self._bar.refresh()

    def say(self, sentence: str) -> None:
        """Print one line above the bar."""
        self._bar.console.print(sentence, markup=False, highlight=False, soft_wrap=True)
