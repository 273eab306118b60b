"""The contest of three clocks: its table from planted pairs. The pairs themselves take half an hour, by hand."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from xorbench.affinity import allowed_cpus, cpus_on_other_cores
from xorbench.studies import contest
from xorbench.studies.contest import Clock
from xorbench.tables.studies.contest import table_of


def clocks(called: list[str]) -> Sequence[Clock]:
    def one(_folder: Path, _seconds: float) -> dict[str, float]:
        called.append("one")
        return {"one, means": 1.0, "one, medians": 1.01}

    def two(_folder: Path, _seconds: float) -> dict[str, float]:
        called.append("two")
        return {"two": 1 / 1.02}

    return one, two


def test_every_clock_has_its_turns_and_what_is_finished_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[str] = []
    monkeypatch.setattr(contest, "CLOCKS", clocks(called))
    states = list(contest.study(repetitions=3, seconds=1))
    assert [len(state["measured"]) for state in states] == [1, 2, 3, 4, 5, 6]
    assert [one["clock"] for one in states[-1]["measured"]] == called
    assert all({*called[start : start + 2]} == {"one", "two"} for start in (0, 2, 4))
    assert states[-1]["busy_processes"] == len(cpus_on_other_cores(contest.CPU)[:1])
    frame = table_of(states[-1]).frame
    assert list(frame["clock"]) == ["one, means", "one, medians", "two"]
    assert set(frame["pairs"]) == {"3"}


def test_every_cpu_may_be_kept_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contest, "CLOCKS", clocks([]))
    *_, state = contest.study(repetitions=1, seconds=1, busy_per_cpu=2)
    assert state["busy_processes"] == 2 * len(allowed_cpus())
    assert f"Busy processes: {2 * len(allowed_cpus())}, on every CPU." in table_of(state).notes[0]


def test_errors_are_logarithms_of_ratios() -> None:
    measured = [
        {"repetition": 0, "clock": "turns", "seconds": seconds, "ratios": {"xorbench": ratio}}
        for seconds, ratio in ((20.0, math.exp(0.03)), (30.0, math.exp(-0.04)))
    ]
    data: dict[str, Any] = {"workload": "hidden", "busy_processes": 1, "busy_on": "every CPU", "measured": measured}
    (line,) = table_of(data).frame.to_dict("records")
    assert line == {
        "clock": "xorbench",
        "pairs": "2",
        "seconds per pair": "25",
        "A/A ratio, range": "0.9608 to 1.0305",
        "largest error": "4.00%",
        "root mean square error": "3.54%",
    }
