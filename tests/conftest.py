"""What several rooms are tested with: variants of the reference, and records that are made to measure."""

import functools
import itertools
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import nullcontext
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.contract import FOLDER, REFERENCE, Contract, Implementation, discover, load
from benchmarks.cores import all_cores
from benchmarks.gradients import judge
from benchmarks.gradients.planting import plant_all
from benchmarks.gradients.verdicts import Report
from benchmarks.publication import rendering
from benchmarks.workloads import WORKLOADS, Array, Workload
from benchmarks.workloads.recipe import Activation, Loss

REFERENCE_TEXT = (FOLDER / f"{REFERENCE}.py").read_text(encoding="utf-8")

Variant = Callable[..., Path]


@pytest.fixture(scope="session")
def variant(tmp_path_factory: pytest.TempPathFactory) -> Variant:
    """`variant(name, (old, new), ...)` writes the reference's text, changed, as an implementation of that name."""

    def write(name: str, *changes: tuple[str, str]) -> Path:
        text = REFERENCE_TEXT
        for old, new in changes:
            assert old in text, f"{old!r} is no longer in {REFERENCE}.py: this test changes nothing"
            text = text.replace(old, new)
        path = tmp_path_factory.mktemp("variants") / f"{name}.py"
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture(scope="session", autouse=True)
def cores() -> Iterator[Executor]:
    """One pool of processes for all tests, and planted faults that are judged once: each test would start its own."""
    with all_cores() as cores, pytest.MonkeyPatch.context() as patch:
        planted = functools.cache(functools.partial(plant_all, cores))
        patch.setattr(judge, "plant_all", lambda _cores, dtypes, seed: planted(dtypes, seed))
        for room in (judge, rendering):
            patch.setattr(room, "all_cores", lambda: nullcontext(cores))
        yield cores


SLOW_TO_COMPILE = {"torch_compile"}
"""Who needs a quarter of a minute for every shape, the first time. They are judged on `hidden` here."""


@pytest.fixture(params=discover(), ids=lambda implementation: implementation.name)
def present(request: pytest.FixtureRequest) -> Implementation:
    """Each implementation in the folder. One that is missing is skipped by name, and is an error in CI."""
    implementation: Implementation = request.param
    if implementation.missing:
        complain = pytest.fail if os.environ.get("CI") else pytest.skip
        complain(f"{implementation.name} is not tested: {implementation.missing}")
    return implementation


@pytest.fixture
def module(present: Implementation) -> Contract:
    """The same, imported."""
    return load(present)


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


def planted_record(
    log_ratios: Mapping[str, list[float]],
    control: list[float] | None = None,
    launches: int = 6,
    rounds: int = 11,
    **changes: Any,
) -> dict[str, Any]:
    """A record of one workload in which each implementation is exp(log_ratios[name][launch]) times the baseline.

    The baseline itself drifts wildly from round to round, as machines do: what is paired must not care.
    """
    random = np.random.RandomState(0)
    planted: list[tuple[str, bool, list[float]]] = [(REFERENCE, False, [0.0] * launches)]
    planted += [(name, False, values) for name, values in log_ratios.items()]
    planted += [(REFERENCE, True, control if control is not None else [0.0] * launches)]
    timings = []
    for launch in range(launches):
        drift = 3e6 * np.exp(random.normal(0, 0.5, rounds))
        for number, (name, copy, values) in enumerate(planted):
            epochs = 100 * (number + 1)  # rounds of different length: what is compared is the time per epoch
            noise = drift * np.exp(values[launch]) * epochs / 100
            timings.append(
                {
                    "launch": launch,
                    "workload": "hidden",
                    "implementation": name,
                    "copy": copy,
                    "epochs_per_round": epochs,
                    "round_nanoseconds": [round(value) for value in noise],
                    "positions": [(number + turn) % len(planted) for turn in range(rounds)],
                    "involuntary_switches": [0] * rounds,
                    "waited_nanoseconds": [0] * rounds,
                    "ledger": {
                        "parameters_sha256": "0" * 64,
                        "gradient_dtype": "float64",
                        "result_dtype": "float64",
                        "entered_first": 5,
                        "entered_later": 100,
                        "late": 0.001,
                        "off_trajectory": 0.0,
                        "same_arrays": False,
                        "collecting": False,
                        "process_threads": 1,
                        "pools": [],
                        "cpus": [0],
                        "variables": {},
                    },
                    "violations": [],
                }
            )
    return {
        "schema": 4,
        "created": "2026-01-02T03:04:05Z",
        "command": "xorbench run",
        "commit": None,
        "partial": False,
        "unfit": None,
        "settings": {
            "points": 1,
            "cpu": 0,
            "seed": 0,
            "quick": False,
            "launches": launches,
            "rounds": rounds,
            "budget_minutes": None,
            "resolution": None,
            "cold_starts": 3,
        },
        "plan": {
            "rounds": rounds,
            "launches": launches,
            "pilot_launches": 0,
            "looks": 1,
            "confidence": 0.95,
            "half_width": None,
        },
        "seconds": {"judge": 1.0, "calibration": 0.0, "launches": 6.0, "cold_starts": 1.0, "total": 8.0},
        "machine": {
            "name": "some-cpu-1-cores-linux",
            "cpu": "Some CPU",
            "cores": 1,
            "system": "Linux",
            "architecture": "x86_64",
            "memory_gib": 1.0,
        },
        "environment": {
            "versions": {"python": "3.11.7"},
            "blas": {"name": "openblas", "version": "1"},
            "variables": {},
        },
        "workloads": [
            {
                "name": "hidden",
                "story": "made up",
                "samples": 4,
                "inputs": [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]],
                "targets": [[0.0], [1.0], [1.0], [0.0]],
                "layer_sizes": [2, 4, 1],
                "activation": "sigmoid",
                "loss": "squared error",
                "optimiser": "gradient descent",
                "rate": 1.0,
                "momentum": 0.0,
                "decay": 0.0,
                "epsilon": 0.0,
                "epochs": 10_000,
                "dtype": "float64",
                "seed": "none",
                "parameters_sha256": "0" * 64,
            }
        ],
        "implementations": [
            {
                "name": name,
                "framework": name,
                "version": "1",
                "tier": "idiomatic",
                "execution": "eager",
                "granularity": "one call per epoch",
                "source_sha256": "0" * 64,
                "missing": None,
                "broken": None,
                "installed_bytes": 2**20 * (10 + number),
            }
            for number, name in enumerate((REFERENCE, *log_ratios))
        ],
        "gradients": asdict(Report(seed=0, points=1, rows=[], pairs=[], endings=[], conduct=[])),
        "launches": [
            {
                "number": number,
                "rounds": rounds,
                "overlapped": number > 0,
                "seconds": 1.0,
                "seconds_starting": 1.0,
                "seconds_in_turns": 0.8,
                "load_1_minute": 0.5,
                "steal_seconds": 0.0,
                "megahertz": None,
            }
            for number in range(launches)
        ],
        "timings": timings,
        "cold_starts": [
            {
                "workload": "hidden",
                "implementation": name,
                "import_seconds": 0.1 * (place + 1) * stretch,
                "first_call_seconds": 0.01 * (place + 1) * stretch,
                "peak_bytes": 2**20 * 10 * (place + 1),
            }
            for place, name in enumerate((REFERENCE, *log_ratios))
            for stretch in (0.99, 1.0, 1.01)
        ],
        "failures": [],
    } | changes
