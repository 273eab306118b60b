"""The points at which implementations are judged, which are the same for all of them.

A point is a set of parameters together with inputs and targets: those of the workload, or numbers drawn for the point.
"""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from xorbench.judging.layout import Layout, layout_of
from xorbench.workloads import Array, Parameters, Workload, flat
from xorbench.workloads.workload import Dtype

SCALES = (0.01, 25.0)

LOGITS = np.arange(-40.0, 41.0)
"""Mean logits of the last layer at the saturation points, from saturated at 0 to saturated at 1."""

POINTS_PER_LOGIT = 2

EXTREME_LOGITS = tuple(
    sign * size for size in (50, 88, 89, 100, 104, 700, 709, 710, 745, 746, 1_000) for sign in (1.0, -1.0)
)
"""Logits on both sides of where exp(z) overflows and exp(-z) underflows, in float32 (88.7, 103.9) and in float64."""

SHAPES: Sequence[tuple[int, int, int, int]] = (
    (1, 2, 5, 1),
    (2, 3, 3, 2),
    (3, 1, 7, 3),
    (5, 2, 2, 1),
    (7, 3, 9, 2),
    (9, 2, 1, 3),
    (33, 4, 6, 1),
    (5, 5, 13, 2),
)
"""Samples, inputs, units of a hidden layer and outputs of the shapes that differ from those of the workloads."""

FEW_SHAPES: Sequence[tuple[int, int, int, int]] = ((1, 3, 5, 2), (7, 2, 3, 3), (33, 1, 6, 1))
"""The shapes that stand for `SHAPES` in a short check, in the same order of numbers."""

POINTS_PER_SHAPE = 12

FULL_MULTIPLICATIONS = 1_000
"""The largest number of multiplications of a network that is judged at all points. Larger networks are judged at fewer
points, in proportion, so that no workload takes much longer than another."""

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Point:
    """One point: parameters as a flat row, and what it is called in a report.

    `problem` is the workload with inputs and targets of its own, or None for those of the workload. `scale` and `logit`
    are the range of random parameters and the mean logit of the last layer at a saturation point.
    """

    row: Array
    label: str
    problem: Workload | None = None
    scale: float = np.nan
    logit: float = np.nan


@dataclass(frozen=True, eq=False)
class Points:
    """Points of one workload, all of one shape: `rows` are the parameters, (points, entries), of the judged dtype."""

    workload: Workload
    rows: Array
    labels: Sequence[str]
    problems: Sequence[Workload]
    scales: Numbers = field(repr=False)
    logits: Numbers = field(repr=False)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def dtype(self) -> Dtype:
        """The dtype of the parameters."""
        return "float32" if self.rows.dtype == np.float32 else "float64"

    def __iter__(self) -> Iterator[tuple[Workload, Parameters]]:
        """Yield for each point the workload with its inputs and targets, and the parameter tensors (copies)."""
        for problem, row in zip(self.problems, self.rows, strict=True):
            yield problem, self.workload.shaped(row.copy())

    def chosen(self, numbers: Sequence[int] | NDArray[np.integer]) -> "Points":
        """Return the points of these numbers."""
        labels = [self.labels[number] for number in numbers]
        problems = [self.problems[number] for number in numbers]
        return Points(self.workload, self.rows[numbers], labels, problems, self.scales[numbers], self.logits[numbers])

    def __getitem__(self, part: slice) -> "Points":
        """Return the points of a slice."""
        return self.chosen(range(len(self))[part])

    @cached_property
    def layout(self) -> Layout:
        """The layout of a flat row of all that is judged at a point."""
        return layout_of(self.workload)


def points_of(workload: Workload, dtype: Dtype, points: Iterable[Point]) -> Points:
    """Return points of one workload at `dtype`; data of their own are rounded to it."""
    given = list(points)
    return Points(
        workload=workload,
        rows=np.array([point.row for point in given], dtype).reshape(len(given), len(workload.entries)),
        labels=[point.label for point in given],
        problems=[workload if point.problem is None else _rounded(point.problem, dtype) for point in given],
        scales=np.array([point.scale for point in given]),
        logits=np.array([point.logit for point in given]),
    )


def _rounded(problem: Workload, dtype: Dtype) -> Workload:
    inputs, targets = (array.astype(dtype).astype(np.float64) for array in (problem.inputs, problem.targets))
    return replace(problem, inputs=inputs, targets=targets)


