"""Table of the study of planted slowdowns: runs of a given length are resampled from its launches."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from xorbench.estimates.intervals import quantile
from xorbench.record.settings import CONFIDENCE
from xorbench.record.studies import Data
from xorbench.tables.cells import Table
from xorbench.tables.studies.typed import typed

Numbers = NDArray[np.float64]

DRAWS = 2_000
MINUTES = (1, 5)

POOLS, DRAWS_OF_A_POOL = 100, 200
"""Sets of launches that are drawn for the error of a share, and the runs that are drawn from each."""

CONTROLS = "A/A"
DRAWN = "A/A, random labels"


@dataclass(frozen=True)
class Planted:
    """The data of the study: the log-ratio of each launch by the name of the row, and how they were measured."""

    workload: str
    epochs: int
    rounds: int
    cpus: int
    busy_per_cpu: int
    log_ratios: dict[str, list[float]]
    seconds_per_launch_of_a_pair: float


def table_of(data: Data, minutes: Sequence[float] = MINUTES) -> Table:
    """Return the table of the study: verdicts of runs of `minutes`, resampled with replacement from all launches."""
    study = typed(Planted, data)
    generator = np.random.default_rng(0)
    # Which of the two copies is called the baseline is arbitrary. With random labels the true ratio of the pool is 1.
    pool = study.log_ratios
    drawn = [*pool[CONTROLS], *(-value for value in pool[CONTROLS])]
    lines = []
    for name, values in {**pool, DRAWN: drawn}.items():
        for length in minutes:
            launches = max(2, int(60 * length / study.seconds_per_launch_of_a_pair))
            means, halves = means_and_half_widths(generator.choice(values, (DRAWS, launches)))
            slower, faster = np.mean(means > halves), np.mean(means < -halves)
            lines.append(
                {
                    "planted": name,
                    "run length": f"{length:g} min",
                    "launches": str(launches),
                    "ratio, all launches": f"{np.exp(np.mean(values)):.4f}",
                    "ratios of runs, range": f"{np.exp(means.min()):.4f} to {np.exp(means.max()):.4f}",
                    "called slower": f"{slower:.1%}",
                    "standard error": f"{error_of_share(values, launches):.1%}",
                    "called faster": f"{faster:.1%}",
                    "not separated": f"{1 - slower - faster:.1%}",
                }
            )
    return Table("Planted slowdowns in runs of a pair", pd.DataFrame(lines), _notes(study))


def _notes(study: Planted) -> list[str]:
    launches = len(study.log_ratios[CONTROLS])
    return [
        f"{launches} launches of {study.rounds} rounds of {study.workload}: long rounds of {study.epochs} epochs "
        f"alternate with short rounds of half as many. Busy processes on each of {study.cpus} CPUs, that of the "
        f"clock included: {study.busy_per_cpu}. From these launches {DRAWS:,} runs of each length are drawn "
        f"with replacement. A launch of a pair with its control takes {study.seconds_per_launch_of_a_pair:.2f} s; "
        "the run length is the time of the launches, without the gradient check and the calibration before them. The "
        f"standard error is that of the share called slower, because the {launches} launches are a sample: they are "
        "drawn with replacement as well.",
        "A planted implementation is the baseline with additional epochs whose results are discarded. The target is "
        "that a run of one minute finds a slowdown of 1 % in 90 % of cases. A/A is the second copy of the baseline. In "
        f"{DRAWN}, the copy that counts as the baseline is drawn for each launch, so that the true ratio is 1 and "
        f"{1 - CONFIDENCE:.0%} of runs are expected to be separated.",
    ]


def error_of_share(values: Sequence[float], launches: int) -> float:
    """Return the standard error of the share of runs of `launches` launches that are called slower (bootstrap).

    The log-ratios `values` are one number per measured launch. New ones are drawn from them with replacement, and runs
    from these.
    """
    generator = np.random.default_rng(1)
    shares = []
    for pool in generator.choice(values, (POOLS, len(values))):
        means, halves = means_and_half_widths(generator.choice(pool, (DRAWS_OF_A_POOL, launches)))
        shares.append(np.mean(means > halves))
    return float(np.std(shares, ddof=1))


def means_and_half_widths(draws: Numbers) -> tuple[Numbers, Numbers]:
    """Return the means of runs and the half-widths of their intervals, from log-ratios of shape (runs, launches)."""
    launches = draws.shape[1]
    error = draws.std(axis=1, ddof=1) / np.sqrt(launches)
    return np.asarray(draws.mean(axis=1)), np.asarray(quantile(launches, CONFIDENCE) * error)
