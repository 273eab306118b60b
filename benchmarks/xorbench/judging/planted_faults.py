"""Planted gradient faults, used to test the judge: each is a change to the source of the reference."""

from dataclasses import dataclass

from xorbench.contract import REFERENCE
from xorbench.places import IMPLEMENTATIONS


@dataclass(frozen=True)
class Fault:
    """A planted fault: `changes` are (old, new) pairs of text in the source of the reference.

    `bounds_of_noise` is a multiple of the bound by which every entry is moved up or down instead.
    """

    name: str
    changes: tuple[tuple[str, str], ...] = ()
    planted_in: str = "hidden"
    """The name of the workload on which the fault is studied."""
    bounds_of_noise: float = 0.0

    @property
    def is_mistake(self) -> bool:
        """Whether the fault is a mistake that somebody could make, not rounding, noise, or none at all."""
        return bool(self.changes) and not self.name.startswith("rounding only")

    def text(self) -> str:
        """Return the source of the faulty implementation.

        Raises ValueError if the reference does not contain the text to be changed.
        """
        text = (IMPLEMENTATIONS / f"{REFERENCE}.py").read_text(encoding="utf-8")
        for old, new in self.changes:
            if old not in text:
                raise ValueError(
                    f"the fault {self.name!r} changes nothing: {old!r} is not in {REFERENCE}.py; "
                    "adapt the fault to the present text"
                )
            text = text.replace(old, new)
        return text


def _ending(name: str, new: str) -> Fault:
    """Return a fault that replaces the return of the finished gradient by `new`."""
    return Fault(name, (("    return gradients\n", new),))


def _start(name: str, new: str) -> Fault:
    """Return a fault that inserts `new` before the first line of the gradient."""
    line = "    *layers, logits = forward(recipe, parameters, inputs)\n"
    return Fault(name, ((line, f"{new}{line}"),))


LAST_DELTA = "delta = delta * outputs * (1 - outputs)"
HIDDEN_DELTA = "blame * slope(recipe, layers[layer])"
LOGITS = "layers[layer - 1] @ parameters[2 * layer - 2] + parameters[2 * layer - 1]"

FAULTS = (
    Fault("none: the reference itself"),
    Fault("none: ReLU on its kink", planted_in="kink"),
    Fault("none: tanh and cross-entropy", planted_in="deep"),
    _ending(
        "rounding only: one unit in the last place up",
        "    return [np.nextafter(g, g.dtype.type(9)) for g in gradients]\n",
    ),
    _ending(
        "rounding only: denormals flushed to zero",
        "    return [np.where(abs(g) < np.finfo(g.dtype).smallest_normal, 0, g) for g in gradients]\n",
    ),
    Fault("sign", ((LAST_DELTA, LAST_DELTA.replace("= delta", "= -delta")),)),
    Fault("derivative factor missing, last layer", ((LAST_DELTA, "pass"),)),
    Fault("derivative factor missing, hidden layer", ((HIDDEN_DELTA, "blame"),)),
    Fault("operand transposed", (("[layers[-1].T @ delta,", "[layers[-1] @ delta,"),)),
    _ending("one entry zeroed", "    gradients[0][1, 0] = 0\n    return gradients\n"),
    Fault("off by one layer", ((HIDDEN_DELTA, "blame * outputs * (1 - outputs)"),)),
    _start(
        "stale parameters",
        "    parameters, gradient.last = getattr(gradient, 'last', parameters), parameters\n",
    ),
    _ending("mean for sum", "    return [g / len(inputs) for g in gradients]\n"),
    Fault("mean for sum, biases only", (("np.sum(delta, axis=0", "np.mean(delta, axis=0"),)),
    Fault("bias dropped in the forward pass", (("layers[-1] @ weights + bias", "layers[-1] @ weights"),)),
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
                HIDDEN_DELTA,
                f"blame * np.heaviside({LOGITS}, blame.dtype.type(0.5))",
            ),
        ),
        planted_in="kink",
    ),
    Fault(
        "tanh's slope taken for a sigmoid's",
        (("1 - activations * activations", "activations * (1 - activations)"),),
        planted_in="deep",
    ),
    _start("one sample dropped", "    inputs, targets = inputs[:-1], targets[:-1]\n"),
    _start("targets shifted by one", "    targets = np.roll(targets, 1, axis=0)\n"),
    _ending("NaN in one entry", "    gradients[1][0, 0] = np.nan\n    return gradients\n"),
    _ending("all zeros", "    return [0 * g for g in gradients]\n"),
    _ending("shape (1,) for (1, 1)", "    return [*gradients[:-1], gradients[-1][0]]\n"),
    Fault(
        "of another loss: the square for cross-entropy",
        (('if recipe.loss == "squared error"', 'if recipe.loss == "cross-entropy"'),),
        planted_in="deep",
    ),
    Fault("of another loss: not halved", ((LAST_DELTA, LAST_DELTA.replace("= delta", "= 2 * delta")),)),
    _ending(
        "cached: the first answer, whatever is asked",
        "    gradient.first = getattr(gradient, 'first', gradients)\n    return gradient.first\n",
    ),
    Fault("noise of twice the bound", bounds_of_noise=2.0),
)
