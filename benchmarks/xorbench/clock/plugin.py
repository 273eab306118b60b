"""The worker's side of a turn: what to time, whether it may be timed, and waiting to be told to go.

Without a driver there is nobody to wait for, and this is plain pytest-benchmark.
"""

import json
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from functools import cache
from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from xorbench import environment
from xorbench.clock.line import Line
from xorbench.clock.subject import Subject, Turn
from xorbench.contract import Implementation, discover
from xorbench.judge.process_main import describe
from xorbench.record.report import Report
from xorbench.suggestions import unknown
from xorbench.workloads import TUTORIAL, WORKLOADS, Workload, named

POINTS = 100
"""Random points of the gradient check where no driver has made one."""


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("xorbench")
    group.addoption("--implementation", action="append", metavar="NAME", help="time this one only; may be repeated")
    group.addoption("--workload", action="append", metavar="NAME", help="train this one only; may be repeated")
    group.addoption(
        "--with", dest="extra", action="append", type=Path, default=[], metavar="FILE", help="time this file too"
    )
    group.addoption("--points", type=int, default=2_000, help="random points that the judge is timed at, in all")
    group.addoption("--rounds", type=int, default=50, help="rounds of each benchmark")
    group.addoption(
        "--epochs-per-round", type=int, default=100, help="the same for all here, so that the times of rounds compare"
    )
    group.addoption("--turns", type=int, metavar="FD", help="the open file descriptor of a driver that hands out turns")
    group.addoption("--text", metavar="SHA256", help="that the implementation's text must have")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--turns") is not None:
        environment.end_with_parent()
    try:
        _workloads(config)
    except KeyError as error:
        raise pytest.UsageError(unknown(error.args[0], WORKLOADS, "workload")) from error
    there = [i.name for i in discover(config.getoption("extra"))]
    for name in config.getoption("--implementation") or ():
        if name not in there:
            raise pytest.UsageError(unknown(name, there, "implementation"))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "workload" in metafunc.fixturenames:
        metafunc.parametrize("workload", _workloads(metafunc.config), ids=lambda w: w.name)
    if "implementation" in metafunc.fixturenames:
        metafunc.parametrize("implementation", _implementations(metafunc.config), ids=lambda i: i.name)


def _workloads(config: pytest.Config) -> list[Workload]:
    """In the order in which they were asked for; else the tutorial's."""
    return [named(name) for name in config.getoption("--workload") or TUTORIAL]


def _implementations(config: pytest.Config) -> list[Implementation]:
    wanted = config.getoption("--implementation")
    return [i for i in discover(config.getoption("extra")) if not wanted or i.name in wanted]


@pytest.fixture(scope="session")
def driver(pytestconfig: pytest.Config) -> Iterator[Line | None]:
    """The line to the driver; None where there is none."""
    descriptor = pytestconfig.getoption("--turns")
    if descriptor is None:
        yield None
    else:
        line = Line(socket.socket(fileno=descriptor))
        yield line
        line.close()


@contextmanager
def reporting(driver: Line | None) -> Iterator[None]:
    """Tell the driver, in one line, of whatever is raised inside: SystemExit and KeyboardInterrupt, too."""
    try:
        yield
    except BaseException as error:
        if driver is not None:
            with suppress(OSError):  # the driver may be gone
                driver.send({"says": "failed", "reason": describe(error)})
        raise


@pytest.fixture(scope="session")
def report(pytestconfig: pytest.Config, driver: Line | None) -> Report | None:
    """No passed gradient check, no time. A driver has judged already; otherwise it is done here."""
    if driver is not None:
        return None
    from xorbench.judge.judge import judge

    return judge(_implementations(pytestconfig), _workloads(pytestconfig), POINTS, seed=0, thorough=False)


@pytest.fixture(scope="session")
def subjects(pytestconfig: pytest.Config, driver: Line | None) -> Callable[[Implementation, Workload], Subject]:
    """Each is made once: under a driver all of them before the first turn, so that nobody compiles in between."""
    made = cache(Subject)
    if driver is not None:
        with reporting(driver):
            for implementation in _implementations(pytestconfig):
                implementation.must_be(pytestconfig.getoption("--text"))
                for workload in _workloads(pytestconfig):
                    driver.send({"says": "preparing"})  # a sign of life: the next one may take long to compile
                    made(implementation, workload)
            driver.send({"says": "ready"})
    return made


@pytest.fixture
def subject(
    implementation: Implementation,
    workload: Workload,
    report: Report | None,
    subjects: Callable[[Implementation, Workload], Subject],
) -> Subject:
    """What is timed, where it may be."""
    if implementation.missing:
        pytest.skip(f"{implementation.name}: {implementation.missing}")
    if report and (refusal := report.refusal(implementation.name, workload.name)):
        pytest.fail(f"no passed gradient check, no time: {' '.join(map(str, refusal))}", pytrace=False)
    return subjects(implementation, workload)


class Turns:
    """The turns of one subject; without a driver nobody is waited for, and all rounds are equally long.

    Under a driver `handing_in` surrounds the benchmark: times and ledger are handed in when it has passed, and only
    then; whatever it raises is told.
    """

    def __init__(self, subject: Subject, driver: Line | None, rounds: int, epochs: int) -> None:
        self._subject = subject
        self._driver = driver
        self._seed = 0
        self.rounds = rounds
        self.epochs = epochs

    @contextmanager
    def handing_in(self) -> Iterator[None]:
        """Compile for the lengths that will be asked for; at the end hand in."""
        driver = self._driver
        with reporting(driver):
            if driver is None:
                self._subject.compile([self.epochs, max(1, self.epochs // 4)])
                yield
                return
            plan = json.loads(driver.receive())
            self.rounds = plan["rounds"]
            self._subject.compile(plan["epochs"])
            driver.send({"says": "ready"})
            yield
            bookkeeper = self._subject.bookkeeper
            driver.send(
                {
                    "says": "times",
                    "wall": [taken.wall_nanoseconds for taken in bookkeeper.taken],
                    "cpu": [taken.cpu_nanoseconds for taken in bookkeeper.taken],
                    "waited": [reading.waited_nanoseconds for reading in bookkeeper.readings],
                    "involuntary_switches": [reading.involuntary_switches for reading in bookkeeper.readings],
                    "ledger": asdict(bookkeeper.close()),
                }
            )

    def begin(self) -> tuple[tuple[int], dict[str, int]]:
        """Wait for a turn and prepare it; return what pytest-benchmark calls the timed function with."""
        if self._driver is None:
            self._seed += 1
            turn = Turn(self.epochs, max(1, self.epochs // 4), self._seed)
        else:
            turn = Turn(**json.loads(self._driver.receive()))
        self._subject.before(turn)
        return (turn.epochs,), {}

    def end(self, _epochs: int) -> None:
        """Observe how the round ended, and tell it."""
        end = self._subject.after()
        if self._driver is not None:
            self._driver.send({"says": "ended", "end": end})


@pytest.fixture
def turns(pytestconfig: pytest.Config, benchmark: BenchmarkFixture, subject: Subject, driver: Line | None) -> Turns:
    """The turns of the subject."""
    benchmark.group = subject.workload.name
    return Turns(subject, driver, pytestconfig.getoption("--rounds"), pytestconfig.getoption("--epochs-per-round"))


@pytest.fixture
def points(pytestconfig: pytest.Config) -> int:
    return int(pytestconfig.getoption("--points"))
