"""The translations: one text in every framework, and both known answers from each."""

import ast
import functools
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import BASELINE, EVERYBODY, loaded
from xorbench.contract import FUNCTIONS, REFERENCE, Contract, Implementation
from xorbench.contract.source_text import functions_of, imported, siblings
from xorbench.judging.arithmetic import balls
from xorbench.judging.derivation import EXACT
from xorbench.judging.optimisation import moved, moves
from xorbench.judging.scope import DTYPES
from xorbench.places import IMPLEMENTATIONS
from xorbench.workloads import WORKLOADS, Parameters, Workload, flat

KINDS = ("neuron", "hidden", "momentum", "rmsprop", "adam", "kink", "deep")
SHAPES = ("hidden", "deep")
"""Of both losses, one layer and more; what optimisers and kinks do to shapes and dtypes, the judge sees."""

FEW = ("hidden", "adam")
"""Those on which files that are tuned run with the fast tests: each further one is a compilation of many."""


def of_each(names: Sequence[str]) -> pytest.MarkDecorator:
    """Each implementation on these workloads; one that takes seconds to compile is slow, and on `hidden` alone."""
    pairs = [
        pytest.param(i, WORKLOADS[name], id=f"{i.name}-{name}", marks=[pytest.mark.slow] if slow else [])
        for i in EVERYBODY
        for name in (("hidden",) if i.slow_to_compile else names)
        if i.usable
        for slow in [i.slow_to_compile or (i.tier == "tuned" and name not in FEW)]
    ]
    return pytest.mark.parametrize(("present", "workload"), pairs)


every_dtype = pytest.mark.parametrize("dtype", DTYPES)


def trained(module: Contract, workload: Workload, epochs: int) -> Parameters:
    parameters, inputs, targets = module.convert(
        list(workload.initial_parameters), workload.inputs, workload.targets, "float64"
    )
    return [module.to_numpy(p) for p in module.train(workload.recipe, parameters, inputs, targets, epochs)]


def text(implementation: Implementation) -> ast.Module:
    return ast.parse(implementation.path.read_text(encoding="utf-8"))


@functools.cache
def functions(implementation: Implementation) -> dict[str, ast.FunctionDef]:
    return functions_of(text(implementation))


def test_the_three_frameworks_are_there() -> None:
    assert {"numpy_backprop", "torch_autograd", "jax_grad"} <= {i.name for i in EVERYBODY}


def test_no_file_shadows_a_library() -> None:
    for implementation in EVERYBODY:
        assert implementation.name != implementation.framework


TRANSLATIONS = [i for i in EVERYBODY if i.usable and "forward" in functions(i) and i.tier == "idiomatic"]


def test_the_same_functions_in_the_same_order_with_the_same_signatures(present: Implementation) -> None:
    reference = functions(BASELINE)
    translation = functions(present)
    common = [name for name in reference if name in translation]
    assert {*FUNCTIONS} <= {*common, *imported(text(present))}
    assert [name for name in translation if name in FUNCTIONS] == [name for name in common if name in FUNCTIONS]
    if present in TRANSLATIONS:
        assert [name for name in translation if name in reference] == common
        assert {"activate", "forward", "update"} <= {*common}
        for name in common:
            assert ast.unparse(translation[name].args) == ast.unparse(reference[name].args)


def test_an_idiomatic_file_is_whole(present: Implementation) -> None:
    assert present.tier == "tuned" or siblings(text(present)) == []


def test_the_three_translations_are_judged_as_such() -> None:
    assert {"numpy_backprop", "torch_autograd", "jax_grad"} <= {i.name for i in TRANSLATIONS}


@pytest.mark.parametrize("name", ["forward", "predict"])
@pytest.mark.parametrize("present", TRANSLATIONS, ids=lambda i: i.name)
def test_what_needs_no_translation_is_the_same_text(present: Implementation, name: str) -> None:
    assert ast.unparse(functions(present)[name]) == ast.unparse(functions(BASELINE)[name])


