"""The worker's side of a turn: what to time, whether it may be timed, and waiting to be told to go.

Without a driver there is nobody to wait for, and this is plain pytest-benchmark.
"""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import cache
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks import environment
from benchmarks.clock.subject import Subject
from benchmarks.contract import Implementation, discover
from benchmarks.gradients.verdicts import Report
from benchmarks.names import unknown
from benchmarks.workloads import TUTORIAL, WORKLOADS, Workload, named

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
def driver(pytestconfig: pytest.Config) -> Iterator["Connection[Any, Any] | None"]:
    """The line to the driver; None where there is none."""
    descriptor = pytestconfig.getoption("--turns")
    if descriptor is None:
        yield None
    else:
        with Connection(descriptor) as connection:
            yield connection


@pytest.fixture(scope="session")
def report(pytestconfig: pytest.Config, driver: "Connection[Any, Any] | None") -> Report | None:
    """No passed gradient check, no time. A driver has judged already; otherwise it is done here."""
    if driver is not None:
        return None
    from benchmarks.gradients.judge import judge

    return judge(_implementations(pytestconfig), _workloads(pytestconfig), POINTS, seed=0, thorough=False)


@pytest.fixture(scope="session")
def subjects(
    pytestconfig: pytest.Config, driver: "Connection[Any, Any] | None"
) -> Callable[[Implementation, Workload], Subject]:
    """Each is made once: under a driver all of them before the first turn, so that nobody compiles in between."""
    made = cache(Subject)
    if driver is not None:
        for implementation in _implementations(pytestconfig):
            for workload in _workloads(pytestconfig):
                driver.send("preparing")  # a sign of life: the next one may take long to compile
                made(implementation, workload)
        driver.send("ready")
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


@dataclass(frozen=True)
class Turn:
    """How much to do, and `wait`, which comes back when it is one's turn."""

    rounds: int
    epochs_per_round: int
    wait: Callable[[], None]


@pytest.fixture
def turn(
    pytestconfig: pytest.Config,
    benchmark: BenchmarkFixture,
    subject: Subject,
    driver: "Connection[Any, Any] | None",
) -> Iterator[Turn]:
    """One's turns; at the end hand in the timings and the ledger."""
    benchmark.group = subject.workload.name
    if driver is None:
        yield Turn(pytestconfig.getoption("--rounds"), pytestconfig.getoption("--epochs-per-round"), lambda: None)
        return

    def wait() -> None:
        driver.send("ready")
        driver.recv()

    yield Turn(**driver.recv(), wait=wait)
    if benchmark.stats is not None:
        seconds = list(benchmark.stats.stats.data)
        readings = [asdict(reading) for reading in subject.bookkeeper.readings]
        driver.send({"seconds": seconds, "readings": readings, "ledger": subject.bookkeeper.close(seconds)})


@pytest.fixture
def points(pytestconfig: pytest.Config) -> int:
    return int(pytestconfig.getoption("--points"))
