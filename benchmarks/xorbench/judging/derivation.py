"""The textbook derivation of the gradient (see implementations/README.md) in ball arithmetic, with loss and outputs."""

from collections.abc import Callable

import numpy as np
from flint import arb

from xorbench.judging.arithmetic import ONE, ZERO, Ball, Balls, Exact, balls
from xorbench.workloads import Parameters, Workload

EXACT = Exact()


def evaluated(workload: Workload, parameters: Parameters, arithmetic: Exact = EXACT) -> Balls:
    """Return all that is judged at `parameters` in one flat row: the gradient, the predictions, and the loss."""
    network = Network(workload, [balls(p) for p in parameters], arithmetic)
    return np.concatenate([network.gradient(), network.outputs.ravel(), [network.loss()]])


class Network:
    """A forward pass of the network of a workload in ball arithmetic, and what follows from it.

    `point` are the parameters as balls, one array for each tensor.
    """

    outputs: Balls
    """The predictions, (samples, n_last)."""

    def __init__(self, workload: Workload, point: list[Balls], arithmetic: Exact) -> None:
        self._recipe, self._point, self._arithmetic = workload.recipe, point, arithmetic
        self._targets = balls(workload.targets)
        self._activations, self._slopes = [balls(workload.inputs)], [balls(np.empty(0))]  # inputs have no slopes
        *hidden, (weights, bias) = zip(point[::2], point[1::2], strict=True)
        for some_weights, some_bias in hidden:
            logits = arithmetic.matmul(self._activations[-1], some_weights, some_bias)
            activations, slopes = _ACTIVATIONS[self._recipe.activation](logits, arithmetic)
            self._activations.append(activations)
            self._slopes.append(slopes)
        self._logits = arithmetic.matmul(self._activations[-1], weights, bias)
        self.outputs, self._output_slopes = _sigmoid(self._logits, arithmetic)

    def gradient(self) -> Balls:
        """Return the gradient of the loss, all entries in a flat row."""
        arithmetic = self._arithmetic
        delta = self._output_delta()
        found: list[Balls] = []
        for layer in range(len(self._activations) - 1, -1, -1):
            weights = arithmetic.matmul(self._activations[layer].T, delta)
            found = [weights.ravel(), arithmetic.column_sums(delta), *found]
            if layer:
                back = arithmetic.matmul(delta, self._point[2 * layer].T)
                delta = arithmetic.each(arithmetic.times, back, self._slopes[layer])
        return np.concatenate(found)

    def loss(self) -> Ball:
        """Return the loss, summed over all samples and outputs."""
        arithmetic = self._arithmetic
        if self._recipe.loss == "squared error":
            errors = [arithmetic.total(pair) for pair in self._paired(self._targets, -self.outputs)]
            return arithmetic.rounded(arithmetic.total(arithmetic.times(error, error) for error in errors) / 2)
        return arithmetic.total(self._cross_entropy(z, t) for z, t in self._paired(self._logits, self._targets))

    def _paired(self, one: Balls, other: Balls) -> "zip[tuple[Ball, Ball]]":
        return zip(one.ravel(), other.ravel(), strict=True)

    def _cross_entropy(self, logit: Ball, target: Ball) -> Ball:
        """Return the cross-entropy of one output: by any of the three stable formulas in use.

        These are max(z, 0) - z t + log1p(exp(-|z|)), max(-z, 0) + z (1 - t) + log1p(exp(-|z|)), and the sum of two
        softplus functions, t f(-z) + (1 - t) f(z) with f(z) = max(z, 0) + log1p(exp(-|z|)).
        """
        arithmetic = self._arithmetic
        above, below = (_positive_part(side) for side in (logit, -logit))
        exponential = arithmetic.called("exp", (-abs(logit)).exp())
        last = arithmetic.called("log1p", exponential.log1p())
        rest = arithmetic.total([ONE, -target])
        softplus, mirrored = (arithmetic.total([side, last]) for side in (above, below))
        return arithmetic.any_of(
            arithmetic.total([above, -arithmetic.times(logit, target), last]),
            arithmetic.total([below, arithmetic.times(logit, rest), last]),
            arithmetic.total([arithmetic.times(target, mirrored), arithmetic.times(rest, softplus)]),
        )

    def _output_delta(self) -> Balls:
        """Return the derivative of the loss by the logits of the last layer, (samples, n_last)."""
        arithmetic = self._arithmetic
        delta = arithmetic.each(lambda p, t: arithmetic.total([p, -t]), self.outputs, self._targets)
        if self._recipe.loss == "squared error":
            return arithmetic.each(arithmetic.times, delta, self._output_slopes)
        return arithmetic.each(self._cross_entropy_slope, self._logits, self._targets, self.outputs, delta)

    def _cross_entropy_slope(self, logit: Ball, target: Ball, output: Ball, difference: Ball) -> Ball:
        """Return the derivative of the cross-entropy of one output, by any of the three formulas.

        `difference` is p - t, where p is `output`. The derivative of the first two formulas of the loss is
        s - t - sign(z) q, where s is 1 above 0 and 0 below, and q = exp(-|z|) / (1 + exp(-|z|)). That of the two
        softplus functions is (1 - t) p - t (1 - p), where 1 - p is computed as the sigmoid of -z, and either sigmoid
        may be computed as q or as 1 - q.
        """
        arithmetic = self._arithmetic
        exponential = arithmetic.called("exp", (-abs(logit)).exp())
        q = arithmetic.rounded(exponential / arithmetic.total([ONE, exponential]))
        rest, complement = arithmetic.total([ONE, -target]), arithmetic.total([ONE, -q])
        found = [difference]
        on, off = output, _sigmoid_of(-logit, arithmetic)
        if not logit < 0:
            found.append(arithmetic.total([ONE, -target, -q]))
            on, off = arithmetic.any_of(on, complement), arithmetic.any_of(off, q)
        if not logit > 0:
            found.append(arithmetic.total([-target, q]))
            on, off = arithmetic.any_of(on, q), arithmetic.any_of(off, complement)
        found.append(arithmetic.total([arithmetic.times(rest, on), -arithmetic.times(target, off)]))
        return arithmetic.any_of(*found)


