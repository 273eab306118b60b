"""Wrong gradients, planted: each is a change to the reference's text, and a judge is worth what it refuses of them."""

from dataclasses import dataclass

from benchmarks.contract import FOLDER, REFERENCE


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
