"""Chunks of numbered points: the points depend on their numbers alone, and joining what is found is exact."""

import functools
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import SINGLE, Variant
from xorbench.contract import REFERENCE, Implementation, discover, read
from xorbench.judging import chunk_judge, chunk_report, chunks
from xorbench.judging.answers import answers
from xorbench.judging.bias import factor
from xorbench.judging.chunk_judge import judge_chunk
from xorbench.judging.chunks import MOST_FAILURES, Chunk, Failure, Found, Row, Sums, joined
from xorbench.judging.error_stats import Errors
from xorbench.judging.points import FULL_MULTIPLICATIONS, numbered_points, stride
from xorbench.judging.trouble import Trouble
from xorbench.judging.truths import truths_here
from xorbench.record.report import FAILED, INSIDE, MISSING, NOT_OFFERED, OUTSIDE, Reading
from xorbench.workloads import WORKLOADS, named
from xorbench.workloads.workload import Dtype

NEURON = WORKLOADS["neuron"]

NOTHING = Found()


def reference() -> Implementation:
    return next(i for i in discover() if i.name == REFERENCE)


@functools.cache
def of_reference(first: int, number: int) -> Found:
    return judge_chunk([reference()], [NEURON], Chunk(first, number), seed=3)


@functools.cache
def implementation(path: Path) -> Implementation:
    return read(path)


def one_row(found: Found, **about: str) -> Row:
    (row,) = (row for row in found.rows if all(getattr(row, name) == value for name, value in about.items()))
    return row


@pytest.mark.parametrize("dtype", chunks.DTYPES)
def test_a_point_depends_on_its_number_and_the_seed_alone(dtype: Dtype) -> None:
    together = numbered_points(NEURON, dtype, range(24), seed=1)
    assert together.dtype == dtype
    for number in range(24):
        alone = numbered_points(NEURON, dtype, [number], seed=1)
        assert alone.labels == [together.labels[number]]
        assert alone.rows[0].tobytes() == together.rows[number].tobytes()
        assert alone.problems[0].inputs.tobytes() == together.problems[number].inputs.tobytes()
    other = numbered_points(NEURON, dtype, range(24), seed=2)
    assert sum(np.array_equal(*rows) for rows in zip(together.rows, other.rows, strict=True)) <= 1


def test_of_eight_points_in_a_row_there_are_some_of_each_kind() -> None:
    points = numbered_points(NEURON, "float64", range(8), seed=0)
    own = [problem is NEURON for problem in points.problems]
    assert own == [True] * 4 + [False] * 2 + [True] * 2
    assert [label.startswith(f"point {number} (") for number, label in enumerate(points.labels)] == [True] * 8
    assert [label.endswith("real data") for label in points.labels] == [False] * 4 + [True] * 2 + [False] * 2
    assert "logit" in points.labels[6]
    assert np.isfinite(points.rows).all()


def test_every_logit_and_special_parameter_occurs() -> None:
    labels = numbered_points(WORKLOADS["hidden"], "float64", range(6, 16_000, 8), seed=0).labels
    assert any("mean output logit 1000" in label for label in labels)
    assert any("hidden logits of about -745" in label for label in labels)
    labels = numbered_points(NEURON, "float64", range(7, 800, 8), seed=0).labels
    for words in ("all parameters 0", "subnormal", "powers of two", "output weights -0"):
        assert any(words in label for label in labels), words


def test_a_large_workload_has_fewer_points_of_all_kinds() -> None:
    workload = named("width-256-batch-4")
    step = stride(workload)
    assert 1 < step < workload.multiplications
    assert step * FULL_MULTIPLICATIONS >= workload.multiplications
    labels = numbered_points(workload, "float64", range(0, 8 * step, step), seed=0).labels
    assert sum("real data" in label for label in labels) == 2
    found = judge_chunk([reference()], [workload], Chunk(1, step), seed=0, dtypes=["float64"])
    assert {row.points for row in found.rows} == {1}
    assert found.points == step
    assert judge_chunk([reference()], [workload], Chunk(1, 1), seed=0, dtypes=["float64"]).rows == []


