"""Coverage of the intervals and ranks of a whole table, by simulation, for several distributions of launches.

`python -m xorbench.studies.coverage` simulates tables at several numbers of launches. The method of the intervals was
chosen with `python -m xorbench.studies.methods`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from xorbench.cli import choices
from xorbench.cli.options import Output, count
from xorbench.estimates.intervals import quantile
from xorbench.record.settings import CONFIDENCE
from xorbench.record.studies import Data
from xorbench.studies import asking

Numbers = NDArray[np.float64]

ROUNDS = 60

LAUNCH_EFFECT = 0.01
ROUND_NOISE = 0.02
DRIFT = 0.02

LAUNCHES_OF_TABLES = (5, 8, 11, 20)
RUNS_OF_TABLES = 10_000
RUNS_AT_ONCE = 200  # keeps the memory below 100 MB
SEED = 0

ROWS, COPIES = 11, 2
PAIRS = ROWS * (ROWS + 1) // 2

COMMON_EFFECT = 0.05
BAD_LUCK = 5 * LAUNCH_EFFECT
LOAD_STEP = 2 * LAUNCH_EFFECT
TRANSIENT, TIME_CONSTANT = 0.05, ROUNDS / 5

Shape = tuple[int, int, int]
Draw = Callable[[np.random.Generator, Shape], Numbers]


@dataclass(frozen=True)
class Law:
    """The distribution of the deviations of launches' log times from their expectation.

    `draw` returns deviations for a shape of (runs, rows, launches), in which the last rows are the copies
    of the baseline. `correlated` says whether a launch depends on the one before; if so, the targets do not apply.
    """

    name: str
    draw: Draw
    correlated: bool = False


def _normal(random: np.random.Generator, shape: Shape) -> Numbers:
    """Return independent, normally distributed launch effects."""
    return random.normal(0, LAUNCH_EFFECT, shape)


def _heavy_tails(random: np.random.Generator, shape: Shape) -> Numbers:
    """Return launch effects with the tails of Student's t with 3 degrees of freedom."""
    return LAUNCH_EFFECT * random.standard_t(3, shape)


def _drift(random: np.random.Generator, shape: Shape) -> Numbers:
    """Return medians over rounds in which the machine's speed is a random walk from turn to turn.

    The order of turns in a round is random. Rounds are relative to their mean, because it cancels in every ratio.
    """
    runs, rows, launches = shape
    walk = np.cumsum(random.normal(0, DRIFT, (runs, launches, ROUNDS, rows)), axis=-1)
    rounds = random.permuted(walk, axis=-1, out=walk)
    rounds += random.normal(0, ROUND_NOISE, rounds.shape)
    rounds -= rounds.mean(axis=-1, keepdims=True)
    return np.asarray(_normal(random, shape) + np.median(rounds, axis=2).swapaxes(1, 2))


def _bad_on_both_sides(random: np.random.Generator, shape: Shape) -> Numbers:
    """Return normal launch effects, one in ten of which is shifted by up to 5 % in either direction."""
    return _normal(random, shape) + (random.random(shape) < 0.1) * random.uniform(-0.05, 0.05, shape)


def _bad_on_one_side(share: float, random: np.random.Generator, shape: Shape) -> Numbers:
    """Return launch effects of which `share` are slower by 5 standard deviations, less their expectation."""
    return _normal(random, shape) + BAD_LUCK * ((random.random(shape) < share) - share)


def _skewed(random: np.random.Generator, shape: Shape) -> Numbers:
    """Return lognormal launch effects (sigma 1) with mean 0 and the usual standard deviation."""
    spread = np.sqrt((np.e - 1) * np.e)
    return np.asarray(LAUNCH_EFFECT * (random.lognormal(0, 1, shape) - np.sqrt(np.e)) / spread)


def _correlated(correlation: float, random: np.random.Generator, shape: Shape) -> Numbers:
    """Return launch effects with the given lag-1 autocorrelation, an AR(1) process."""
    effects = _normal(random, shape)
    for launch in range(1, shape[2]):
        fresh = np.sqrt(1 - correlation**2) * effects[..., launch]
        effects[..., launch] = correlation * effects[..., launch - 1] + fresh
    return effects


def _load_step(random: np.random.Generator, shape: Shape) -> Numbers:
    """Return launch effects of rows that become slower at a random launch, less each row's expectation in that run.

    Every row has its step at a launch of its own; the baseline has none. A run has no information on states that it did
    not see, so the expectation of a row is the mean over the launches of the run.
    """
    effects = _normal(random, shape)
    steps = effects[:, :ROWS]
    onsets = random.integers(1, shape[2], steps.shape[:2])
    later = np.arange(shape[2]) >= onsets[..., None]
    steps += LOAD_STEP * (later - later.mean(axis=-1, keepdims=True))
    return effects


def _warm_up(random: np.random.Generator, shape: Shape) -> Numbers:
    """Return medians over rounds in which the rows start 5 % slower and warm up, less the bias that remains."""
    rounds = random.normal(0, ROUND_NOISE, (*shape, ROUNDS))
    rounds[:, :ROWS] += _transient()
    medians = _normal(random, shape) + np.median(rounds, axis=-1)
    medians[:, :ROWS] -= warm_up_bias()
    return np.asarray(medians)


def _transient() -> Numbers:
    return np.asarray(TRANSIENT * np.exp(-np.arange(ROUNDS) / TIME_CONSTANT))


