"""The true gradient, without the chain rule, so that it shares no mistake with implementations; predictions, loss."""

from collections.abc import Callable, Iterable

import numpy as np
from flint import arb, ctx

from xorbench.judging.arithmetic import Ball, Balls, balls
from xorbench.judging.derivation import evaluated
from xorbench.workloads import Parameters, Workload

BITS = 640
STEP = arb(2) ** -160
SMALLEST = arb(float(np.finfo(np.float64).smallest_normal))

UNCERTAINTY = arb(2) ** -200
"""The relative uncertainty of the true gradient: 60 digits, as the audit shows. It has an effect only where a gradient
has no rounding errors at all."""

MOST_DIFFERENCES = 100
"""The largest number of entries times samples for which differences are used: they cost two forward passes an entry.
Above it, one pass of the derivation at the same precision is used, and the audit compares a sample of its entries with
differences."""


def true_values(workload: Workload, parameters: Parameters, by_differences: bool = True) -> Balls:
    """Return all that is judged at `parameters` in one flat row: the gradient, the predictions, and the loss.

    Each is a ball of about 90 digits. Without `by_differences` all of them are from the derivation.
    """
    if not by_differences or len(workload.entries) * len(workload.inputs) > MOST_DIFFERENCES:
        return _narrow(lambda: evaluated(workload, parameters))
    return np.concatenate([differences(workload, parameters), _narrow(lambda: _ends(workload, parameters))])


def _narrow(compute: Callable[[], Balls]) -> Balls:
    """Return the row of `compute`, with as many bits as each number needs to be as certain as the oracle promises."""
    for bits in (BITS, 2 * BITS, 3 * BITS):
        with ctx.workprec(bits):
            found = compute()
        if all(ball.rad() <= UNCERTAINTY * max(abs(ball.mid()), SMALLEST) for ball in found):
            break
    return found


def _ends(workload: Workload, parameters: Parameters) -> Balls:
    """Return the predictions and the loss in a flat row."""
    layers, _ = _forward([balls(p) for p in parameters], balls(workload.inputs), workload.recipe.activation)
    loss = _LOSSES[workload.recipe.loss](layers[-1], balls(workload.targets))
    return np.array([*(1 / (1 + np.exp(-layers[-1]))).ravel(), loss], dtype=object)


def differences(workload: Workload, parameters: Parameters, entries: Iterable[int] | None = None) -> Balls:
    """Return central differences (f(x + h) - f(x - h)) / 2h of the loss by `entries` of the flat row, or by all.

    The arithmetic has 640 bits and h = 2^-160. The truncation error is of the order of h^2 = 2^-320 times the third
    derivative, the rounding error of the order of 2^-480; if that is too large beside a tiny derivative, all is
    repeated with more bits. A ReLU that is off or at its kink at the point itself stays off.
    """
    chosen = range(len(workload.entries)) if entries is None else list(entries)
    return _narrow(lambda: _differences(workload, parameters, chosen))


def _differences(workload: Workload, parameters: Parameters, entries: Iterable[int]) -> Balls:
    point, targets = [balls(p) for p in parameters], balls(workload.targets)
    activation, loss = workload.recipe.activation, _LOSSES[workload.recipe.loss]
    layers, switches = _forward(point, balls(workload.inputs), activation)
    found = []
    for entry in entries:
        name, place = workload.entries[entry]
        which, index = workload.parameter_names.index(name), tuple(place)
        layer, unit = which // 2, [index[1]]  # neither earlier layers nor other units of its layer change
        value = point[which][index]
        losses = []
        for moved in (value + STEP, value - STEP):
            point[which][index] = moved
            logits = layers[layer] @ point[2 * layer][:, unit] + point[2 * layer + 1][:, unit]
            above, units = point[2 * layer + 2 :], layers[layer + 1].copy()
            units[:, unit] = _ACTIVATIONS[activation](logits, switches[layer][:, unit]) if above else logits
            losses.append(loss(_forward(above, units, activation, switches[layer + 1 :])[0][-1], targets))
        point[which][index] = value
        found.append((losses[0] - losses[1]) / (2 * STEP))
    return np.array(found, dtype=object)


def _forward(
    parameters: list[Balls], inputs: Balls, activation: str, switches: list[Balls] | None = None
) -> tuple[list[Balls], list[Balls]]:
    """Return the inputs, the activations of each hidden layer and the logits; and for each layer which units are on.

    `switches`, if given, states which units are on.
    """
    layers, found = [inputs], []
    for number, (weights, bias) in enumerate(zip(parameters[::2], parameters[1::2], strict=True), start=1):
        logits = layers[-1] @ weights + bias
        found.append(logits > 0 if switches is None else switches[number - 1])
        last = 2 * number == len(parameters)
        layers.append(logits if last else _ACTIVATIONS[activation](logits, found[-1]))
    return layers, found


_ACTIVATIONS: dict[str, Callable[[Balls, Balls], Balls]] = {
    "sigmoid": lambda logits, _on: 1 / (1 + np.exp(-logits)),
    "tanh": lambda logits, _on: np.tanh(logits),
    "relu": lambda logits, on: logits * on,
}


def _squared_error(logits: Balls, targets: Balls) -> Ball:
    error = targets - 1 / (1 + np.exp(-logits))
    return np.sum(error * error) / 2  # not error**2: the power of a ball around 0 is undefined


def _cross_entropy(logits: Balls, targets: Balls) -> Ball:
    """Return the sum of log(1 + e^-z) where the target is 1 and log(1 + e^z) where it is 0; neither cancels."""
    return np.sum(targets * np.log1p(np.exp(-logits)) + (1 - targets) * np.log1p(np.exp(logits)))


_LOSSES: dict[str, Callable[[Balls, Balls], Ball]] = {
    "squared error": _squared_error,
    "cross-entropy": _cross_entropy,
}
