"""The default settings of a run or a sweep: launches, rounds, minutes, points and cold starts."""

from collections.abc import Sequence

from xorbench.measures import MEASURES, Measure
from xorbench.record.settings import Settings

BUDGET_MINUTES = 5.0
BUDGET_MINUTES_WITH_RESOLUTION = 30.0
BUDGET_MINUTES_OF_A_SWEEP = 10.0

LAUNCHES, ROUNDS = 20, 100
"""Launches of a run, and rounds of a launch, where only the other of the two is given."""

QUICK_LAUNCHES, QUICK_ROUNDS = 5, 30

POINTS, QUICK_POINTS = 200, 50
"""Random points at which the gradients are checked before a run."""

COLD_STARTS = 3


def of_a_run(
    cpu: int,
    seed: int,
    quick: bool = False,
    launches: int | None = None,
    rounds: int | None = None,
    budget_minutes: float | None = None,
    resolution: float | None = None,
    cold_starts: int | None = None,
    measures: Sequence[Measure] = ("epoch",),
) -> Settings:
    """Return the settings of a run: the given ones, and defaults for the others.

    The amount of measurement is either fixed by `launches`, `rounds` or `quick`, or chosen by `budget_minutes` and
    `resolution`. Raises ValueError where both kinds are given. Epochs are always among the `measures`.
    """
    fixed = quick or launches is not None or rounds is not None
    if fixed and (budget_minutes is not None or resolution is not None):
        given = "--budget" if budget_minutes is not None else "--resolution"
        raise ValueError(f"{given} can't be combined with --launches, --rounds or --quick; leave out one or the other")
    otherwise = BUDGET_MINUTES if resolution is None else BUDGET_MINUTES_WITH_RESOLUTION
    return Settings(
        points=QUICK_POINTS if quick else POINTS,
        cpu=cpu,
        seed=seed,
        quick=quick,
        launches=(launches or (QUICK_LAUNCHES if quick else LAUNCHES)) if fixed else None,
        rounds=(rounds or (QUICK_ROUNDS if quick else ROUNDS)) if fixed else None,
        budget_minutes=None if fixed else budget_minutes or otherwise,
        resolution=resolution,
        cold_starts=cold_starts if cold_starts is not None else 0 if quick else COLD_STARTS,
        measures=[measure for measure in MEASURES if measure == "epoch" or measure in measures],
    )


def of_a_sweep(
    cpu: int,
    seed: int,
    points: int,
    threads: int,
    launches: int | None = None,
    rounds: int | None = None,
    budget_minutes: float | None = None,
) -> Settings:
    """Return the settings of a sweep with `threads` threads; `points` is the number of points of the gradient check."""
    return Settings(
        points=points,
        cpu=cpu,
        seed=seed,
        launches=launches,
        rounds=rounds,
        budget_minutes=budget_minutes,
        threads=threads,
        sweep=True,
    )