@of_each(SHAPES)
@pytest.mark.parametrize("dtype", ["float64", pytest.param("float32", marks=pytest.mark.slow)])
def test_shapes_and_dtypes(module: Contract, workload: Workload, dtype: str) -> None:
    parameters, inputs, targets = module.convert(
        list(workload.initial_parameters), workload.inputs, workload.targets, dtype
    )
    recipe = workload.recipe
    results = {
        "convert": parameters,
        "gradient": module.gradient(recipe, parameters, inputs, targets),
        "step": module.step(recipe, module.begin(recipe, parameters), inputs, targets)[0],
        "train": module.train(recipe, parameters, inputs, targets, 3),
    }
    for name, arrays in results.items():
        plain = [module.to_numpy(a) for a in arrays]
        assert [a.shape for a in plain] == [p.shape for p in workload.initial_parameters], name
        assert [a.dtype for a in plain] == [np.dtype(dtype)] * len(plain), name
    predictions = module.to_numpy(module.predict(recipe, parameters, inputs))
    loss = module.to_numpy(module.loss(recipe, parameters, inputs, targets))
    assert (predictions.shape, predictions.dtype) == (workload.targets.shape, np.dtype(dtype))
    assert (loss.shape, loss.dtype) == ((), np.dtype(dtype))
    expected = {
        "squared error": np.sum((workload.targets - predictions) ** 2) / 2,
        "cross-entropy": -np.sum(np.log(np.where(workload.targets == 1, predictions, 1 - predictions))),
    }
    assert float(loss) == pytest.approx(float(expected[recipe.loss]), rel=1e-5)


@of_each(KINDS)
def test_training_is_steps_and_a_step_is_one_update(module: Contract, workload: Workload) -> None:
    """Each by the optimiser's formula, from the gradients that the file itself gives along the way."""
    recipe = workload.recipe
    parameters, inputs, targets = module.convert(
        list(workload.initial_parameters), workload.inputs, workload.targets, "float64"
    )
    row = flat(workload.initial_parameters)
    move = moves(recipe, len(row), EXACT)
    state = module.begin(recipe, parameters)
    for epochs in (1, 2, 3):
        gradient = flat([module.to_numpy(g) for g in module.gradient(recipe, state[0], inputs, targets)])
        row = moved(recipe, balls(row), move(balls(gradient)), EXACT).astype(np.float64)
        state = module.step(recipe, state, inputs, targets)
        np.testing.assert_allclose(flat([module.to_numpy(p) for p in state[0]]), row, rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(flat(trained(module, workload, epochs)), row, rtol=1e-12, atol=1e-14)
    for now, start in zip(parameters, workload.initial_parameters, strict=True):
        np.testing.assert_array_equal(module.to_numpy(now), start, "training must not change what it is given")


def test_no_epochs_change_nothing(module: Contract) -> None:
    workload = WORKLOADS["hidden"]
    for end, start in zip(trained(module, workload, 0), workload.initial_parameters, strict=True):
        np.testing.assert_array_equal(end, start)


def test_converted_arrays_are_copies(module: Contract) -> None:
    workload = WORKLOADS["hidden"]
    originals = [p.copy() for p in workload.initial_parameters]
    parameters, _, _ = module.convert(originals, workload.inputs, workload.targets, "float64")
    for original in originals:
        original[...] = 7
    for converted, start in zip(parameters, workload.initial_parameters, strict=True):
        np.testing.assert_array_equal(module.to_numpy(converted), start)


OTHERS = [i for i in EVERYBODY if i.usable and i.name != REFERENCE and not i.slow_to_compile]


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0.01, 4), st.sampled_from(OTHERS), st.sampled_from(KINDS))
def test_every_function_agrees_with_the_reference_anywhere(
    seed: int, scale: float, implementation: Implementation, name: str
) -> None:
    workload = WORKLOADS[name]
    random = np.random.RandomState(seed)
    point: Parameters = [random.uniform(-scale, scale, p.shape) for p in workload.initial_parameters]
    results = []
    for module in (loaded(BASELINE), loaded(implementation)):
        parameters, inputs, targets = module.convert(point, workload.inputs, workload.targets, "float64")
        outcome = [
            module.predict(workload.recipe, parameters, inputs),
            module.loss(workload.recipe, parameters, inputs, targets),
            *module.gradient(workload.recipe, parameters, inputs, targets),
        ]
        results.append([module.to_numpy(array) for array in outcome])
    for a, b in zip(*results, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-14)


def test_nothing_in_the_folder_is_overlooked() -> None:
    assert {path.stem for path in IMPLEMENTATIONS.glob("[!_]*.py")} == {i.name for i in EVERYBODY}