def affordable(workload: Workload, number: int, least: int = 3) -> int:
    """Return how many of `number` points, or epochs, to compute in hundreds of bits; fewer for large networks.

    The result is at least `least`, or `number` where that is less.
    """
    return min(number, max(least, number * FULL_MULTIPLICATIONS // workload.multiplications))


def shared_points(
    workload: Workload, dtype: Dtype, count: int, seed: int, saturation: bool = True, varied: bool = True
) -> Points:
    """Return the points at the workload's own shape, drawn with `seed`.

    These are the initial parameters; `count` random points; with `saturation`, two points for each of `LOGITS`; with
    `varied`, `count` / 4 random points with real inputs and targets, points with each of `EXTREME_LOGITS` in the last
    and in the first layer, and points with special parameters. There are fewer of each kind where a network is large,
    see `affordable`.
    """
    random = np.random.RandomState(seed)
    kinds = [
        list(_random(workload, random, affordable(workload, count))),
        _some(workload, _saturated(workload, random)) if saturation else [],
    ]
    if varied:
        random = np.random.RandomState([seed, 1])
        kinds += [
            list(_real(workload, random, affordable(workload, -(-count // 4)))),
            _some(workload, _extreme(workload, random)),
            _some(workload, _special(workload, random, dtype)),
        ]
    return points_of(
        workload, dtype, [Point(flat(workload.initial_parameters), "the initial parameters"), *itertools.chain(*kinds)]
    )


def random_points(workload: Workload, dtype: Dtype, count: int, seed: int) -> Points:
    """Return the initial parameters and `count` random points, or as many as are affordable; with the usual data."""
    random = np.random.RandomState(seed)
    drawn = _random(workload, random, affordable(workload, count))
    return points_of(workload, dtype, [Point(flat(workload.initial_parameters), "the initial parameters"), *drawn])


def spread_points(workload: Workload, dtype: Dtype, count: int, seed: int) -> Points:
    """Return the initial parameters and `count` points drawn with `seed`, each uniform in [-1, 1]."""
    random = np.random.RandomState([seed, 3])
    drawn = [
        Point(random.uniform(-1, 1, len(workload.entries)), f"drawn parameters {number}")
        for number in range(1, count + 1)
    ]
    return points_of(workload, dtype, [Point(flat(workload.initial_parameters), "the initial parameters"), *drawn])


def stride(workload: Workload) -> int:
    """Return the distance of the numbers at which a workload has numbered points: 1, or more where it is large.

    A workload is judged at as many of them as `affordable` allows.
    """
    return -(-workload.multiplications // FULL_MULTIPLICATIONS)


def numbered_points(workload: Workload, dtype: Dtype, numbers: Iterable[int], seed: int) -> Points:
    """Return the points of these numbers in the endless sequence of points that `seed` gives.

    A point depends on workload, dtype, seed and its number alone, not on the other numbers. Of eight successive points,
    four are random with the usual data and two with real inputs and targets, one has a drawn logit in the last or in
    the first layer, and one has special parameters.
    """
    return points_of(workload, dtype, (_numbered(workload, dtype, number, seed) for number in numbers))


def _numbered(workload: Workload, dtype: Dtype, number: int, seed: int) -> Point:
    random = np.random.RandomState(np.random.MT19937(np.random.SeedSequence(seed, spawn_key=(number,))))
    kind = number // stride(workload) % 8
    if kind < 6:
        (point,) = (_random if kind < 4 else _real)(workload, random, 1)
        return replace(point, label=point.label.replace("random point 1", f"point {number}"))
    if kind == 6:
        point = _with_drawn_logit(workload, random)
    else:
        every = list(_special(workload, random, dtype))
        point = every[random.randint(len(every))]
    return replace(point, label=f"point {number} ({point.label})")


def _with_drawn_logit(workload: Workload, random: np.random.RandomState) -> Point:
    """Return a point uniform in [-1, 1], one of whose biases is shifted by one of LOGITS or EXTREME_LOGITS."""
    row = random.uniform(-1, 1, len(workload.entries))
    logit = random.choice([*LOGITS, *EXTREME_LOGITS])
    if len(workload.layer_sizes) > 2 and random.randint(2):
        row[workload.slices["b1"]] += logit
        return Point(row, f"hidden logits of about {logit:g}")
    return Point(_with_logit(workload, row, logit), f"mean output logit {logit:g}")


def shaped_points(workload: Workload, dtype: Dtype, seed: int, thorough: bool) -> Iterator[Points]:
    """Yield points with real inputs and targets for each of `SHAPES`, or of `FEW_SHAPES` if not `thorough`."""
    for number, shape in enumerate(_shapes(workload, thorough)):
        random = np.random.RandomState([seed, 2, number])
        kinds = itertools.chain(
            _real(shape, random, POINTS_PER_SHAPE - 4),
            itertools.islice(_extreme(shape, random), 3),
            itertools.islice(_special(shape, random, dtype), 1),
        )
        yield points_of(shape, dtype, [replace(point, label=f"{point.label} of {shape_of(shape)}") for point in kinds])


def reshaped(workload: Workload, seed: int) -> Iterator[Workload]:
    """Yield the workload at each of `SHAPES`, with that shape in its name, so that it can have numbered points.

    Inputs and targets are real numbers of float32 drawn with `seed`.
    """
    for number, shape in enumerate(_shapes(workload, thorough=True)):
        drawn = _rounded(_drawn(shape, np.random.RandomState([seed, 4, number])), "float32")
        yield replace(drawn, name=f"{workload.name} with {shape_of(shape)}")


def _shapes(workload: Workload, thorough: bool) -> Iterator[Workload]:
    """Yield the workload at each shape, with data of zeros and no initial parameters."""
    for samples, inputs, units, outputs in SHAPES if thorough else FEW_SHAPES:
        hidden = [units + layer for layer in range(len(workload.layer_sizes) - 2)]
        yield replace(
            workload,
            layer_sizes=(inputs, *hidden, outputs),
            inputs=np.zeros((samples, inputs)),
            targets=np.zeros((samples, outputs)),
            initial_parameters=[],
        )


def shape_of(workload: Workload) -> str:
    """Return the shape of a workload's data and network, as in "3 samples, layers 2-4-1"."""
    samples = len(workload.inputs)
    return f"{samples} sample{'s' if samples > 1 else ''}, layers {'-'.join(map(str, workload.layer_sizes))}"


def _some(workload: Workload, points: Iterable[Point]) -> list[Point]:
    """Return as many of the points as are affordable, evenly chosen."""
    every = list(points)
    return [every[round(n)] for n in np.linspace(0, len(every) - 1, affordable(workload, len(every)))]


def _random(workload: Workload, random: np.random.RandomState, count: int) -> Iterator[Point]:
    """Yield points with parameters uniform in [-s, s], with s log-uniform in `SCALES`."""
    smallest, largest = np.log(SCALES)
    scales = np.exp(random.uniform(float(smallest), float(largest), count))
    rows = scales[:, np.newaxis] * random.uniform(-1, 1, (count, len(workload.entries)))
    for number, (row, scale) in enumerate(zip(rows, scales, strict=True), start=1):
        yield Point(row, f"random point {number} (parameter scale {scale:.2g})", scale=scale)


def _saturated(workload: Workload, random: np.random.RandomState) -> Iterator[Point]:
    """Yield points uniform in [-1, 1], the last bias shifted so that the mean logit has each of the wanted values."""
    for number, logit in enumerate(np.repeat(LOGITS, POINTS_PER_LOGIT)):
        row = _with_logit(workload, random.uniform(-1, 1, len(workload.entries)), logit)
        yield Point(row, f"saturation point {number} (mean output logit {logit:g})", logit=logit)


def _with_logit(workload: Workload, row: Array, logit: float) -> Array:
    """Return `row` with the bias of the last layer shifted so that each output has this mean logit."""
    *hidden, bias = workload.shaped(row)  # views of the row
    bias += logit - workload.logits([*hidden, bias]).mean(axis=0)
    return row


def _real(workload: Workload, random: np.random.RandomState, count: int) -> Iterator[Point]:
    """Yield random points with real inputs and targets."""
    for point in _random(workload, random, count):
        yield replace(point, label=f"{point.label}, real data", problem=_drawn(workload, random), scale=np.nan)


def _drawn(workload: Workload, random: np.random.RandomState) -> Workload:
    """Return the workload with inputs uniform in [-3, 3] and targets in [-1, 2], or [0, 1] for cross-entropies."""
    low, high = (0, 1) if workload.recipe.loss == "cross-entropy" else (-1, 2)
    inputs = random.uniform(-3, 3, workload.inputs.shape)
    return replace(workload, inputs=inputs, targets=random.uniform(low, high, workload.targets.shape))


def _extreme(workload: Workload, random: np.random.RandomState) -> Iterator[Point]:
    """Yield points at which the logits of the last, or of the first hidden, layer are about each of EXTREME_LOGITS."""
    first = workload.slices["b1"]
    for logit in EXTREME_LOGITS:
        row = _with_logit(workload, random.uniform(-1, 1, len(workload.entries)), logit)
        yield Point(row, f"mean output logit {logit:g}")
        if len(workload.layer_sizes) > 2:
            row = random.uniform(-1, 1, len(workload.entries))
            row[first] += logit
            yield Point(row, f"hidden logits of about {logit:g}")


def _special(workload: Workload, random: np.random.RandomState, dtype: Dtype) -> Iterator[Point]:
    """Yield points with parameters that are special numbers: zeros, powers of two, subnormal, or equal."""
    entries = len(workload.entries)
    output_weights = workload.slices[workload.parameter_names[-2]]
    for zero in (0.0, 0.0, -0.0, 0.0):
        row = random.uniform(-1, 1, entries)
        row[output_weights] = zero
        yield Point(row, f"output weights {zero:g}")
    yield Point(np.zeros(entries), "all parameters 0")
    yield Point(np.full(entries, -0.0), "all parameters -0")
    for value in random.uniform(-2, 2, 2):
        yield Point(np.full(entries, value), f"all parameters {value:.2g}")
    tiny = float(np.finfo(dtype).smallest_normal)
    yield Point(tiny * random.uniform(-1, 1, entries), "all parameters subnormal")
    row = random.uniform(-1, 1, entries)
    row[workload.slices["W1"]] *= tiny
    yield Point(row, "weights of the first layer subnormal")
    for _ in range(4):
        yield Point(random.choice([-2, -1, -0.5, 0, 0.25, 1, 4], entries), "parameters that are powers of two or 0")
