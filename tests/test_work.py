"""The expected work of the judge: how it grows, and what is told of it when it is done."""

from concurrent.futures import Future

import pytest

from tests.conftest import BASELINE
from xorbench.contract import load
from xorbench.judging import work
from xorbench.judging.points import random_points
from xorbench.judging.processes import Question, Witness
from xorbench.judging.reproducibility import ConductQuestion
from xorbench.judging.tasks import GradientQuestion, TrajectoryQuestion
from xorbench.judging.update_task import UpdateQuestion
from xorbench.judging.work import Tally
from xorbench.workloads import WORKLOADS, named

HIDDEN = WORKLOADS["hidden"]


def test_it_grows_with_points_epochs_and_networks() -> None:
    few, many = (random_points(HIDDEN, "float64", count, seed=0) for count in (5, 50))
    asked = [
        work.parts(GradientQuestion([points], (1, 10), to_the_end))
        for points, to_the_end in ((few, False), (many, False), (many, True))
    ]
    assert [sum(one) for one in asked] == sorted(sum(one) for one in asked)
    assert asked[2][:-1] == asked[1]
    assert asked[2][-1] == pytest.approx(sum(work.parts(TrajectoryQuestion(HIDDEN, "float64"))), rel=0.01)
    assert sum(work.parts(GradientQuestion([few], (1,), False), slow_to_compile=True)) > sum(asked[0])
    assert work.of_points(HIDDEN, 2) < work.of_points(named("width-64-batch-64"), 2)
    assert work.of_points(HIDDEN, 2) < work.of_audit(HIDDEN, 2)


QUESTIONS: list[Question[object]] = [
    GradientQuestion(
        [random_points(WORKLOADS[name], "float64", 3, seed=0) for name in ("hidden", "neuron")],
        (1, 10),
        to_the_end=True,
    ),
    ConductQuestion(HIDDEN, "float64", random_points(HIDDEN, "float64", 1, seed=0).rows),
    UpdateQuestion(random_points(HIDDEN, "float64", 2, seed=0)),
    TrajectoryQuestion(HIDDEN, "float64"),
]
REFERENCE = Witness(BASELINE)


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: type(question).__name__)
def test_a_process_tells_each_part_of_an_answer(question: Question[object]) -> None:
    told: list[str] = []
    question.put_to(load(BASELINE), told.append)
    assert len(dict.fromkeys(told)) == len(work.parts(question))


def test_the_end_comes_nearer_with_each_part_and_is_that_of_the_process_with_the_most_ahead() -> None:
    other = Witness(BASELINE, "elsewhere")
    tally = Tally({REFERENCE: QUESTIONS, other: QUESTIONS[1:2]}, on_cores=0.0, cpus=4)
    assert tally.seconds == pytest.approx(work.TO_START + sum(sum(work.parts(question)) for question in QUESTIONS))
    tally.begin(other)
    tally.answer(other)
    assert tally.nearer() == 0  # it is not the last one
    tally.begin(REFERENCE)  # to import
    for question in QUESTIONS:
        parts = work.parts(question)
        assert tally.nearer() == 0
        tally.begin(REFERENCE)
        assert tally.nearer() == pytest.approx(work.TO_START if question is QUESTIONS[0] else 0)
        for part in parts[:-1]:
            tally.begin(REFERENCE)
            assert tally.nearer() == pytest.approx(part)
        tally.answer(REFERENCE)
        assert tally.nearer() == pytest.approx(parts[-1])
    assert tally.seconds == pytest.approx(0)


def test_what_is_finished_on_the_cores_is_told_once_and_only_wait_waits() -> None:
    tally = Tally({}, on_cores=111.0, cpus=2)
    assert tally.seconds == 55.5
    first, second, third = (Future[int]() for _ in range(3))
    tally.add_all([first, second, third], [1.0, 10.0, 100.0])
    assert tally.nearer() == 0
    second.set_result(0)
    assert [tally.nearer(), tally.nearer()] == [5, 0]
    for future in (first, third):
        future.set_result(0)
    assert sum(tally.wait()) == 50.5
    tally.add_all([failed := Future[int]()], [1.0])
    failed.set_exception(ArithmeticError("wrong"))
    with pytest.raises(ArithmeticError, match="wrong"):
        [*tally.wait()]
