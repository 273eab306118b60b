"""What a round must end with: the reference's parameters, trained in a process of its own."""

import numpy as np
from conftest import Variant

from benchmarks.clock.expected import expected
from benchmarks.contract import REFERENCE, discover, load, read
from benchmarks.workloads import WORKLOADS, flat


def test_it_is_the_reference_trained() -> None:
    hidden = WORKLOADS["hidden"]
    found = expected(discover()[0], [(hidden, 3), (WORKLOADS["neuron"], 7)])
    assert set(found) == {("hidden", 3), ("neuron", 7)}
    reference = load(discover()[0])
    converted = reference.convert(list(hidden.initial_parameters), hidden.inputs, hidden.targets, "float64")
    trained_here = flat(reference.train(hidden.recipe, *converted, 3))
    # Not to the bit: a variable of ours, OPENBLAS_CORETYPE say, may choose other instructions here than there.
    np.testing.assert_allclose(found["hidden", 3], trained_here, rtol=1e-12)


def test_no_answer_is_no_expectation(variant: Variant) -> None:
    silent = read(variant(REFERENCE, ("    for _ in range(epochs):", "    1 / 0\n    for _ in range(epochs):")))
    assert expected(silent, [(WORKLOADS["neuron"], 1)]) == {}
