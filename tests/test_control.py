"""The control: the second copy is the noise floor, and a run in which it is not 1 is unfit."""

import math

import pytest
from planted import planted_record
from test_intervals import T_5

from benchmarks.estimates import control


def test_the_noise_floor_is_the_second_copy() -> None:
    record = planted_record({"other": [1.0] * 6}, control=[0.01, -0.01] * 3)
    for floor in (control.noise_floor(record), control.noise_floor(record, ["hidden"])):
        assert floor is not None
        assert floor.value == pytest.approx(1, abs=1e-5)
        assert floor.verdict == "not separated"
        assert floor.high == pytest.approx(math.exp(T_5 * math.sqrt(6 * 1e-4 / 5 / 6)), abs=1e-4)
    assert control.unfit(record) is None


def test_workloads_of_a_launch_are_one_number() -> None:
    record = planted_record({}, control=[0.01, -0.01] * 3)
    record["timings"] += [t | {"workload": "again"} for t in record["timings"]]
    record["workloads"] += [record["workloads"][0] | {"name": "again"}]
    both, one = control.noise_floor(record), control.noise_floor(record, ["hidden"])
    assert both is not None
    assert one is not None
    assert both.high == pytest.approx(one.high)


def test_a_control_without_1_makes_the_run_unfit() -> None:
    why = control.unfit(planted_record({}, control=[0.02, 0.021, 0.022] * 2))
    assert why is not None
    assert why.startswith("the baseline against itself came out as 1.0212, 1.02")


def test_what_can_not_be_told_is_not_unfit() -> None:
    assert control.unfit(planted_record({}, control=[0.5], launches=1)) is None
    record = planted_record({})
    record["timings"] = []
    assert control.noise_floor(record) is None
    assert control.unfit(record) is None
