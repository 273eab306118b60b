"""Where gradients are judged, and what is true there: computed once for each point, shared by all implementations."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from benchmarks import oracle
from benchmarks.workloads import Parameters, Workload

SCALES = (0.01, 25.0)


@dataclass(frozen=True)
class Point:
    """Parameters of a workload at a dtype, and what to call them in a report."""

    label: str
    parameters: Parameters
    workload: Workload
    dtype: str

    @cached_property
    def truth(self) -> list[oracle.Balls]:
        """The true gradient."""
        return oracle.true_gradient(self.parameters, self.workload.inputs, self.workload.targets)

    @cached_property
    def bound(self) -> list[NDArray[np.float64]]:
        """How far rounding at the dtype explains an error, for each entry of the gradient."""
        balls = oracle.rounding_bound(self.parameters, self.workload.inputs, self.workload.targets, self.dtype)
        return [oracle.radii(around, truth) for around, truth in zip(balls, self.truth, strict=True)]


def shared_points(workload: Workload, dtype: str, count: int, seed: int) -> Sequence[Point]:
    """The initial parameters, then `count` random ones: uniform in [-s, s], s log-uniform from 0.01 to 25 for each."""
    random = np.random.RandomState(seed)
    initial = [p.astype(dtype) for p in workload.initial_parameters]
    points = [Point("the initial parameters", initial, workload, dtype)]
    for number in range(1, count + 1):
        scale = np.exp(random.uniform(*np.log(SCALES)))
        parameters = [random.uniform(-scale, scale, p.shape).astype(dtype) for p in workload.initial_parameters]
        points.append(Point(f"random point {number} (scale {scale:.2g})", parameters, workload, dtype))
    return points
