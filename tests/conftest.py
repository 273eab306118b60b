"""What several rooms are tested with: variants of the reference, each implementation, other networks."""

import functools
import gc
import itertools
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future
from contextlib import nullcontext, suppress
from dataclasses import replace
from pathlib import Path

import hypothesis
import numpy as np
import psutil
import pytest

from xorbench import environment
from xorbench.cli.process import ENDING
from xorbench.clock import timed_implementation
from xorbench.contract import REFERENCE, Contract, Implementation, discover
from xorbench.cores import all_cores
from xorbench.environments import virtualenvs
from xorbench.judging import judge
from xorbench.judging.fault_study import plant_all
from xorbench.places import IMPLEMENTATIONS
from xorbench.record.report import PlantedFault
from xorbench.requirements import brought_by, pin
from xorbench.workloads import WORKLOADS, Array, Workload
from xorbench.workloads.recipe import Activation, Loss
from xorbench.workloads.workload import Dtype

hypothesis.settings.register_profile("any machine", deadline=None)  # a slow example is a busy machine, not a fault
hypothesis.settings.load_profile("any machine")

EVERYBODY = discover()
BASELINE = EVERYBODY[0]

REFERENCE_TEXT = (IMPLEMENTATIONS / f"{REFERENCE}.py").read_text(encoding="utf-8")

Variant = Callable[..., Path]

Planting = Callable[[tuple[Dtype, ...], int], list["Future[PlantedFault]"]]

SINGLE = (
    "return 1 / (1 + np.exp(-logits))",
    'return (1 / (1 + np.exp(-logits.astype("float32")))).astype(logits.dtype)',
)
"""A change to the reference that makes it right in float32 and wrong in float64: it computes float64 in float32."""


LONGEST = (
    *("author", "bench_train", "cli", "cold", "consistency", "counterexample", "drawn", "folders", "formats", "fuzz"),
    *("implementations", "judge", "late", "measure", "mistakes", "page", "prepared", "properties", "publish", "resume"),
    *("selection", "starts", "suite", "terminal", "truths", "turns", "worker"),
)
"""The files whose fast tests take longest, on two cores each more than 7 s."""


def pytest_configure(config: pytest.Config) -> None:
    """Let files be distributed in the order below, instead of those with the most tests first.

    A signal that is ignored, as under nohup, would be ignored by every process that the tests start and interrupt. A
    function that does nothing in its place is not inherited.
    """
    for number in ENDING:
        if signal.getsignal(number) == signal.SIG_IGN:
            signal.signal(number, lambda _number, _frame: None)
    if hasattr(config.option, "loadscopereorder"):
        config.option.loadscopereorder = False


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest, so that at the end no process is long without work."""
    items.sort(key=lambda item: item.path.stem.removeprefix("test_") not in LONGEST)


@pytest.fixture(scope="session")
def variant(tmp_path_factory: pytest.TempPathFactory) -> Variant:
    """`variant(name, (old, new), ...)` writes the reference's text, changed, as an implementation of that name.

    With `of`, it is the text of that implementation.
    """

    def write(name: str, *changes: tuple[str, str], of: str = REFERENCE) -> Path:
        text = (IMPLEMENTATIONS / f"{of}.py").read_text(encoding="utf-8")
        for old, new in changes:
            assert old in text, f"{old!r} is no longer in {of}.py: this test changes nothing"
            text = text.replace(old, new)
        path = tmp_path_factory.mktemp("variants") / f"{name}.py"
        path.write_text(text, encoding="utf-8")
        return path

    return write


OTHER_NUMPY = "2.2.6"


@pytest.fixture(scope="session")
def other_numpy(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The Python of an environment that holds another NumPy than ours, and nothing else."""
    folder = tmp_path_factory.mktemp("environments")
    return str(virtualenvs.create("numpy-2.2", [f"numpy=={OTHER_NUMPY}"], folder=folder))


def environment_with(folder: Path, startup: str, libraries: str | None = None) -> str:
    """The Python of an environment that runs this text when it starts; with the libraries of another, if given."""
    place = folder / "environment"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", place], check=True)
    (packages,) = place.glob("lib/*/site-packages")
    (packages / "sitecustomize.py").write_text(startup)
    if libraries:
        (theirs,) = Path(libraries).parent.parent.glob("lib/*/site-packages")
        (packages / "theirs.pth").write_text(f"{theirs}\n")
    return str(virtualenvs.interpreter(place))


