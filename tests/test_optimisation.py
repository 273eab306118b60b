"""The optimisers: by hand in one dimension, beside those of two libraries, and where conventions part.

These libraries are imported where they are used, because each process of the tests imports every file.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from flint import arb, ctx

from xorbench.judging.arithmetic import Rounded, balls
from xorbench.judging.derivation import EXACT
from xorbench.judging.optimisation import moved, moves
from xorbench.judging.scope import DTYPES
from xorbench.workloads import WORKLOADS, Array, Recipe
from xorbench.workloads.workload import Dtype

if TYPE_CHECKING:
    import torch

START = np.array([1.0, -2.0, 0.5])
STRETCH = np.array([1.0, 0.1, 3.0])
"""The gradient at p is p times this: steep here, flat there."""

EPOCHS = 20

# Large enough that it matters where it stands.
RECIPES = {name: WORKLOADS[name].recipe._replace(rate=0.1) for name in ("momentum", "rmsprop", "adam")}
RECIPES |= {name: RECIPES[name]._replace(epsilon=0.1) for name in ("rmsprop", "adam")}


def ours(recipe: Recipe) -> Array:
    with ctx.workprec(200):
        point, move = balls(START), moves(recipe, 3, EXACT)
        for _ in range(EPOCHS):
            point = moved(recipe, point, move(point * balls(STRETCH)), EXACT)
        return point.astype(np.float64)


def by_torch(make: "Callable[[list[torch.Tensor]], torch.optim.Optimizer]") -> Array:
    import torch

    point = torch.tensor(START)
    optimiser = make([point])
    for _ in range(EPOCHS):
        point.grad = point * torch.tensor(STRETCH)
        optimiser.step()
    return point.numpy()


def by_optax(optimiser: Any) -> Array:
    import jax
    import optax

    jax.config.update("jax_enable_x64", True)
    point, state = jax.numpy.array(START), optimiser.init(jax.numpy.array(START))
    for _ in range(EPOCHS):
        move, state = optimiser.update(point * STRETCH, state)
        point = optax.apply_updates(point, move)
    return np.asarray(point)


def test_one_epoch_by_hand() -> None:
    gradient = balls(np.array([0.5]))
    assert moves(WORKLOADS["hidden"].recipe, 1, EXACT)(gradient) == [0.5]
    momentum = moves(RECIPES["momentum"], 1, EXACT)
    assert [float(momentum(gradient)[0]), float(momentum(gradient)[0])] == [0.5, 0.5 + 0.9 * 0.5]
    # RMSprop divides by the root of a hundredth of the square at first, and epsilon is added outside the root.
    first = {name: float(moves(RECIPES[name], 1, EXACT)(gradient)[0]) for name in ("rmsprop", "adam")}
    assert first["rmsprop"] == pytest.approx(0.5 / (0.1 * 0.5 + 0.1), rel=1e-14)
    # Adam is free of bias: its first move is the sign of the gradient, but for epsilon.
    assert first["adam"] == pytest.approx(0.5 / (0.5 + 0.1), rel=1e-14)


@pytest.mark.parametrize("optimiser", ["gradient descent", *RECIPES])
@pytest.mark.parametrize("dtype", DTYPES)
def test_rounded_moves_hold_the_exact_ones_and_those_of_floats(optimiser: str, dtype: Dtype) -> None:
    recipe = RECIPES.get(optimiser, WORKLOADS["hidden"].recipe._replace(rate=0.1))
    rounded = Rounded(dtype)
    with ctx.workprec(200):
        exact_move, move = moves(recipe, 3, EXACT), moves(recipe, 3, rounded)
        exact = around = balls(START)
        for _ in range(EPOCHS):
            exact = moved(recipe, exact, exact_move(exact * balls(STRETCH)), EXACT)
            slopes = rounded.each(rounded.times, around, balls(STRETCH))
            around = moved(recipe, around, move(slopes), rounded)
        assert all(ball.contains(true.mid()) for ball, true in zip(around, exact, strict=True))
        assert all(0 < ball.rad() < 1e9 * np.finfo(dtype).eps for ball in around)


@pytest.mark.parametrize("optimiser", ["rmsprop", "adam"])
def test_a_move_with_no_gradient_is_none(optimiser: str) -> None:
    with ctx.workprec(113):
        found = moves(RECIPES[optimiser], 1, Rounded("float64"))(balls(np.zeros(1)))[0]
        assert found.contains(0)
        assert found.rad() < 1e-100


def test_a_root_is_never_below_0() -> None:
    """The divisor is at least epsilon, 0.1, where the square may be anything from 0 to 1: 1 / (0.1 + 0)."""
    with ctx.workprec(113):
        found = moves(RECIPES["rmsprop"], 1, Rounded("float64"))(np.array([arb(0, 1)], dtype=object))[0]
    assert float(abs(found).upper()) == pytest.approx(10, rel=1e-6)


def same(found: Array, recipe: str) -> bool:
    return np.allclose(found, ours(RECIPES[recipe]), rtol=1e-12, atol=0)


def test_momentum_adds_the_whole_gradient_and_looks_nowhere_ahead() -> None:
    import optax
    import torch

    r = RECIPES["momentum"]
    assert same(by_torch(lambda p: torch.optim.SGD(p, r.rate, r.momentum)), "momentum")
    assert same(by_optax(optax.sgd(r.rate, r.momentum)), "momentum")
    assert not same(by_torch(lambda p: torch.optim.SGD(p, r.rate, r.momentum, dampening=r.momentum)), "momentum")
    assert not same(by_optax(optax.sgd(r.rate, r.momentum, nesterov=True)), "momentum")


def test_rmsprop_has_epsilon_outside_the_root() -> None:
    import optax
    import torch

    r = RECIPES["rmsprop"]
    assert same(by_torch(lambda p: torch.optim.RMSprop(p, r.rate, r.decay, r.epsilon)), "rmsprop")
    assert same(by_optax(optax.rmsprop(r.rate, r.decay, r.epsilon, eps_in_sqrt=False)), "rmsprop")
    assert not same(by_optax(optax.rmsprop(r.rate, r.decay, r.epsilon)), "rmsprop")


def test_adam_is_free_of_bias_and_has_epsilon_outside_the_root() -> None:
    import optax
    import torch

    r = RECIPES["adam"]
    assert same(by_torch(lambda p: torch.optim.Adam(p, r.rate, (r.momentum, r.decay), r.epsilon)), "adam")
    assert same(by_optax(optax.adam(r.rate, r.momentum, r.decay, r.epsilon)), "adam")
    assert not same(by_optax(optax.adam(r.rate, r.momentum, r.decay, eps=0.0, eps_root=r.epsilon)), "adam")
