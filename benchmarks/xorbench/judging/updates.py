"""Training judged against derived bounds: the parameters after one epoch and after ten, from several starts.

The derivation runs through the update rule, with the rounding error of every operation, so that a wrong rate, decay,
epsilon or bias correction is outside.
"""

from dataclasses import replace

import numpy as np
from flint import ctx

from xorbench.judging.arithmetic import Balls, Exact, Rounded, balls
from xorbench.judging.derivation import EXACT, Network
from xorbench.judging.optimisation import moved, moves
from xorbench.judging.oracle import BITS
from xorbench.judging.points import Points, affordable, spread_points
from xorbench.judging.truths import GUARD_BITS, Truths, write_truths
from xorbench.judging.update_task import PHASES, update_layout
from xorbench.workloads import Workload
from xorbench.workloads.workload import Dtype

STARTS = 4
"""The number of drawn starts, besides the initial parameters."""

LARGEST_SHARE = 1e-3
"""An entry is judged only where its bound is at most this share of the way that the parameter moved."""


def starts(workload: Workload, dtype: Dtype, seed: int) -> Points:
    """Return the starts of the trainings that are judged: the initial parameters, and uniform random ones."""
    return spread_points(workload, dtype, affordable(workload, STARTS, least=1), seed)


def ends(workload: Workload, start: Balls, arithmetic: Exact) -> Balls:
    """Return the parameters after each of the epochs of `PHASES`, one row after the other."""
    row, reached = start, {}
    move = moves(workload.recipe, len(start), arithmetic)
    for epoch in range(1, max(epochs for _, epochs in PHASES) + 1):
        gradient = Network(workload, workload.shaped(row), arithmetic).gradient()
        row = reached[epoch] = moved(workload.recipe, row, move(gradient), arithmetic)
    return np.concatenate([reached[epochs] for _, epochs in PHASES])


def update_truths(points: Points) -> Truths:
    """Return the true parameters after each phase and their bounds, (points, phases times entries), on this core.

    The bound is infinite where it is more than LARGEST_SHARE of the way that the parameter moved.
    """
    layout = update_layout(points.workload)
    found = np.empty((3, len(points), len(layout.entries)))
    for number, row in enumerate(points.rows):
        start = balls(row)
        with ctx.workprec(BITS):
            true = ends(points.workload, start, EXACT)
        with ctx.workprec(int(np.finfo(points.dtype).nmant) + 1 + GUARD_BITS):
            around = ends(points.workload, start, Rounded(points.dtype))
        write_truths(found[:, number], true, around, layout.entries)
    truths = Truths(*found)
    way = np.abs((truths.high - np.tile(points.rows.astype(np.float64), len(PHASES))) + truths.low)
    return replace(truths, bound=np.where(truths.bound <= LARGEST_SHARE * way, truths.bound, np.inf))
