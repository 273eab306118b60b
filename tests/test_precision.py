"""The tables of precision: three readings, a map of digits, and when trainings part."""

from dataclasses import replace

import pytest

from tests.planted import report_of
from tests.test_judge_report import verdict
from xorbench.record.report import Accuracy, Bias, Trajectory
from xorbench.tables import precision
from xorbench.tables.cells import NONE, NOT_APPLICABLE, UNDEFINED


def test_three_readings_stand_side_by_side() -> None:
    (table,) = precision.errors(report_of(rows=[verdict("W1", 0.5, "inside")]))
    (line,) = table.frame.to_dict("records")
    assert table.title == "Gradient errors in float64"
    units = ("error / bound", "error, ulps", "absolute error")
    assert [line[f"{unit}, median"] for unit in units] == ["0.0300", "7.50", "1.0e-17"]
    assert [line[f"{unit}, largest"] for unit in units] == [
        "0.500",
        "1.50e+09",
        "2.0e-16",
    ]
    assert line["point"] == "random point 3"


def test_the_map_says_until_where_half_of_the_digits_are_kept() -> None:
    digits = {-40.0: 15.0, 0.0: 16.0, 10.0: 12.0, 20.0: 8.0, 30.0: 4.0, 40.0: 9.0}
    rows = [Accuracy("other", "hidden", "float64", "logit", z, d, 0.0) for z, d in digits.items()]
    rows += [Accuracy("other", "hidden", "float64", "scale", s, d, 0.0) for s, d in ((0.01, 15.5), (25.0, 9.1))]
    (line,) = precision.accuracy(report_of(accuracy=rows)).frame.to_dict("records")
    assert line["half the digits kept up to logit"] == "20"
    assert (line["logit 30"], line["logit -20"]) == ("4.0", NONE)
    assert (line["smallest scale"], line["largest scale"]) == ("15.5", "9.1")


def test_half_of_no_digit_is_kept_nowhere() -> None:
    rows = [Accuracy("other", "hidden", "float64", "logit", z, 0.0, 0.0) for z in (-40.0, 0.0, 40.0)]
    rows += [Accuracy("other", "hidden", "float64", "scale", s, 0.0, 0.0) for s in (0.01, 25.0)]
    (line,) = precision.accuracy(report_of(accuracy=rows)).frame.to_dict("records")
    assert line["half the digits kept up to logit"] == NONE


def test_an_axis_without_a_position_has_no_number_and_no_digit_is_invented() -> None:
    logit = Accuracy("other", "hidden", "float64", "logit", 0.0, 15.0, 0.0)
    scale = Accuracy("other", "deep", "float64", "scale", 1.0, 9.0, 0.0)
    first, second = precision.accuracy(report_of(accuracy=[logit, scale])).frame.to_dict("records")
    assert (first["logit 0"], first["smallest scale"], first["largest scale"]) == ("15.0", NONE, NONE)
    assert (second["logit 0"], second["half the digits kept up to logit"], second["largest scale"]) == (
        NONE,
        NONE,
        "9.0",
    )


def test_what_is_not_finite_is_undefined() -> None:
    row = replace(verdict("W1", None, "outside"), ulps=None)
    ((line,),) = (table.frame.to_dict("records") for table in precision.errors(report_of(rows=[row])))
    assert line["error / bound, largest"] == UNDEFINED
    assert line["error, ulps, largest"] == NONE


@pytest.mark.parametrize(("units", "text"), [(-6.904e15, "-6.90e+15"), (-0.021, "-0.02"), (99_999.0, "+99999.00")])
def test_a_large_systematic_factor_has_a_power_of_ten_as_its_neighbours(units: float, text: str) -> None:
    row = verdict("W1", 0.5, "inside")
    bias = Bias(row.implementation, row.workload, row.dtype, "W1", 300, units, 0.1, "outside", "off")
    report = report_of(rows=[row], biases=[bias])
    ((line,),) = (table.frame.to_dict("records") for table in precision.errors(report))
    assert line["systematic factor - 1, u"] == text


def test_an_empty_report_has_no_line() -> None:
    assert precision.errors(report_of()) == []
    assert len(precision.accuracy(report_of()).frame) == len(precision.trajectories(report_of()).frame) == 0


def test_workloads_with_other_numbers_of_epochs_have_columns_of_their_own() -> None:
    row = Trajectory("other", "hidden", 10, None, None, None, None, None, [1, 10], [0, 1e-9], [0], [0.6, 0.5])
    first, second = precision.trajectories(
        report_of(trajectories=[row, replace(row, workload="deep", epochs=5, at=[1, 5], from_truth=[])])
    ).frame.to_dict("records")
    assert (first["difference at epoch 10"], first["error at epoch 1"]) == ("1.0e-09", "0.0e+00")
    assert (second["difference at epoch 10"], second["error at epoch 1"]) == (NOT_APPLICABLE, NOT_APPLICABLE)
    assert second["difference at epoch 5"] == "1.0e-09"


def test_trajectories_say_when_or_never() -> None:
    apart, from_truth, loss = [0, 1e-17, 2e-15], [0, 3e-16], [0.6, 0.5, 0.5]
    row = Trajectory("other", "hidden", 10, 1, 20_000, None, None, None, [1, 5, 10], apart, from_truth, loss)
    (line,) = precision.trajectories(report_of(trajectories=[row])).frame.to_dict("records")
    assert [line[head] for head in ("bits differ", "> 1 ulp", "> 1e-12", "decisions differ")] == [
        "1",
        "20,000",
        "never",
        "never",
    ]
    assert line["difference at epoch 10"] == "2.0e-15"
    assert line["error at epoch 5"] == "3.0e-16"
