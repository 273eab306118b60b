"""What a process answers arrives to the last bit, and what is no answer to the question is refused in one line."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from tests.conftest import BASELINE, loaded
from xorbench.clock.pace import PaceQuestion
from xorbench.clock.products import ProductQuestion
from xorbench.judging.answers import Given, same_bits
from xorbench.judging.codec import as_json, decoded, encoded, exact_array, exact_float
from xorbench.judging.counterexample import CounterexampleQuestion, Example
from xorbench.judging.points import random_points
from xorbench.judging.questions import Question
from xorbench.judging.reproducibility import ConductQuestion
from xorbench.judging.tasks import Ending, GradientQuestion, TrajectoryQuestion
from xorbench.judging.trouble import Trouble
from xorbench.judging.update_task import UpdateQuestion
from xorbench.workloads import WORKLOADS, Array

NEURON, HIDDEN = WORKLOADS["neuron"], WORKLOADS["hidden"]

BITS = st.sampled_from([(np.uint32, np.float32), (np.uint64, np.float64)]).flatmap(
    lambda kinds: arrays(kinds[0], array_shapes(min_dims=0, max_dims=3, min_side=0)).map(
        lambda bits: bits.view(kinds[1])
    )
)
"""Arrays of any bits: NaN of any payload, infinities, -0.0 and subnormal numbers among them."""


@given(BITS)
def test_every_bit_of_an_array_arrives(array: Array) -> None:
    assert same_bits(exact_array(encoded(array, array.size)), array)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_special_numbers_and_other_orders_of_bytes_and_axes_arrive(dtype: str) -> None:
    special = np.array([np.nan, -np.nan, np.inf, -np.inf, -0.0, 0.0, np.finfo(dtype).smallest_subnormal], dtype)
    for array in (special, np.array(0.1, dtype), special[::-2], np.arange(6, dtype=dtype).reshape(2, 3).T):
        assert same_bits(exact_array(encoded(array, array.size)), np.array(array))


@given(st.floats())
def test_every_number_arrives(number: float) -> None:
    sent = json.loads(encoded(number, 1))
    assert same_bits(np.array(exact_float(sent)), np.array(number)) or (
        np.isnan(number) and np.isnan(exact_float(sent))
    )


@pytest.mark.parametrize("text", ["", "one", "0x1p99999", "1,5"])
def test_a_text_that_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no hexadecimal number"):
        exact_float(text)


def test_dataclasses_arrive() -> None:
    assert decoded(Trouble, encoded(Trouble("no \udcff", "not offered", "a\nb"), 0)) == Trouble(
        "no ?", "not offered", "a\nb"
    )
    ending = decoded(Ending, encoded(Ending(np.ones((2, 1)), np.nan, [np.zeros((1, 1)), np.full((1, 1), -0.0)]), 4))
    assert np.isnan(ending.loss)
    assert [same_bits(*pair) for pair in zip(ending.parameters, [np.zeros((1, 1)), -np.zeros((1, 1))], strict=True)]
    assert decoded(Given, encoded(Given(np.ones((1, 3)), {"W1": (0, "no")}), 3)).complaints == {"W1": (0, "no")}


@pytest.mark.parametrize("value", [object(), {1.5j}, np.ones(2, np.int64), np.ones(2, object), np.ones(2, np.float16)])
def test_what_is_no_answer_is_not_sent(value: object) -> None:
    with pytest.raises(TypeError, match="can't be sent to the judge"):
        as_json({"a": [value]})


def test_an_answer_has_as_many_numbers_as_were_asked_for() -> None:
    many = np.zeros(200_000)
    assert exact_array(encoded(many, len(many))).shape == many.shape
    with pytest.raises(ValueError, match=r"its answer has 2,133,\d{3} bytes, expected at most 524,398"):
        encoded(many, 10)


def written(**changed: object) -> str:
    return json.dumps({"dtype": "float64", "shape": [2], "data": "AAAAAAAA8D8AAAAAAADwPw=="} | changed)


NO_ARRAYS = {
    "another dtype": written(dtype="int64"),
    "a pickled object": written(dtype="object"),
    "fewer numbers": written(shape=[3]),
    "more numbers": written(shape=[1]),
    "a negative length": written(shape=[-2, -1]),
    "a length that is no integer": written(shape=[2.0]),
    "a length of more than all memory": written(shape=[0, 2**62, 2**62], data=""),
    "too many axes": written(shape=[1] * 64 + [2]),
    "no base64 text": written(data="AAAAAAAA8D8AAAAAAADw!!=="),
    "a base64 text that is cut off": written(data="AAAAAAAA8D8AAAAAAADwPw"),
    "another alphabet": written(data="ÄÄÄÄ"),
    "numbers": written(data=[1.0, 1.0]),
    "a list": "[1.0, 1.0]",
    "NaN": "NaN",
    "one more key": written(more=1),
    "a key less": '{"dtype": "float64", "shape": []}',
    "a cut document": written()[:-1],
    "a deep document": "[" * 100_000,
    "nothing": "",
}


def test_the_text_that_is_changed_is_right() -> None:
    assert exact_array(written()).tolist() == [1.0, 1.0]


@pytest.mark.parametrize("name", NO_ARRAYS)
def test_what_is_no_array_is_refused_in_one_line(name: str) -> None:
    with pytest.raises(ValueError, match=r".+") as caught:
        exact_array(NO_ARRAYS[name])
    assert "\n" not in str(caught.value)


REFERENCE = loaded(BASELINE)
GRADIENT = GradientQuestion(
    [random_points(HIDDEN, dtype, 3, seed=0) for dtype in ("float64",)] + [random_points(NEURON, "float64", 2, seed=0)],
    (1, 10),
    to_the_end=True,
)
CONDUCT = ConductQuestion(HIDDEN, "float32", random_points(HIDDEN, "float32", 1, seed=0).rows)
UPDATE = UpdateQuestion(random_points(HIDDEN, "float64", 2, seed=0))
TRAJECTORY = TrajectoryQuestion(NEURON, "float64")
EXAMPLE = CounterexampleQuestion(random_points(HIDDEN, "float64", 2, seed=0), seed=0)
QUESTIONS: list[Question[object]] = [GRADIENT, CONDUCT, UPDATE, TRAJECTORY]


@pytest.fixture(scope="module")
def said() -> dict[Question[object], str]:
    """The answers of the reference, as texts."""
    with np.errstate(all="ignore"):
        return {one: encoded(one.ask(REFERENCE, lambda _: None), one.numbers) for one in QUESTIONS}


def arrays_in(value: object) -> Iterator[object]:
    """The documents of the arrays in a document, and all else in it."""
    if isinstance(value, dict):
        yield from (item for each in value.values() for item in arrays_in(each))
    elif isinstance(value, list):
        yield from (item for each in value for item in arrays_in(each))
    else:
        yield value


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: type(question).__name__)
def test_the_answer_to_each_question_arrives_unchanged(
    question: Question[object], said: dict[Question[object], str]
) -> None:
    found = json.loads(encoded(question.received(said[question]), question.numbers))
    assert found == json.loads(said[question])
    numbers = sum(len(text) for text in arrays_in(found) if isinstance(text, str)) / (4 / 3 * 8)
    assert numbers <= 1.1 * question.numbers + 100


def test_the_path_of_a_training_is_what_it_was(said: dict[Question[object], str]) -> None:
    path = GRADIENT.path(GRADIENT.received(said[GRADIENT]).path)
    assert path.labels == ["epoch 1 of its own training", "epoch 10 of its own training"]
    assert (len(path), path.workload, path.dtype) == (2, HIDDEN, "float64")


def document(array: Array) -> dict[str, Any]:
    """The document of an array."""
    found: dict[str, Any] = json.loads(encoded(array, array.size))
    return found


OTHER_SHAPE = document(np.zeros((3, 3)))
NOT_FINITE = document(np.full((2, 17), np.nan))
EMPTY = document(np.zeros((0, 17)))
NO_TROUBLE = {"reason": "no", "traceback": ""}

Change = Callable[[dict[str, Any]], object]

CHANGES: dict[str, tuple[Question[object], Change, str]] = {
    "a shape less": (GRADIENT, lambda a: a["given"].pop(), "answers of 1 shapes, expected 2"),
    "a shape more": (GRADIENT, lambda a: a["given"].append(None), "answers of 3 shapes, expected 2"),
    "not its own shape": (
        GRADIENT,
        lambda a: a["given"].__setitem__(0, None),
        "answers of 2 shapes, expected 2, with the",
    ),
    "answers missing": (GRADIENT, lambda a: a["given"].__setitem__(1, None), "incomplete"),
    "answers of another shape": (
        GRADIENT,
        lambda a: a["given"][0].update(rows=OTHER_SHAPE),
        r"float64, \(3, 3\), expected",
    ),
    "answers of another dtype": (
        GRADIENT,
        lambda a: a["given"][0].update(rows=document(GRADIENT.batches[0].rows.astype("float32"))),
        "an array of float32",
    ),
    "a complaint about nothing": (
        GRADIENT,
        lambda a: a["given"][0]["complaints"].update(W9=[0, "no"]),
        "a complaint about 'W9' at point 0",
    ),
    "a complaint about no point": (
        GRADIENT,
        lambda a: a["given"][0]["complaints"].update(W1=[4, "no"]),
        "a complaint about 'W1' at point 4",
    ),
    "no answer at a point": (
        GRADIENT,
        lambda a: a["given"][0].update(unanswered=[1]),
        "an incomplete answer without a reason",
    ),
    "a complaint about no answer": (
        GRADIENT,
        lambda a: a["given"][0].update(unanswered=[1], complaints={"W1": [1, "no"]}),
        "a complaint about 'W1' at point 1, which was not answered",
    ),
    "no answer at no point": (
        GRADIENT,
        lambda a: a["given"][0].update(unanswered=[4]),
        r"no answer at points \[4\], expected some of 4",
    ),
    "no answer at all": (
        GRADIENT,
        lambda a: a["given"][0].update(unanswered=[0, 1, 2, 3]),
        r"no answer at points \[0, 1, 2, 3\], expected some of 4",
    ),
    "no path": (GRADIENT, lambda a: a.update(path=EMPTY), "answers: an array of float64"),
    "a path of another shape": (GRADIENT, lambda a: a.update(path=OTHER_SHAPE), "along its training: an array"),
    "a path that is not finite": (GRADIENT, lambda a: a.update(path=NOT_FINITE), "expected finite ones at 2 at most"),
    "no end": (GRADIENT, lambda a: a.update(ending=None), "an incomplete answer without a reason"),
    "an end of another shape": (
        GRADIENT,
        lambda a: a["ending"]["parameters"].__setitem__(0, OTHER_SHAPE),
        r"the end of a training: arrays of shapes \[\(3, 3\)",
    ),
    "fewer parameters": (
        GRADIENT,
        lambda a: a["ending"]["parameters"].pop(),
        "the end of a training: arrays of shapes",
    ),
    "a loss that is no text": (GRADIENT, lambda a: a["ending"].update(loss=0.5), "ending.loss"),
    "a key more": (GRADIENT, lambda a: a.update(more=1), "more: "),
    "a passed verdict": (GRADIENT, lambda a: a.update(trouble=NO_TROUBLE | {"verdict": "inside"}), "trouble.verdict"),
    "other trained parameters": (CONDUCT, lambda a: a.update(trained=OTHER_SHAPE), "trained parameters: an array of"),
    "complaints that are no texts": (CONDUCT, lambda a: a.update(complaints=[1]), "complaints.0"),
    "another second pass": (CONDUCT, lambda a: a["again"].update(rows=OTHER_SHAPE), "answers: an array of float64"),
    "other parameters": (UPDATE, lambda a: a.update(rows=OTHER_SHAPE), "answers: an array of float64"),
    "a cut trajectory": (TRAJECTORY, lambda a: a.update(OTHER_SHAPE), "a trajectory: an array of float64"),
    "NaN in a trajectory": (
        TRAJECTORY,
        lambda a: a.update(document(np.full((1 + NEURON.epochs, 3), np.nan))),
        "not finite",
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_an_answer_that_contradicts_the_question_is_refused_in_one_line(
    name: str, said: dict[Question[object], str]
) -> None:
    question, change, why = CHANGES[name]
    answer = json.loads(said[question])
    change(answer)
    with pytest.raises(ValueError, match=why) as caught:
        question.received(json.dumps(answer))
    assert "\n" not in str(caught.value)


SMALL = Example((1, 1), np.ones((1, 1)), np.zeros((1, 1)), np.zeros(2), "W1", (0, 0), 0.5, np.inf)


def test_an_example_arrives_and_none_is_one() -> None:
    found = EXAMPLE.received(encoded(SMALL, EXAMPLE.numbers))
    assert found is not None
    assert (found.layer_sizes, found.name, found.index, found.truth, found.bound) == ((1, 1), "W1", (0, 0), 0.5, np.inf)
    assert found.problem(HIDDEN).parameter_names == ["W1", "b1"]
    assert EXAMPLE.received(encoded(None, 0)) is None


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"name": "W2"}, r"an entry W2\[0, 0\]"),
        ({"name": "print('hello')"}, "which the network does not have"),
        ({"index": [0, 1]}, r"an entry W1\[0, 1\]"),
        ({"layer_sizes": [1]}, "1 samples and 1 layers"),
        ({"layer_sizes": [1, 10**18]}, "targets: an array"),
        ({"layer_sizes": [1, 10**18, 1]}, "parameters: an array"),
        ({"layer_sizes": [0, 1]}, "layer_sizes.0"),
        ({"inputs": document(np.ones((0, 1)))}, "0 samples"),
        ({"inputs": document(np.ones(()))}, "0 samples"),
        ({"inputs": document(np.ones((2, 1)))}, "targets: an array"),
        ({"row": document(np.zeros(2, np.float32))}, "parameters: an array of float32"),
        ({"truth": "hello"}, "no hexadecimal number"),
    ],
)
def test_an_example_of_what_does_not_exist_is_refused(changed: dict[str, object], why: str) -> None:
    example = json.loads(encoded(SMALL, EXAMPLE.numbers)) | changed
    with pytest.raises(ValueError, match=why):
        EXAMPLE.received(json.dumps(example))


@pytest.mark.parametrize("text", ['"nan"', '"inf"', '"-0x1p-3"', "0.5", "NaN", '"fast"', "null"])
def test_a_pace_is_a_finite_time(text: str) -> None:
    question = PaceQuestion(NEURON)
    assert question.received(encoded(0.125, question.numbers)) == 0.125
    with pytest.raises(ValueError, match=r".+"):
        question.received(text)


@pytest.mark.parametrize("text", ["[1, 2]", "[1, 2, 0]", "[1, 2, 3.5]", "[1, 2, 10000000000000000]", "[1, 2, true]"])
def test_times_of_products_are_as_many_as_were_asked_for(text: str) -> None:
    question = ProductQuestion("float64", side=8, rounds=3)
    assert question.received("[1, 2, 3]") == [1, 2, 3]
    with pytest.raises(ValueError, match=r".+"):
        question.received(text)