@pytest.fixture(scope="session", autouse=True)
def temporary_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A temporary folder for these tests alone, so that they do not see the lock of measurements on this machine."""
    folder = tmp_path_factory.mktemp("temporary")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(folder))
        patch.setattr(tempfile, "tempdir", str(folder))
        yield folder


SHOWN_BY = (
    *("COLUMNS", "LINES", "TERMINAL_WIDTH", "FORCE_COLOR", "NO_COLOR", "PY_COLORS", "CLICOLOR", "CLICOLOR_FORCE"),
    *("TTY_COMPATIBLE", "TTY_INTERACTIVE"),
)
"""Variables that change what a command prints: its width and its colours."""


@pytest.fixture(scope="session", autouse=True)
def plain_output() -> Iterator[None]:
    """Let commands print what they print where nothing is said of their width and colours, whoever runs the tests."""
    with pytest.MonkeyPatch.context() as patch:
        for name in SHOWN_BY:
            patch.delenv(name, raising=False)
        yield


@pytest.fixture
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache folder of this test alone, so that no journal of another run of the user is found, and none is left."""
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    return folder


@pytest.fixture(scope="session", autouse=True)
def cores() -> Iterator[Executor]:
    """One pool of processes for all tests: each test would start its own."""
    with all_cores() as cores, pytest.MonkeyPatch.context() as patch:
        patch.setattr(judge, "all_cores", lambda: nullcontext(cores))
        yield cores


@pytest.fixture(scope="session", autouse=True)
def plant(cores: Executor) -> Iterator[Planting]:
    """`plant(dtypes, seed)` gives the judgements of the planted faults, which are judged once for all tests."""
    with pytest.MonkeyPatch.context() as patch:
        planted = functools.cache(functools.partial(plant_all, cores))
        patch.setattr(judge, "plant_all", lambda _cores, dtypes, seed: planted(dtypes, seed))
        yield planted


@pytest.fixture(scope="session", autouse=True)
def installed() -> Iterator[None]:
    """Read what is installed once for all tests: each run would read it for its record, and it does not change."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("versions", "installed_bytes"):
            patch.setattr(environment, name, functools.cache(getattr(environment, name)))
        yield


@pytest.fixture(scope="module", autouse=True)
def settled() -> None:
    """Leave out of garbage collection what exists before a file's tests: frameworks are millions of objects."""
    gc.freeze()


def parameters(slow: Callable[[Implementation], bool]) -> list[pytest.ParameterSet]:
    """Return each implementation in the folder as a parameter with its name, those that are slow marked as such."""
    return [pytest.param(i, marks=[pytest.mark.slow] if slow(i) else [], id=i.name) for i in EVERYBODY]


@pytest.fixture(params=parameters(slow=lambda implementation: implementation.slow_to_compile))
def present(request: pytest.FixtureRequest) -> Implementation:
    """Each implementation in the folder.

    One that is missing is skipped by name; in CI that is an error, but for those that the tests' extra does without,
    and those that need another processor.
    """
    implementation: Implementation = request.param
    if implementation.missing:
        optional = pin(implementation.framework) and implementation.framework not in brought_by("test")
        spared = optional or implementation.processor
        complain = pytest.fail if os.environ.get("CI") and not spared else pytest.skip
        complain(f"{implementation.name} is not tested: {implementation.missing}")
    return implementation


@pytest.fixture
def module(present: Implementation) -> Contract:
    """The same, imported once for all tests: who compiles does it once, too."""
    return loaded(present)


loaded = timed_implementation.load
"""Imports an implementation once, the same module as the timed implementations of the clock in this process have."""


def children_with(words: str) -> list[psutil.Process]:
    """Return the processes that this one has started, that run still and have these words on their command line.

    A process that one of them starts has the command line of its parent for a moment, and is not among them.
    """
    found = []
    for child in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):  # it has ended in between
            line = child.cmdline()
            parent = child.parent()
            if words in " ".join(line) and (parent is None or parent.cmdline() != line):
                found.append(child)
    return found


def network(
    sizes: tuple[int, ...],
    activation: Activation = "sigmoid",
    loss: Loss = "squared error",
    inputs: Sequence[Sequence[float]] | None = None,
    targets: Sequence[Sequence[float]] | None = None,
) -> Workload:
    """A workload with other layers; XOR where no samples are given."""
    xor = WORKLOADS["hidden"]
    shapes = [shape for a, b in itertools.pairwise(sizes) for shape in ((a, b), (1, b))]
    return replace(
        xor,
        layer_sizes=sizes,
        recipe=xor.recipe._replace(activation=activation, loss=loss),
        inputs=xor.inputs if inputs is None else np.array(inputs, dtype=np.float64),
        targets=xor.targets if targets is None else np.array(targets, dtype=np.float64),
        initial_parameters=[np.zeros(shape) for shape in shapes],
    )


def random_row(workload: Workload, seed: int, scale: float, dtype: str = "float64") -> Array:
    """Parameters as a flat row."""
    return np.random.RandomState(seed).uniform(-scale, scale, len(workload.entries)).astype(dtype)
