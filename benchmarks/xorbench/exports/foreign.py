"""Records in the formats of other tools: raw timings for pytest-benchmark, ratios for github-action-benchmark.

Several records may share a file; the name of each benchmark then ends in the time at which its record began.
"""

import json
from collections.abc import Iterator, Sequence
from typing import TypedDict

import numpy as np
from pytest_benchmark.stats import Stats

from xorbench.contract import REFERENCE
from xorbench.estimates.analysis import Analysis
from xorbench.estimates.intervals import Interval
from xorbench.estimates.rounds import times_of
from xorbench.estimates.timing_table import Row
from xorbench.record.run import Record
from xorbench.record.timing import Timing
from xorbench.tables.cells import LONGEST_SENTENCE, plain, with_ends

CHANGED = "+changes"
"""The suffix of a record's commit if files of the suite differed from that commit."""

Benchmark = dict[str, object]
"""A benchmark in one of the formats."""


class Commit(TypedDict):
    """The commit of the suite, and whether files of the suite differed from it."""

    id: str
    dirty: bool


def pytest_benchmark(analyses: Sequence[Analysis]) -> str:
    """Return the JSON of pytest-benchmark: for each row and workload, the seconds per epoch of every long round.

    Machine and commit of the file are those of the newest record; each benchmark has its own in `extra_info`. Raises
    ValueError if a record is given twice.
    """
    newest = max((analysis.record for analysis in analyses), key=lambda record: record.created)
    versions = newest.environment.versions
    content = {
        "machine_info": {
            "node": newest.machine.name,
            "machine": newest.machine.architecture,
            "system": newest.machine.system,
            "python_version": versions["python"],
            "cpu": {"brand_raw": newest.machine.cpu, "count": newest.machine.cores},
        },
        "commit_info": {**_commit(newest), "time": newest.created, "branch": ""},
        "benchmarks": [
            benchmark
            for analysis, label in zip(analyses, _labels(analyses), strict=True)
            for benchmark in _benchmarks(analysis, label)
        ],
        "datetime": newest.created,
        "version": versions.get("pytest-benchmark", "unknown"),
    }
    return _json(content)


def github_action_benchmark(analyses: Sequence[Analysis]) -> str:
    """Return the JSON that github-action-benchmark reads as customSmallerIsBetter: a list of ratios with intervals.

    The A/A control of each workload is an entry too. Raises ValueError if a record is given twice, or has no ratio.
    """
    entries = []
    for analysis, label in zip(analyses, _labels(analyses), strict=True):
        found = [*_ratios(analysis, label)]
        if not found:
            raise ValueError(f"the record of {analysis.record.created} has no ratio, expected one of a run")
        entries += found
    return _json(entries)


def _json(content: object) -> str:
    return json.dumps(content, indent=1, allow_nan=False) + "\n"


def _labels(analyses: Sequence[Analysis]) -> list[str]:
    """Return what tells the names of the benchmarks of each record apart; "" for a single record. Raises ValueError."""
    if len(analyses) == 1:
        return [""]
    records = [analysis.record for analysis in analyses]
    labels = [record.created.replace(":", "") for record in records]
    if len({*labels}) < len(labels):
        labels = [f"{record.machine.name}, {label}" for record, label in zip(records, labels, strict=True)]
    for label in labels:
        if labels.count(label) > 1:
            raise ValueError(f"the record of {label} is given twice, expected different records")
    return labels


def _commit(record: Record) -> Commit:
    """Return the commit of the suite, and whether files of the suite differed from it."""
    commit = record.commit or "unknown"
    return {"id": commit.removesuffix(CHANGED), "dirty": commit.endswith(CHANGED)}


def _benchmarks(analysis: Analysis, label: str) -> Iterator[Benchmark]:
    groups: dict[tuple[str, str, bool], list[Timing]] = {}
    for timing in analysis.timings:
        groups.setdefault((timing.workload, timing.implementation, timing.copy), []).append(timing)
    for (workload, implementation, copy), timings in groups.items():
        parts = [workload, implementation, *(["second-copy"] if copy else []), *([label] if label else [])]
        yield {
            **_benchmark("-".join(parts), timings, analysis.by_cpu),
            "group": workload,
            "params": {"workload": workload, "implementation": implementation},
            "extra_info": {
                "epochs_per_round": max(timings[0].epochs),
                "rounds_of_launches": [timing.epochs.count(max(timings[0].epochs)) for timing in timings],
                "copy": copy,
                "machine": analysis.record.machine.name,
                "created": analysis.record.created,
                "commit": _commit(analysis.record),
            },
        }


def _benchmark(param: str, timings: list[Timing], of_cpu: bool) -> Benchmark:
    """Return the name and the statistics of a benchmark: of the long rounds of all launches."""
    stats = Stats()
    for timing in timings:
        for seconds in _seconds_per_epoch(timing, of_cpu):
            stats.update(seconds)
    return {
        "name": f"test_train[{param}]",
        "fullname": f"benchmarks/bench_train.py::test_train[{param}]",
        "param": param,
        "options": {"disable_gc": True, "timer": "process_time" if of_cpu else "perf_counter", "warmup": False},
        "stats": {
            **{field: getattr(stats, field) for field in stats.fields},
            "data": stats.data,
            "iterations": max(timings[0].epochs),
        },
    }


def _seconds_per_epoch(timing: Timing, of_cpu: bool) -> list[float]:
    """Return the seconds per epoch of each long round."""
    epochs = np.asarray(timing.epochs)
    found: list[float] = (times_of(timing, of_cpu) / epochs / 1e9)[epochs == epochs.max()].tolist()
    return found


def _ratios(analysis: Analysis, label: str) -> Iterator[Benchmark]:
    """Yield an entry for the ratio of every row except the baseline, and for the control of every workload."""
    record = analysis.record
    commit = _commit(record)
    about = [
        f"{record.machine.name}, {record.created}, commit {commit['id']}{' with changes' * commit['dirty']}",
        *([f"unfit: {analysis.unfit}"] if analysis.unfit else []),
    ]
    for workload in analysis.workloads:
        rows = [row for row in analysis.rows if row.workload == workload and not row.is_baseline]
        for row in rows:
            if row.ratio is not None:
                yield _ratio(f"{row.implementation} ({workload})", label, row.ratio, [*_about(row), *about])
        if floor := analysis.noise_floor_of(workload):
            control = f"A/A control: {REFERENCE} against itself"
            yield _ratio(f"{REFERENCE}, second copy ({workload})", label, floor, [control, *about])


def _about(row: Row) -> list[str]:
    time, _ = with_ends(row.microseconds_per_epoch, row.launches)
    return [f"{row.verdict}; {time} µs per epoch; time over that of {REFERENCE}"]


def _ratio(name: str, label: str, ratio: Interval, about: Sequence[str]) -> Benchmark:
    _, ends = with_ends(ratio)
    known = ratio.low is not None and ratio.high is not None
    return {
        "name": plain(f"{name}, {label}" if label else name),
        "unit": "ratio",
        "value": float(f"{ratio.value:.9g}"),
        **({"range": str(ends)} if known else {}),
        "extra": "\n".join(plain(line, LONGEST_SENTENCE) for line in about),
    }
