"""Exports: the tools themselves read them."""

import json
import statistics
import subprocess
import sys
from pathlib import Path

import pytest
from planted import planted_record

from benchmarks.exports import foreign


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
        nanoseconds / 1e9 / timing["epochs_per_round"]
        for timing in record["timings"]
        if timing["implementation"] == "other"
        for nanoseconds in timing["round_nanoseconds"]
    ]
    assert other["stats"]["data"] == pytest.approx(rounds)
    assert other["stats"]["median"] == pytest.approx(statistics.median(rounds))
    assert other["stats"]["rounds"] == len(rounds) == 66
    assert other["extra_info"]["rounds_of_launches"] == [11] * 6
