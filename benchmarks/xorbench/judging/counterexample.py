"""The search for the smallest example of a wrong gradient: few units and round numbers."""

import importlib.util
import itertools
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from types import ModuleType
from typing import cast

import hypothesis
import numpy as np
from hypothesis import strategies as st

from xorbench.contract import Contract
from xorbench.contract.source_text import parsed, siblings
from xorbench.judging.answers import answers
from xorbench.judging.codec import ExactArray, ExactFloat, decoded, must_be
from xorbench.judging.layout import layout_of
from xorbench.judging.points import Point, Points, points_of
from xorbench.judging.truths import inside, truths_here
from xorbench.record.parts import Count, Natural, Part, Text
from xorbench.workloads import Array, Workload
from xorbench.workloads.workload import Dtype

TRIES = 300
"""The number of random small networks tried before the points at which the gradient is known to be wrong are used."""

MOST_UNITS = 4

FEWEST_DIGITS = range(1, 18)


@dataclass(frozen=True, eq=False)
class Example(Part):
    """A network, data and a point, a flat row of parameters, at which one entry is outside its bound.

    `name` and `index` are those of the entry: of a parameter's gradient, of the predictions, or of the loss.
    """

    layer_sizes: tuple[Count, ...]
    inputs: ExactArray
    targets: ExactArray
    row: ExactArray
    name: Text
    index: tuple[Natural, ...]
    truth: ExactFloat
    bound: ExactFloat

    def problem(self, workload: Workload) -> Workload:
        """Return the workload that the example is of: `workload` with this network and these data."""
        return replace(
            workload, layer_sizes=self.layer_sizes, inputs=self.inputs, targets=self.targets, initial_parameters=[]
        )


@dataclass(frozen=True, eq=False)
class CounterexampleQuestion:
    """A question for the smallest example of a wrong gradient.

    The implementation is known to be wrong at each of `points`. `seed` is that of the search.
    """

    points: Points
    seed: int

    @property
    def workload(self) -> Workload:
        """The workload whose activation and loss the example has."""
        return self.points.workload

    @property
    def dtype(self) -> Dtype:
        """The dtype that is judged."""
        return self.points.dtype

    @property
    def numbers(self) -> int:
        """The most numbers of an answer about a large network; the text of one about a small network needs no more."""
        return self.points.rows.shape[1] + self.workload.inputs.size + self.workload.targets.size

    def received(self, text: str) -> Example | None:
        """Return the answer that is sent as `text`. Raises ValueError, in one line, if it is none to this question."""
        if text == "null":
            return None
        example = decoded(Example, text)
        samples, sizes = example.inputs.shape[0] if example.inputs.ndim else 0, example.layer_sizes
        if len(sizes) < 2 or not samples:
            raise ValueError(f"{samples} samples and {len(sizes)} layers, expected 1 and 2 at least")
        must_be("inputs", example.inputs, (samples, sizes[0]), "float64")
        must_be("targets", example.targets, (samples, sizes[-1]), "float64")
        must_be("parameters", example.row, (sum((a + 1) * b for a, b in itertools.pairwise(sizes)),), self.dtype)
        if (example.name, list(example.index)) not in layout_of(example.problem(self.workload)).entries:
            raise ValueError(f"an entry {example.name}{list(example.index)}, which the network does not have")
        return example

    def ask(self, module: Contract, doing: Callable[[str], None]) -> Example | None:
        """Return the smallest example found, or None if a fresh import of `module` gives the right gradient there.

        In that case its gradients depend on earlier calls. `doing` is called with a description of the work.
        """
        example = self._smallest(module, doing)
        if example is None:
            return None
        return first_outside(afresh(module), self.dtype, example.problem(self.workload), example.row)

    def _smallest(self, module: Contract, doing: Callable[[str], None]) -> Example | None:
        def outside(problem: tuple[Workload, Array]) -> bool:
            doing("searching for the smallest example")
            return first_outside(module, self.dtype, *problem) is not None

        try:
            smallest = hypothesis.find(
                problems(self.workload, self.dtype),
                outside,
                settings=hypothesis.settings(
                    max_examples=TRIES, database=None, suppress_health_check=list(hypothesis.HealthCheck)
                ),
                random=Random(self.seed),
            )
            return first_outside(module, self.dtype, *smallest)
        except hypothesis.errors.HypothesisException:  # no example is so small, or the fault is not reproducible
            return self._rounded(module)

    def _rounded(self, module: Contract) -> Example | None:
        """Return the first point at which the implementation is wrong, with the fewest digits that show it."""
        for problem, row in zip(self.points.problems, self.points.rows, strict=True):
            if example := first_outside(module, self.dtype, problem, row):
                shorter = (first_outside(module, self.dtype, problem, rounded(row, digits)) for digits in FEWEST_DIGITS)
                return next((found for found in shorter if found), example)
        return None


