"""Wrong gradients, planted: each is a change to the reference's text, and a judge is worth what it refuses of them."""

import itertools
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any, cast

import numpy as np

from benchmarks.contract import FOLDER, REFERENCE, Contract
from benchmarks.gradients.answers import Given, put
from benchmarks.gradients.points import shared_points
from benchmarks.gradients.readings import finite
from benchmarks.gradients.truths import Numbers, Truths, truths
from benchmarks.gradients.verdicts import PlantedFault
from benchmarks.workloads import WORKLOADS, Array, Workload

POINTS = 100


@dataclass(frozen=True)
class Fault:
    """Each `old` in the reference's text becomes its `new`; or every entry is moved by some bounds, up or down."""

    name: str
    changes: tuple[tuple[str, str], ...] = ()
    kink: bool = False
    """Planted in a ReLU network, at points where an input sits on the kink."""
    bounds_of_noise: float = 0.0

    def text(self) -> str:
        """The faulty implementation. Raises ValueError where the reference no longer has what is to be changed."""
        text = (FOLDER / f"{REFERENCE}.py").read_text(encoding="utf-8")
        for old, new in (*(RELU if self.kink else ()), *self.changes):
            if old not in text:
                raise ValueError(f"the fault {self.name!r} changes nothing: {old!r} is not in {REFERENCE}.py")
            text = text.replace(old, new)
        return text


RELU = (
    (
        "        activations.append(sigmoid(activations[-1] @ weights + bias))\n",
        "        logits = activations[-1] @ weights + bias\n"
        "        last = len(activations) == len(parameters) // 2\n"
        "        activations.append(sigmoid(logits) if last else np.maximum(logits, 0))\n",
    ),
    ("blame * activations[layer] * (1 - activations[layer])", "blame * (activations[layer] > 0)"),
)
"""The reference as a ReLU network, whose slope at the kink is 0."""


def _ending(name: str, new: str) -> Fault:
    """One that is done to the finished gradient."""
    return Fault(name, (("    return gradients\n", new),))


def _start(name: str, new: str) -> Fault:
    """One that is done before the gradient is begun."""
    line = "    activations = forward(parameters, inputs)\n    error"
    return Fault(name, ((line, f"{new}{line}"),))


LAST_DELTA = "delta = -error * activations[-1] * (1 - activations[-1])"
HIDDEN_DELTA = "blame * activations[layer] * (1 - activations[layer])"

FAULTS = (
    Fault("none: the reference itself"),
    Fault("none: a ReLU network, on its kink", kink=True),
    _ending(
        "rounding only: one unit in the last place up",
        "    return [np.nextafter(g, g.dtype.type(9)) for g in gradients]\n",
    ),
    _ending(
        "rounding only: denormals flushed to zero",
        "    return [np.where(abs(g) < np.finfo(g.dtype).smallest_normal, 0, g) for g in gradients]\n",
    ),
    Fault("sign", ((LAST_DELTA, LAST_DELTA.replace("-error", "error")),)),
    Fault("derivative factor missing, last layer", ((LAST_DELTA, "delta = -error"),)),
    Fault("derivative factor missing, hidden layer", ((HIDDEN_DELTA, "blame"),)),
    Fault("operand transposed", (("[activations[-2].T @ delta,", "[activations[-2] @ delta,"),)),
    _ending("one entry zeroed", "    gradients[0][1, 0] = 0\n    return gradients\n"),
    Fault("off by one layer", ((HIDDEN_DELTA, HIDDEN_DELTA.replace("[layer]", "[layer + 1]")),)),
    _start(
        "stale parameters",
        "    parameters, gradient.last = getattr(gradient, 'last', parameters), parameters\n",
    ),
    _ending("mean for sum", "    return [g / len(inputs) for g in gradients]\n"),
    Fault("mean for sum, biases only", (("np.sum(delta, axis=0", "np.mean(delta, axis=0"),)),
    Fault("bias dropped in the forward pass", (("activations[-1] @ weights + bias", "activations[-1] @ weights"),)),
    _ending("bias gradients dropped", "    return [g if len(g) > 1 else 0 * g for g in gradients]\n"),
    *(
        _ending(f"factor 1 + {e}", f"    return [g * g.dtype.type(1 + {e}) for g in gradients]\n")
        for e in ("1e-3", "1e-6", "1e-9", "1e-12")
    ),
    Fault(
        "float32 inside float64",
        (
            (
                "return 1 / (1 + np.exp(-logits))",
                'return (1 / (1 + np.exp(-logits.astype("float32")))).astype(logits.dtype)',
            ),
        ),
    ),
    Fault(
        "ReLU's kink taken as 1/2",
        (
            (
                "blame * (activations[layer] > 0)",
                "blame * np.heaviside(activations[layer - 1] @ parameters[2 * layer - 2] + parameters[2 * layer - 1], "
                "blame.dtype.type(0.5))",
            ),
        ),
        kink=True,
    ),
    _start("one sample dropped", "    inputs, targets = inputs[:-1], targets[:-1]\n"),
    _start("targets shifted by one", "    targets = np.roll(targets, 1, axis=0)\n"),
    _ending("NaN in one entry", "    gradients[1][0, 0] = np.nan\n    return gradients\n"),
    _ending("all zeros", "    return [0 * g for g in gradients]\n"),
    _ending("shape (1,) for (1, 1)", "    return [*gradients[:-1], gradients[-1][0]]\n"),
    Fault(
        "of another loss: cross-entropy", ((LAST_DELTA, "delta = -error"), ("np.sum(error**2) / 2", "np.sum(error**2)"))
    ),
    Fault("of another loss: not halved", ((LAST_DELTA, LAST_DELTA.replace("-error", "-2 * error")),)),
    _ending(
        "cached: the first answer, whatever is asked",
        "    gradient.first = getattr(gradient, 'first', gradients)\n    return gradient.first\n",
    ),
    Fault("noise of twice the bound", bounds_of_noise=2.0),
)