@given(st.data())
def test_what_is_found_does_not_depend_on_the_chunks_nor_on_their_order(data: st.DataObject) -> None:
    number = 16
    cuts = data.draw(st.lists(st.integers(1, number - 1), unique=True, max_size=6).map(sorted))
    ends = list(zip([0, *cuts], [*cuts, number], strict=True))
    parts = [functools.reduce(joined, (of_reference(n, 1) for n in range(*each))) for each in ends]
    assert functools.reduce(joined, data.draw(st.permutations(parts)), NOTHING) == of_reference(0, number)


def test_the_same_chunk_is_judged_to_the_same_result() -> None:
    assert judge_chunk([reference()], [NEURON], Chunk(0, 16), seed=3) == of_reference(0, 16)


sums = st.builds(Sums, *([st.integers(0, 2**63 - 1)] * 2), *([st.integers(-(2**300), 2**300)] * 4))


@st.composite
def rows(draw: st.DrawFn, numbers: Sequence[int]) -> Row:
    """A row on some of the points of these numbers."""
    at = draw(st.sampled_from([None, *numbers]))
    reading = Reading(None, draw(st.sampled_from([None, 0.0, 0.5, 2.0])), "there", [0], 0.1, 0.1)
    failed = draw(st.lists(st.sampled_from(numbers), unique=True, max_size=30))
    return Row(
        draw(st.sampled_from(["a", "b"])),
        "neuron",
        "float64",
        "W1",
        points=draw(st.integers(0, 100)),
        wrong=len(failed),
        largest=None if at is None else reading,
        at=at,
        sums=draw(sums),
        failures=[Failure(number, "wrong") for number in sorted(failed)][:MOST_FAILURES],
    )


@st.composite
def three(draw: st.DrawFn) -> list[Found]:
    """What was found at three sets of points that have none in common."""
    found = []
    for first in range(3):
        numbers = range(first, 99, 3)
        several = {row.key: row for row in draw(st.lists(rows(numbers), max_size=3))}
        found.append(Found(len(numbers), [several[key] for key in sorted(several)]))
    return found


@given(three())
def test_joining_is_associative_and_commutative_and_nothing_is_neutral(found: list[Found]) -> None:
    one, two, other = found
    assert joined(joined(one, two), other) == joined(one, joined(two, other))
    assert joined(one, two) == joined(two, one)
    assert joined(one, NOTHING) == joined(NOTHING, one) == one


@given(three())
def test_what_is_found_is_read_as_it_was_written(found: list[Found]) -> None:
    for one in found:
        assert chunks.of_json(chunks.as_json(one)) == one


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"points": -1}', '{"points": 1, "rows": [], "more": 1}', '{"points": NaN}']
)
def test_what_is_not_a_result_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(ValueError, match=r"^[^\n]+$"):
        chunks.of_json(text)


def test_the_reference_is_inside_at_all_points_and_the_systematic_factor_is_that_of_the_judge() -> None:
    found = of_reference(0, 16)
    assert {row.verdict for row in found.rows} == {INSIDE}
    assert {row.points for row in found.rows} == {16}
    assert all(row.largest and row.largest.largest is not None and row.largest.largest <= 1 for row in found.rows)
    points = numbered_points(NEURON, "float32", range(16), seed=3)
    module = chunk_judge._loaded(reference())
    assert not isinstance(module, Trouble)
    with np.errstate(all="ignore"):
        values = answers(module, points).rows
    where = points.layout.groups["W1"]
    truth = truths_here(points).part(where)
    expected = factor([Errors(values[:, where], truth, points.layout.entries[where], points.labels)], "float32")
    got = one_row(found, dtype="float32", parameter="W1").sums.factor
    assert expected
    assert got
    assert got.points == expected.points
    assert got.units == pytest.approx(expected.units, rel=1e-9)
    assert got.standard_error == pytest.approx(expected.standard_error, rel=1e-6)


