"""The pytest plugin of a worker: it selects what is timed, refuses what may not be timed, and waits for turns.

Without a driver no turn is waited for, and the benchmark is an ordinary one of pytest-benchmark.
"""

import os
import socket
from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from xorbench import orphans
from xorbench.clock import host
from xorbench.clock.timed_implementation import TimedImplementation
from xorbench.clock.worker_turns import Turns, as_judged, reporting
from xorbench.contract import Implementation, discover, read
from xorbench.line import Line
from xorbench.measures import MEASURES
from xorbench.record.report import NOT_OFFERED, Report
from xorbench.streams import guard_output
from xorbench.suggestions import unknown
from xorbench.workloads import TUTORIAL, WORKLOADS, Workload, named

POINTS = 100
"""Random points of the gradient check that is made where there is no driver."""


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("xorbench")
    group.addoption(
        "--implementation", action="append", metavar="NAME", help="only this implementation; may be repeated"
    )
    group.addoption("--tuned", action="store_true", help="also the tuned implementations")
    group.addoption("--workload", action="append", metavar="NAME", help="only this workload; may be repeated")
    group.addoption(
        "--with",
        dest="extra",
        action="append",
        type=Path,
        default=[],
        metavar="FILE",
        help="also this implementation",
    )
    group.addoption("--points", type=int, default=2_000, help="random points at which the judge is timed, in total")
    group.addoption("--rounds", type=int, default=50, help="rounds of each benchmark")
    group.addoption(
        "--epochs-per-round", type=int, default=100, help="epochs of every round, the same for all implementations"
    )
    group.addoption(
        "--measure", choices=MEASURES, default="epoch", help="what is timed: an epoch, or calls of one function"
    )
    group.addoption("--turns", type=int, metavar="FD", help="open file descriptor of the connection to the driver")
    group.addoption("--file", type=Path, metavar="FILE", help="the only implementation, where there is a driver")
    group.addoption("--text", metavar="SHA256", help="digest that the implementation's source must have")


def pytest_configure(config: pytest.Config) -> None:
    under_driver = config.getoption("--turns") is not None
    if under_driver:
        orphans.end_with_parent()
        guard_output()  # what can't be written to the log, as on a full disk, is no failure of an implementation
        orphans.adopt_orphans()  # so that the driver sees them among the descendants of this process
    elif not config.getoption("collectonly"):
        host.take()
    try:
        _workloads(config)
    except KeyError as error:
        raise pytest.UsageError(unknown(error.args[0], WORKLOADS, "workload")) from error
    if under_driver:
        return
    there = [i.name for i in discover(config.getoption("extra"))]
    for name in config.getoption("--implementation") or ():
        if name not in there:
            raise pytest.UsageError(unknown(name, there, "implementation"))


def pytest_report_header(config: pytest.Config) -> list[str]:
    """Return lines that say what is judged before anything is timed, and what is left out."""
    chosen = _implementations(config)
    names = {implementation.name for implementation in chosen}
    left_out = [i.name for i in discover() if i.tier == "tuned" and i.name not in names]
    many = "1 implementation" if len(chosen) == 1 else f"{len(chosen)} implementations"
    lines = [
        f"xorbench: before the first benchmark, the gradients of {many} are judged at {POINTS} random points, which "
        "may take minutes; what does not pass is not timed"
    ]
    if left_out and not config.getoption("--implementation"):
        lines.append(f"xorbench: tuned implementations are left out ({', '.join(left_out)}); include them with --tuned")
    return lines


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "workload" in metafunc.fixturenames:
        metafunc.parametrize("workload", _workloads(metafunc.config), ids=lambda w: w.name)
    if "implementation" in metafunc.fixturenames:
        metafunc.parametrize("implementation", _implementations(metafunc.config), ids=lambda i: i.name)


def _workloads(config: pytest.Config) -> list[Workload]:
    """Return the workloads in the order of the options, by default those of the tutorial."""
    return [named(name) for name in config.getoption("--workload") or TUTORIAL]


def _implementations(config: pytest.Config) -> list[Implementation]:
    """Return the chosen implementations: by default the idiomatic ones and the given files, and with --tuned all.

    Under a driver it is the one whose file is given, also where that file is not there any more.
    """
    if (file := config.getoption("--file")) is not None:
        return [read(file)]
    wanted, extra = config.getoption("--implementation"), config.getoption("extra")
    if not wanted and config.getoption("--tuned"):
        return discover(extra)
    given = {path.stem for path in extra}
    return [i for i in discover(extra) if (i.name in wanted if wanted else i.tier != "tuned" or i.name in given)]


@pytest.fixture(scope="session")
def driver(pytestconfig: pytest.Config) -> Iterator[Line | None]:
    """The connection to the driver; None where there is no driver."""
    descriptor = pytestconfig.getoption("--turns")
    if descriptor is None:
        yield None
    else:
        os.set_inheritable(descriptor, False)  # else the driver would wait for programs that an implementation starts
        line = Line(socket.socket(fileno=descriptor))
        yield line
        line.close()


@pytest.fixture(scope="session")
def report(pytestconfig: pytest.Config, driver: Line | None) -> Report | None:
    """The report of the judge; None under a driver, which has judged the gradients before."""
    if driver is not None:
        return None
    from xorbench.judging.judge import judge

    return judge(_implementations(pytestconfig), _workloads(pytestconfig), POINTS, seed=0, thorough=False)


@pytest.fixture(scope="session")
def timed_implementations(
    pytestconfig: pytest.Config, driver: Line | None
) -> Callable[[Implementation, Workload], TimedImplementation]:
    """A function that returns the `TimedImplementation` of an implementation and a workload, which is made once.

    Under a driver all of them are made before the first turn, so that no implementation compiles between turns.
    """
    made = cache(partial(TimedImplementation, measure=pytestconfig.getoption("--measure")))
    if driver is not None:
        with reporting(driver), as_judged():
            for implementation in _implementations(pytestconfig):
                implementation.must_be(pytestconfig.getoption("--text"))
                for workload in _workloads(pytestconfig):
                    driver.send({"says": "preparing"})  # restarts the driver's timeout: compiling may take long
                    made(implementation, workload)
                read(implementation.path).must_be(pytestconfig.getoption("--text"))  # also after it was imported
            driver.send({"says": "ready"})
    return made


@pytest.fixture
def timed(
    implementation: Implementation,
    workload: Workload,
    report: Report | None,
    timed_implementations: Callable[[Implementation, Workload], TimedImplementation],
) -> TimedImplementation:
    """The implementation to time; skips what is missing and fails what did not pass the gradient check."""
    if implementation.missing:
        pytest.skip(f"{implementation.name}: {implementation.missing}")
    refusal = report.refusal(implementation.name, workload.name) if report else None
    if refusal and refusal[0] == NOT_OFFERED:
        pytest.skip(f"{implementation.name} on {workload.name}: {' '.join(map(str, refusal))}")
    if refusal:
        pytest.fail(f"not timed: the gradient check was not passed: {' '.join(map(str, refusal))}", pytrace=False)
    return timed_implementations(implementation, workload)


@pytest.fixture
def turns(
    pytestconfig: pytest.Config, benchmark: BenchmarkFixture, timed: TimedImplementation, driver: Line | None
) -> Turns:
    """The turns of the timed implementation."""
    benchmark.group = timed.workload.name
    return Turns(timed, driver, pytestconfig.getoption("--rounds"), pytestconfig.getoption("--epochs-per-round"))


@pytest.fixture
def points(pytestconfig: pytest.Config) -> int:
    return int(pytestconfig.getoption("--points"))