def afresh(module: Contract) -> Contract:
    """Return a second import of the file of `module`, which has none of the state of the first one."""
    spec = cast(ModuleType, module).__spec__
    if spec is None or spec.loader is None:
        return module
    text = parsed(Path(spec.origin)) if spec.origin else None
    for path in siblings(text) if text else ():
        sys.modules.pop(path.stem, None)
    again = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(again)
    return cast(Contract, again)


def problems(workload: Workload, dtype: Dtype) -> st.SearchStrategy[tuple[Workload, Array]]:
    """Return a strategy for small workloads with a point, simplest first.

    Networks are no deeper than that of `workload`; there are one to four samples of zeros and ones.
    """
    hidden = st.lists(st.integers(1, MOST_UNITS), max_size=len(workload.layer_sizes) - 2)
    numbers = st.integers(-25, 25).map(float) | st.floats(-25, 25, width=32, allow_subnormal=False)
    low, high = (0, 1) if workload.recipe.loss == "cross-entropy" else (-2, 2)
    data = st.integers(0, 1).map(float)
    some_inputs, some_targets = (
        data | st.floats(*ends, width=32, allow_subnormal=False) for ends in ((-2, 2), (low, high))
    )

    @st.composite
    def problem(draw: st.DrawFn) -> tuple[Workload, Array]:
        sizes = (draw(st.integers(1, 2)), *draw(hidden), draw(st.integers(1, 2)))
        samples = draw(st.integers(1, 4))
        inputs, targets = (
            np.array([[draw(strategy) for _ in range(columns)] for _ in range(samples)], dtype=np.float64)
            for columns, strategy in ((sizes[0], some_inputs), (sizes[-1], some_targets))
        )
        found = replace(workload, layer_sizes=sizes, inputs=inputs, targets=targets, initial_parameters=[])
        return found, np.array([draw(numbers) for _ in found.entries], dtype=dtype)

    return problem()


def first_outside(module: Contract, dtype: Dtype, workload: Workload, row: Array) -> Example | None:
    """Return an example with the first entry at `row` that is outside its bound or missing.

    Returns None if all entries are inside, or if the implementation raises.
    """
    points = points_of(workload, dtype, [Point(row, "")])
    try:
        given = answers(module, points)
    except Exception:  # noqa: BLE001  an exception at another size is no example of a wrong gradient
        return None
    truth = truths_here(points)
    wrong = np.flatnonzero(~inside(truth.fractions(given.rows)[0]))
    if not len(wrong):
        return None
    entry = int(wrong[0])
    name, index = points.layout.entries[entry]
    return Example(
        layer_sizes=workload.layer_sizes,
        inputs=workload.inputs,
        targets=workload.targets,
        row=row,
        name=name,
        index=tuple(index),
        truth=float(truth.high[0, entry]),
        bound=float(truth.bound[0, entry]),
    )


def rounded(row: Array, digits: int) -> Array:
    """Return the numbers of `row` rounded to `digits` significant decimal digits, in the same dtype."""
    return np.array([float(f"{value:.{digits - 1}e}") for value in row], dtype=row.dtype)
