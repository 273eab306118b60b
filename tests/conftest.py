"""What several rooms are tested with: variants of the reference, and records that are made to measure."""

import itertools
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.contract import FOLDER, REFERENCE, Contract, Implementation, discover, load
from benchmarks.gradients.verdicts import Report
from benchmarks.workloads import WORKLOADS, Array, Workload

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
    activation: str = "sigmoid",
    inputs: Sequence[Sequence[float]] | None = None,
    targets: Sequence[Sequence[float]] | None = None,
) -> Workload:
    """A workload with other layers; XOR where no samples are given."""
    xor = WORKLOADS["hidden"]
    shapes = [shape for a, b in itertools.pairwise(sizes) for shape in ((a, b), (1, b))]
    return replace(
        xor,
        layer_sizes=sizes,
        activation=activation,
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
                    "first_call_seconds": 0.001,
                    "round_nanoseconds": [round(value) for value in noise],
                    "positions": [number] * rounds,
                    "observed": {"process_threads": 1, "pools": [], "cpus": [0]},
                }
            )
    return {
        "schema": 2,
        "created": "2026-01-02T03:04:05Z",
        "command": "xorbench run",
        "commit": None,
        "partial": False,
        "settings": {"launches": launches, "rounds": rounds, "points": 1, "cpu": 0, "seed": 0, "quick": False},
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
            "garbage_collection_in_rounds": False,
            "before": {"load_1_minute": 0.0, "steal_seconds": 0.0},
            "after": {"load_1_minute": 0.0, "steal_seconds": None},
        },
        "workloads": [
            {
                "name": "hidden",
                "story": "made up",
                "samples": 4,
                "layer_sizes": [2, 4, 1],
                "activation": "sigmoid",
                "loss": "half the sum of squared errors",
                "optimiser": "gradient descent",
                "rate": 1.0,
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
                "granularity": "one call per epoch",
                "source_sha256": "0" * 64,
                "missing": None,
                "broken": None,
            }
            for name in (REFERENCE, *log_ratios)
        ],
        "gradients": asdict(Report(seed=0, points=1, rows=[], pairs=[], endings=[], conduct=[])),
        "timings": timings,
        "failures": [],
    } | changes
