"""Coverage of 95 % intervals by three methods on simulated machines; Student's t was chosen because of it.

`python -m xorbench.studies.methods` compares Student's t, the BCa bootstrap and the exact sign test, for runs of
different numbers of launches.
"""

from collections.abc import Callable
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from xorbench.cli import choices
from xorbench.cli.options import Output, count
from xorbench.estimates.intervals import interval
from xorbench.record.settings import CONFIDENCE
from xorbench.record.studies import Data
from xorbench.studies import asking
from xorbench.studies.coverage import DRIFT, LAUNCH_EFFECT, ROUND_NOISE, ROUNDS

Numbers = NDArray[np.float64]
Ends = tuple[float, float]
Machine = Callable[[np.random.Generator, int], Numbers]

LAUNCHES = (8, 20, 40)
RUNS = 2_000
BOOTSTRAPPED_RUNS = 500  # fewer, because each resamples a thousand times


def student(values: Numbers) -> Ends:
    """Return the ends of Student's t interval of the mean, the interval of the tables."""
    found = interval(values.tolist())
    assert found.low is not None and found.high is not None  # noqa: PT018
    return float(np.log(found.low)), float(np.log(found.high))


def bootstrap(values: Numbers) -> Ends:
    """Return the ends of the bias-corrected and accelerated (BCa) bootstrap interval of the mean."""
    random = np.random.default_rng(0)
    found = stats.bootstrap((values,), np.mean, n_resamples=999, method="BCa", rng=random).confidence_interval
    return float(found.low), float(found.high)


def sign_test(values: Numbers) -> Ends:
    """Return the ends of the exact, distribution-free sign-test interval of the median."""
    # Two one-sided intervals, because quantile_test returns the interval that belongs to its alternative.
    below: Any = stats.quantile_test(values, alternative="less").confidence_interval((1 + CONFIDENCE) / 2)
    above: Any = stats.quantile_test(values, alternative="greater").confidence_interval((1 + CONFIDENCE) / 2)
    return float(above[0]), float(below[1])


METHODS: dict[str, Callable[[Numbers], Ends]] = {
    "Student's t": student,
    "BCa bootstrap": bootstrap,
    "sign test": sign_test,
}


def normal(random: np.random.Generator, launches: int) -> Numbers:
    """Return the numbers of launches with normally distributed launch effects and rounds."""
    return _run(random.normal(0, LAUNCH_EFFECT, launches), random.normal(0, ROUND_NOISE, (launches, 2, ROUNDS)))


def heavy_tails(random: np.random.Generator, launches: int) -> Numbers:
    """Return the numbers of launches whose effects and rounds follow Student's t with 3 and 2 degrees of freedom."""
    effects = LAUNCH_EFFECT * random.standard_t(3, launches)
    return _run(effects, ROUND_NOISE * random.standard_t(2, (launches, 2, ROUNDS)))


def drift(random: np.random.Generator, launches: int) -> Numbers:
    """Return the numbers of launches on a machine whose speed is a random walk from turn to turn."""
    walk = np.cumsum(random.normal(0, DRIFT, (launches, 2 * ROUNDS)), axis=1).reshape(launches, ROUNDS, 2)
    noise = random.normal(0, ROUND_NOISE, (launches, 2, ROUNDS)) + walk.swapaxes(1, 2)
    turned = random.random((launches, ROUNDS)) < 0.5  # the order of the two in a round is random
    noise = np.where(turned[:, None, :], noise[:, ::-1, :], noise)
    return _run(random.normal(0, LAUNCH_EFFECT, launches), noise)


def bad_launches(random: np.random.Generator, launches: int) -> Numbers:
    """Return the numbers of launches of which one in ten is shifted by up to 5 % in either direction."""
    effects = random.normal(0, LAUNCH_EFFECT, launches)
    effects += (random.random(launches) < 0.1) * random.uniform(-0.05, 0.05, launches)
    return _run(effects, random.normal(0, ROUND_NOISE, (launches, 2, ROUNDS)))


MACHINES: tuple[Machine, ...] = (normal, heavy_tails, drift, bad_launches)


def _run(effects: Numbers, noise: Numbers) -> Numbers:
    """Return the log-ratio of each launch of a run whose true log-ratio is 0."""
    return np.asarray(np.median(noise[:, 0] - noise[:, 1], axis=1) + effects)


def coverage(method: str, machine: Machine, launches: int, runs: int) -> Ends:
    """Return the share of runs whose interval covers the true value, and the median width of the intervals."""
    random = np.random.default_rng(launches)
    ends = np.array([METHODS[method](machine(random, launches)) for _ in range(runs)])
    return float(np.mean((ends[:, 0] <= 0) & (ends[:, 1] >= 0))), float(np.median(ends[:, 1] - ends[:, 0]))


def study(runs: int = RUNS, bootstrapped_runs: int = BOOTSTRAPPED_RUNS) -> Data:
    """Return coverage and width of all methods on all machines, at all numbers of launches, for JSON."""
    cells = []
    for machine in MACHINES:
        for launches in LAUNCHES:
            for method in METHODS:
                number = bootstrapped_runs if "BCa" in method else runs
                held, width = coverage(method, machine, launches, number)
                about = {"machine": machine.__name__.replace("_", " "), "launches": launches, "method": method}
                cells.append(about | {"runs": number, "held": held, "width": width})
    return {"runs": runs, "bootstrapped_runs": bootstrapped_runs, "confidence": CONFIDENCE, "cells": cells}


def main(
    runs: Annotated[int, count("Simulated runs.")] = RUNS,
    bootstrapped_runs: Annotated[
        int, count("Simulated runs for the bootstrap, which resamples each a thousand times.")
    ] = BOOTSTRAPPED_RUNS,
    output: Output = None,
) -> None:
    """Simulate the coverage of intervals by three methods."""
    folder = choices.folder(output)
    begun = asking.begun("methods", ("numpy", "scipy"))
    asking.keep(begun, study(runs, bootstrapped_runs), folder)


if __name__ == "__main__":
    asking.run("methods", main)
