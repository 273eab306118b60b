"""Audit of the oracle: gradients computed in three independent ways are compared with each other."""

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
from flint import ctx

from xorbench.judging.arithmetic import Balls
from xorbench.judging.derivation import evaluated
from xorbench.judging.error_stats import finite
from xorbench.judging.oracle import BITS, differences
from xorbench.judging.points import Numbers, affordable
from xorbench.judging.truths import inside, rounding_bound
from xorbench.record.parts import Dtype, Verdict
from xorbench.record.report import INSIDE, OUTSIDE, Audit
from xorbench.workloads import Array, Parameters, Workload, flat

POINTS = 20

ENTRIES = 50
"""The largest number of entries that are compared with differences at a point; a wide network is sampled at random."""

DIGITS = 60
"""The least number of decimal digits to which the differences and the derivation must agree."""

SEEN_DIGITS = BITS * math.log10(2)


def audit(workload: Workload, rows: Array, seed: int) -> Audit:
    """Return the audit of the oracle on `workload` at the points `rows`, (points, entries), of float64 or float32.

    `seed` chooses the entries that are compared where not all of them are. ReLU has no complex step.
    """
    random = np.random.RandomState(seed)
    count = min(affordable(workload, ENTRIES), len(workload.entries))
    digits, fractions = SEEN_DIGITS, []
    chosen = rows[: affordable(workload, len(rows))]
    for row in chosen:
        entries = np.sort(random.choice(len(workload.entries), count, replace=False))
        parameters = workload.shaped(row)
        with ctx.workprec(BITS):
            derived = evaluated(workload, parameters)[entries]
        digits = min(digits, common_digits(differences(workload, parameters, entries), derived))
        if workload.recipe.activation != "relu":
            error = np.abs(complex_step(workload, parameters, entries) - derived.astype(np.float64))
            bound = rounding_bound(workload, parameters, "float64")[entries]
            fractions.append(np.max(error / np.array([float(ball.rad()) for ball in bound])))
    apart = float(np.max(fractions)) if fractions else None
    agree = digits >= DIGITS and (apart is None or bool(inside(apart)))
    verdict: Verdict = INSIDE if agree else OUTSIDE
    dtype: Dtype = "float32" if rows.dtype == np.float32 else "float64"
    return Audit(workload.name, dtype, len(chosen), count, round(digits, 1), finite(apart), verdict)


def common_digits(some: Balls, others: Balls) -> float:
    """Return the number of decimal digits to which two rows of balls agree.

    It is -log10 of the largest relative difference of their midpoints; the number of digits of `BITS` where they are
    equal.
    """
    digits = SEEN_DIGITS
    with ctx.workprec(BITS):
        for one, other in zip(some, others, strict=True):
            apart, size = abs(one.mid() - other.mid()), abs(other.mid())
            if apart > 0:
                digits = min(digits, float((size / apart).log()) / math.log(10) if size > 0 else 0.0)
    return digits


def complex_step(workload: Workload, parameters: Parameters, entries: Iterable[int]) -> Numbers:
    """Return the derivatives of the loss by some entries, by the complex step: Im f(x + ih) / h with h = 1e-100.

    The arithmetic is complex128. No difference is taken, so nothing cancels. Sources: Lyness and Moler, Numerical
    Differentiation of Analytic Functions (1967); Squire and Trapp (1998).
    """
    step = 1e-100
    found = []
    row = flat(parameters).astype(np.complex128)
    for entry in entries:
        moved = row.copy()
        moved[entry] += 1j * step
        logits: Any = workload.logits(workload.shaped(moved))
        if workload.recipe.loss == "squared error":
            loss = np.sum((workload.targets - 1 / (1 + np.exp(-logits))) ** 2) / 2
        else:
            loss = np.sum(np.log1p(np.exp(np.where(workload.targets == 1, -logits, logits))))
        found.append(np.imag(loss) / step)
    return np.array(found)
