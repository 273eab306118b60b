"""What a run measures where it is not told."""

from typing import Any

import pytest

from xorbench.record.settings import Settings
from xorbench.suite import defaults

FREE: dict[str, Any] = {"points": 200, "cpu": 3, "seed": 7, "cold_starts": 3}
FIXED = FREE | {"launches": 20, "rounds": 100}
QUICK: dict[str, Any] = {
    "points": 50,
    "cpu": 3,
    "seed": 7,
    "cold_starts": 0,
    "quick": True,
    "launches": 5,
    "rounds": 30,
}


@pytest.mark.parametrize(
    ("given", "settings"),
    [
        ({}, FREE | {"budget_minutes": 5.0}),
        ({"budget_minutes": 2.0}, FREE | {"budget_minutes": 2.0}),
        ({"resolution": 0.05}, FREE | {"budget_minutes": 30.0, "resolution": 0.05}),
        ({"resolution": 0.05, "budget_minutes": 2.0}, FREE | {"budget_minutes": 2.0, "resolution": 0.05}),
        ({"launches": 4}, FIXED | {"launches": 4}),
        ({"rounds": 6}, FIXED | {"rounds": 6}),
        ({"launches": 4, "rounds": 6, "cold_starts": 0}, FIXED | {"launches": 4, "rounds": 6, "cold_starts": 0}),
        ({"quick": True}, QUICK),
        ({"quick": True, "launches": 4, "rounds": 6}, QUICK | {"launches": 4, "rounds": 6}),
        ({"quick": True, "cold_starts": 2}, QUICK | {"cold_starts": 2}),
    ],
)
def test_a_run_has_what_was_given_and_the_rest_by_default(given: dict[str, Any], settings: dict[str, Any]) -> None:
    assert defaults.of_a_run(3, 7, **given) == Settings(**settings)


@pytest.mark.parametrize("fixed", [{"quick": True}, {"launches": 4}, {"rounds": 6}])
@pytest.mark.parametrize("chosen", [{"budget_minutes": 2.0}, {"resolution": 0.05}])
def test_how_much_is_measured_is_fixed_or_chosen(fixed: dict[str, Any], chosen: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="can't be combined with --launches, --rounds or --quick"):
        defaults.of_a_run(3, 7, **fixed, **chosen)


def test_a_sweep_has_what_was_given() -> None:
    plain: dict[str, Any] = {"points": 9, "cpu": 3, "seed": 7, "threads": 2, "sweep": True}
    assert defaults.of_a_sweep(3, 7, 9, 2) == Settings(**plain, cold_starts=0)
    assert defaults.of_a_sweep(3, 7, 9, 2, launches=4, rounds=6) == Settings(**plain, launches=4, rounds=6)
    assert defaults.of_a_sweep(3, 7, 9, 2, budget_minutes=8.0) == Settings(**plain, budget_minutes=8.0)


def test_settings_that_say_no_more_are_of_one_thread_and_of_epochs_only() -> None:
    settings = Settings(points=1, cpu=0, seed=0)
    assert (settings.threads, settings.measures) == (1, ["epoch"])
    assert (settings.quick, settings.sweep, settings.cold_starts) == (False, False, 0)
