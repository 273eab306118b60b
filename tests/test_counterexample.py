"""The smallest example: found, small, and true wherever it is pasted."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings

from tests.conftest import BASELINE, Variant
from xorbench.contract import Implementation, load, read
from xorbench.judging.counterexample import CounterexampleQuestion, Example, problems, rounded
from xorbench.judging.example_script import counterexample, needed, standalone
from xorbench.judging.points import Point, points_of, random_points
from xorbench.workloads import WORKLOADS, Workload
from xorbench.workloads.workload import Dtype

HIDDEN = WORKLOADS["hidden"]
RETURN = "    return gradients\n"


def smallest(path: Path, dtype: Dtype = "float64") -> tuple[Implementation, Example | None]:
    implementation = read(path)
    question = CounterexampleQuestion(random_points(HIDDEN, dtype, 20, seed=0), seed=0)
    with np.errstate(all="ignore"):
        return implementation, question.ask(load(implementation), lambda _: None)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_wrong_sign_is_shown_by_one_neuron_and_one_sample(variant: Variant, dtype: Dtype) -> None:
    implementation, example = smallest(
        variant("sign", ("delta = outputs - targets", "delta = targets - outputs")), dtype
    )
    assert example is not None
    assert example.layer_sizes == (1, 1)
    assert len(example.inputs) == 1
    assert example.row.tolist() == [0, 0]
    script = counterexample(implementation, HIDDEN, dtype, example).script
    done = subprocess.run([sys.executable, "-"], input=script, capture_output=True, text=True, check=True)
    assert done.stdout == "[[-0.125]] expected at [0, 0]: 0.125\n"
    assert "xorbench" not in script
    assert "def train" not in script


BORROWS = (
    ("import numpy as np\n", "import numpy as np\n\nfrom numpy_backprop import convert, forward, sigmoid, to_numpy\n"),
    *((f"def {name}(", f"def own_{name}(") for name in ("convert", "forward", "sigmoid", "to_numpy")),
    ("delta = outputs - targets", "delta = targets - outputs"),
)


def test_what_stands_in_a_sibling_is_pasted_too(variant: Variant) -> None:
    implementation, example = smallest(variant("borrows_much", *BORROWS))
    assert example is not None
    script = counterexample(implementation, HIDDEN, "float64", example).script
    done = subprocess.run([sys.executable, "-"], input=script, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("[[-0.125]]")
    assert "from numpy_backprop" not in script


def test_an_import_stays_where_a_sibling_means_another_thing_by_a_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("xorbench.contract.source_text.IMPLEMENTATIONS", tmp_path)
    (tmp_path / "near.py").write_text("def f(x): return g(x)\ndef g(x): return x\n")
    path = tmp_path / "own.py"
    path.write_text("from near import f\ndef gradient(x): return f(x) + g(x)\ndef g(x): return x\n")
    assert "def f(x)" in standalone(path, ("gradient",))
    assert "from near" not in standalone(path, ("gradient",))
    path.write_text("from near import f\ndef gradient(x): return f(x) + g(x)\ndef g(x): return 2 * x\n")
    assert "from near import f" in standalone(path, ("gradient",))


def test_a_sibling_is_imported_afresh_too(variant: Variant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("implementation", "source_text"):
        monkeypatch.setattr(f"xorbench.contract.{module}.IMPLEMENTATIONS", tmp_path)
    monkeypatch.setattr("sys.path", [*sys.path])
    (tmp_path / "tired.py").write_text("CALLS = []\ndef count():\n    CALLS.append(0)\n    return len(CALLS) > 10\n")
    path = variant(
        "tires",
        ("import numpy as np\n", "import numpy as np\nfrom tired import count\n"),
        (RETURN, "    return [g * (1 + count()) for g in gradients]\n"),
    )
    assert smallest(path)[1] is None


def test_what_only_the_hidden_layer_shows_has_one_hidden_unit(variant: Variant) -> None:
    path = variant("slope", ("blame * slope(recipe, layers[layer])", "blame * layers[layer]"))
    _, example = smallest(path)
    assert example is not None
    assert example.layer_sizes == (1, 1, 1)
    assert example.row.tolist() == [0, 0, 1, 0]


def test_what_is_too_rare_for_small_numbers_is_shown_in_few_digits(
    variant: Variant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("xorbench.judging.counterexample.TRIES", 30)
    rare = "    return [g * (1.5 if parameters[0].shape == (2, 4) and abs(g).max() > 0.01 else 1) for g in gradients]\n"
    _, example = smallest(variant("rare", (RETURN, rare)))
    assert example is not None
    assert example.layer_sizes == HIDDEN.layer_sizes
    assert all(len(re.sub(r"[-.e]|^0+", "", repr(float(value)).split("e")[0]).strip("0")) <= 2 for value in example.row)


def test_what_is_wrong_only_after_some_calls_has_none_that_can_be_pasted(variant: Variant) -> None:
    tired = (
        "    gradient.n = getattr(gradient, 'n', 0) + 1\n    return [g * (1 + (gradient.n > 10)) for g in gradients]\n"
    )
    assert smallest(variant("tired", (RETURN, tired)))[1] is None


def test_an_honest_one_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xorbench.judging.counterexample.TRIES", 30)
    assert smallest(BASELINE.path)[1] is None


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


ODD = 0.12345678901234567


@pytest.mark.parametrize(("only_there", "shown"), [("True", 0.1), (f"parameters[0][0, 0] == {ODD!r}", ODD)])
def test_where_no_small_network_shows_it_the_first_wrong_point_is_shown_in_the_fewest_digits_that_do(
    only_there: str, shown: float, variant: Variant, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The search is among networks of one or two inputs, and this fault is in those of three.
    monkeypatch.setattr("xorbench.judging.counterexample.TRIES", 10)
    workload = WORKLOADS["parity-3"]
    fault = f"    return [g * (1.5 if inputs.shape[1] == 3 and {only_there} else 1) for g in gradients]\n"
    rows = np.full((2, len(workload.entries)), ODD)
    rows[0] += 1 if shown == ODD else 0  # there it is right
    question = CounterexampleQuestion(points_of(workload, "float64", [Point(row, "odd") for row in rows]), seed=0)
    example = question.ask(load(read(variant("rarer", (RETURN, fault)))), lambda _: None)
    assert example is not None
    assert example.row.tolist() == [shown] * len(workload.entries)


@given(problems(WORKLOADS["deep"], "float64"))
@settings(derandomize=True)
def test_the_search_is_among_small_networks_with_few_samples_and_numbers_up_to_25(
    problem: tuple[Workload, np.ndarray],
) -> None:
    workload, row = problem
    inputs, *hidden, outputs = workload.layer_sizes
    assert inputs in (1, 2)
    assert outputs in (1, 2)
    assert len(hidden) <= len(WORKLOADS["deep"].layer_sizes) - 2
    assert {*hidden} <= {1, 2, 3, 4}
    assert 1 <= len(workload.inputs) == len(workload.targets) <= 4
    assert np.abs(workload.inputs).max() <= 2
    assert workload.targets.min() >= 0
    assert workload.targets.max() <= 1
    assert row.shape == (len(workload.entries),)
    assert np.abs(row).max() <= 25
