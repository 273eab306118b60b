"""A recipe can be fixed by a compiler, and stands in a record as plain data."""

import json

from xorbench.workloads import WORKLOADS, Recipe


def test_equal_recipes_are_one_key() -> None:
    recipe = WORKLOADS["adam"].recipe
    assert {recipe: 1}[Recipe(**recipe._asdict())] == 1
    assert recipe._replace(rate=2.0) != recipe


def test_it_survives_json() -> None:
    for workload in WORKLOADS.values():
        assert Recipe(**json.loads(json.dumps(workload.recipe._asdict()))) == workload.recipe


def test_what_an_optimiser_has_no_use_for_is_zero() -> None:
    recipes = {workload.recipe.optimiser: workload.recipe for workload in WORKLOADS.values()}
    assert recipes["gradient descent"][4:] == (0, 0, 0)
    assert recipes["momentum"][5:] == (0, 0)
    assert recipes["rmsprop"].momentum == 0
