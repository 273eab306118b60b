"""Starts of timed rounds: drawn by the workload's own generator, and still moving at the end of the longest round."""

import pickle
from functools import cache

import numpy as np
import pytest

from xorbench.contract import Implementation, discover, load
from xorbench.workloads import WORKLOADS, Array, Workload, flat, named

SIZED = ("width-2-batch-4", "width-64-batch-16", "width-1024-batch-1024")
EVERY = (*WORKLOADS, *SIZED)

QUICK = (
    *(name for name in WORKLOADS if named(name).most_epochs <= 2_000),
    "width-64-batch-1024",
    "width-1024-batch-1024",
)
"""Workloads whose longest rounds the reference trains in a second."""


REFERENCE, COMPILED = (next(i for i in discover() if i.name == name) for name in ("numpy_backprop", "c_strict"))


loaded = cache(load)


@cache
def trained(workload: Workload, epochs: int, seed: int, implementation: Implementation = REFERENCE) -> Array:
    module = loaded(implementation)
    converted = module.convert(workload.drawn(seed), workload.inputs, workload.targets, workload.dtype)
    with np.errstate(all="ignore"):
        return flat(module.train(workload.recipe, *converted, epochs))


@pytest.mark.parametrize("name", EVERY)
def test_the_initial_parameters_are_those_of_a_seed(name: str) -> None:
    workload = named(name)
    seed = 4 if name.startswith("parity") else 1
    for drawn, initial in zip(workload.drawn(seed), workload.initial_parameters, strict=True):
        assert drawn.tobytes() == initial.tobytes()


@pytest.mark.parametrize("name", EVERY)
def test_other_seeds_are_other_starts_of_the_same_kind(name: str) -> None:
    workload = named(name)
    one, other = workload.drawn(2**32 - 1), workload.drawn(0)
    assert flat(one).tobytes() != flat(other).tobytes()
    assert flat(one).tobytes() == flat(workload.drawn(2**32 - 1)).tobytes()
    for parameters in (one, other):
        assert [p.shape for p in parameters] == workload.shapes
        assert {str(p.dtype) for p in parameters} == {"float64"}
        assert not any(p.flags.writeable for p in parameters)


@pytest.mark.parametrize("name", ["neuron", "relu", "parity-3", "width-2-batch-4"])
def test_a_workload_travels_with_its_generator(name: str) -> None:
    workload = named(name)
    there: Workload = pickle.loads(pickle.dumps(workload))
    assert flat(there.drawn(7)).tobytes() == flat(workload.drawn(7)).tobytes()


@pytest.mark.parametrize("name", EVERY)
def test_the_most_epochs_of_a_round_are_even_and_affordable(name: str) -> None:
    workload = named(name)
    assert workload.most_epochs % 2 == 0
    assert 2 <= workload.most_epochs <= workload.comparable_epochs
    assert workload.most_epochs == 2 or workload.most_epochs * workload.multiply_adds <= 48_000_000


@pytest.mark.parametrize(
    ("name", "epochs"),
    [
        *((name, named(name).most_epochs) for name in QUICK),
        *((name, epochs) for name in EVERY for epochs in (10, 200) if epochs < named(name).most_epochs),
    ],
)
def test_stopping_a_tenth_earlier_is_noticed(name: str, epochs: int) -> None:
    workload = named(name)
    for seed in (101, 102, 103):
        start, end = flat(workload.drawn(seed)), trained(workload, epochs, seed)
        earlier = trained(workload, epochs - max(1, epochs // 10), seed)
        way = np.max(np.abs(end - start))
        assert np.max(np.abs(end - earlier)) >= 10 * workload.tolerance * way


@pytest.mark.parametrize("name", [name for name in EVERY if name not in QUICK])
def test_stopping_a_tenth_earlier_is_noticed_in_longer_rounds_than_the_reference_trains_here(name: str) -> None:
    if not COMPILED.usable:
        pytest.skip(f"{COMPILED.name}: {COMPILED.missing or COMPILED.broken}")
    workload = named(name)
    epochs = workload.most_epochs
    start, end = flat(workload.drawn(101)).astype(workload.dtype), trained(workload, epochs, 101, COMPILED)
    earlier = trained(workload, epochs - epochs // 10, 101, COMPILED)
    assert np.max(np.abs(end - earlier)) >= 10 * workload.tolerance * np.max(np.abs(end - start))


@pytest.mark.parametrize("name", EVERY)
def test_a_round_from_another_start_ends_elsewhere(name: str) -> None:
    workload = named(name)
    epochs = min(workload.most_epochs, 200)
    one, other = trained(workload, epochs, 101), trained(workload, epochs, 102)
    way = np.max(np.abs(one - flat(workload.drawn(101))))
    assert np.max(np.abs(one - other)) >= 10 * workload.tolerance * way


def test_a_longer_round_of_the_neuron_would_have_settled() -> None:
    neuron = WORKLOADS["neuron"]
    end, earlier = trained(neuron, 10_000, 101), trained(neuron, 9_000, 101)
    assert np.max(np.abs(end - earlier)) < neuron.tolerance * np.max(np.abs(end - flat(neuron.drawn(101))))


@pytest.mark.parametrize("name", QUICK)
def test_rounding_stays_below_a_tenth_of_the_tolerance(name: str) -> None:
    # The start moved by one unit in the last place is as much as rounding does in one epoch, or more.
    workload = named(name)
    module = loaded(REFERENCE)
    for seed in (101, 102, 103):
        moved = [np.nextafter(p, np.inf) for p in workload.drawn(seed)]
        converted = module.convert(moved, workload.inputs, workload.targets, workload.dtype)
        with np.errstate(all="ignore"):
            other = flat(module.train(workload.recipe, *converted, workload.most_epochs))
        end = trained(workload, workload.most_epochs, seed)
        way = np.max(np.abs(end - flat(workload.drawn(seed))))
        assert np.max(np.abs(end - other)) <= workload.tolerance / 10 * way
