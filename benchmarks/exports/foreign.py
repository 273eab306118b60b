"""A record's raw timings as other tools read them."""

import json
from typing import Any

from pytest_benchmark.stats import Stats

from benchmarks.estimates.ratios import Timing
from benchmarks.records import Record


def pytest_benchmark(record: Record) -> str:
    """As the JSON of pytest-benchmark: for each implementation on each workload, seconds per epoch of every round."""
    groups: dict[tuple[str, str, bool], list[Timing]] = {}
    for timing in record["timings"]:
        groups.setdefault((timing["workload"], timing["implementation"], timing["copy"]), []).append(timing)
    machine, versions = record["machine"], record["environment"]["versions"]
    content = {
        "machine_info": {
            "node": machine["name"],
            "machine": machine["architecture"],
            "system": machine["system"],
            "python_version": versions["python"],
            "cpu": {"brand_raw": machine["cpu"], "count": machine["cores"]},
        },
        "commit_info": {"id": record["commit"] or "unknown", "time": record["created"], "dirty": False, "branch": ""},
        "benchmarks": [_benchmark(*key, timings) for key, timings in groups.items()],
        "datetime": record["created"],
        "version": versions.get("pytest-benchmark", "unknown"),
    }
    return json.dumps(content, indent=1, allow_nan=False) + "\n"


def _benchmark(workload: str, implementation: str, copy: bool, timings: list[Timing]) -> dict[str, Any]:
    """Rounds of all launches, one after the other; pytest-benchmark knows no launches, hence they are in extra_info."""
    stats = Stats()
    for timing in timings:
        for nanoseconds in timing["round_nanoseconds"]:
            stats.update(nanoseconds / 1e9 / timing["epochs_per_round"])
    name = f"test_train[{workload}-{implementation}{'-second-copy' if copy else ''}]"
    return {
        "group": workload,
        "name": name,
        "fullname": f"benchmarks/bench_train.py::{name}",
        "params": {"workload": workload, "implementation": implementation},
        "param": f"{workload}-{implementation}",
        "extra_info": {
            "epochs_per_round": timings[0]["epochs_per_round"],
            "rounds_of_launches": [len(timing["round_nanoseconds"]) for timing in timings],
            "copy": copy,
        },
        "options": {"disable_gc": True, "timer": "perf_counter", "warmup": False},
        "stats": {
            **{field: getattr(stats, field) for field in stats.fields},
            "data": stats.data,
            "iterations": timings[0]["epochs_per_round"],
        },
    }
