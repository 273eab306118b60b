"""The load study: what it keeps of a run, and what its table says of ratios that are known."""

import json
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest
import typer

from tests.planted import cheated, planted, report_of, with_timings
from xorbench import places
from xorbench.affinity import allowed_cpus
from xorbench.contract import REFERENCE
from xorbench.estimates.analysis import Analysis
from xorbench.record import studies
from xorbench.record.report import Report
from xorbench.record.run import Record
from xorbench.record.timing import Timing
from xorbench.studies import asking, load, runs
from xorbench.studies.load import BUSY, IMPLEMENTATIONS
from xorbench.suite import Settings
from xorbench.tables.studies.load import Load, misses, table_of
from xorbench.tables.studies.typed import typed

REPORT = report_of()


def waiting(analysis: Analysis, share: float) -> Analysis:
    """The record of rounds in which all rows but the baseline also waited for a CPU, for this share of their time."""

    def wait(timing: Timing) -> Timing:
        if timing.implementation == REFERENCE:
            return timing
        waited = [round(share * taken) for taken in timing.round_nanoseconds]
        longer = [taken + wait for taken, wait in zip(timing.round_nanoseconds, waited, strict=True)]
        return replace(timing, waited_nanoseconds=[*waited], round_nanoseconds=longer)

    return with_timings(analysis, wait)


def test_a_run_is_read_by_the_clock_and_by_wall_time() -> None:
    analysis = waiting(planted({"other": [0.5] * 6}, control=[0.001, -0.001] * 3), share=1.0)
    found = json.loads(json.dumps(load.of_run(analysis), allow_nan=False))
    row = found["rows"]["other"]
    assert row["by_clock"]["value"] == pytest.approx(1.6487, abs=1e-3)
    assert row["by_wall_time"]["value"] == pytest.approx(2 * 1.6487, abs=2e-3)
    assert row["by_clock"]["low"] < row["by_clock"]["value"] < row["by_clock"]["high"]
    assert (row["verdict"], row["reason"]) == ("slower", None)
    assert found["noise_floor"]["value"] == pytest.approx(1, abs=1e-3)
    assert found["second_control"]["value"] == pytest.approx(1, abs=0.01)
    assert (found["unfit"], found["launches"], found["load_1_minute"]) == (None, 6, 0.5)
    assert (found["quiet_share"], found["seconds"]) == (1.0, 7.99)


def test_a_row_without_a_time_keeps_its_reason() -> None:
    row = load.of_run(cheated(planted({"other": [0.5] * 6})))["rows"]["other"]
    assert row == {
        "verdict": "refused",
        "reason": "it cheated (in 6 of 6 launches)",
        "by_clock": None,
        "by_wall_time": None,
    }


class Measured:
    """Instead of a suite: a planted record, and what was asked of it."""

    asked: list[tuple[list[str], Settings, int]] = []  # noqa: RUF012  a note that each test begins anew

    def __init__(self, implementations: Any, _workloads: Any, settings: Settings, report: Report) -> None:
        assert report is REPORT
        self._names = [i.name for i in implementations]
        self._settings = settings

    def run(self) -> None:
        self.asked.append((self._names, self._settings, len(psutil.Process().children())))

    def record(self, _command: str) -> Record:
        return planted({name: [0.5] * 4 for name in self._names if name != REFERENCE}, launches=4).record


def test_runs_are_interleaved_beside_so_many_busy_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    judged: list[str] = []

    def judge(implementations: Any, *_arguments: Any, **_options: Any) -> Report:
        judged.extend(i.name for i in implementations)
        return REPORT

    monkeypatch.setattr(runs, "judge", judge)
    monkeypatch.setattr(runs, "Suite", Measured)
    monkeypatch.setattr(Measured, "asked", [])
    places.no_code()  # the process that removes this folder at the end is not one of the busy ones
    others = len(psutil.Process().children())
    names = (REFERENCE, "numpy_inplace")
    states = list(load.study(runs=2, launches=4, rounds=6, names=names, busy_per_cpu=(0, 1, 2)))
    assert judged == [*names]  # once
    assert [len(state["runs"]) for state in states] == [1, 2, 3, 4, 5, 6]
    order = [run["busy_per_cpu"] for run in states[-1]["runs"]]
    assert {*order[:3]} == {*order[3:]} == {0, 1, 2}
    assert [number - others for _, _, number in Measured.asked] == [len(allowed_cpus()) * number for number in order]
    for place, (found, settings, _) in enumerate(Measured.asked):
        assert found == [*names]
        assert settings == Settings(50, allowed_cpus()[-1], place, quick=True, launches=4, rounds=6, cold_starts=0)
    frame = table_of(json.loads(json.dumps(states[-1]))).frame
    assert list(frame["runs"]) == ["2"] * 3
    before = len(Measured.asked)
    (last,) = load.study(2, 4, rounds=6, names=names, busy_per_cpu=(0, 1, 2), earlier={**states[4], "after": ["then"]})
    assert Measured.asked[before:] == Measured.asked[before - 1 : before]
    assert last == {**states[-1], "after": ["then"]}


