"""The Python interface: the same results as the command, and ValueError for a mistake."""

import subprocess
import sys
from pathlib import Path

import pytest

import xorbench
from tests.planted import planted
from xorbench.contract import REFERENCE
from xorbench.record import store
from xorbench.suite import defaults


def test_importing_the_package_imports_nothing_heavy() -> None:
    script = "import sys, xorbench; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert not {"numpy", "pandas", "pydantic", "typer"} & set(done.stdout.split())


def test_what_it_offers_is_listed_and_nothing_else_is_there() -> None:
    assert xorbench.__all__ == ["compare", "judge", "load", "recommend", "run"]
    with pytest.raises(AttributeError, match="has no attribute 'walk'"):
        xorbench.walk  # noqa: B018


def test_gradients_are_judged() -> None:
    report = xorbench.judge([REFERENCE], ["neuron"], points=1)
    assert report.passed
    assert {row.implementation for row in report.rows} == {REFERENCE}
    assert {row.workload for row in report.rows} == {"neuron"}


def test_a_run_is_a_record_of_the_baseline_and_what_was_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(defaults, "QUICK_POINTS", 1)
    record = xorbench.run([REFERENCE], ["neuron"], quick=True, launches=1, rounds=2)
    assert [i.name for i in record.implementations] == [REFERENCE]
    assert {(t.implementation, t.copy) for t in record.timings} == {(REFERENCE, False), (REFERENCE, True)}
    assert store.parsed(store.as_text(record)) == record


def test_two_records_are_compared(tmp_path: Path) -> None:
    before = store.write(planted({"other": [0.0] * 6}).record, tmp_path / "before")
    after = store.write(planted({"other": [0.5] * 6}).record, tmp_path / "after")
    (change,) = xorbench.compare(before, str(after))
    assert (change.implementation, change.verdict) == ("other", "slower")


def test_a_name_that_is_not_known_comes_with_those_that_are_near() -> None:
    with pytest.raises(ValueError, match=r"no implementation is named 'numpy_backprob'; did you mean numpy_backprop"):
        xorbench.judge(["numpy_backprob"])
    with pytest.raises(ValueError, match=r"no workload is named 'hiden'; did you mean hidden"):
        xorbench.run(workloads=["hiden"])


def test_a_budget_and_a_number_of_launches_can_not_be_combined() -> None:
    with pytest.raises(ValueError, match="can't be combined"):
        xorbench.run([REFERENCE], ["neuron"], launches=2, budget_minutes=1.0)
