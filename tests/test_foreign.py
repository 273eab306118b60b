"""Exports: the tools themselves read them."""

import json
import statistics
import subprocess
import sys
from pathlib import Path

import pytest

from tests.planted import planted_record
from xorbench.exports import foreign


def test_pytest_benchmark_compares_what_was_exported(tmp_path: Path) -> None:
    record = planted_record({"other": [0.5] * 6})
    file = tmp_path / "export.json"
    file.write_text(foreign.pytest_benchmark(record))
    call = [sys.executable, "-m", "pytest_benchmark", "compare", str(file), "--columns=median,rounds"]
    done = subprocess.run(call, capture_output=True, text=True, check=True, cwd=tmp_path)
    assert "test_train[hidden-other]" in done.stdout
    assert "test_train[hidden-numpy_backprop-second-copy]" in done.stdout


def test_its_numbers_are_the_records() -> None:
    record = planted_record({"other": [0.5] * 6})
    found = {b["name"]: b for b in json.loads(foreign.pytest_benchmark(record))["benchmarks"]}
    other = found["test_train[hidden-other]"]
    rounds = [
        nanoseconds / 1e9 / 200
        for timing in record["timings"]
        if timing["implementation"] == "other"
        for nanoseconds in timing["cpu_nanoseconds"][::2]  # the long ones
    ]
    assert other["stats"]["data"] == pytest.approx(rounds)
    assert other["stats"]["median"] == pytest.approx(statistics.median(rounds))
    assert other["stats"]["rounds"] == len(rounds) == 66
    assert other["extra_info"] == {"epochs_per_round": 200, "rounds_of_launches": [11] * 6, "copy": False}
    assert (other["options"]["timer"], other["stats"]["iterations"]) == ("process_time", 200)


def test_its_numbers_are_those_of_the_clock_that_the_record_was_timed_by() -> None:
    record = planted_record({"other": [0.5] * 6}, drifting=0)
    for timing in record["timings"]:
        timing["round_nanoseconds"] = [2 * taken for taken in timing["cpu_nanoseconds"]]
        timing["waited_nanoseconds"] = [*timing["cpu_nanoseconds"]]
    first = json.loads(foreign.pytest_benchmark(record))["benchmarks"][0]
    assert first["stats"]["median"] == pytest.approx(30e-6)
    record["timings"][-1]["waited_nanoseconds"][-1] = None  # not known of one round of another row: all are wall time
    first = json.loads(foreign.pytest_benchmark(record))["benchmarks"][0]
    assert (first["options"]["timer"], first["stats"]["median"]) == ("perf_counter", pytest.approx(60e-6))


@pytest.mark.parametrize(
    ("commit", "name", "dirty"), [("abc+changes", "abc", True), ("abc", "abc", False), (None, "unknown", False)]
)
def test_it_says_whether_files_differed_from_the_commit(commit: str | None, name: str, dirty: bool) -> None:
    record = planted_record({"other": [0.5] * 6}, commit=commit)
    about = json.loads(foreign.pytest_benchmark(record))["commit_info"]
    assert (about["id"], about["dirty"]) == (name, dirty)
