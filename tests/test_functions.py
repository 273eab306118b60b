"""The study of elementary functions: known errors are measured as they are, and the charges cover what was measured."""

from collections.abc import Callable
from typing import Any, get_args
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from tests.studied import newest_study, planted_study
from xorbench.charts import picture
from xorbench.charts.functions import functions as figure_of
from xorbench.judging.charges import CHARGES
from xorbench.studies import function_errors, functions
from xorbench.studies.function_errors import FUNCTIONS, Array
from xorbench.studies.functions import DTYPES, Function
from xorbench.tables.studies import showing
from xorbench.tables.studies.functions import table_of
from xorbench.workloads.workload import Dtype

every_dtype = pytest.mark.parametrize("dtype", DTYPES)

INF, NAN = np.inf, np.nan


def errors(function: str, dtype: Dtype, argument: float, result: float) -> tuple[float, float]:
    true = function_errors.truths(function, np.array([argument], dtype))
    units, ulps = function_errors.errors(np.array([result], dtype), true, dtype)
    return float(units[0]), float(ulps[0])


def measured(function: str, dtype: Dtype, own: Function, number: int = 2_000) -> dict[str, Any]:
    given = functions.arguments(function, dtype, number)
    return functions.row(function, dtype, given, functions.called(own, given), function_errors.truths(function, given))


@every_dtype
def test_the_error_of_a_known_value(dtype: Dtype) -> None:
    one, eps = np.array(1, dtype), float(np.finfo(dtype).eps)
    assert errors("exp", dtype, 0, 1) == (0, 0)
    assert errors("tanh", dtype, 0, 0) == (0, 0)
    assert errors("exp", dtype, 0, float(np.nextafter(one, 2, dtype=dtype))) == (2, 1)  # 1 is a power of two
    assert errors("exp", dtype, 0, 1 - eps) == (2, 1)
    # Near e = 2.718... an ulp is 2 eps, which is 4 u or 4 u / e relative to it.
    nearest = float(np.array(np.e, dtype))
    units, ulps = errors("exp", dtype, 1, nearest + 4 * eps)
    assert 1.5 <= ulps <= 2.5
    assert units == pytest.approx(ulps * 4 / np.e, rel=1e-6)


@every_dtype
@pytest.mark.parametrize("function", FUNCTIONS)
def test_correct_rounding_is_within_half_an_ulp_and_one_unit(function: str, dtype: Dtype) -> None:
    given = functions.arguments(function, dtype, 2_000)
    true = function_errors.truths(function, given)
    units, ulps = function_errors.errors(true.nearest(dtype), true, dtype)
    assert 0.49 < ulps.max() <= 0.5
    assert 0.9 < units.max() <= 1


@every_dtype
def test_a_planted_error_is_measured_with_its_size(dtype: Dtype) -> None:
    roundoff = float(np.finfo(dtype).eps) / 2

    def planted(x: Array) -> Array:
        wrong: Array = (np.exp(x.astype(float)) * (1 + 1e-3 * (np.abs(x - 5) < 1))).astype(dtype)
        return wrong

    row = measured("exp", dtype, planted)
    found = row["units"] * roundoff
    assert found == pytest.approx(1e-3, rel=1e-2)
    assert 4 < float(row["units_at"]) < 6
    bins = [one for one in row["ulps_by_bin"] if one is not None and float(one) > 100]
    assert 1 <= len(bins) <= 3
    assert max(bins) == row["ulps"]


@pytest.mark.parametrize(
    ("function", "argument", "result", "expected"),
    [
        ("exp", -740, 0, 0),  # below the smallest normal number
        ("exp", -740, 2.0**-1022, 0),
        ("exp", -740, 2.0**-1021, 2.0**53),  # an error of twice that number, of which one is allowed
        ("exp", -700, 0, 2.0**53),  # a normal number
        ("exp", 740, INF, 0),
        ("exp", 740, NAN, INF),
        ("exp", 740, -INF, INF),
        ("exp", 700, INF, INF),
        ("exp", 700, NAN, INF),
    ],
)
def test_underflow_is_allowed_and_overflow_and_nan_are_not(
    function: str, argument: float, result: float, expected: float
) -> None:
    assert errors(function, "float64", argument, result)[0] == pytest.approx(expected, rel=1e-3)


def test_an_infinite_error_can_be_stored_and_shown() -> None:
    row = measured("exp", "float64", lambda x: np.where(x > 700, NAN, np.exp(x)))
    assert row["units"] == row["ulps"] == row["ulps_by_bin"][-1] == "inf"
    assert float(row["units_at"]) > 700


@every_dtype
@pytest.mark.parametrize("function", FUNCTIONS)
def test_arguments_are_of_all_sizes_and_the_same_every_time(function: str, dtype: Dtype) -> None:
    given = functions.arguments(function, dtype, 4_000)
    assert given.shape == (4_000,)
    assert given.dtype == dtype
    assert np.array_equal(given, functions.arguments(function, dtype, 4_000))
    assert not np.array_equal(given, functions.arguments(function, dtype, 4_000, seed=1))
    assert np.isfinite(given).all()
    assert 0 in given
    signs = {"log1p": [1], "log1p below 0": [-1]}.get(function, [1, -1])
    assert {*np.sign(given)} == {0, *signs}
    for sign in signs:
        here = given[sign * given > 0] * sign
        assert here.min() < 1e-15
        assert here.max() > 0.99 * (1 if function == "log1p below 0" else functions.WIDEST[dtype])
    assert given.min() > -1 or function != "log1p below 0"


