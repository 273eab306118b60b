"""The expected work of the judge: how it grows, and what is told of it when it is done."""

from concurrent.futures import Future

import pytest

from xorbench.judging import work
from xorbench.judging.points import random_points
from xorbench.judging.tasks import GradientQuestion, TrajectoryQuestion
from xorbench.judging.work import Tally
from xorbench.workloads import WORKLOADS, named

HIDDEN = WORKLOADS["hidden"]


def test_it_grows_with_points_epochs_and_networks() -> None:
    few, many = (random_points(HIDDEN, "float64", count, seed=0) for count in (5, 50))
    asked = [
        work.of_question(GradientQuestion([points], (1, 10), to_the_end))
        for points, to_the_end in ((few, False), (many, False), (many, True))
    ]
    assert asked == sorted(asked)
    assert asked[2] - asked[1] == pytest.approx(work.OF_A_CALL * HIDDEN.epochs)
    assert asked[2] - asked[1] == pytest.approx(work.of_question(TrajectoryQuestion(HIDDEN, "float64")))
    assert work.of_points(HIDDEN, 2) < work.of_points(named("width-64-batch-64"), 2)
    assert work.of_points(HIDDEN, 2) < work.of_audit(HIDDEN, 2)


def test_what_is_finished_is_told_once_and_nothing_is_waited_for() -> None:
    told: list[float] = []
    tally = Tally(told.append)
    first, second, third = (Future[int]() for _ in range(3))
    tally.add_all([first, second, third], [1.0, 10.0, 100.0])
    tally.note(0.5)
    second.set_result(0)
    tally.note(0.5)
    tally.note(0.5)
    assert told == [0.5, 10.5, 0.5]
    for future in (first, third):
        future.set_result(0)
    tally.wait()
    assert told == [0.5, 10.5, 0.5, 1.0, 100.0]
    tally.add_all([failed := Future[int]()], [1.0])
    failed.set_exception(ArithmeticError("wrong"))
    with pytest.raises(ArithmeticError, match="wrong"):
        tally.wait()
