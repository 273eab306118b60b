"""Training is judged after one epoch and after ten: honest updates are inside, one wrong constant is outside."""

import numpy as np
import pytest

from tests.conftest import BASELINE, Variant
from xorbench.contract import load, read
from xorbench.judging.truths import Truths, inside
from xorbench.judging.update_task import PHASES, UpdateQuestion, update_layout
from xorbench.judging.updates import LARGEST_SHARE, starts, update_truths
from xorbench.workloads import WORKLOADS, Workload

OPTIMISERS = {"gradient descent": "hidden", "momentum": "momentum", "rmsprop": "rmsprop", "adam": "adam"}


@pytest.fixture(scope="module")
def truths() -> dict[str, Truths]:
    """By name of the workload, the true parameters after the first epochs."""
    names = [*OPTIMISERS.values(), "neuron", "deep", "hidden-float32"]
    return {name: update_truths(starts(WORKLOADS[name], WORKLOADS[name].dtype, seed=0)) for name in names}


def fractions(workload: Workload, truth: Truths, name: str = "", path: object = None) -> np.ndarray:
    module = load(read(path) if path else BASELINE)  # type: ignore[arg-type]
    points = starts(workload, workload.dtype, seed=0)
    with np.errstate(all="ignore"):
        given = UpdateQuestion(points).ask(module, lambda _: None)
    assert not given.complaints, name
    return truth.fractions(given.rows)


@pytest.mark.parametrize("name", [*OPTIMISERS.values(), "neuron", "deep", "hidden-float32"])
def test_honest_training_is_inside_and_nearly_all_of_it_is_judged(name: str, truths: dict[str, Truths]) -> None:
    found = fractions(WORKLOADS[name], truths[name])
    assert np.all(inside(found))
    judged = np.isfinite(truths[name].bound).mean(axis=1)  # by start
    # In float32 one rounding of a parameter is more than a thousandth of what an epoch moves many of them.
    assert judged.max() >= (0.4 if name == "hidden-float32" else 0.9)


WRONG = {
    "rate": ("hidden", "p - recipe.rate * m", "p - 2 * recipe.rate * m"),
    "rate of the neuron": ("neuron", "p - recipe.rate * m", "p - 2 * recipe.rate * m"),
    "rate by 1e-11": ("hidden", "p - recipe.rate * m", "p - (1 + 1e-11) * recipe.rate * m"),
    "direction": ("neuron", "p - recipe.rate * m", "p + recipe.rate * m"),
    "momentum": ("momentum", "recipe.momentum * m + g", "0.91 * m + g"),
    "dampening": ("momentum", "recipe.momentum * m + g", "recipe.momentum * m + (1 - recipe.momentum) * g"),
    "epsilon inside the root": ("rmsprop", "np.sqrt(s) + recipe.epsilon", "np.sqrt(s + recipe.epsilon)"),
    "epsilon of 1e-7": ("adam", "np.sqrt(s) + recipe.epsilon", "np.sqrt(s) + 1e-7"),
    "decay": ("rmsprop", "recipe.decay * s + (1 - recipe.decay)", "0.9 * s + (1 - 0.9)"),
    "no correction of the mean": ("adam", "m / (1 - recipe.momentum**epochs)", "m"),
    "no correction of the square": ("adam", "s / (1 - recipe.decay**epochs)", "s"),
    "epsilon before the correction": (
        "adam",
        "m / (np.sqrt(s) + recipe.epsilon)",
        "m / (np.sqrt(s) + recipe.epsilon / np.sqrt(1 - recipe.decay**epochs))",
    ),
    "epochs counted from 0": ("adam", "        epochs += 1\n", ""),
}


@pytest.mark.parametrize("fault", WRONG)
def test_a_wrong_update_is_outside(fault: str, truths: dict[str, Truths], variant: Variant) -> None:
    name, old, new = WRONG[fault]
    found = fractions(WORKLOADS[name], truths[name], fault, variant("wrong_update", (old, new)))
    assert not np.all(inside(found))


def test_a_train_that_is_not_its_step_is_outside(truths: dict[str, Truths], variant: Variant) -> None:
    path = variant("longer", ("    for _ in range(epochs):\n", "    for _ in range(epochs + (epochs > 5)):\n"))
    found = fractions(WORKLOADS["hidden"], truths["hidden"], "", path)
    groups = update_layout(WORKLOADS["hidden"]).groups
    assert {group: bool(np.all(inside(found[:, where]))) for group, where in groups.items()} == {
        "parameters after 1 epoch (train)": True,
        "parameters after 10 epochs (train)": False,
        "parameters after 1 epoch (step)": True,
        "parameters after 10 epochs (step)": True,
    }


def test_only_entries_that_are_known_to_a_thousandth_of_their_way_are_judged(truths: dict[str, Truths]) -> None:
    assert LARGEST_SHARE == 1e-3
    workload = WORKLOADS["adam"]
    points = starts(workload, "float64", seed=0)
    truth = truths["adam"]
    way = np.abs((truth.high - np.tile(points.rows, len(PHASES))) + truth.low)
    judged = np.isfinite(truth.bound)
    assert np.all(truth.bound[judged] <= 1e-3 * way[judged])
    assert np.all(truth.bound[judged] > 0)
