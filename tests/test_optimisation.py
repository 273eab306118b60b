"""The optimisers: by hand in one dimension, beside those of two libraries, and where conventions part."""

from collections.abc import Callable
from typing import Any

import jax
import numpy as np
import optax
import pytest
import torch
from flint import arb

from xorbench.judging.optimisation import moves
from xorbench.workloads import WORKLOADS, Array, Recipe

jax.config.update("jax_enable_x64", True)

START = np.array([1.0, -2.0, 0.5])
STRETCH = np.array([1.0, 0.1, 3.0])
"""The gradient at p is p times this: steep here, flat there."""

EPOCHS = 20

# Large enough that it matters where it stands.
RECIPES = {name: WORKLOADS[name].recipe._replace(rate=0.1) for name in ("momentum", "rmsprop", "adam")}
RECIPES |= {name: RECIPES[name]._replace(epsilon=0.1) for name in ("rmsprop", "adam")}


def ours(recipe: Recipe) -> Array:
    point, move = START, moves(recipe, np.zeros(3))
    for _ in range(EPOCHS):
        point = point - recipe.rate * move(point * STRETCH)
    return point


def by_torch(make: Callable[[list[torch.Tensor]], torch.optim.Optimizer]) -> Array:
    point = torch.tensor(START)
    optimiser = make([point])
    for _ in range(EPOCHS):
        point.grad = point * torch.tensor(STRETCH)
        optimiser.step()
    return point.numpy()


def by_optax(optimiser: Any) -> Array:
    point, state = jax.numpy.array(START), optimiser.init(jax.numpy.array(START))
    for _ in range(EPOCHS):
        move, state = optimiser.update(point * STRETCH, state)
        point = optax.apply_updates(point, move)
    return np.asarray(point)


def test_one_epoch_by_hand() -> None:
    gradient = np.array([0.5])
    start = np.zeros(1)
    assert moves(WORKLOADS["hidden"].recipe, start)(gradient) == [0.5]
    momentum = moves(RECIPES["momentum"], start)
    assert [momentum(gradient)[0], momentum(gradient)[0]] == [0.5, 0.5 + 0.9 * 0.5]
    # RMSprop divides by the root of a hundredth of the square at first, and epsilon is added outside the root.
    assert moves(RECIPES["rmsprop"], start)(gradient)[0] == pytest.approx(0.5 / (0.1 * 0.5 + 0.1), rel=1e-14)
    # Adam is free of bias: its first move is the sign of the gradient, but for epsilon.
    assert moves(RECIPES["adam"], start)(gradient)[0] == pytest.approx(0.5 / (0.5 + 0.1), rel=1e-14)


def test_balls_move_as_floats_do() -> None:
    for recipe in RECIPES.values():
        move, exact = moves(recipe, np.zeros(3)), moves(recipe, np.array([arb(0)] * 3, dtype=object))
        for gradient in (START, STRETCH):
            found = exact(np.array([arb(g) for g in gradient], dtype=object))
            np.testing.assert_allclose(move(gradient), [float(ball) for ball in found], rtol=1e-12)


def same(found: Array, recipe: str) -> bool:
    return np.allclose(found, ours(RECIPES[recipe]), rtol=1e-12, atol=0)


def test_momentum_adds_the_whole_gradient_and_looks_nowhere_ahead() -> None:
    r = RECIPES["momentum"]
    assert same(by_torch(lambda p: torch.optim.SGD(p, r.rate, r.momentum)), "momentum")
    assert same(by_optax(optax.sgd(r.rate, r.momentum)), "momentum")
    assert not same(by_torch(lambda p: torch.optim.SGD(p, r.rate, r.momentum, dampening=r.momentum)), "momentum")
    assert not same(by_optax(optax.sgd(r.rate, r.momentum, nesterov=True)), "momentum")


def test_rmsprop_has_epsilon_outside_the_root() -> None:
    r = RECIPES["rmsprop"]
    assert same(by_torch(lambda p: torch.optim.RMSprop(p, r.rate, r.decay, r.epsilon)), "rmsprop")
    assert same(by_optax(optax.rmsprop(r.rate, r.decay, r.epsilon, eps_in_sqrt=False)), "rmsprop")
    assert not same(by_optax(optax.rmsprop(r.rate, r.decay, r.epsilon)), "rmsprop")


def test_adam_is_free_of_bias_and_has_epsilon_outside_the_root() -> None:
    r = RECIPES["adam"]
    assert same(by_torch(lambda p: torch.optim.Adam(p, r.rate, (r.momentum, r.decay), r.epsilon)), "adam")
    assert same(by_optax(optax.adam(r.rate, r.momentum, r.decay, r.epsilon)), "adam")
    assert not same(by_optax(optax.adam(r.rate, r.momentum, r.decay, eps=0.0, eps_root=r.epsilon)), "adam")
