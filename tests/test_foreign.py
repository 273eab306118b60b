"""Exports: the tools themselves read them."""

import json
import statistics
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.planted import planted, with_timings
from xorbench.contract import REFERENCE
from xorbench.exports import foreign
from xorbench.record.timing import Timing


def test_pytest_benchmark_compares_what_was_exported(tmp_path: Path) -> None:
    analysis = planted({"other": [0.5] * 6})
    file = tmp_path / "export.json"
    file.write_text(foreign.pytest_benchmark(analysis))
    call = [sys.executable, "-m", "pytest_benchmark", "compare", str(file), "--columns=median,rounds"]
    done = subprocess.run(call, capture_output=True, text=True, check=True, cwd=tmp_path)
    assert "test_train[hidden-other]" in done.stdout
    assert "test_train[hidden-numpy_backprop-second-copy]" in done.stdout


def test_its_numbers_are_the_records() -> None:
    analysis = planted({"other": [0.5] * 6})
    found = {b["name"]: b for b in json.loads(foreign.pytest_benchmark(analysis))["benchmarks"]}
    other = found["test_train[hidden-other]"]
    rounds = [
        nanoseconds / 1e9 / 200
        for timing in analysis.record.timings
        if timing.implementation == "other"
        for nanoseconds in timing.cpu_nanoseconds[::2]  # the long ones
        if nanoseconds is not None
    ]
    assert other["stats"]["data"] == pytest.approx(rounds)
    assert other["stats"]["median"] == pytest.approx(statistics.median(rounds))
    assert other["stats"]["rounds"] == len(rounds) == 66
    assert other["extra_info"] == {"epochs_per_round": 200, "rounds_of_launches": [11] * 6, "copy": False}
    assert (other["options"]["timer"], other["stats"]["iterations"]) == ("process_time", 200)


def test_its_numbers_are_those_of_the_clock_that_the_record_was_timed_by() -> None:
    def waiting(timing: Timing) -> Timing:
        taken = timing.round_nanoseconds
        return replace(timing, round_nanoseconds=[2 * each for each in taken], waited_nanoseconds=[*taken])

    def untold(timing: Timing) -> Timing:
        """Not known of one round of another row: all are wall time."""
        if (timing.launch, timing.implementation, timing.copy) != (5, REFERENCE, True):
            return timing
        return replace(timing, waited_nanoseconds=[*timing.waited_nanoseconds[:-1], None])

    analysis = with_timings(planted({"other": [0.5] * 6}, drifting=0), waiting)
    first = json.loads(foreign.pytest_benchmark(analysis))["benchmarks"][0]
    assert first["stats"]["median"] == pytest.approx(30e-6)
    first = json.loads(foreign.pytest_benchmark(with_timings(analysis, untold)))["benchmarks"][0]
    assert (first["options"]["timer"], first["stats"]["median"]) == ("perf_counter", pytest.approx(60e-6))


@pytest.mark.parametrize(
    ("commit", "name", "dirty"), [("abc+changes", "abc", True), ("abc", "abc", False), (None, "unknown", False)]
)
def test_it_says_whether_files_differed_from_the_commit(commit: str | None, name: str, dirty: bool) -> None:
    analysis = planted({"other": [0.5] * 6}, commit=commit)
    about = json.loads(foreign.pytest_benchmark(analysis))["commit_info"]
    assert (about["id"], about["dirty"]) == (name, dirty)
