"""Every limit of the judge from both sides: what lies on it passes, and what lies one rounding beyond it does not.

Errors, bounds and tolerances are powers of two here, so that the quotients that are compared are exact.
"""

from dataclasses import replace

import numpy as np
import pytest

from tests.judged import Here
from xorbench.contract import REFERENCE, discover
from xorbench.judging import audit, chunk_judge, mistakes, oracle, reproducibility, truths, updates
from xorbench.judging.answers import Given
from xorbench.judging.endings import endings
from xorbench.judging.grading import Exam
from xorbench.judging.questions import ProcessSpec, Reply
from xorbench.judging.reproducibility import IN_WORDS, ConductAnswer, ConductQuestion, conduct
from xorbench.judging.tasks import Ending, GradientAnswer
from xorbench.judging.truths import Truths
from xorbench.judging.work import Tally
from xorbench.record.report import FAILED, INSIDE, OUTSIDE
from xorbench.workloads import WORKLOADS, Array, Workload
from xorbench.workloads.catalogue import solved
from xorbench.workloads.workload import KnownAnswer

BOUND = 2.0**-10
BEYOND = 2.0**-52
"""The distance of 1 from the next number of float64 above it."""


def exam_of(workload: Workload = WORKLOADS["neuron"]) -> Exam:
    """An exam with three points, at which every true value is 1 and every bound is BOUND."""
    exam = Exam(workload, "float64", 2, 0, thorough=False, checkpoints=(), varied=False, reshaped=False)
    shape = len(exam.points), exam.points.layout.size
    exam.truths = [Truths(np.ones(shape), np.zeros(shape), np.full(shape, BOUND))]
    return exam


def answer(exam: Exam, error: float, ending: Ending | None = None) -> GradientAnswer:
    """An answer that is right but for one number, which is off by `error`."""
    rows = np.ones((len(exam.points), exam.points.layout.size))
    rows[1, 2] += error
    entries, size = len(exam.workload.entries), exam.points.layout.size
    return GradientAnswer([Given(rows)], np.empty((0, entries)), Given(np.empty((0, size))), ending)


def test_a_truth_that_underflows_is_0_on_both_sides() -> None:
    exam = exam_of()
    shape = exam.truths[0].high.shape
    exam.truths = [Truths(np.full(shape, -0.0), np.zeros(shape), np.full(shape, BOUND))]
    rows = exam.verdicts("one", Reply(ProcessSpec(discover()[0]), exam.question, answer(exam, 0.0)))
    assert {str(row.of_bound and row.of_bound.truth) for row in rows} == {"0.0"}
    assert all("the truth is 0.0" in str(row.reason) for row in rows)


@pytest.mark.parametrize(
    ("error", "verdict"),
    [(BOUND, INSIDE), (-BOUND, INSIDE), (BOUND + BEYOND, OUTSIDE), (-BOUND - BEYOND, OUTSIDE), (np.nan, OUTSIDE)],
)
def test_an_error_is_inside_up_to_its_bound_and_no_further(error: float, verdict: str) -> None:
    exam = exam_of()
    reply = Reply(ProcessSpec(discover()[0]), exam.question, answer(exam, error))
    found = {row.parameter: row.verdict for row in exam.verdicts("one", reply)}
    assert found == dict.fromkeys(exam.points.layout.groups, INSIDE) | {"b1": verdict}


def test_the_largest_error_is_told_in_units_of_its_bound_in_ulps_and_as_it_is() -> None:
    exam = exam_of()
    reply = Reply(ProcessSpec(discover()[0]), exam.question, answer(exam, BOUND / 2))
    row = next(row for row in exam.verdicts("one", reply) if row.parameter == "b1")
    readings = [row.of_bound, row.ulps, row.absolute]
    assert [reading and reading.largest for reading in readings] == [0.5, BOUND / 2 / np.spacing(1.0), BOUND / 2]
    assert [reading and reading.median for reading in readings] == [0.0] * 3