@pytest.mark.parametrize("number", [1, 100, 2_000, functions.ARGUMENTS])
def test_arrays_of_every_length_hold_all_arguments(number: int) -> None:
    lengths = functions.lengths(number)
    assert sum(lengths) == number
    assert number < 2_000 or {*functions.LENGTHS, functions.LONGEST} <= {*lengths}
    given = np.arange(number, dtype=float)
    assert np.array_equal(functions.called(lambda x: x + 1, given), given + 1)


@pytest.mark.parametrize(
    ("wrong", "got"),
    [(lambda x: x.astype("float32"), "float32 of shape"), (lambda x: x[:, None], "float64 of shape")],
)
def test_a_result_of_another_kind_is_an_error(wrong: Callable[[Array], Array], got: str) -> None:
    with pytest.raises(ValueError, match=f"exp returned {got}.*expected float64 of shape"):
        measured("exp", "float64", wrong)


def test_a_framework_is_measured_in_its_own_process() -> None:
    (data,) = functions.study(500, ["numpy"])
    assert data["missing"] == []
    assert {(row["function"], row["dtype"]) for row in data["rows"]} == {
        (function, dtype) for function in FUNCTIONS if function != "sigmoid" for dtype in DTYPES
    }
    assert all(row["units"] < 50 for row in data["rows"])
    assert table_of(data).frame.shape[0] == len(FUNCTIONS) - 1


def planted_row(framework: str, function: str, dtype: str, units: float | str) -> dict[str, Any]:
    about = {"framework": framework, "distribution": framework, "function": function, "dtype": dtype, "arguments": 10}
    return about | {"units": units, "units_at": "0.5", "ulps": units, "ulps_at": "0.5", "ulps_by_bin": [0, units, None]}


ROWS = [
    planted_row("good", "exp", "float64", 1.5),
    planted_row("good", "exp", "float32", 2.5),
    planted_row("bad", "exp", "float64", 1.5),
    planted_row("bad", "exp", "float32", 4.5),
    planted_row("bad", "sigmoid", "float64", "inf"),
]

DATA = {
    "arguments": 10,
    "seed": 0,
    "lengths": [1, 4],
    "functions": ["exp", "sigmoid"],
    "charges": {"float64": {"exp": 3}, "float32": {"exp": 4}},
    "edges": [-1, 0, 1, 2],
    "rows": ROWS,
    "missing": ["absent"],
}


def test_the_table_marks_what_is_above_the_charge() -> None:
    table = showing.table(planted_study(study="functions", data=DATA))
    columns = ["function", "framework", "float64: largest error, u", "float32: largest error, u", "above the charge"]
    assert table.frame[columns].to_numpy().tolist() == [
        ["exp", "good", "1.50", "2.50", "no"],
        ["exp", "bad", "1.50", "4.50", "float32"],
        ["sigmoid", "bad", "undefined", "–", "n/a"],
    ]
    notes = " ".join(table.notes)
    assert "Above its charge: bad: exp in float32." in notes
    assert "float64: exp 3 u; float32: exp 4 u" in notes
    assert "Not installed: absent." in notes


def test_the_figure_has_a_panel_for_each_function_and_dtype_and_draws_what_is_not_finite_at_its_edge() -> None:
    figure = figure_of(DATA)
    assert [panel.title for panel in figure.panels] == ["exp, float64", "exp, float32", "sigmoid, float64"]
    points = [list(zip(*panel.numbers.values(), strict=True)) for panel in figure.panels]
    assert points[1] == [
        ("good", -0.5, 0.1),
        ("good", 0.5, 2.5),
        ("bad", -0.5, 0.1),
        ("bad", 0.5, 4.5),
    ]
    assert [ulps for _, _, ulps in points[2]] == [0.1, 1000]


def test_the_charges_cover_the_three_frameworks_that_were_measured() -> None:
    study = newest_study("functions")
    assert study.data["charges"] == CHARGES
    assert {*CHARGES} == {*get_args(Dtype)}
    charged = {(dtype, name) for dtype, charges in CHARGES.items() for name in charges if name != "sqrt"}
    for framework in ("numpy", "torch", "jax"):
        rows = [row for row in study.data["rows"] if row["framework"] == framework]
        found = {(row["dtype"], row["function"]): float(row["units"]) for row in rows}
        assert charged <= found.keys()
        assert all(found[dtype, name] <= CHARGES[dtype][name] for dtype, name in charged), framework
        assert all(row["arguments"] >= 200_000 for row in rows)


def test_the_committed_study_is_drawn_in_a_small_file() -> None:
    study = newest_study("functions")
    figure = figure_of(study.data)
    assert len(figure.panels) == 2 * len(FUNCTIONS)
    text = picture.svg(figure)
    assert ET.fromstring(text).tag.endswith("svg")
    assert len(text) < 300_000
