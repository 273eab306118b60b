"""Records that are made to measure: what is true of them is known."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from xorbench.contract import REFERENCE
from xorbench.gradients.verdicts import Report


def planted_record(
    log_ratios: Mapping[str, list[float]],
    control: list[float] | None = None,
    launches: int = 6,
    rounds: int = 22,
    drifting: float = 0.05,
    **changes: Any,
) -> dict[str, Any]:
    """A record of one workload in which each implementation is exp(log_ratios[name][launch]) times the baseline.

    Rounds are long and short by turns. The baseline itself drifts from each two rounds to the next, as machines do:
    what is paired must not care.
    """
    random = np.random.RandomState(0)
    planted: list[tuple[str, bool, list[float]]] = [(REFERENCE, False, [0.0] * launches)]
    planted += [(name, False, values) for name, values in log_ratios.items()]
    planted += [(REFERENCE, True, control if control is not None else [0.0] * launches)]
    timings = []
    for launch in range(launches):
        of_pairs = random.normal(0, drifting, -(-rounds // 2))  # a long round and the short one after it
        drift = 3e6 * np.exp(np.repeat(of_pairs, 2)[:rounds])
        for number, (name, copy, values) in enumerate(planted):
            long = 100 * (1 if copy else number + 1)  # of different length: what is compared is the time per epoch
            epochs = [long if turn % 2 == 0 else long // 2 for turn in range(rounds)]
            taken = [round(value) for value in drift * np.exp(values[launch]) * epochs / 100]
            timings.append(
                {
                    "launch": launch,
                    "workload": "hidden",
                    "implementation": name,
                    "copy": copy,
                    "measure": "epoch",
                    "epochs": epochs,
                    "round_nanoseconds": taken,
                    "cpu_nanoseconds": [*taken],
                    "positions": [(number + turn // 2) % len(planted) for turn in range(rounds)],
                    "involuntary_switches": [0] * rounds,
                    "waited_nanoseconds": [0] * rounds,
                    "ledger": {
                        "parameters_sha256": "0" * 64,
                        "gradient_dtype": "float64",
                        "result_dtype": "float64",
                        "entered_later": 100,
                        "late_nanoseconds": 10,
                        "same_arrays": False,
                        "collecting": False,
                        "process_threads": 1,
                        "pools": [],
                        "cpus": [0],
                        "variables": {},
                    },
                    "usage": {
                        "epochs": 100 * rounds,
                        "cpu_nanoseconds": 2 * sum(taken),
                        "child_nanoseconds": 0,
                        "executable_bytes_gained": 0,
                        "resident_bytes_gained": 0,
                    },
                    "ends": [{"round": 0, "seed": 1, "start": [0.0], "end": [1.0], "expected": [1.0]}],
                    "compared_rounds": 1,
                    "violations": [],
                }
            )
    return {
        "schema": 5,
        "kind": "run",
        "resumed": False,
        "plan_sha256": None,
        "part": None,
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


def retimed(record: dict[str, Any], change: Callable[[dict[str, Any], int, float], float]) -> dict[str, Any]:
    """The record with other times: `change(timing, number, nanoseconds)` is how long a round takes, of wall and CPU."""
    for timing in record["timings"]:
        taken = [round(change(timing, number, each)) for number, each in enumerate(timing["round_nanoseconds"])]
        timing["round_nanoseconds"], timing["cpu_nanoseconds"] = taken, [*taken]
    return record


SECOND_COPY = f"{REFERENCE}, second copy"


def slowed(
    record: dict[str, Any], when: Callable[[int, int], bool], factor: float, but: Mapping[str, float] | None = None
) -> dict[str, Any]:
    """The record of a machine that is slow at times, which are chosen by launch and by pair of rounds.

    Then every row takes `factor` times as long, except those for which `but` has another factor.
    """

    def change(timing: dict[str, Any], number: int, nanoseconds: float) -> float:
        row = SECOND_COPY if timing["copy"] else timing["implementation"]
        slow = when(timing["launch"], number // 2)
        return nanoseconds * ((but or {}).get(row, factor) if slow else 1.0)

    return retimed(record, change)
