"""Processes of their own: the silent and the dead are told apart, and no process is left behind."""

import multiprocessing

import pytest
from conftest import Variant

from benchmarks.contract import discover, read
from benchmarks.exam import Exam
from benchmarks.isolation import Answer, ask, describe
from benchmarks.workloads import WORKLOADS

QUESTION = Exam(WORKLOADS["neuron"], "float64", points=1, seed=0).question
GRADIENT = "    activations = forward(parameters, inputs)\n"


def test_one_that_never_answers_is_given_up(variant: Variant) -> None:
    silent = read(variant("silent", (GRADIENT, "    while True: pass\n")))
    answers = list(ask([silent], [QUESTION, QUESTION], seconds_to_answer=2))
    assert [answer for _, _, answer in answers] == ["no answer: silent for 2 s"] * 2
    assert not multiprocessing.active_children()


def test_one_that_dies_leaves_the_others_their_answers(variant: Variant) -> None:
    dying = read(variant("dying", (GRADIENT, "    __import__('os').abort()\n")))
    answers = {i.name: answer for i, _, answer in ask([dying, discover()[0]], [QUESTION])}
    assert answers["dying"] == "no answer: its process ended with code -6"
    assert isinstance(answers["numpy_backprop"], Answer)
    assert not multiprocessing.active_children()


def test_leaving_early_ends_the_processes() -> None:
    answers = ask([discover()[0]], [QUESTION, QUESTION])
    next(answers)
    answers.close()  # type: ignore[attr-defined]  # a generator, as far as anyone outside need not know
    assert not multiprocessing.active_children()


def test_what_an_implementation_prints_is_not_the_answer(variant: Variant, capfd: pytest.CaptureFixture[str]) -> None:
    loud = read(variant("loud", (GRADIENT, f'    print("hello")\n{GRADIENT}')))
    ((_, _, answer),) = ask([loud], [QUESTION])
    assert isinstance(answer, Answer)
    out, err = capfd.readouterr()
    assert out == ""
    assert "hello" in err


def test_an_exception_is_one_line() -> None:
    assert describe(ValueError("two\n  lines")) == "ValueError: two lines"
    assert describe(KeyboardInterrupt()) == "KeyboardInterrupt"
