"""The study of the judge's margin: it asks all kinds of questions and names false alarms; no worst point is one."""

import functools
import json
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import SINGLE, Variant
from tests.judged import Here
from tests.studied import newest_study
from xorbench.contract import REFERENCE, Implementation, discover, read
from xorbench.cores import all_cores
from xorbench.judging.points import SHAPES, Point, numbered_points, points_of, reshaped
from xorbench.record import studies
from xorbench.record.report import LARGEST_FACTOR_UNITS
from xorbench.record.studies import Data
from xorbench.studies import asking, margin, margin_search
from xorbench.studies.margin import again
from xorbench.studies.margin_search import searched
from xorbench.tables.studies.margin import table_of
from xorbench.workloads import WORKLOADS


def at(implementation: str, of_bound: float, *parameters: str) -> tuple[Data, int]:
    """A worst point of the neuron in float64 with its own data, as point 0 has them, and the seed 0."""
    place = {"workload": "neuron", "dtype": "float64", "number": 0, "parameters": parameters}
    return {"implementation": implementation, "of_bound": of_bound} | place, 0


WORST = [
    at(REFERENCE, 0.9413, "0x1.10bffaa7557dfp+0", "0x1.14992a01093a0p+0", "-0x1.05867b40c0794p+6"),
    at("torch_autograd", 0.9253, "0x1.75568e3254a75p-1", "0x1.14992a01093a0p+0", "-0x1.0a3c3bceaed53p+6"),
    # A prediction just below the smallest normal number, which is flushed to zero.
    at("jax_grad", 0.99999, "0x1.7b4a3b786fc3ep-2", "0x1.b9fef53811705p-1", "-0x1.6262278c909cbp+9"),
]
"""The worst points that an earlier search found, with its seed; those of the committed study come in addition."""


def reference() -> Implementation:
    return next(i for i in discover() if i.name == REFERENCE)


@contextmanager
def here() -> Iterator[Executor]:
    yield Here()


@pytest.fixture(scope="module")
def found(variant: Variant) -> Data:
    """A small study of the reference, and of a variant that computes float64 in float32."""
    asked = {reference(): 300, read(variant("single", SINGLE)): 1}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(margin, "all_cores", here)
        patch.setattr(margin, "POINTS", 8)
        patch.setattr(margin_search, "STEPS", 3)
        *_, data = margin.study(asked, [reference()], seconds=1e-9, seed=5)
    return data


def test_each_implementation_is_asked_at_least_as_many_questions_as_it_should_be(found: Data) -> None:
    honest, wrong = found["questions"]
    # One point at each of 8 shapes and 8 at the own one, of 4 workloads in 2 dtypes; large networks have fewer.
    assert wrong["questions"] == 4 * 2 * 16
    assert 300 <= honest["questions"] <= 3 * wrong["questions"]