@cache
def warm_up_bias() -> float:
    """Return the bias of the median over a launch's rounds that is due to the warm-up, by simulation."""
    rounds = np.random.default_rng(SEED).normal(_transient(), ROUND_NOISE, (100_000, ROUNDS))
    return float(np.mean(np.median(rounds, axis=1)))


LAWS: tuple[Law, ...] = (
    Law("normal", _normal),
    Law("heavy tails", _heavy_tails),
    Law("drift within launches", _drift),
    Law("bad launches on both sides, 10 %", _bad_on_both_sides),
    Law("bad launches on one side, 10 %", partial(_bad_on_one_side, 0.1)),
    Law("bad launches on one side, 20 %", partial(_bad_on_one_side, 0.2)),
    Law("skewed: lognormal", _skewed),
    Law("load step", _load_step),
    Law("warm-up that is not over", _warm_up),
    Law("autocorrelation 0.2", partial(_correlated, 0.2), correlated=True),
    Law("autocorrelation 0.4", partial(_correlated, 0.4), correlated=True),
)


def numbers(times: Numbers, copies: Numbers) -> Numbers:
    """Return the log-ratio of each row in each launch: its log time less the mean log time of the baseline's copies.

    All arrays have the shape (runs, rows, launches) and are deviations from the expectation.
    """
    return np.asarray(times - copies.mean(axis=1, keepdims=True))


def right(values: Numbers) -> Numbers:
    """Return three numbers for each run, from deviations of log-ratios of shape (runs, rows, launches).

    The first is the share of rows whose single 95 % interval covers the truth. The second is 1 if the corrected
    intervals of all rows cover it. The third is 1 if the corrected intervals of all pairs cover it, pairs with the
    baseline included, so that no rank is false. All rows are equal, so a false rank is a pair found slower or faster.
    """
    launches = values.shape[-1]
    with_baseline = np.concatenate([values, np.zeros_like(values[:, :1])], axis=1)
    one, other = np.triu_indices(ROWS + 1, 1)
    rows, pairs = _standard_errors(values), _standard_errors(with_baseline[:, one] - with_baseline[:, other])
    single = np.mean(rows <= quantile(launches, CONFIDENCE), axis=1)
    together = np.all(rows <= quantile(launches, _corrected(ROWS)), axis=1)
    ranked = np.all(pairs <= quantile(launches, _corrected(PAIRS)), axis=1)
    return np.column_stack([single, together, ranked])


def _standard_errors(values: Numbers) -> Numbers:
    """Return the absolute mean over launches in units of its standard error."""
    error = values.std(axis=-1, ddof=1) / np.sqrt(values.shape[-1])
    return np.asarray(np.abs(values.mean(axis=-1)) / error)


def _corrected(comparisons: int) -> float:
    """Return the confidence of one interval with which `comparisons` of them hold simultaneously (Bonferroni)."""
    return 1 - (1 - CONFIDENCE) / comparisons


def cell(law: Law, launches: int, runs: int) -> Data:
    """Return the shares for one law and one number of launches, over `runs` simulated runs.

    The shares are `single`, `together` and `false_ranks` for a baseline with the same law; `normal_baseline` has the
    three shares for a baseline with normal launch effects. All rows of a launch share an effect, which cancels.
    """
    random = np.random.default_rng([SEED, LAWS.index(law), launches])
    same, other = [], []
    for done in range(0, runs, RUNS_AT_ONCE):
        shape = (min(RUNS_AT_ONCE, runs - done), ROWS + COPIES, launches)
        common = random.normal(0, COMMON_EFFECT, (shape[0], 1, launches))
        times = common + law.draw(random, shape)
        normal_copies = common + _normal(random, (shape[0], COPIES, launches))
        same.append(right(numbers(times[:, :ROWS], times[:, ROWS:])))
        other.append(right(numbers(times[:, :ROWS], normal_copies)))
    return _shares(np.concatenate(same)) | {"normal_baseline": _shares(np.concatenate(other))}


def _shares(found: Numbers) -> Data:
    single, together, _ = found.mean(axis=0).tolist()
    return {"single": single, "together": together, "false_ranks": float(np.mean(found[:, 2] == 0))}


def study(runs: int = RUNS_OF_TABLES) -> Data:
    """Return the shares for every law and number of launches with the settings of the simulation, for JSON.

    Each of `cells` is a result of `cell` with its `law` and `launches`. `warm_up_bias` is the expected log time of the
    warm-up law less that of the steady state.
    """
    return {
        "runs": runs,
        "seed": SEED,
        "rows": ROWS,
        "confidence": CONFIDENCE,
        "launches": [*LAUNCHES_OF_TABLES],
        "laws": [{"name": law.name, "correlated": law.correlated} for law in LAWS],
        "warm_up_bias": warm_up_bias(),
        "cells": [
            {"law": law.name, "launches": launches} | cell(law, launches, runs)
            for law in LAWS
            for launches in LAUNCHES_OF_TABLES
        ],
    }


def main(
    runs: Annotated[int, count("Simulated runs.")] = RUNS_OF_TABLES,
    output: Output = None,
) -> None:
    """Simulate the coverage of the intervals and ranks of tables."""
    folder = choices.folder(output)
    begun = asking.begun("coverage", ("numpy", "scipy"))
    asking.keep(begun, study(runs), folder)


if __name__ == "__main__":
    asking.run("coverage", main)