def _positive_part(ball: Ball) -> Ball:
    """Return max(x, 0), which is not rounded."""
    if ball > 0:
        return ball
    high = ball.upper()
    return arb(high / 2, high / 2) if high > 0 else ZERO


def _sigmoid(logits: Balls, arithmetic: Exact) -> tuple[Balls, Balls]:
    """Return the values and the slopes of the sigmoid at `logits`."""
    values = arithmetic.each(lambda logit: _sigmoid_of(logit, arithmetic), logits)
    return values, arithmetic.each(lambda p: arithmetic.times(p, arithmetic.total([ONE, -p])), values)


def _sigmoid_of(logit: Ball, arithmetic: Exact) -> Ball:
    return arithmetic.rounded(1 / arithmetic.total([ONE, arithmetic.called("exp", (-logit).exp())]))


def _tanh(logits: Balls, arithmetic: Exact) -> tuple[Balls, Balls]:
    values = arithmetic.each(lambda logit: arithmetic.called("tanh", logit.tanh()), logits)
    return values, arithmetic.each(lambda v: arithmetic.total([ONE, -arithmetic.times(v, v)]), values)


def _relu(logits: Balls, arithmetic: Exact) -> tuple[Balls, Balls]:
    slopes = arithmetic.each(_kink_slope, logits)
    return arithmetic.each(lambda logit, slope: logit * slope, logits, slopes), slopes


_ACTIVATIONS: dict[str, Callable[[Balls, Exact], tuple[Balls, Balls]]] = {
    "sigmoid": _sigmoid,
    "tanh": _tanh,
    "relu": _relu,
}


def _kink_slope(logit: Ball) -> Ball:
    """Return the slope of max(x, 0), which is 0 at 0; the ball [0, 1] where the sign of `logit` is uncertain."""
    if logit > 0:
        return ONE
    return ZERO if logit <= 0 else arb(0.5, 0.5)
