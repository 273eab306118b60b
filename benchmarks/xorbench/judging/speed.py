"""Benchmarks of the judge: the oracle by width, true gradients by number of points, and a whole judgement.

Run `pytest benchmarks/xorbench/judging/speed.py`. The option `--points 100000` sets the number of points of the whole
judgement, which then takes minutes.
"""

from dataclasses import replace

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from xorbench.contract import discover
from xorbench.cores import all_cores
from xorbench.judging.derivation import evaluated
from xorbench.judging.judge import judge
from xorbench.judging.oracle import differences
from xorbench.judging.points import random_points
from xorbench.judging.scope import DTYPES
from xorbench.judging.truths import BATCH, truths
from xorbench.workloads import WORKLOADS

HIDDEN = WORKLOADS["hidden"]


@pytest.mark.parametrize("width", [4, 8, 16, 32, 64])
@pytest.mark.parametrize("way", [differences, evaluated], ids=lambda way: way.__name__)
def test_oracle(benchmark: BenchmarkFixture, way: object, width: int) -> None:
    benchmark.group = f"one point, 2-{width}-1"
    shapes = [(2, width), (1, width), (width, 1), (1, 1)]
    random = np.random.RandomState(0)
    parameters = [random.uniform(-1, 1, shape) for shape in shapes]
    wide = replace(HIDDEN, layer_sizes=(2, width, 1))
    benchmark.pedantic(way, args=(wide, parameters), rounds=3, warmup_rounds=1)


@pytest.mark.parametrize("batches", [4, 8, 16])
def test_truths(benchmark: BenchmarkFixture, batches: int) -> None:
    benchmark.group = "true gradients and bounds over all cores, hidden"
    benchmark.extra_info["points"] = batches * BATCH
    points = random_points(HIDDEN, "float64", batches * BATCH - 1, seed=0)
    with all_cores() as cores:
        truths(points[: 4 * BATCH], cores)  # starts the processes before the timing
        benchmark.pedantic(truths, args=(points, cores), rounds=3)


def test_judge(benchmark: BenchmarkFixture, points: int) -> None:
    benchmark.extra_info["points"] = points
    each = max(1, points // (len(WORKLOADS) * len(DTYPES)))
    present = [implementation for implementation in discover() if implementation.usable]
    report = benchmark.pedantic(judge, args=(present, list(WORKLOADS.values()), each, 0), rounds=1)
    assert report.passed