def test_a_systematic_factor_is_refused_as_by_the_judge() -> None:
    # 300 points with a factor of 3 u each, beside the truth.
    unit = 2**chunks.BITS
    row = replace(
        one_row(of_reference(0, 1), dtype="float64", parameter="W1"),
        sums=Sums(300, *[300 * unit * n for n in (1, 3, 1, 3, 9)]),
    )
    (bias,) = chunk_report.report(Found(300, [row]), [reference()], [NEURON], 0).biases
    assert (bias.factor_units, bias.standard_error_units, bias.verdict) == (3.0, 0.0, OUTSIDE)
    assert bias.reason == "all of W1 are larger than the truth by 3.00 u (standard error 0 u), expected at most 2 u"
    honest = replace(row, sums=Sums(300, *[300 * unit * n for n in (1, 0, 1, 0, 0)]))
    (bias,) = chunk_report.report(Found(300, [honest]), [reference()], [NEURON], 0).biases
    assert (bias.verdict, bias.reason) == (INSIDE, None)


def test_a_wrong_gradient_is_found_with_the_numbers_of_its_points(variant: Variant) -> None:
    path = variant("single", SINGLE)
    found = judge_chunk([implementation(path)], [NEURON], Chunk(5, 40), seed=0)
    row = one_row(found, dtype="float64", parameter="predictions")
    assert row.verdict == OUTSIDE
    assert 20 < row.wrong <= 40
    numbers = [failure.point for failure in row.failures]
    assert numbers == sorted(numbers)
    assert len(numbers) == MOST_FAILURES
    assert set(numbers) <= {*range(5, 45)}
    assert row.at in range(5, 45)
    assert row.largest
    assert row.largest.largest is not None
    assert row.largest.largest > 1e3
    assert "the error is" in row.failures[0].reason
    assert f"at point {numbers[0]} (" in row.failures[0].reason
    assert one_row(found, dtype="float32", parameter="predictions").verdict == INSIDE
    report = chunk_report.report(found, [implementation(path)], [NEURON], seed=0)
    assert not report.passed


PREDICT = "    return sigmoid(forward(recipe, parameters, inputs)[-1])\n"

