"""What several rooms are tested with: variants of the reference, each implementation, other networks."""

import functools
import itertools
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import hypothesis
import numpy as np
import pytest

from xorbench.contract import REFERENCE, Contract, Implementation, discover, load
from xorbench.cores import all_cores
from xorbench.environments import virtualenvs
from xorbench.judging import judge
from xorbench.judging.fault_study import plant_all
from xorbench.places import IMPLEMENTATIONS
from xorbench.requirements import brought_by, pin
from xorbench.workloads import WORKLOADS, Array, Workload
from xorbench.workloads.recipe import Activation, Loss

hypothesis.settings.register_profile("any machine", deadline=None)  # a slow example is a busy machine, not a fault
hypothesis.settings.load_profile("any machine")

REFERENCE_TEXT = (IMPLEMENTATIONS / f"{REFERENCE}.py").read_text(encoding="utf-8")

Variant = Callable[..., Path]

SINGLE = (
    "return 1 / (1 + np.exp(-logits))",
    'return (1 / (1 + np.exp(-logits.astype("float32")))).astype(logits.dtype)',
)
"""A change to the reference that makes it right in float32 and wrong in float64: it computes float64 in float32."""


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


@pytest.fixture(scope="session", autouse=True)
def cores() -> Iterator[Executor]:
    """One pool of processes for all tests, and planted faults that are judged once: each test would start its own."""
    with all_cores() as cores, pytest.MonkeyPatch.context() as patch:
        planted = functools.cache(functools.partial(plant_all, cores))
        patch.setattr(judge, "plant_all", lambda _cores, dtypes, seed: planted(dtypes, seed))
        patch.setattr(judge, "all_cores", lambda: nullcontext(cores))
        yield cores


def _parameter(implementation: Implementation) -> object:
    marks = [pytest.mark.slow] if implementation.slow_to_compile else []
    return pytest.param(implementation, marks=marks, id=implementation.name)


@pytest.fixture(params=map(_parameter, discover()))
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


loaded = functools.cache(load)


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