@pytest.mark.slow
def test_a_study_is_continued_with_what_it_lacks(
    found: Data, variant: Variant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rounds that it has are not repeated, and what it then has is what it has at once."""
    monkeypatch.setattr(margin, "all_cores", here)
    monkeypatch.setattr(margin, "POINTS", 8)
    monkeypatch.setattr(margin_search, "STEPS", 3)
    single = read(variant("single", SINGLE))
    earlier = found | {"searches": [found["searches"][0] | {"seconds": 1e-10}]}
    *_, data = margin.study({reference(): 600, single: 1}, [reference()], 1e-9, 5, earlier)
    *_, at_once = margin.study({reference(): 600, single: 1}, [], 0, 5)
    assert found["questions"][0]["rounds"] < data["questions"][0]["rounds"]
    assert data["questions"] == [at_once["questions"][0] | {"factor": pytest.approx(0, abs=1)}, found["questions"][1]]
    assert data["searches"][0]["seconds"] > 1e-9
    assert [*margin.study({reference(): 300, single: 1}, [reference()], 1e-9, 5, data)] == []


def test_an_implementation_is_asked_anew_although_its_answers_are_there(
    found: Data, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answers of implementations that are not asked anew are kept."""
    monkeypatch.setattr("sys.argv", ["margin.py"])
    monkeypatch.setattr(margin, "all_cores", here)
    monkeypatch.setattr(margin, "POINTS", 8)
    stale = [{**one, "of_bound": 0.123, "rounds": 1} for one in found["questions"]]
    others = [{**stale[0], "implementation": "torch_autograd"}]
    data = found | {"questions": [*stale, *others], "search_seconds": 0.0, "searches": []}
    path = studies.write(replace(asking.begun("margin", []), data=data), tmp_path)
    margin.main([REFERENCE], questions=1, anew=[REFERENCE], search=0, seed=5, after=path, output=tmp_path)
    (new,) = {*tmp_path.rglob("*.json")} - {path}
    wrong, kept, again = studies.read(new).data["questions"]
    assert [wrong, kept] == [stale[1], others[0]]
    assert again["implementation"] == REFERENCE
    assert again["of_bound"] != 0.123


def test_what_is_kept_of_a_study_that_is_continued_has_the_larger_errors() -> None:
    about = {"questions": 10, "not_offered": 1, "outside": 2, "factor": 0.5, "reasons": ["a"] * 3}
    one = about | {"of_bound": 0.5, "entry": "W1"}
    other = about | {"of_bound": None, "entry": "b2", "factor": 0.7, "reasons": ["b"] * 3}
    assert margin._together(one, other) == {
        "questions": 20,
        "not_offered": 2,
        "outside": 4,
        "factor": 0.7,
        "reasons": [*"aaabb"],
        "of_bound": None,
        "entry": "b2",
    }
    assert margin._together(one, about)["entry"] == "W1"


def test_an_honest_implementation_is_inside_and_a_false_alarm_is_told_in_words(found: Data) -> None:
    honest, wrong = found["questions"]
    assert (honest["outside"], honest["reasons"]) == (0, [])
    assert 0 <= honest["factor"] < 1
    assert 0.1 < honest["of_bound"] <= 1
    assert wrong["outside"] > 100
    assert wrong["of_bound"] > 1e3
    assert wrong["dtype"] == "float64"
    assert len(wrong["reasons"]) == margin.MOST_REASONS
    assert all(" in float64, " in reason and "times the bound" in reason for reason in wrong["reasons"])


def test_a_worst_point_is_computed_again_from_what_is_kept(found: Data) -> None:
    kept = json.loads(json.dumps(found, allow_nan=False))
    assert again(kept["questions"][0], 5) == pytest.approx(kept["questions"][0]["of_bound"], rel=1e-9)
    (search,) = kept["searches"]
    assert search["of_bound"] <= again(search, 5) <= 1
    assert search["starts"] == 4 * 2


def test_every_shape_is_asked_about_with_numbers_that_both_dtypes_hold() -> None:
    shapes = [*reshaped(WORKLOADS["deep"], seed=1)]
    assert [(len(s.inputs), s.layer_sizes[0], s.layer_sizes[1], s.layer_sizes[-1]) for s in shapes] == [*SHAPES]
    assert shapes[0].name == "deep with 1 sample, layers 2-5-6-1"
    assert len({s.name for s in shapes}) == len(SHAPES)
    for shape in shapes:
        for data in (shape.inputs, shape.targets):
            assert data.dtype == np.float64
            assert (data == data.astype(np.float32)).all()
        assert (shape.inputs < 0).any() or shape.inputs.size < 9
        assert 0 < shape.targets.min() < shape.targets.max() < 1 or shape.targets.size == 1
        assert np.isfinite(numbered_points(shape, "float32", range(8), seed=1).rows).all()
    again = [*reshaped(WORKLOADS["deep"], seed=1)]
    assert all((one.inputs == other.inputs).all() for one, other in zip(shapes, again, strict=True))


def test_a_search_does_not_get_better_than_its_start_and_is_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    search = functools.partial(searched, reference(), WORKLOADS["neuron"], "float64", 0, 1)
    found = [search(), search()]
    assert len({(one.of_bound, one.entry, *one.parameters) for one in found}) == 1
    monkeypatch.setattr(margin_search, "STEPS", 0)
    assert search().of_bound < found[0].of_bound
    assert 0.2 < found[0].of_bound <= 1
    assert np.isfinite([float.fromhex(value) for value in found[0].parameters]).all()


def test_a_search_leaves_out_what_is_flushed_to_zero_but_no_false_alarm(variant: Variant) -> None:
    # Predictions of 0 are as far off as the truth is large: that is a subnormal number from a logit of -708.4 on.
    neuron = WORKLOADS["neuron"]
    flushed = read(variant("flushed", ("return 1 / (1 + np.exp(-logits))", "return 0 * logits")))
    for logit, expected in ((-300.0, True), (-700.0, True), (-708.5, False), (-1_000.0, False)):
        point = points_of(neuron, "float64", [Point(np.array([0.0, 0.0, logit]), "")])
        fraction, _ = margin_search._worst_entry(flushed, point)
        assert (fraction > 1) == expected, logit


def committed() -> list[tuple[Data, int]]:
    """The worst points of the newest committed study, with its seed."""
    study = newest_study("margin")
    every = [*study.data["questions"], *study.data["searches"]]
    return [(found, study.data["seed"]) for found in every if found["implementation"] in margin.FIRST]


@pytest.mark.slow
def test_no_worst_point_that_was_ever_found_is_a_false_alarm() -> None:
    """Not on the machine where it was found, and not on this one, where libraries may have other code."""
    found = [*WORST, *committed()]
    assert all(worst["of_bound"] < 1 for worst, _ in found)
    usable = {i.name for i in discover() if i.usable}
    asked = [one for one in found if one[0]["implementation"] in usable and "number" in one[0]]
    with all_cores() as cores:
        fractions = [cores.submit(again, *one) for one in asked]
        assert [
            worst for (worst, _), of_bound in zip(asked, fractions, strict=True) if not of_bound.result() <= 1
        ] == []


def worst(of_bound: float | None, **about: object) -> Data:
    place = {"workload": "hidden", "dtype": "float64", "entry": "W1[0, 0]", "point": "there"}
    return {"implementation": REFERENCE, "of_bound": of_bound} | place | about


def test_the_limit_of_systematic_factors_is_not_less_than_those_of_the_three_frameworks() -> None:
    factors = [found["factor"] for found, _ in committed() if "factor" in found]
    assert len(factors) == len(margin.FIRST)
    assert max(factors) <= LARGEST_FACTOR_UNITS


def test_the_table_has_questions_and_searches() -> None:
    data = {
        "seed": 3,
        "steps": 400,
        "questions": [worst(0.75, questions=1_000, outside=0, factor=0.25)],
        "search_seconds": 60.0,
        "searches": [worst(0.9, starts=2)],
    }
    line = table_of(json.loads(json.dumps(data))).frame.iloc[0]
    assert line["questions"] == "1,000"
    assert (line["answers outside or missing"], line["systematic factor beyond doubt, u"]) == ("0", "0.25")
    assert line["largest error / bound"] == "0.750"
    assert line["in"] == "hidden, float64, W1[0, 0]"
    assert line["points of the search"] == "800"
    assert line["CPU time of the search, s"] == "60"
    assert line["search: largest error / bound"] == "0.900"


@pytest.mark.parametrize(
    ("fraction", "shown"), [(0.99, "0.990"), (1 - 2.0**-40, "1 - 9.1e-13"), (1.0, "1.00"), (None, "undefined")]
)
def test_a_number_just_below_the_bound_is_not_shown_as_the_bound(fraction: float | None, shown: str) -> None:
    data = {"seed": 0, "steps": 1, "questions": [worst(fraction, questions=1)], "search_seconds": 0, "searches": []}
    line = table_of(data).frame.iloc[0]
    assert line["largest error / bound"] == shown
    assert line["answers outside or missing"] == "–"
