"""Raw timings of a record in the formats of other benchmark tools."""

import json
from typing import Any

import numpy as np
from pytest_benchmark.stats import Stats

from xorbench.estimates.analysis import Analysis
from xorbench.estimates.rounds import times_of
from xorbench.record.timing import Timing

CHANGED = "+changes"
"""The suffix of a record's commit if files of the suite differed from that commit."""


def pytest_benchmark(analysis: Analysis) -> str:
    """Return the JSON of pytest-benchmark: for each row and workload, the seconds per epoch of every long round."""
    groups: dict[tuple[str, str, bool], list[Timing]] = {}
    for timing in analysis.record.timings:
        groups.setdefault((timing.workload, timing.implementation, timing.copy), []).append(timing)
    machine, versions = analysis.record.machine, analysis.record.environment.versions
    commit = analysis.record.commit or "unknown"
    content = {
        "machine_info": {
            "node": machine.name,
            "machine": machine.architecture,
            "system": machine.system,
            "python_version": versions["python"],
            "cpu": {"brand_raw": machine.cpu, "count": machine.cores},
        },
        "commit_info": {
            "id": commit.removesuffix(CHANGED),
            "time": analysis.record.created,
            "dirty": commit.endswith(CHANGED),
            "branch": "",
        },
        "benchmarks": [_benchmark(*key, timings, analysis.by_cpu) for key, timings in groups.items()],
        "datetime": analysis.record.created,
        "version": versions.get("pytest-benchmark", "unknown"),
    }
    return json.dumps(content, indent=1, allow_nan=False) + "\n"


def _benchmark(workload: str, implementation: str, copy: bool, timings: list[Timing], of_cpu: bool) -> dict[str, Any]:
    """Return one benchmark with the long rounds of all launches; `extra_info` says how many are from each launch."""
    stats = Stats()
    epochs = max(timings[0].epochs)
    for timing in timings:
        for seconds in _seconds_per_epoch(timing, of_cpu):
            stats.update(seconds)
    name = f"test_train[{workload}-{implementation}{'-second-copy' if copy else ''}]"
    return {
        "group": workload,
        "name": name,
        "fullname": f"benchmarks/bench_train.py::{name}",
        "params": {"workload": workload, "implementation": implementation},
        "param": f"{workload}-{implementation}",
        "extra_info": {
            "epochs_per_round": epochs,
            "rounds_of_launches": [timing.epochs.count(epochs) for timing in timings],
            "copy": copy,
        },
        "options": {"disable_gc": True, "timer": "process_time" if of_cpu else "perf_counter", "warmup": False},
        "stats": {
            **{field: getattr(stats, field) for field in stats.fields},
            "data": stats.data,
            "iterations": epochs,
        },
    }


def _seconds_per_epoch(timing: Timing, of_cpu: bool) -> list[float]:
    """Return the seconds per epoch of each long round."""
    epochs = np.asarray(timing.epochs)
    found: list[float] = (times_of(timing, of_cpu) / epochs / 1e9)[epochs == epochs.max()].tolist()
    return found