def workload_of(fault: Fault) -> Workload:
    """The hidden network; for a fault of the kink the same with ReLU in the hidden layer."""
    hidden = WORKLOADS["hidden"]
    return replace(hidden, name="hidden, ReLU", activation="relu") if fault.kink else hidden


def fault_rows(workload: Workload, dtype: str, seed: int) -> Array:
    """The points, (points, entries): with ReLU the hidden biases are 0, so that the input (0, 0) is on the kink."""
    rows = shared_points(workload, dtype, POINTS, seed, saturation=False).rows
    if workload.activation == "relu":
        rows[:, workload.slices["b1"]] = 0
    return rows


def plant_all(cores: Executor, dtypes: Sequence[str], seed: int) -> "list[Future[PlantedFault]]":
    """Every fault in every dtype, in this order, over all cores."""
    found: dict[tuple[str, str], Future[PlantedFault]] = {}
    for dtype, kink in itertools.product(dtypes, (False, True)):
        faults = [fault for fault in FAULTS if fault.kink == kink]
        workload = workload_of(faults[0])
        rows = fault_rows(workload, dtype, seed)
        truth = truths(workload, dtype, rows, cores)
        found |= {(fault.name, dtype): cores.submit(plant, fault, dtype, rows, truth, seed) for fault in faults}
    return [found[fault.name, dtype] for fault in FAULTS for dtype in dtypes]


def plant(fault: Fault, dtype: str, rows: Array, truths: Truths, seed: int) -> PlantedFault:
    """What this judge and the others say of one fault at some points, (points, entries)."""
    workload = workload_of(fault)
    faulty, honest = _module(fault.text()), _module(replace(fault, changes=()).text())
    given, right = (Given(np.full_like(rows, np.nan)) for _ in range(2))
    refused = dict.fromkeys(TOLERANCES, 0)
    noise = np.random.RandomState(seed).choice([-fault.bounds_of_noise, fault.bounds_of_noise], rows.shape)
    with np.errstate(all="ignore"):
        for number, row in enumerate(rows):
            problem = honest.convert(workload.shaped(row), workload.inputs, workload.targets, dtype)
            put(right, number, workload, dtype, honest.gradient(*problem))
            tensors = faulty.gradient(*problem)
            if fault.bounds_of_noise:
                moves = workload.shaped((noise[number] * truths.bound[number]).astype(dtype))
                tensors = [tensor + move for tensor, move in zip(tensors, moves, strict=True)]
            put(given, number, workload, dtype, [np.array(tensor) for tensor in tensors])
            true = workload.shaped(truths.high[number])
            for name, close in TOLERANCES.items():
                refused[name] += not all(np.all(close(g, t)) for g, t in zip(tensors, true, strict=True))
        apart = np.max(np.abs(given.rows.astype(np.float64) - right.rows) / truths.units(dtype))
        fractions = truths.fractions(given.rows)
    return PlantedFault(
        fault=fault.name,
        workload=workload.name,
        dtype=dtype,
        points=len(rows),
        ulps=finite(apart),
        of_bound=finite(np.max(fractions)),
        judge=int(np.count_nonzero(~np.all(fractions <= 1, axis=1))),
        **refused,
    )


def _clipped(value: Array, truth: Numbers, tolerance: float) -> Any:
    """A relative error whose denominator is at least 1: below 1 it is an absolute one."""
    return np.abs(value - truth) / np.maximum(np.abs(truth), 1) <= tolerance


TOLERANCES: dict[str, Callable[[Array, Numbers], Any]] = {
    "clipped_1e4": lambda value, truth: _clipped(value, truth, 1e-4),
    "clipped_1e8": lambda value, truth: _clipped(value, truth, 1e-8),
    "allclose": np.allclose,
}
"""What others would say, with the true gradient to compare with."""


def _module(text: str) -> Contract:
    module = ModuleType("planted")
    exec(compile(text, "planted.py", "exec"), vars(module))
    return cast(Contract, module)
