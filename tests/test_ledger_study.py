"""The study of refusals of honest implementations: what is run, what is counted, and what the table says."""

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.conftest import BASELINE
from tests.planted import planted
from xorbench.contract import REFERENCE, discover
from xorbench.record.report import Report
from xorbench.record.run import Record
from xorbench.record.timing import Failure
from xorbench.studies import ledger, runs
from xorbench.suite import Settings
from xorbench.tables.studies.ledger import table_of
from xorbench.tables.studies.repeated import SECOND_COPY


def record(refused: int = 0, failed: int = 0) -> Record:
    """A record of four launches in which `other` broke a rule, or failed, in so many."""
    made = planted({"other": [0.5] * 4}, launches=4).record
    timings = [
        replace(timing, violations=["it cheated"])
        if timing.implementation == "other" and timing.launch < refused
        else timing
        for timing in made.timings
    ]
    lost = [Failure(number, "hidden", "other", False, "it was lost") for number in range(failed)]
    return replace(made, timings=timings, failures=lost)


def test_launches_are_divided_among_runs() -> None:
    assert ledger.divided(200) == [10] * 20
    assert ledger.divided(25) == [10, 10, 5]
    assert ledger.divided(0) == []


def test_a_run_has_its_timings_refusals_and_failures() -> None:
    found = json.loads(json.dumps(ledger.of_run(record(refused=2, failed=1)), allow_nan=False))
    assert found["timed"] == {REFERENCE: 4, SECOND_COPY: 4, "other": 4}
    assert found["refused"] == [{"row": "other", "launch": n, "violations": ["it cheated"]} for n in (0, 1)]
    assert [(one["implementation"], one["reason"]) for one in found["failed"]] == [("other", "it was lost")]


class Measured:
    """Instead of a suite: a planted record, and what was asked of it."""

    asked: list[tuple[list[str], int | None, int | None]] = []  # noqa: RUF012  a note that each test begins anew

    def __init__(self, implementations: Any, _workloads: Any, settings: Settings, _report: Report) -> None:
        self.asked.append(([i.name for i in implementations], settings.launches, settings.rounds))

    def run(self) -> None:
        pass

    def record(self, _command: str) -> Record:
        return record()


def test_some_are_launched_often_and_all_that_pass_the_judge_less_often(monkeypatch: pytest.MonkeyPatch) -> None:
    judged: list[str] = []

    class Judged(Report):
        def refusal(self, implementation: str, _workload: str) -> Any:
            return ("outside", "it is wrong") if implementation == "numpy_inplace" else None

    def judge(implementations: Any, *_arguments: Any, **_options: Any) -> Report:
        judged.extend(i.name for i in implementations)
        return Judged(seed=0, points=1, rows=[], pairs=[], endings=[], conduct=[])

    monkeypatch.setattr(runs, "judge", judge)
    monkeypatch.setattr(runs, "Suite", Measured)
    monkeypatch.setattr(Measured, "asked", [])
    states = list(ledger.study(launches=12, launches_of_all=3, rounds=8, busy_per_cpu=0, names=(REFERENCE,)))
    usable = [i.name for i in discover() if i.usable]
    assert judged == usable
    all_but_one = [name for name in usable if name != "numpy_inplace"]
    assert Measured.asked == [([REFERENCE], 10, 8), ([REFERENCE], 2, 8), (all_but_one, 3, 8)]
    assert [len(state["runs"]) for state in states] == [1, 2, 3]
    assert states[-1]["missing"]["numpy_inplace"] == "outside: it is wrong"
    assert BASELINE.name in states[-1]["runs"][0]["timed"]
    (last,) = ledger.study(
        12, 3, rounds=8, busy_per_cpu=0, names=(REFERENCE,), earlier={**states[1], "after": ["then"]}
    )
    assert Measured.asked[3:] == Measured.asked[2:3]
    assert last == {**states[-1], "after": ["then"]}


def test_without_launches_of_all_no_other_implementation_is_judged() -> None:
    assert ledger.chosen((REFERENCE,), 0) == [REFERENCE]
    assert ledger.chosen((REFERENCE,), 1) == [i.name for i in discover()]


def test_the_table_counts_over_all_runs_and_gives_each_reason() -> None:
    found = [ledger.of_run(record()), ledger.of_run(record(refused=1, failed=2)), ledger.of_run(record(refused=2))]
    about = {"workload": "hidden", "missing": {"absent": "it is not installed"}, "rounds": 60, "busy_per_cpu": 4}
    table = table_of({**about, "cpus": 2, "runs": found})
    lines = {line["implementation"]: line for line in table.frame.to_dict("records")}
    assert lines["other"] == {"implementation": "other", "launches": "12", "refused": "3", "failed": "2"}
    assert lines[SECOND_COPY]["refused"] == lines[REFERENCE]["refused"] == "0"
    notes = " ".join(table.notes)
    assert "Refused: 3 of 36 timings." in notes
    assert "other was refused: it cheated (in 3 launches)." in notes
    assert "other failed: it was lost (in 2 launches)." in notes
    assert "absent was not timed: it is not installed." in notes
