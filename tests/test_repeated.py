"""Repeated runs: what is kept of runs and pairs, the deviation between runs, and the shares that are known."""

import json
import math
from typing import Any

import numpy as np
import pytest

from tests.planted import planted, report_of
from xorbench.contract import REFERENCE
from xorbench.record.report import Report
from xorbench.record.run import Record
from xorbench.studies import repeated, runs
from xorbench.studies.repeated import PLANTED, SHARE
from xorbench.suite import Settings
from xorbench.tables.studies.repeated import SECOND_COPY, Repeated, table_of, variance_between
from xorbench.tables.studies.repeated import deviation_between_runs as deviation_of
from xorbench.tables.studies.typed import typed

WOBBLE = [0.002, -0.002, 0.001, -0.001]
REPORT = report_of()


def test_a_run_keeps_a_log_ratio_for_each_launch_of_each_row() -> None:
    analysis = planted({"other": WOBBLE, PLANTED: [0.1] * 4}, control=[-w for w in WOBBLE], launches=4)
    found = json.loads(json.dumps(repeated.of_run(analysis), allow_nan=False))
    assert found["log_ratios"].keys() == {"other", PLANTED, SECOND_COPY}
    # The baseline is the mean of both copies.
    assert found["log_ratios"]["other"] == pytest.approx([1.5 * w for w in WOBBLE], abs=1e-4)
    assert found["log_ratios"][SECOND_COPY] == pytest.approx([-w for w in WOBBLE], abs=1e-4)
    assert (found["unfit"], found["noise_floor"]["value"]) == (None, pytest.approx(1, abs=1e-3))


def test_a_pair_keeps_what_became_of_each_row() -> None:
    before = planted({"other": WOBBLE, "gone": WOBBLE}, launches=4)
    after = planted({"other": [0.14 + w for w in WOBBLE]}, launches=4)
    found = repeated.of_pair(before, after, between_runs=0.01)
    assert found["other"]["verdict"] == "slower"
    assert found["other"]["change"]["value"] == pytest.approx(math.exp(0.14), abs=1e-3)
    assert found["gone"] == {"verdict": "not comparable", "reason": "not in B", "change": None}
    assert repeated.of_pair(before, after, between_runs=0.2)["other"]["verdict"] == "not separated"


class Measured:
    """Instead of a suite: a planted record in which the planted text takes as long as it says."""

    asked: list[Settings] = []  # noqa: RUF012  a note that each test begins anew

    def __init__(self, implementations: Any, _workloads: Any, settings: Settings, report: Report) -> None:
        assert report is REPORT
        texts = {i.name: i.path.read_text(encoding="utf-8") for i in implementations}
        slow = f"range(epochs * {SHARE.numerator} // {SHARE.denominator})" in texts.pop(PLANTED)
        del texts[REFERENCE]
        found = dict.fromkeys(texts, WOBBLE) | {PLANTED: [math.log(1.15 if slow else 1) + w for w in WOBBLE]}
        self._record = planted(found, control=[-w for w in WOBBLE], launches=4).record
        self.asked.append(settings)

    def run(self) -> None:
        pass

    def record(self, _command: str) -> Record:
        return self._record


def test_each_second_run_is_slower_and_compared_with_the_one_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "judge", lambda *_arguments, **_options: REPORT)
    monkeypatch.setattr(runs, "Suite", Measured)
    monkeypatch.setattr(Measured, "asked", [])
    states = list(repeated.study(runs=5, launches=4, rounds=22, names=(REFERENCE, "numpy_inplace")))
    assert [len(state["runs"]) for state in states] == [1, 2, 3, 4, 5]
    assert [len(state["pairs"]) for state in states] == [0, 1, 1, 2, 2]
    data = json.loads(json.dumps(states[-1], allow_nan=False))
    assert [run["slower"] for run in data["runs"]] == [False, True, False, True, False]
    assert [pair["runs"] for pair in data["pairs"]] == [[1, 2], [3, 4]]
    assert [settings.seed for settings in Measured.asked] == [1, 2, 3, 4, 5]
    table = table_of(data)
    inplace, slower, copy = table.frame.to_dict("records")
    assert list(inplace.values())[:6] == ["numpy_inplace", "2", "0", "0", "2", "0"]
    assert list(slower.values())[:7] == ["planted, slower by 15%", "2", "0", "2", "0", "0", "+15.0%"]
    assert copy["row"] == SECOND_COPY
    assert "Of 2 comparisons of unchanged rows, 0 have the verdict faster or slower (0.0%)" in table.notes[1]
    assert "The planted slowdown is found in 2 of 2 pairs" in table.notes[1]


