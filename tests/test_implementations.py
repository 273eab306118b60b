"""The translations: one text in every framework, and both known answers from each."""

import ast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.contract import FOLDER, REFERENCE, Contract, Implementation, discover, load
from benchmarks.gradients.judge import DTYPES
from benchmarks.workloads import WORKLOADS, Parameters, Workload

every_workload = pytest.mark.parametrize("workload", WORKLOADS.values(), ids=lambda w: w.name)
every_dtype = pytest.mark.parametrize("dtype", DTYPES)


def trained(module: Contract, workload: Workload, epochs: int, dtype: str = "float64") -> Parameters:
    parameters, inputs, targets = module.convert(
        list(workload.initial_parameters), workload.inputs, workload.targets, dtype
    )
    return [module.to_numpy(p) for p in module.train(parameters, inputs, targets, workload.rate, epochs)]


def functions(implementation: Implementation) -> dict[str, ast.FunctionDef]:
    tree = ast.parse(implementation.path.read_text(encoding="utf-8"))
    return {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_the_three_frameworks_are_there() -> None:
    assert {"numpy_backprop", "torch_autograd", "jax_grad"} <= {i.name for i in discover()}


def test_no_file_shadows_a_library() -> None:
    for implementation in discover():
        assert implementation.name != implementation.framework


def test_the_same_functions_in_the_same_order_with_the_same_signatures(present: Implementation) -> None:
    reference = functions(discover()[0])
    translation = functions(present)
    assert list(translation) == list(reference)
    for name, function in reference.items():
        assert ast.unparse(translation[name].args) == ast.unparse(function.args)


@pytest.mark.parametrize("name", ["forward", "predict"])
def test_what_needs_no_translation_is_the_same_text(present: Implementation, name: str) -> None:
    assert ast.unparse(functions(present)[name]) == ast.unparse(functions(discover()[0])[name])


@every_workload
@every_dtype
def test_shapes_and_dtypes(module: Contract, workload: Workload, dtype: str) -> None:
    parameters, inputs, targets = module.convert(
        list(workload.initial_parameters), workload.inputs, workload.targets, dtype
    )
    results = {
        "convert": parameters,
        "gradient": module.gradient(parameters, inputs, targets),
        "step": module.step(parameters, inputs, targets, workload.rate),
        "train": module.train(parameters, inputs, targets, workload.rate, 3),
    }
    for name, arrays in results.items():
        plain = [module.to_numpy(a) for a in arrays]
        assert [a.shape for a in plain] == [p.shape for p in workload.initial_parameters], name
        assert [a.dtype for a in plain] == [np.dtype(dtype)] * len(plain), name
    predictions = module.to_numpy(module.predict(parameters, inputs))
    loss = module.to_numpy(module.loss(parameters, inputs, targets))
    assert (predictions.shape, predictions.dtype) == (workload.targets.shape, np.dtype(dtype))
    assert (loss.shape, loss.dtype) == ((), np.dtype(dtype))
    error = workload.targets - predictions
    assert float(loss) == pytest.approx(float(np.sum(error**2) / 2), rel=1e-6)


@every_workload
def test_the_known_answer_comes_out(module: Contract, workload: Workload) -> None:
    parameters, inputs, targets = module.convert(
        list(workload.initial_parameters), workload.inputs, workload.targets, "float64"
    )
    end = module.train(parameters, inputs, targets, workload.rate, workload.epochs)
    predictions = module.to_numpy(module.predict(end, inputs))
    loss = float(module.to_numpy(module.loss(end, inputs, targets)))
    assert workload.complaint(predictions, loss, [module.to_numpy(p) for p in end]) is None


@every_workload
def test_after_all_epochs_the_parameters_agree_with_the_reference(module: Contract, workload: Workload) -> None:
    ours = trained(module, workload, workload.epochs)
    reference = trained(load(discover()[0]), workload, workload.epochs)
    for a, b in zip(ours, reference, strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-9)


@every_workload
def test_training_is_steps_and_a_step_is_one_update(module: Contract, workload: Workload) -> None:
    parameters, inputs, targets = module.convert(
        list(workload.initial_parameters), workload.inputs, workload.targets, "float64"
    )
    before = [module.to_numpy(p).copy() for p in parameters]
    gradient = [module.to_numpy(g) for g in module.gradient(parameters, inputs, targets)]
    stepped = module.step(parameters, inputs, targets, workload.rate)
    for after, start, slope in zip(stepped, before, gradient, strict=True):
        np.testing.assert_allclose(module.to_numpy(after), start - workload.rate * slope, rtol=1e-14)
    twice = module.step(stepped, inputs, targets, workload.rate)
    for a, b in zip(trained(module, workload, 2), twice, strict=True):
        np.testing.assert_allclose(a, module.to_numpy(b), rtol=1e-14)
    for now, start in zip(parameters, before, strict=True):
        np.testing.assert_array_equal(module.to_numpy(now), start, "a step must not change the parameters it is given")


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


IMPLEMENTATIONS = [i for i in discover() if i.usable and i.name != REFERENCE]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0.01, 4), st.sampled_from(IMPLEMENTATIONS), st.sampled_from([*WORKLOADS]))
def test_every_function_agrees_with_the_reference_anywhere(
    seed: int, scale: float, implementation: Implementation, name: str
) -> None:
    workload = WORKLOADS[name]
    random = np.random.RandomState(seed)
    point: Parameters = [random.uniform(-scale, scale, p.shape) for p in workload.initial_parameters]
    results = []
    for module in (load(discover()[0]), load(implementation)):
        parameters, inputs, targets = module.convert(point, workload.inputs, workload.targets, "float64")
        outcome = [
            module.predict(parameters, inputs),
            module.loss(parameters, inputs, targets),
            *module.step(parameters, inputs, targets, workload.rate),
        ]
        results.append([module.to_numpy(array) for array in outcome])
    for a, b in zip(*results, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-14)


def test_nothing_in_the_folder_is_overlooked() -> None:
    assert {path.stem for path in FOLDER.glob("*.py")} == {i.name for i in discover()}