@pytest.mark.parametrize(("error", "wrong"), [(BOUND, 0), (-BOUND, 0), (BOUND + BEYOND, 1), (np.nan, 1)])
def test_in_a_chunk_an_error_is_inside_up_to_its_bound_and_no_further(error: float, wrong: int) -> None:
    exam = exam_of()
    asked = chunk_judge._Asked("one", exam.points, range(len(exam.points)), exam.truths[0])
    given = answer(exam, error).given[0]
    assert given is not None
    found = {row.parameter: row.wrong for row in asked._judged(given)}
    assert found == dict.fromkeys(exam.points.layout.groups, 0) | {"b1": wrong}


@pytest.mark.parametrize(("error", "verdict"), [(BOUND, INSIDE), (BOUND + BEYOND, OUTSIDE), (np.nan, OUTSIDE)])
def test_two_implementations_may_differ_by_two_bounds_and_no_more(error: float, verdict: str) -> None:
    exam = exam_of()
    (pair,) = exam.pairs({"one": answer(exam, error), "two": answer(exam, -BOUND)})
    assert pair.verdict == verdict


def ending(weight: float) -> Ending:
    """The end of a training on `hidden` that meets the known answer, with one weight at will."""
    hidden = WORKLOADS["hidden"]
    parameters: list[Array] = [np.zeros(shape) for shape in hidden.shapes]
    parameters[0][0, 0] = weight
    return Ending(np.abs(hidden.targets - 0.01), 2e-4, parameters)


@pytest.mark.parametrize(("distance", "verdict"), [(2.0**-30, INSIDE), (2.0**-30 + BEYOND, OUTSIDE)])
def test_trained_parameters_may_differ_from_the_references_by_what_is_agreed(distance: float, verdict: str) -> None:
    exam = exam_of(replace(WORKLOADS["hidden"], agreement=2.0**-30))
    ends = {REFERENCE: answer(exam, 0, ending(1.0)), "one": answer(exam, 0, ending(1 + distance))}
    found = endings(exam.workload, exam.dtype, ends)
    assert {end.implementation: end.verdict for end in found} == {
        REFERENCE: INSIDE,
        "one": verdict,
    }


@pytest.mark.parametrize(
    ("where", "says"),
    [
        ("twice", "it keeps state between calls: repeated calls at the same point give different gradients"),
        ("again", "it keeps state between calls: repeated calls at the same point give different gradients"),
        ("earlier", "it keeps state between calls: repeated calls at the same point give different gradients"),
        ("new_process", "its gradients at the same point are different in a new process"),
        ("other_hash_seed", "its gradients at the same point are different with another hash seed"),
        ("two_threads", "its gradients at the same point are different with 2 threads"),
    ],
)
@pytest.mark.parametrize(("difference", "verdict"), [(2 * BOUND, INSIDE), (2 * BOUND + BEYOND, FAILED)])
def test_repeated_gradients_may_differ_by_two_bounds_and_no_more(
    where: str, says: str, difference: float, verdict: str
) -> None:
    hidden, spec = WORKLOADS["hidden"], ProcessSpec(discover()[0])
    rows = np.ones((2, len(hidden.entries)))
    other = rows.copy()
    other[1, 3] += difference
    question = ConductQuestion(hidden, "float64", rows)

    def repeated(first: Array, twice: Array, again: Array) -> ConductAnswer:
        return ConductAnswer(Given(first), Given(twice), Given(again), np.zeros(len(hidden.entries)), [])

    here = repeated(rows, other if where == "twice" else rows, other if where == "again" else rows)
    replies = {"here": Reply(spec, question, here)}
    if where in IN_WORDS:
        replies[where] = Reply(spec, question, repeated(other, other, other))
    found = conduct("one", question, replies, other if where == "earlier" else None, np.full(rows.shape, BOUND))
    assert (found.verdict, found.reason) == (verdict, says if verdict == FAILED else None)
    assert found.same_process == (where not in ("twice", "again"))


