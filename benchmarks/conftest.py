"""The worker's side of a turn: what to time, whether it may be timed, and waiting to be told to go.

Without a driver there is nobody to wait for, and this is plain pytest-benchmark.
"""

from collections.abc import Callable, Iterator
from functools import cache
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks import environment
from benchmarks.contract import Contract, Implementation, discover
from benchmarks.contract import load as load_file
from benchmarks.gradients.verdicts import Report
from benchmarks.workloads import WORKLOADS, Workload

load = cache(load_file)

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


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "workload" in metafunc.fixturenames:
        metafunc.parametrize("workload", _workloads(metafunc.config), ids=lambda w: w.name)
    if "implementation" in metafunc.fixturenames:
        metafunc.parametrize("implementation", _implementations(metafunc.config), ids=lambda i: i.name)


def _workloads(config: pytest.Config) -> list[Workload]:
    wanted = config.getoption("--workload")
    return [w for w in WORKLOADS.values() if not wanted or w.name in wanted]


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


@pytest.fixture
def train(implementation: Implementation, workload: Workload, report: Report | None) -> Callable[[int], object]:
    """`epochs -> trained parameters`, with everything converted: both sides of the clock in one place."""
    if implementation.missing:
        pytest.skip(f"{implementation.name}: {implementation.missing}")
    if report and (refusal := report.refusal(implementation.name, workload.name)):
        pytest.fail(f"no passed gradient check, no time: {' '.join(map(str, refusal))}", pytrace=False)
    module: Contract = load(implementation)
    parameters, inputs, targets = module.convert(
        list(workload.initial_parameters), workload.inputs, workload.targets, workload.dtype
    )
    return lambda epochs: module.train(parameters, inputs, targets, workload.rate, epochs)


@pytest.fixture
def rounds(pytestconfig: pytest.Config) -> int:
    return int(pytestconfig.getoption("--rounds"))


@pytest.fixture
def points(pytestconfig: pytest.Config) -> int:
    return int(pytestconfig.getoption("--points"))


@pytest.fixture
def epochs_per_round(pytestconfig: pytest.Config) -> int:
    return int(pytestconfig.getoption("--epochs-per-round"))


@pytest.fixture
def take_turn(
    benchmark: BenchmarkFixture, workload: Workload, driver: "Connection[Any, Any] | None"
) -> Iterator[Callable[[], None]]:
    """Wait for one's turn; at the end hand in the timings, and wait for the others to end theirs."""
    benchmark.group = f"{workload.name}, {benchmark.name.partition('[')[0]}"
    if driver is None:
        yield lambda: None
        return

    def wait() -> None:
        driver.send("ready")
        driver.recv()

    yield wait
    if benchmark.stats is not None:
        driver.send({"seconds": list(benchmark.stats.stats.data), "observed": environment.observed()})
        driver.recv()
