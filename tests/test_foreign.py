"""Exports: the tools themselves read them."""

import json
import statistics
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.planted import planted, with_machine, with_timings
from xorbench.contract import REFERENCE
from xorbench.exports import foreign
from xorbench.record.timing import Timing
from xorbench.tables.cells import with_ends


def compared(*files: Path) -> str:
    """What the real tool prints of its comparison of these files."""
    call = [sys.executable, "-m", "pytest_benchmark", "compare", *map(str, files), "--columns=median,rounds"]
    return subprocess.run(call, capture_output=True, text=True, check=True, cwd=files[0].parent).stdout


def test_pytest_benchmark_compares_what_was_exported(tmp_path: Path) -> None:
    file = tmp_path / "export.json"
    file.write_text(foreign.pytest_benchmark([planted({"other": [0.5] * 6})]))
    shown = compared(file)
    assert "test_train[hidden-other]" in shown
    assert "test_train[hidden-numpy_backprop-second-copy]" in shown


def test_several_records_in_a_file_have_whole_and_different_names_in_pytest_benchmark(tmp_path: Path) -> None:
    days = [planted({"other": [0.5] * 6}, created=f"2026-01-0{day}T03:04:05Z", commit=f"c{day}") for day in (2, 1)]
    file = tmp_path / "2026-01-02.json"
    file.write_text(foreign.pytest_benchmark(days))
    found = json.loads(file.read_text())
    assert (found["datetime"], found["commit_info"]["id"]) == ("2026-01-02T03:04:05Z", "c2")
    names = [benchmark["name"] for benchmark in found["benchmarks"]]
    assert len({*names}) == len(names) == 6
    lines = compared(file).splitlines()
    for name in (*names, "test_train[hidden-other-2026-01-01T030405Z]"):
        assert sum(line.startswith(f"{name} ") for line in lines) == 1, name
    extra = [b["extra_info"] for b in found["benchmarks"] if b["name"] == "test_train[hidden-other-2026-01-01T030405Z]"]
    assert (extra[0]["created"], extra[0]["commit"]) == ("2026-01-01T03:04:05Z", {"id": "c1", "dirty": False})


def test_records_of_two_machines_at_one_time_have_different_names_and_a_record_is_not_given_twice() -> None:
    here = planted({"other": [0.5] * 6})
    there = with_machine(here, cpu="another")
    names = [b["name"] for b in json.loads(foreign.pytest_benchmark([here, there]))["benchmarks"]]
    assert len({*names}) == len(names) == 6
    with pytest.raises(ValueError, match="is given twice, expected different records"):
        foreign.pytest_benchmark([here, here])


def test_github_action_benchmark_gets_ratios_with_intervals_and_the_control() -> None:
    analysis = planted({"other": [0.505, 0.495] * 3}, control=[0.01, -0.01] * 3, commit="abc+changes")
    other, control = json.loads(foreign.github_action_benchmark([analysis]))
    row = next(row for row in analysis.rows if row.implementation == "other")
    assert row.ratio is not None
    assert other["name"] == "other (hidden)"
    assert other["unit"] == control["unit"] == "ratio"
    assert other["value"] == pytest.approx(row.ratio.value, rel=1e-8)
    assert other["range"] == with_ends(row.ratio)[1]
    assert "slower" in other["extra"]
    assert "commit abc with changes" in other["extra"]
    assert control["name"] == "numpy_backprop, second copy (hidden)"
    assert control["value"] == pytest.approx(1)
    assert "A/A control" in control["extra"]
    assert {*other} == {"name", "unit", "value", "range", "extra"}  # those of its type BenchmarkResult


def test_github_action_benchmark_is_told_of_an_unfit_run_and_gets_no_row_without_a_time() -> None:
    analysis = planted({"other": [0.5] * 6, "gone": [0.5] * 6}, control=[0.1, 0.11] * 3)
    analysis = with_timings(analysis, lambda timing: None if timing.implementation == "gone" else timing)
    found = json.loads(foreign.github_action_benchmark([analysis]))
    assert [entry["name"] for entry in found] == ["other (hidden)", "numpy_backprop, second copy (hidden)"]
    assert all("unfit: " in entry["extra"] for entry in found)


def test_github_action_benchmark_gets_several_records_by_different_names() -> None:
    days = [planted({"other": [0.5] * 6}, created=f"2026-01-0{day}T03:04:05Z") for day in (1, 2)]
    names = [entry["name"] for entry in json.loads(foreign.github_action_benchmark(days))]
    assert names[0] == "other (hidden), 2026-01-01T030405Z"
    assert len({*names}) == len(names) == 4


def test_its_numbers_are_the_records() -> None:
    analysis = planted({"other": [0.5] * 6})
    found = {b["name"]: b for b in json.loads(foreign.pytest_benchmark([analysis]))["benchmarks"]}
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
    extra = other["extra_info"]
    assert (extra["epochs_per_round"], extra["rounds_of_launches"], extra["copy"]) == (200, [11] * 6, False)
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
    first = json.loads(foreign.pytest_benchmark([analysis]))["benchmarks"][0]
    assert first["stats"]["median"] == pytest.approx(30e-6)
    first = json.loads(foreign.pytest_benchmark([with_timings(analysis, untold)]))["benchmarks"][0]
    assert (first["options"]["timer"], first["stats"]["median"]) == ("perf_counter", pytest.approx(60e-6))


@pytest.mark.parametrize(
    ("commit", "name", "dirty"), [("abc+changes", "abc", True), ("abc", "abc", False), (None, "unknown", False)]
)
def test_it_says_whether_files_differed_from_the_commit(commit: str | None, name: str, dirty: bool) -> None:
    analysis = planted({"other": [0.5] * 6}, commit=commit)
    about = json.loads(foreign.pytest_benchmark([analysis]))["commit_info"]
    assert (about["id"], about["dirty"]) == (name, dirty)
