"""Trainings from the same initial parameters, epoch by epoch, compared with the reference and the true trajectory."""

from collections.abc import Mapping

import numpy as np
from flint import ctx
from numpy.typing import NDArray

from xorbench.contract import REFERENCE
from xorbench.judging.arithmetic import Balls, balls
from xorbench.judging.derivation import EXACT, Network
from xorbench.judging.optimisation import moved, moves
from xorbench.judging.points import Numbers
from xorbench.record.report import Trajectory
from xorbench.workloads import Array, Workload, flat

BITS = 200
TRUE_EPOCHS = 1_000
SHOWN_PER_DECADE = 15


def true_trajectory(workload: Workload, epochs: int, bits: int = BITS) -> tuple[Numbers, Numbers]:
    """Return the true parameters before the first epoch and after each one, as a sum of two float64 arrays.

    Each array is (1 + epochs, entries). The training is computed with `bits` bits. Radii are dropped after each epoch,
    because they would grow far faster than the errors; a run with more bits shows that enough digits are right.
    """
    found = np.empty((2, 1 + epochs, len(workload.entries)))
    with ctx.workprec(bits):
        row: Balls = balls(flat(workload.initial_parameters))
        move = moves(workload.recipe, len(row), EXACT)
        for epoch in range(1 + epochs):
            for entry, ball in enumerate(row):
                high = float(ball)
                found[:, epoch, entry] = high, float(ball - high)
            gradient = _midpoints(Network(workload, workload.shaped(row), EXACT).gradient())
            row = _midpoints(moved(workload.recipe, row, _midpoints(move(gradient)), EXACT))
    return found[0], found[1]


def _midpoints(row: Balls) -> Balls:
    return np.array([ball.mid() for ball in row], dtype=object)


def trajectories(workload: Workload, rows: Mapping[str, Array], truth: tuple[Numbers, Numbers]) -> list[Trajectory]:
    """Return the comparison of every trajectory with that of the reference and with the true one.

    `rows` are the trajectories by implementation, (1 + epochs, entries); `truth` is from `true_trajectory`. The list
    is empty if the reference has no trajectory; one with distances or losses that overflow is left out.
    """
    if REFERENCE not in rows:
        return []
    reference = rows[REFERENCE]
    high, low = truth
    decades = np.log10(workload.epochs)
    shown = np.unique(np.geomspace(1, workload.epochs, round(decades * SHOWN_PER_DECADE) + 1).round().astype(int))
    found = []
    for name, row in rows.items():
        with np.errstate(over="ignore", invalid="ignore"):
            apart = np.abs(row - reference)
            units = np.spacing(np.maximum(np.abs(row), np.abs(reference)))
            decided = [workload.logits(workload.shaped(r)) > 0 for r in (row, reference)]
            from_truth = np.abs((row[: len(high)] - high) - low).max(axis=1)
            losses = workload.losses(workload.shaped(row[shown]))
        if not all(np.all(np.isfinite(numbers)) for numbers in (apart, from_truth, losses)):
            continue  # a record holds finite numbers only
        found.append(
            Trajectory(
                implementation=name,
                workload=workload.name,
                epochs=workload.epochs,
                bits=_first(row != reference),
                one_ulp=_first(apart > units),
                e12=_first(apart > 1e-12),
                e6=_first(apart > 1e-6),
                decisions=_first((decided[0] != decided[1]).reshape(len(row), -1)),
                at=shown.tolist(),
                from_reference=apart.max(axis=1)[shown].tolist(),
                from_truth=from_truth[shown[shown < len(high)]].tolist(),
                loss=losses.tolist(),
            )
        )
    return found


def _first(happens: NDArray[np.bool_]) -> int | None:
    """Return the first epoch in which any entry of `happens` is true; None if there is none."""
    epochs = np.flatnonzero(happens.any(axis=1))
    return int(epochs[0]) if len(epochs) else None
