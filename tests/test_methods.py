"""The comparison of methods for intervals: it simulates what it says, and tells methods apart."""

import json

import numpy as np
import pytest

from xorbench.studies import methods
from xorbench.studies.coverage import LAUNCH_EFFECT
from xorbench.studies.methods import MACHINES, METHODS, Numbers
from xorbench.tables.studies.methods import table_of


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.__name__)
def test_the_truth_of_every_machine_is_no_difference(machine: methods.Machine) -> None:
    values = machine(np.random.default_rng(0), 20_000)
    assert np.median(values) == pytest.approx(0, abs=5e-4)
    assert 0.5 < np.mean(np.abs(values)) / LAUNCH_EFFECT < 3


@pytest.mark.parametrize("method", METHODS)
def test_an_interval_moves_with_its_values(method: str) -> None:
    values = methods.normal(np.random.default_rng(1), 20)
    low, high = METHODS[method](values)
    assert low < np.mean(values) < high
    assert METHODS[method](values + 1) == pytest.approx((low + 1, high + 1))


def test_the_sign_test_is_exact() -> None:
    # Of 20 values the interval from the 6th to the 15th holds the median in 95.86 %: binomial tables.
    values = np.arange(1.0, 21.0)
    assert METHODS["sign test"](values) == (6, 15)


def test_an_interval_that_is_too_narrow_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def narrow(values: Numbers) -> methods.Ends:
        low, high = methods.student(values)
        return low + (high - low) / 4, high - (high - low) / 4

    monkeypatch.setitem(METHODS, "narrow", narrow)
    honest, _ = methods.coverage("Student's t", methods.normal, 20, 400)
    found, _ = methods.coverage("narrow", methods.normal, 20, 400)
    assert found < 0.8 < 0.9 < honest


def test_the_table_has_a_line_for_every_machine_and_length() -> None:
    study = methods.study(runs=5, bootstrapped_runs=2)
    assert json.loads(json.dumps(study, allow_nan=False)) == study
    table = table_of(study)
    assert len(table.frame) == len(MACHINES) * len(methods.LAUNCHES)
    assert set(METHODS) <= set(table.frame)
    cell = study["cells"][0]
    assert table.frame.iloc[0].tolist()[:3] == ["normal", "8", f"{cell['held']:.1%}"]
    assert "of 5 simulated runs (2 for the bootstrap)" in table.notes[0]
