"""The expected work of the judge: how it grows, and what is told of it when it is done."""

from concurrent.futures import Future

import pytest

from tests.conftest import BASELINE
from tests.judged import Clock
from xorbench.contract import load
from xorbench.judging import work
from xorbench.judging.grading import Exam
from xorbench.judging.points import random_points
from xorbench.judging.questions import ProcessSpec, Question
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
    assert sum(work.parts(GradientQuestion([few], (1,), False), work.SLOW)) > sum(asked[0])
    assert work.of_points(HIDDEN, 2) < work.of_points(named("width-64-batch-64"), 2)
    assert work.of_points(HIDDEN, 2) < work.of_audit(HIDDEN, 2)


def test_true_values_of_trainings_are_the_work_of_ten_epochs_from_each_start() -> None:
    exam = Exam(HIDDEN, "float64", 5, 0, thorough=False, checkpoints=(1,), varied=True, reshaped=False)
    assert exam.update is not None
    trainings = work.of_points(HIDDEN, 10 * len(exam.update.points))
    assert exam.work == pytest.approx(work.of_points(HIDDEN, len(exam.points)) + trainings)


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
REFERENCE = ProcessSpec(BASELINE)


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: type(question).__name__)
def test_a_process_tells_each_part_of_an_answer(question: Question[object]) -> None:
    told: list[str] = []
    question.ask(load(BASELINE), told.append)
    assert len(dict.fromkeys(told)) == len(work.parts(question))


def test_the_end_comes_nearer_with_each_part_and_is_that_of_the_process_with_the_most_ahead() -> None:
    other, clock = ProcessSpec(BASELINE, "elsewhere"), Clock()
    tally = Tally({REFERENCE: QUESTIONS, other: QUESTIONS[1:2]}, 0.0, 4, clock)
    left = work.USUAL.start + sum(sum(work.parts(question)) for question in QUESTIONS)
    assert tally.seconds == pytest.approx(left)
    for spec in (REFERENCE, other):
        tally.begin(spec)  # to import
    clock.now += work.USUAL.start
    left -= work.USUAL.start
    for spec in (REFERENCE, other):
        tally.begin(spec)
    tally.answer(other)  # at once; it is not the last one
    assert tally.step() == pytest.approx((work.USUAL.start, left))
    for question in QUESTIONS:
        parts = work.parts(question)
        if question is not QUESTIONS[0]:
            tally.begin(REFERENCE)
        for part in parts[:-1]:
            clock.now += part
            left -= part
            tally.begin(REFERENCE)
            assert tally.step() == pytest.approx((part, left), abs=1e-9)
        clock.now += parts[-1]
        left -= parts[-1]
        tally.answer(REFERENCE)
        assert tally.step() == pytest.approx((parts[-1], left), abs=1e-9)
    assert left == pytest.approx(0)


def test_processes_on_one_cpu_share_it() -> None:
    other, clock = ProcessSpec(BASELINE, "elsewhere"), Clock()
    ahead = work.USUAL.start + sum(work.parts(QUESTIONS[1]))
    questions = {REFERENCE: QUESTIONS[1:2], other: QUESTIONS[1:2]}
    assert Tally(questions, 0.0, 2, clock).seconds == pytest.approx(ahead)
    tally = Tally(questions, 0.0, 1, clock)
    assert tally.seconds == pytest.approx(2 * ahead)
    for _ in range(2):
        for spec in questions:
            tally.begin(spec)
        clock.now += 2 * work.USUAL.start
    assert tally.step()[1] == pytest.approx(2 * (ahead - work.USUAL.start), rel=0.3)  # parts have begun


def test_what_a_process_has_ahead_is_expected_by_its_own_pace_and_that_of_another_by_its_own() -> None:
    slow, clock = ProcessSpec(BASELINE, "elsewhere"), Clock()
    long = GradientQuestion([random_points(HIDDEN, "float64", 5, seed=0)] * 2, (1,), to_the_end=True)
    (first, *further), starting = work.parts(long), work.USUAL.start
    tally = Tally({REFERENCE: [long], slow: [long]}, 0.0, 2, clock)
    for spec in (REFERENCE, slow):
        tally.begin(spec)
    clock.now += starting
    for spec in (REFERENCE, slow):
        tally.begin(spec)
    clock.now += first
    tally.begin(REFERENCE)
    clock.now += 9 * first
    tally.begin(slow)  # which took ten times as long
    pace = (10 * first + work.OWN) / (first + work.OWN)
    assert tally.step()[1] == pytest.approx(pace * sum(further))
    assert pace > 2


@pytest.mark.parametrize("slowness", [0.5, 1.0, 5.0])
def test_a_slow_machine_is_known_by_the_starts_of_the_processes(slowness: float) -> None:
    specs, clock = [ProcessSpec(BASELINE, str(number)) for number in range(20)], Clock()
    tally = Tally(dict.fromkeys(specs, QUESTIONS[:1]), 1_000.0, 1, clock)
    for spec in specs:
        tally.begin(spec)
    clock.now += 20 * slowness * work.USUAL.start
    for spec in specs:
        tally.begin(spec)
    done, left = tally.step()
    assert done == pytest.approx(20 * work.USUAL.start, rel=0.1)
    assert left == pytest.approx(slowness * (1_000 + 20 * sum(work.parts(QUESTIONS[0]))), rel=0.1)


def test_what_is_finished_on_the_cores_is_told_once_and_only_wait_waits() -> None:
    tally = Tally({}, 111.0, 2, Clock())
    assert tally.seconds == 55.5
    first, second, third = (Future[int]() for _ in range(3))
    tally.add_all([first, second, third], [1.0, 10.0, 100.0])
    assert tally.step() == (0, 55.5)
    second.set_result(0)
    assert [tally.step(), tally.step()] == [(0, 50.5)] * 2
    for future in (first, third):
        future.set_result(0)
    assert [*tally.wait()] == [(0, 0)]
    tally.add_all([failed := Future[int]()], [1.0])
    failed.set_exception(ArithmeticError("wrong"))
    with pytest.raises(ArithmeticError, match="wrong"):
        [*tally.wait()]