FAULTS: dict[str, tuple[str, str]] = {
    "raises": (PREDICT, "    raise KeyError('no')\n"),
    "exits": (PREDICT, "    raise SystemExit\n"),
    "import": ("import numpy as np\n", "import numpy as np\n\nraise OSError('no file')\n"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_an_implementation_that_gives_no_answer_fails_at_every_point(variant: Variant, name: str) -> None:
    path = variant(f"fault_{name}", FAULTS[name])
    chosen = [reference(), implementation(path)]
    found = judge_chunk(chosen, [NEURON], Chunk(0, 30), seed=0, dtypes=["float64"])
    rows = [row for row in found.rows if row.implementation == f"fault_{name}"]
    assert {(row.verdict, row.points, row.failed, len(row.failures)) for row in rows} == {
        (FAILED, 0, 30, MOST_FAILURES)
    }
    report = chunk_report.report(found, chosen, [NEURON], seed=0)
    assert {row.verdict for row in report.rows if row.implementation == f"fault_{name}" and row.decides} == {FAILED}
    assert {row.verdict for row in report.rows if row.implementation == REFERENCE and row.decides} == {INSIDE}
    reason = next(row.reason for row in report.rows if row.implementation == f"fault_{name}")
    assert reason
    assert reason.startswith("no answer at 30 points, first at point 0: ")


def test_one_that_fails_at_some_points_is_judged_at_the_others(variant: Variant) -> None:
    path = variant("some", (PREDICT, f"    if parameters[0].max() > 1:\n        raise KeyError('large')\n{PREDICT}"))
    found = judge_chunk([implementation(path)], [NEURON], Chunk(0, 24), seed=0, dtypes=["float64"])
    large = [n for n, row in enumerate(numbered_points(NEURON, "float64", range(24), 0).rows) if row[:2].max() > 1]
    row = one_row(found, parameter="loss")
    assert 0 < len(large) < 24
    assert (row.failed, row.points, row.wrong) == (len(large), 24 - len(large), 0)
    assert [failure.point for failure in row.failures] == large[:MOST_FAILURES]


def test_what_is_not_offered_is_no_failure(variant: Variant) -> None:
    path = variant("few", (PREDICT, "    raise NotImplementedError('no sigmoid')\n"))
    found = judge_chunk([implementation(path)], [NEURON], Chunk(0, 3), seed=0, dtypes=["float64"])
    assert {(row.verdict, row.points, row.not_offered) for row in found.rows} == {(NOT_OFFERED, 0, 3)}
    report = chunk_report.report(found, [implementation(path)], [NEURON], seed=0)
    assert {row.reason for row in report.rows if row.dtype == "float64"} == {"no sigmoid"}


@pytest.mark.parametrize(
    ("counts", "verdict", "reason"),
    [
        ({"wrong": 1}, OUTSIDE, "why"),
        ({"wrong": 2}, OUTSIDE, "why, and at 1 more point"),
        ({"wrong": 1_001}, OUTSIDE, "why, and at 1,000 more points"),
        ({"failed": 1}, FAILED, "no answer at 1 point, first at point 7: why"),
        ({"failed": 2, "wrong": 1}, FAILED, "no answer at 2 points, a wrong one at 1 point, first at point 7: why"),
        (
            {"wrong": 1, "not_offered": 2},
            OUTSIDE,
            "a wrong one at 1 point, none offered at 2 points, first at point 7: why",
        ),
        ({"not_offered": 2}, NOT_OFFERED, "why"),
    ],
    ids=str,
)
def test_the_reason_says_of_which_kind_the_failures_are(counts: dict[str, Any], verdict: str, reason: str) -> None:
    row = replace(one_row(of_reference(0, 1), dtype="float64", parameter="W1"), failures=[Failure(7, "why")], **counts)
    judgements = chunk_report.report(Found(9, [row]), [reference()], [NEURON], 0).rows
    (found,) = (one for one in judgements if (one.dtype, one.parameter) == ("float64", "W1"))
    assert (found.verdict, found.reason) == (verdict, reason)


def test_what_is_not_offered_at_some_points_is_not_said_to_be_inside(variant: Variant) -> None:
    # As in the judge, where one call that is not offered decides about all points.
    path = variant(
        "partly", (PREDICT, f"    if parameters[0].max() > 1:\n        raise NotImplementedError('large')\n{PREDICT}")
    )
    row = one_row(judge_chunk([implementation(path)], [NEURON], Chunk(0, 24), 0, ["float64"]), parameter="loss")
    assert 0 < row.not_offered < 24
    assert (row.points, row.wrong, row.verdict, row.passed) == (24 - row.not_offered, 0, NOT_OFFERED, True)


def test_a_wrong_shape_is_a_wrong_answer(variant: Variant) -> None:
    path = variant("flat", (PREDICT, PREDICT.replace("[-1])", "[-1]).ravel()")))
    found = judge_chunk([implementation(path)], [NEURON], Chunk(0, 3), seed=0, dtypes=["float64"])
    row = one_row(found, parameter="predictions")
    assert (row.verdict, row.wrong) == (OUTSIDE, 3)
    assert row.largest
    assert row.largest.largest is None
    assert row.failures[0].reason.startswith("predictions has the shape (4,), expected (4, 1), at point 0 (")


def test_one_that_is_lost_is_not_asked() -> None:
    asked: list[str] = []
    found = judge_chunk([reference()], [NEURON], Chunk(0, 5), 0, ["float64"], asked.append, {REFERENCE: "it ended"})
    assert asked == []
    assert {(row.failed, row.failures[0].reason) for row in found.rows} == {(5, "it ended")}
    judge_chunk([reference()], [NEURON], Chunk(0, 5), 0, ["float64"], asked.append)
    assert asked == [REFERENCE, ""]


def test_a_missing_implementation_is_named_in_the_report() -> None:
    missing = replace(reference(), name="other", missing="other is not installed")
    found = judge_chunk([missing], [NEURON], Chunk(0, 1), seed=0)
    assert found == Found(1, [])
    report = chunk_report.report(found, [missing], [NEURON], seed=0)
    assert {(row.verdict, row.reason) for row in report.rows} == {(MISSING, "other is not installed")}


def test_the_size_of_what_is_found_does_not_grow_with_the_points(variant: Variant) -> None:
    wrong = implementation(variant("size", SINGLE))
    judged: Callable[[int], Found] = lambda first: judge_chunk([wrong], [NEURON], Chunk(first, 100), 0)  # noqa: E731
    parts = [judged(first) for first in range(0, 400, 100)]
    random.Random(0).shuffle(parts)
    few, many = parts[0], functools.reduce(joined, parts)
    assert len(chunks.as_json(many)) < 1.2 * len(chunks.as_json(few))
    assert max(len(row.failures) for row in many.rows) == MOST_FAILURES


def test_what_is_found_contradicts_nothing() -> None:
    assert chunks.contradiction(of_reference(3, 9), [(3, 12)], [REFERENCE], [NEURON]) is None
    parts = joined(of_reference(0, 2), of_reference(9, 3))
    assert chunks.contradiction(parts, [(0, 2), (9, 12)], [REFERENCE], [NEURON]) is None
    for at in (2, 5, 8, 12):
        odd = replace(parts, rows=[replace(parts.rows[0], at=at), *parts.rows[1:]])
        complaint = chunks.contradiction(odd, [(0, 2), (9, 12)], [REFERENCE], [NEURON])
        assert complaint == "rows[0]: a point that was not asked"
    large = named("width-256-batch-4")
    found = judge_chunk([reference()], [large], Chunk(1, 1), seed=0)
    assert chunks.contradiction(found, [(1, 2)], [REFERENCE], [large]) is None


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"points": 8}, "8 points with and without an answer, expected 9"),
        ({"failed": 1}, "10 points with and without an answer, expected 9"),
        ({"wrong": 10}, "more wrong or summed points than the 9 with an answer"),
        ({"sums": Sums(10)}, "more wrong or summed points than the 9 with an answer"),
        ({"wrong": 1}, "1 wrong points, but a largest error of "),
        ({"largest": Reading(None, 2.0, "there", [0], 0.1, 0.1)}, "0 wrong points, but a largest error of 2.0 bounds"),
        ({"largest": Reading(None, None, "there", [0], 0.1, 0.1)}, "0 wrong points, but a largest error of None"),
        ({"largest": None}, "a largest error and its point, expected both exactly if there is an answer"),
        ({"at": None}, "a largest error and its point, expected both exactly if there is an answer"),
        (
            {"points": 0, "failed": 9, "sums": Sums()},
            "a largest error and its point, expected both exactly if there is an answer",
        ),
        ({"points": 8, "failed": 1, "sums": Sums()}, "0 failures, expected those of the first of 1 points"),
        ({"failures": [Failure(3, "odd")]}, "1 failures, expected those of the first of 0 points"),
        ({"points": 8, "failed": 1, "failures": [Failure(12, "odd")], "sums": Sums()}, "a point that was not asked"),
        ({"at": 2}, "a point that was not asked"),
        ({"sums": Sums(2, along_squared=-1)}, "a negative sum of squares"),
    ],
    ids=range(15),
)
def test_a_row_that_contradicts_itself_or_what_was_asked_is_told(changes: dict[str, Any], says: str) -> None:
    found = of_reference(3, 9)
    row = found.rows[2]
    assert row.largest is not None
    assert row.largest.largest
    odd = replace(found, rows=[*found.rows[:2], replace(row, **changes), *found.rows[3:]])
    complaint = chunks.contradiction(odd, [(3, 12)], [REFERENCE], [NEURON])
    assert str(complaint).startswith(f"rows[2]: {says}")


def test_rows_of_others_are_told() -> None:
    found = of_reference(3, 9)
    expected = "expected 9 points and the rows of the implementations that were asked, sorted"
    for odd in (replace(found, points=8), replace(found, rows=found.rows[1:]), replace(found, rows=found.rows[::-1])):
        assert chunks.contradiction(odd, [(3, 12)], [REFERENCE], [NEURON]) == expected
    assert chunks.contradiction(found, [(3, 12)], [REFERENCE, "other"], [NEURON]) == expected