def data(runs: list[list[float]], changes: list[str], planted: list[str], unfit: int = 0) -> dict[str, Any]:
    """A study with these log-ratios of one row in each run, and these verdicts of it and of the planted one."""
    found: list[dict[str, Any]] = [
        {"unfit": None, "log_ratios": {"some": launches, SECOND_COPY: launches}} for launches in runs
    ]
    for run in found[:unfit]:
        run["unfit"] = "too slow"
    pairs = [
        {
            "runs": [1, 2],
            "changes": {
                "some": {"verdict": one, "reason": None, "change": {"value": 0.9, "low": 0.8, "high": 1.0}},
                PLANTED: {"verdict": other, "reason": None, "change": {"value": 1.1, "low": 1.0, "high": 1.2}},
            },
        }
        for one, other in zip(changes, planted, strict=True)
    ]
    return {
        "workload": "hidden",
        "implementations": [REFERENCE, "some"],
        "missing": {},
        "planted": {"name": PLANTED, "share": 0.15},
        "launches": 8,
        "rounds": 100,
        "between_runs": 0.02,
        "runs": found,
        "pairs": pairs,
    }


def deviation_between_runs(study: dict[str, Any]) -> float | None:
    return deviation_of(typed(Repeated, study))


def test_the_table_has_the_shares_of_false_and_of_found_changes() -> None:
    changes = ["slower", "faster", "not comparable", *["not separated"] * 7]
    planted = [*["slower"] * 8, "not separated", "faster"]
    table = table_of(data([[0.0, 0.0]] * 20, changes, planted))
    some, slow, _ = table.frame.to_dict("records")
    assert list(some.values()) == ["some", "10", "1", "1", "7", "1", "-10.0%", "0.00%"]
    assert list(slow.values())[2:6] == ["1", "8", "1", "0"]
    assert "Of 9 comparisons of unchanged rows, 2 have the verdict faster or slower (22.2%)" in table.notes[1]
    assert "The planted slowdown is found in 8 of 10 pairs; the target is at least 90%." in table.notes[1]


def test_the_deviation_between_runs_is_what_launches_do_not_explain() -> None:
    # Means 0.01 and 0.03: a variance of 0.0002. Squared standard errors 0.0001 and 0: a mean of 0.00005.
    assert variance_between([[0.0, 0.02], [0.03, 0.03], [0.5]]) == pytest.approx(0.00015)
    assert variance_between([[0.0, 0.02]]) is None
    assert variance_between([[0.0, 0.1], [0.1, 0.0]]) == pytest.approx(-0.0025)
    study = data([[0.0, 0.02], [0.03, 0.03]], [], [])
    assert deviation_between_runs(study) == pytest.approx(math.sqrt(0.00015))
    assert "Pooled over the unchanged rows it is 1.22%." in table_of(study).notes[2]
    assert deviation_between_runs(data([[0.0, 0.1], [0.1, 0.0]], [], [])) == 0
    assert deviation_between_runs(data([[0.0, 0.02], [0.03, 0.03]], [], [], unfit=1)) is None


def test_a_planted_deviation_between_runs_is_found() -> None:
    random = np.random.default_rng(0)
    runs = [(random.normal(0, 0.02) + random.normal(0, 0.01, 8)).tolist() for _ in range(400)]
    assert deviation_between_runs(data(runs, [], [])) == pytest.approx(0.02, rel=0.1)
    alike = random.normal(0, 0.01, (400, 8)).tolist()
    assert (deviation_between_runs(data(alike, [], [])) or 0) < 0.002


def test_a_study_that_was_interrupted_has_a_table() -> None:
    table = table_of(data([[0.0, 0.1]], [], []))
    assert list(table.frame["pairs"]) == ["0", "0", "–"]
    assert "Of 0 comparisons of unchanged rows, 0 have the verdict faster or slower; " in table.notes[1]