@pytest.mark.parametrize("differs", [{"implementations": [REFERENCE]}, {"cpus": 1_000}], ids=str)
def test_a_study_of_other_implementations_or_cpus_is_not_continued(
    differs: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["load.py"])
    monkeypatch.setattr(load, "study", lambda *_given, **_options: pytest.fail("it was begun"))
    names = [i.name for i in runs.usable(IMPLEMENTATIONS)[0]]
    same = {"implementations": names, "launches": 4, "rounds": 60, "cpus": len(allowed_cpus()), "seed": 0}
    path = studies.write(replace(asking.begun("load", []), data=same | differs), tmp_path)
    ((key, value),) = differs.items()
    with pytest.raises(typer.BadParameter, match=re.escape(f"{path} is of {key} {value}, expected {same[key]}")):
        load.main(launches=4, rounds=60, after=path, output=tmp_path)


def test_the_implementations_are_there_or_missing_with_a_reason() -> None:
    found, missing = runs.usable(IMPLEMENTATIONS)
    assert sorted([*(i.name for i in found), *missing]) == sorted(IMPLEMENTATIONS)
    assert found[0].name == REFERENCE
    assert all(missing.values())


def study(ratios: dict[int, list[float]], unfit: int = 0, wall: float = 1.0) -> dict[str, Any]:
    """A study in which both implementations have these ratios, by busy processes, and by wall time so many times."""
    control = {"value": 1.0, "low": 0.99, "high": 1.01}
    runs: list[dict[str, Any]] = []
    for number, values in ratios.items():
        for value in values:
            by_wall_time = value * (wall**2 if number else wall)
            row = {
                "verdict": "slower",
                "reason": None,
                "by_clock": control | {"value": value},
                "by_wall_time": control | {"value": by_wall_time},
            }
            about = {"noise_floor": control, "second_control": control, "unfit": None}
            runs.append({"busy_per_cpu": number, "rows": {"some": row, "tensorflow_tape": {**row}}, **about})
    for run in runs[:unfit]:
        run["unfit"] = "too slow"
    return {
        "workload": "hidden",
        "implementations": [REFERENCE, "some", "tensorflow_tape"],
        "missing": {"absent": "it is not installed"},
        "launches": 4,
        "rounds": 60,
        "busy_per_cpu": [*ratios],
        "cpus": 2,
        "runs": runs,
    }


def test_the_table_has_the_ratio_that_is_furthest_off_the_quiet_median() -> None:
    data = study({0: [2.0, 1.98, 2.02], 4: [2.0, 1.88, 2.1]}, wall=0.5)
    frame = table_of(data).frame
    quiet, busy, *_ = frame.to_dict("records")
    assert list(quiet.values()) == [
        *("some", "0", "3"),
        *("2", "1.98 to 2.02", "-1.0%"),
        *("1", "0.99 to 1.01", "-1.0%"),
        "0",
    ]
    assert list(busy.values()) == [
        *("some", "4", "3"),
        *("2", "1.88 to 2.1", "-6.0%"),
        *("0.5", "0.47 to 0.525", "-53.0%"),
        "0",
    ]


def test_what_misses_the_target_is_named_with_each_ones_reach() -> None:
    data = study({0: [2.0], 2: [2.09], 4: [2.11, 1.79]}, unfit=1)
    assert misses(typed(Load, data)) == ["some at 4 (-10.5%)", "tensorflow_tape at 4 (-10.5%)"]
    assert misses(typed(Load, study({0: [2.0], 4: [2.19]}))) == ["some at 4 (+9.5%)"]
    assert misses(typed(Load, study({0: [2.0], 4: [2.099]}))) == []
    notes = " ".join(table_of(data).notes)
    assert "within 5% of the quiet one (10% for tensorflow_tape), and that at most 5% of runs are unfit" in notes
    assert "Unfit: 1 of 4 runs: at 0 per CPU, too slow." in notes
    assert "absent was not timed: it is not installed." in notes


def test_a_study_that_was_interrupted_has_a_table() -> None:
    data = study({4: [2.0]}) | {"busy_per_cpu": [*BUSY]}
    data["runs"][0]["rows"]["some"] |= {"verdict": "refused", "reason": "it cheated", "by_clock": None}
    data["runs"][0] |= {"second_control": None, "noise_floor": None}
    table = table_of(data)
    assert Counter(table.frame["runs"]) == {"0": 6, "1": 2}
    assert "Without a ratio: some in a run at 4 per CPU (it cheated)." in table.notes
    assert misses(typed(Load, data)) == []
