"""The smallest example: found, small, and true wherever it is pasted."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import Variant
from xorbench.contract import Implementation, discover, load, read
from xorbench.judge.counterexample import CounterexampleQuestion, Example, counterexample, needed, rounded
from xorbench.judge.points import shared_points
from xorbench.workloads import WORKLOADS
from xorbench.workloads.workload import Dtype

HIDDEN = WORKLOADS["hidden"]
RETURN = "    return gradients\n"


def smallest(path: Path, dtype: Dtype = "float64") -> tuple[Implementation, Example | None]:
    implementation = read(path)
    rows = shared_points(HIDDEN, dtype, 20, seed=0).rows
    question = CounterexampleQuestion(HIDDEN, dtype, rows, seed=0)
    with np.errstate(all="ignore"):
        return implementation, question.put_to(load(implementation), lambda _: None)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_wrong_sign_is_shown_by_one_neuron_and_one_sample(variant: Variant, dtype: Dtype) -> None:
    implementation, example = smallest(
        variant("sign", ("delta = outputs - targets", "delta = targets - outputs")), dtype
    )
    assert example is not None
    assert example.workload.layer_sizes == (1, 1)
    assert len(example.workload.inputs) == 1
    assert example.row.tolist() == [0, 0]
    script = counterexample(implementation, "hidden", dtype, example).script
    done = subprocess.run([sys.executable, "-"], input=script, capture_output=True, text=True, check=True)
    assert done.stdout == "[[-0.125]] and at [0, 0] not 0.125\n"
    assert "xorbench" not in script
    assert "def train" not in script


def test_what_only_the_hidden_layer_shows_has_one_hidden_unit(variant: Variant) -> None:
    path = variant("slope", ("blame * slope(recipe, layers[layer])", "blame * layers[layer]"))
    _, example = smallest(path)
    assert example is not None
    assert example.workload.layer_sizes == (1, 1, 1)
    assert example.row.tolist() == [0, 0, 1, 0]


def test_what_is_too_rare_for_small_numbers_is_shown_in_few_digits(variant: Variant) -> None:
    rare = "    return [g * (1.5 if parameters[0].shape == (2, 4) and abs(g).max() > 0.01 else 1) for g in gradients]\n"
    _, example = smallest(variant("rare", (RETURN, rare)))
    assert example is not None
    assert example.workload.layer_sizes == HIDDEN.layer_sizes
    assert all(len(re.sub(r"[-.e]|^0+", "", repr(float(value)).split("e")[0]).strip("0")) <= 2 for value in example.row)


def test_what_is_wrong_only_after_some_calls_has_none_that_can_be_pasted(variant: Variant) -> None:
    tired = (
        "    gradient.n = getattr(gradient, 'n', 0) + 1\n    return [g * (1 + (gradient.n > 10)) for g in gradients]\n"
    )
    assert smallest(variant("tired", (RETURN, tired)))[1] is None


def test_an_honest_one_has_none() -> None:
    assert smallest(discover()[0].path)[1] is None


def test_only_what_is_needed_is_kept() -> None:
    text = '"""Doc."""\nimport os\nimport sys as s\nX = 1\nY = 2\ndef f():\n    return X\ndef g():\n    return s, Y\n'
    kept = needed(text, ("f",))
    assert "X = 1" in kept
    assert not any(word in kept for word in ("Doc", "os", "sys", "Y", "def g"))
    assert kept.startswith("import numpy as np\n")


def test_rounding_keeps_the_type() -> None:
    found = rounded(np.array([1.26, -0.0123, 0.0], dtype="float32"), 1)
    assert found.dtype == np.float32
    assert found.tolist() == [1.0, np.float32(-0.01), 0.0]