def test_the_ends_of_trainings_have_the_limits_that_are_stated() -> None:
    for name, workload in WORKLOADS.items():
        limits = (1e-3, 1e-4) if name == "hidden-float32" else (1e-9, 1e-7)
        assert (workload.agreement, workload.tolerance) == limits, name
        assert workload.tolerance_of_results == (1e-4 if name == "hidden-float32" else 1e-11), name
        within = {"relu": 0.02, "kink": 0.02, "deep": 0.02, "deeper": 0.02}.get(name, 0.017)
        within = 0.05 if name.startswith("parity") else within
        expected = solved(within, workload.recipe.loss, len(workload.inputs))
        if name == "neuron":
            half = 0.5 - 1e-12, 0.5 + 1e-12
            expected = KnownAnswer(zeros=half, ones=half, loss=half, largest_parameter=1e-14)
        assert workload.known_answer == expected, name


def test_the_oracle_and_its_audit_have_the_digits_that_are_stated() -> None:
    assert oracle.BITS == 640
    assert float(oracle.STEP) == 2.0**-160
    assert float(oracle.UNCERTAINTY) == 2.0**-200
    assert (audit.DIGITS, audit.POINTS, audit.ENTRIES) == (60, 20, 50)
    assert (oracle.MOST_DIFFERENCES, truths.DIFFERENCES) == (100, 1_000)
    assert (reproducibility.PROBES, reproducibility.EPOCHS) == (8, 100)
    assert (mistakes.EQUAL, updates.STARTS) == (1e-3, 4)


def test_all_entries_that_are_known_to_a_thousandth_of_their_way_are_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    starts = updates.starts(WORKLOADS["hidden-float32"], "float32", seed=0)
    judged = updates.update_truths(starts)
    monkeypatch.setattr(updates, "LARGEST_SHARE", np.inf)
    every = updates.update_truths(starts)
    way = np.abs((every.high - np.tile(starts.rows.astype(np.float64), 4)) + every.low)
    known = every.bound <= 1e-3 * way
    assert known.any()
    assert not known.all()
    np.testing.assert_array_equal(judged.bound, np.where(known, every.bound, np.inf))


@pytest.mark.parametrize(("times", "judged"), [(1 + 1e-9, True), (1 - 1e-9, False)])
def test_an_entry_is_judged_up_to_the_stated_share_of_its_way(
    monkeypatch: pytest.MonkeyPatch, times: float, judged: bool
) -> None:
    start = updates.starts(WORKLOADS["hidden"], "float64", seed=0)[:1]
    monkeypatch.setattr(updates, "LARGEST_SHARE", np.inf)
    every = updates.update_truths(start)
    way = abs(every.high[0, 0] - start.rows[0, 0] + every.low[0, 0])
    monkeypatch.setattr(updates, "LARGEST_SHARE", times * every.bound[0, 0] / way)
    assert np.isfinite(updates.update_truths(start).bound[0, 0]) == judged


def test_the_truth_along_trainings_that_reach_the_same_bits_is_computed_once() -> None:
    neuron = WORKLOADS["neuron"]
    exam = Exam(neuron, "float64", 2, 0, thorough=False, checkpoints=(1, 10), varied=False, reshaped=False)
    entries, size = len(neuron.entries), exam.points.layout.size
    paths = {name: np.full((2, entries), 0.5) for name in ("one", "two", "three")}
    paths["one"][1] = paths["two"][1] = 0.25
    cores, tally = Here(), Tally({}, 0.0, 1)
    for name, path in paths.items():
        exam.follow(name, GradientAnswer([], path, Given(np.empty((2, size)))), cores, tally)
    assert cores.calls == 2  # at 0.5 and at 0.25
    for name, path in paths.items():
        expected = truths.truths_here(exam.question.path(path))
        found = truths.joined(exam._along[name])
        for field in ("high", "low", "bound"):
            np.testing.assert_array_equal(getattr(found, field), getattr(expected, field))
