"""The turns of a worker: what it does before, during and after its rounds, and what it sends to the driver."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict

import numpy as np

from xorbench.clock.timed_implementation import TimedImplementation, Turn
from xorbench.judging.trouble import describe
from xorbench.line import Line


@contextmanager
def reporting(driver: Line | None) -> Iterator[None]:
    """Send any exception that is raised inside to the driver, in one line, also SystemExit and KeyboardInterrupt."""
    try:
        yield
    except BaseException as error:
        if driver is not None:
            with suppress(OSError):  # the driver may have ended
                driver.send({"says": "failed", "reason": describe(error)})
        raise


@contextmanager
def as_judged() -> Iterator[None]:
    """Remove pytest's environment variables, and let NumPy ignore floating-point errors, as in the judge's processes.

    Pytest needs its variables again at the end.
    """
    removed = {name: os.environ.pop(name) for name in [*os.environ] if name.startswith("PYTEST_")}
    try:
        with np.errstate(all="ignore"):
            yield
    finally:
        os.environ.update(removed)


class Turns:
    """The turns of one timed implementation; without a driver no turn is waited for, and all rounds are equally long.

    The benchmark runs inside `reporting_times`, which then sends times, ledger and late answers to the driver, or the
    exception that the benchmark raised.
    """

    def __init__(self, timed: TimedImplementation, driver: Line | None, rounds: int, epochs: int) -> None:
        self._timed = timed
        self._driver = driver
        self._seed = 0
        self.rounds = rounds
        self.epochs = epochs

    @contextmanager
    def reporting_times(self) -> Iterator[None]:
        """Train untimed for each length of the rounds to come; at the end, send times and ledger, and answer.

        The ledger is closed before the last question is answered, because answering may compile.
        """
        driver = self._driver
        with reporting(driver), as_judged():
            if driver is None:
                self._timed.compile([self.epochs, max(1, self.epochs // 4)])
                yield
                return
            plan = json.loads(driver.receive())
            self.rounds = plan["rounds"]
            self._timed.compile(plan["epochs"])
            driver.send({"says": "ready"})
            yield
            bookkeeper = self._timed.bookkeeper
            driver.send(
                {
                    "says": "times",
                    "wall": [taken.wall_nanoseconds for taken in bookkeeper.taken],
                    "cpu": [taken.cpu_nanoseconds for taken in bookkeeper.taken],
                    "waited": [reading.waited_nanoseconds for reading in bookkeeper.readings],
                    "involuntary_switches": [reading.involuntary_switches for reading in bookkeeper.readings],
                    "ledger": asdict(bookkeeper.close()),
                    "latency": asdict(latency) if (latency := self._timed.latency()) else None,
                }
            )
            driver.send({"says": "answers", "rows": self._timed.answers(json.loads(driver.receive())["rows"])})

    def begin(self, *_: object) -> tuple[tuple[int], dict[str, int]]:
        """Wait for a turn and prepare it; return the arguments with which pytest-benchmark calls the timed function.

        pytest-codspeed calls this with the arguments of that function.
        """
        if self._driver is None:
            self._seed += 1
            turn = Turn(self.epochs, max(1, self.epochs // 4), self._seed)
        else:
            turn = Turn(**json.loads(self._driver.receive()))
        self._timed.before(turn)
        return (turn.epochs,), {}

    def end(self, _epochs: int) -> None:
        """Observe the end of the round, and send its final parameters to the driver."""
        end = self._timed.after()
        if self._driver is not None:
            self._driver.send({"says": "ended", "end": end})
