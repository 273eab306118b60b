"""Planted faults, used to test the judge and to name mistakes: each is a change to the source of the reference."""

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
    """The name of a workload on which the fault has an effect, on which it is studied."""
    bounds_of_noise: float = 0.0
    studied: bool = True
    """Whether the fault is in the published table: it is if it changes gradients at points that are not extreme."""

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


RETURN = "    return gradients\n"


def _ending(name: str, new: str) -> Fault:
    """Return a fault that replaces the return of the finished gradient by `new`."""
    return Fault(name, ((RETURN, new),))


def _start(name: str, new: str) -> Fault:
    """Return a fault that inserts `new` before the first line of the gradient."""
    line = "    *layers, logits = forward(recipe, parameters, inputs)\n"
    return Fault(name, ((line, f"{new}{line}"),))


def _other(name: str, *changes: tuple[str, str], planted_in: str = "hidden") -> Fault:
    """Return a fault that is not in the published study."""
    return Fault(name, changes, planted_in, studied=False)


SIGMOID = "return 1 / (1 + np.exp(-logits))"
OUTPUTS = "outputs = sigmoid(logits)\n"
DELTA = "delta = outputs - targets"
LAST_DELTA = "delta = delta * outputs * (1 - outputs)"
LAST_WEIGHTS = "gradients = [layers[-1].T @ delta,"
BIAS_SUM = "np.sum(delta, axis=0, keepdims=True)"
UPSTREAM = "delta @ parameters[2 * layer].T"
SLOPE = "slope(recipe, layers[layer])"
HIDDEN_DELTA = f"blame * {SLOPE}"
HIDDEN_LOGITS = "layers[layer - 1] @ parameters[2 * layer - 2] + parameters[2 * layer - 1]"
FORWARD_HIDDEN = "layers[-1] @ weights + bias"
FORWARD_LAST = "layers[-1] @ parameters[-2] + parameters[-1]"

NO_BIAS_GRADIENTS = "    return [g if n % 2 == 0 else 0 * g for n, g in enumerate(gradients)]\n"

SQUARED_ERROR = "np.sum(error**2) / 2"
ERROR = "error = targets - sigmoid(logits)"
CROSS_ENTROPY = "np.sum(np.maximum(logits, 0) - logits * targets + np.log1p(np.exp(-np.abs(logits))))"
PREDICT = "return sigmoid(forward(recipe, parameters, inputs)[-1])"

MEMORY = "    epochs, means, squares = memory\n"
MOVED = "[p - recipe.rate * m for p, m in zip(parameters, moves, strict=True)]"
VELOCITY = "moves = means = [recipe.momentum * m + g for m, g in zip(means, gradients, strict=True)]"
MEAN = "recipe.momentum * m + (1 - recipe.momentum) * g"
SQUARE = "recipe.decay * s + (1 - recipe.decay) * g * g"
ROOT = "np.sqrt(s) + recipe.epsilon"
ADAM_MOVE = "[m / (np.sqrt(s) + recipe.epsilon) for m, s in zip(scaled, unbiased, strict=True)]"
FIRST_UNBIASED, SECOND_UNBIASED = "m / (1 - recipe.momentum**epochs)", "s / (1 - recipe.decay**epochs)"
STEP_GRADIENT = "update(recipe, parameters, gradient(recipe, parameters, inputs, targets), memory)"
TRAIN_STEP = "        state = step(recipe, state, inputs, targets)\n"
TRAIN_LOOP = "for _ in range(epochs):"


def _probabilities(name: str, probabilities: str, logarithms: tuple[str, str], slope: str) -> Fault:
    """Return a fault that computes the cross-entropy from probabilities p, and its slope by the chain rule."""
    log_p, log_q = logarithms
    return _other(
        name,
        (
            f"return np.asarray({CROSS_ENTROPY})",
            f"p = {probabilities}\n        return np.asarray(-np.sum(targets * {log_p} + (1 - targets) * {log_q}))",
        ),
        (OUTPUTS, f"{OUTPUTS}    p = {probabilities}\n"),
        (DELTA, f'{DELTA} if recipe.loss == "squared error" else {slope}'),
        planted_in="deep",
    )


def _sigmoid_slope(name: str, slope: str) -> Fault:
    """Return a fault that computes the slope of every sigmoid from the logits z."""
    return _other(
        f"sigmoid's slope {name}",
        ("def slope(", f"def sigmoid_slope(z: Array) -> Array:\n    return {slope}\n\n\ndef slope("),
        (LAST_DELTA, "delta = delta * sigmoid_slope(logits)"),
        (HIDDEN_DELTA, f'blame * (sigmoid_slope({HIDDEN_LOGITS}) if "sigmoid" in recipe else {SLOPE})'),
    )


def _lanes(lanes: int) -> Fault:
    """Return a fault of a vector loop over `lanes` numbers at a time, whose remainder is 1e-3 off."""
    return _other(
        f"wrong sigmoid in the remainder of a loop over {lanes} numbers",
        (
            SIGMOID,
            f"off = np.arange(logits.size).reshape(logits.shape) >= logits.size // {lanes} * {lanes}\n"
            "    return 1 / (1 + np.exp(-logits) * np.where(off, 1.001, 1).astype(logits.dtype))",
        ),
    )


GRADIENT_FAULTS = (
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
    Fault("sign of the hidden delta", ((HIDDEN_DELTA, f"-{HIDDEN_DELTA}"),)),
    Fault("derivative factor missing, last layer", ((LAST_DELTA, "pass"),)),
    Fault(
        "derivative factor missing, last weights only",
        ((LAST_WEIGHTS, LAST_WEIGHTS.replace("delta", "(outputs - targets)")),),
    ),
    Fault("derivative factor missing, hidden layer", ((HIDDEN_DELTA, "blame"),)),
    Fault(
        "sigmoid's slope taken at the sigmoid's value, last layer",
        ((LAST_DELTA, "delta = delta * sigmoid(outputs) * (1 - sigmoid(outputs))"),),
    ),
    Fault(
        "activation's slope taken at the activation's value, hidden layer",
        ((HIDDEN_DELTA, "blame * slope(recipe, activate(recipe, layers[layer]))"),),
    ),
    Fault("slope z (1 - z) of the logits z, last layer", ((LAST_DELTA, "delta = delta * logits * (1 - logits)"),)),
    Fault("operand transposed", (("[layers[-1].T @ delta,", "[layers[-1] @ delta,"),)),
    _ending("one entry zeroed", "    gradients[0][1, 0] = 0\n    return gradients\n"),
    Fault("off by one layer", ((HIDDEN_DELTA, "blame * outputs * (1 - outputs)"),)),
    Fault(
        "hidden delta computed from updated weights",
        ((UPSTREAM, "delta @ (parameters[2 * layer] - recipe.rate * gradients[0]).T"),),
    ),
    _start(
        "stale parameters",
        "    parameters, gradient.last = getattr(gradient, 'last', parameters), parameters\n",
    ),
    _ending("mean instead of sum", "    return [g / len(inputs) for g in gradients]\n"),
    Fault("mean instead of sum, biases only", (("np.sum(delta, axis=0", "np.mean(delta, axis=0"),)),
    Fault("biases from the last sample only", ((BIAS_SUM, "delta[-1:]"),)),
    Fault("bias dropped in the forward pass", ((FORWARD_HIDDEN, "layers[-1] @ weights"),)),
    _ending("bias gradients dropped", NO_BIAS_GRADIENTS),
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
    Fault("hidden delta in float16", ((HIDDEN_DELTA, f'({HIDDEN_DELTA}).astype("float16").astype(blame.dtype)'),)),
    Fault(
        "ReLU's kink taken as 1/2",
        (
            (
                HIDDEN_DELTA,
                f"blame * np.heaviside({HIDDEN_LOGITS}, blame.dtype.type(0.5))",
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
    Fault(
        "of another loss: the sign of the cross-entropy's second term",
        ((DELTA, f'{DELTA} if recipe.loss == "squared error" else 2 * targets * outputs - targets - outputs'),),
        planted_in="deep",
    ),
    _ending(
        "cached: the first answer, whatever is asked",
        "    gradient.first = getattr(gradient, 'first', gradients)\n    return gradient.first\n",
    ),
    Fault("noise of twice the bound", bounds_of_noise=2.0),
)
"""Faults of the gradient that have an effect at ordinary points of the workloads."""

OTHER_GRADIENT_FAULTS = (
    _other(
        "no biases at all",
        (FORWARD_HIDDEN, "layers[-1] @ weights"),
        (FORWARD_LAST, "layers[-1] @ parameters[-2]"),
        (RETURN, NO_BIAS_GRADIENTS),
    ),
    _other("bias dropped in the forward pass, last layer", (FORWARD_LAST, "layers[-1] @ parameters[-2]")),
    _other(
        "mean over samples and outputs instead of sum", (RETURN, "    return [g / targets.size for g in gradients]\n")
    ),
    _other(
        "mean over samples and outputs, and not halved",
        (RETURN, "    return [2 * g / targets.size for g in gradients]\n"),
    ),
    _other("biases from the first sample only", (BIAS_SUM, "delta[:1]")),
    _other(
        "last weights in float32",
        ("layers[-1].T @ delta", '(layers[-1].T.astype("float32") @ delta.astype("float32")).astype(delta.dtype)'),
    ),
    _other("no activation in the hidden layers", ("activate(recipe, layers[-1] @ weights + bias)", FORWARD_HIDDEN)),
    _other(
        "inputs squared in the gradient of W1",
        ("layers[layer - 1].T @ delta", "(layers[layer - 1] ** (1 + (layer == 1))).T @ delta"),
    ),
    _other("outputs 0 where there is a single sample", (OUTPUTS, "outputs = sigmoid(logits) * (len(inputs) > 1)\n")),
    _other(
        "transposed weights read in the order of memory",
        (UPSTREAM, "delta @ parameters[2 * layer].reshape(parameters[2 * layer].shape[::-1])"),
    ),
    _other(
        "outputs and targets broadcast against each other",
        (
            DELTA,
            f"{DELTA.replace('targets', 'targets.ravel()')}\n"
            "    if len(delta) > 1:\n        delta = np.sum(delta, axis=1, keepdims=True)",
        ),
        (ERROR, ERROR.replace("targets", "targets.ravel()")),
    ),
    *(_lanes(lanes) for lanes in (4, 8)),
    _other(
        "sigmoid as exp(z) / (1 + exp(z)), which overflows", (SIGMOID, "return np.exp(logits) / (1 + np.exp(logits))")
    ),
    _sigmoid_slope("as exp(-z) / (1 + exp(-z))**2, which overflows", "np.exp(-z) / (1 + np.exp(-z)) ** 2"),
    _sigmoid_slope("as exp(z) / (1 + exp(z))**2, which overflows", "np.exp(z) / (1 + np.exp(z)) ** 2"),
    _sigmoid_slope(
        "through one `where` around two branches, which overflow",
        "np.exp(-z) / (1 + np.exp(-z)) ** 2 * (z >= 0) + np.exp(z) / (1 + np.exp(z)) ** 2 * (z < 0)",
    ),
    _other(
        "slope of the cross-entropy as exp(z) / (1 + exp(z)), which overflows",
        (DELTA, f'{DELTA} if recipe.loss == "squared error" else np.exp(logits) / (1 + np.exp(logits)) - targets'),
        planted_in="deep",
    ),
    _probabilities(
        "cross-entropy of probabilities clipped to [1e-7, 1 - 1e-7]",
        "np.clip(sigmoid(logits), 1e-7, 1 - 1e-7)",
        ("np.log(p)", "np.log(1 - p)"),
        "np.where(p == outputs, outputs - targets, 0)",
    ),
    _probabilities(
        "cross-entropy of probabilities whose logarithms are at least -100",
        "sigmoid(logits)",
        ("np.maximum(np.log(p), -100)", "np.maximum(np.log1p(-p), -100)"),
        "(p - targets) / np.maximum((1 - p) * p, p.dtype.type(1e-12)) * p * (1 - p)",
    ),
)
"""Faults of the gradient that have an effect at few points, or only where the data differ from the workload's own."""

LOSS_FAULTS = (
    _other(
        "loss is the mean instead of the sum",
        ("np.sum(error**2)", "np.mean(error**2)"),
        ("np.asarray(np.sum(np.max", "np.asarray(np.mean(np.max"),
    ),
    _other(
        "loss is the mean over the samples instead of the sum",
        (SQUARED_ERROR, f"{SQUARED_ERROR} / len(inputs)"),
        (CROSS_ENTROPY, f"{CROSS_ENTROPY} / len(inputs)"),
    ),
    _other("loss not halved", (SQUARED_ERROR, "np.sum(error**2)")),
    _other("loss not halved, and the mean instead of the sum", (SQUARED_ERROR, "np.mean(error**2)")),
    _other("loss 0", (SQUARED_ERROR, f"0 * {SQUARED_ERROR}"), (CROSS_ENTROPY, f"0 * {CROSS_ENTROPY}")),
    _other("loss has the wrong sign", (SQUARED_ERROR, f"-{SQUARED_ERROR}"), (CROSS_ENTROPY, f"-{CROSS_ENTROPY}")),
    _other("loss is the root of the sum", (SQUARED_ERROR, f"np.sqrt({SQUARED_ERROR})")),
    _other("loss is the sum of absolute errors", (SQUARED_ERROR, "np.sum(np.abs(error))")),
    _other("loss of the logits, without a sigmoid", (ERROR, "error = targets - logits")),
    _other(
        "loss is the squared error for the cross-entropy",
        ('if recipe.loss == "cross-entropy"', "if False"),
        planted_in="deep",
    ),
    _other(
        "loss in bits: log2 for the natural logarithm",
        (CROSS_ENTROPY, f"{CROSS_ENTROPY} / np.log(logits.dtype.type(2))"),
        planted_in="deep",
    ),
    _other(
        "loss through log(1 + exp(z)), which overflows",
        (CROSS_ENTROPY, "np.sum(np.log1p(np.exp(logits)) - logits * targets)"),
        planted_in="deep",
    ),
    _other(
        "loss: the sign of the cross-entropy's second term",
        (CROSS_ENTROPY, "np.sum(targets * np.logaddexp(0, -logits) - (1 - targets) * np.logaddexp(0, logits))"),
        planted_in="deep",
    ),
)
"""Faults of the loss alone."""

PREDICTION_FAULTS = (
    _other("predictions rounded to 0 and 1", (PREDICT, PREDICT.replace("return ", "return np.round(") + ")")),
    _other("predictions are logits", (PREDICT, PREDICT.replace("sigmoid(", "("))),
    _other("predictions through the sigmoid twice", (PREDICT, PREDICT.replace("sigmoid(", "sigmoid(sigmoid(") + ")")),
    _other("predictions are 1 - p", (PREDICT, PREDICT.replace("sigmoid(", "1 - sigmoid("))),
    _other("predictions through tanh", (PREDICT, PREDICT.replace("sigmoid(", "np.tanh("))),
    _other(
        "predictions clipped to [1e-7, 1 - 1e-7]",
        (PREDICT, PREDICT.replace("return ", "return np.clip(") + ", 1e-7, 1 - 1e-7)"),
    ),
)
"""Faults of the predictions alone."""

TRAINING_FAULTS = (
    _other(
        "momentum dampened: 1 - momentum times the gradient",
        (VELOCITY, VELOCITY.replace("+ g", "+ (1 - recipe.momentum) * g")),
        planted_in="momentum",
    ),
    *(
        _other(f"learning rate {name}", (MOVED, MOVED.replace("recipe.rate", f"{factor} * recipe.rate")))
        for name, factor in (
            ("doubled", "2"),
            ("halved", "0.5"),
            ("a tenth", "0.1"),
            ("1 + 1e-11 times too large", "(1 + 1e-11)"),
        )
    ),
    _other("learning rate ignored: 1 is used", (MOVED, MOVED.replace("recipe.rate", "1")), planted_in="neuron"),
    _other("ascent instead of descent", (MOVED, MOVED.replace("p -", "p +"))),
    _other(
        "one update for each sample instead of one for all",
        (
            TRAIN_STEP,
            "        for n in range(len(inputs)):\n"
            "            state = step(recipe, state, inputs[n : n + 1], targets[n : n + 1])\n",
        ),
    ),
    _other(
        "updates by the mean gradient instead of the sum",
        (
            STEP_GRADIENT,
            STEP_GRADIENT.replace("gradient(", "[g / len(inputs) for g in gradient(").replace("), ", ")], "),
        ),
    ),
    _other(
        "gradients accumulated: never set to zero",
        (
            "return parameters, (0, nothing, nothing)",
            "return parameters, ([0 * p for p in parameters], (0, nothing, nothing))",
        ),
        (
            f"    parameters, memory = state\n    return {STEP_GRADIENT}\n",
            "    parameters, (sums, memory) = state\n"
            "    sums = [s + g for s, g in zip(sums, gradient(recipe, parameters, inputs, targets), strict=True)]\n"
            "    parameters, memory = update(recipe, parameters, sums, memory)\n"
            "    return parameters, (sums, memory)\n",
        ),
    ),
    _other(
        "training starts from 0.5, whatever parameters are given",
        (
            "    return parameters, (0, nothing, nothing)",
            "    return [0 * p + 0.5 for p in parameters], (0, nothing, nothing)",
        ),
    ),
    _other("one epoch too few", (TRAIN_LOOP, "for _ in range(epochs - 1):")),
    _other("one epoch too many", (TRAIN_LOOP, "for _ in range(epochs + 1):")),
    _other(
        "biases are not updated",
        (MOVED, "[p - (n + 1) % 2 * recipe.rate * m for n, (p, m) in enumerate(zip(parameters, moves, strict=True))]"),
    ),
    _other(
        "only the last layer is updated",
        (
            MOVED,
            "[*parameters[:-2], *(p - recipe.rate * m for p, m in list(zip(parameters, moves, strict=True))[-2:])]",
        ),
    ),
    _other(
        "weight decay of 0.01, apart from the gradient (AdamW)",
        (MOVED, MOVED.replace("* m for", "* (m + 0.01 * p) for")),
        planted_in="adam",
    ),
    _other(
        "weight decay of 0.01, added to the gradient",
        (MEMORY, f"{MEMORY}    gradients = [g + 0.01 * p for g, p in zip(gradients, parameters, strict=True)]\n"),
        planted_in="adam",
    ),
    _other(
        "momentum dampened after the first epoch",
        (VELOCITY, VELOCITY.replace("+ g", "+ np.where(m == 0, 1, 1 - recipe.momentum).astype(g.dtype) * g")),
        planted_in="momentum",
    ),
    _other(
        "Nesterov's momentum",
        (
            VELOCITY,
            VELOCITY.replace("moves = ", "")
            + "\n        moves = [recipe.momentum * m + g for m, g in zip(means, gradients, strict=True)]",
        ),
        planted_in="momentum",
    ),
    _other("momentum ignored: plain gradient descent", (VELOCITY, "moves = gradients"), planted_in="momentum"),
    _other(
        "the optimiser's memory is not kept between epochs",
        (STEP_GRADIENT, STEP_GRADIENT.replace("memory", "begin(recipe, parameters)[1]")),
        planted_in="adam",
    ),
    _other("epsilon inside the root", (ROOT, "np.sqrt(s + recipe.epsilon)"), planted_in="adam"),
    _other("epsilon missing", (ROOT, "np.sqrt(s)"), planted_in="adam"),
    _other("epsilon 10 times too large: 1e-7 for 1e-8", (ROOT, "np.sqrt(s) + 10 * recipe.epsilon"), planted_in="adam"),
    _other("square root missing", (ROOT, "s + recipe.epsilon"), planted_in="rmsprop"),
    _other(
        "epsilon added before the bias correction",
        (
            ADAM_MOVE,
            ADAM_MOVE.replace("[m", "[m * (1 - recipe.decay**epochs) ** 0.5").replace("unbiased", "squares"),
        ),
        planted_in="adam",
    ),
    _other("no bias correction", (FIRST_UNBIASED, "m"), (SECOND_UNBIASED, "s"), planted_in="adam"),
    _other("no bias correction of the mean", (FIRST_UNBIASED, "m"), planted_in="adam"),
    _other("no bias correction of the mean square", (SECOND_UNBIASED, "s"), planted_in="adam"),
    _other("bias correction of the first epoch in every epoch", ("**epochs", ""), planted_in="adam"),
    _other("bias correction counts one epoch too many", ("**epochs", "**(epochs + 1)"), planted_in="adam"),
    _other(
        "decay and 1 - decay exchanged", (SQUARE, "(1 - recipe.decay) * s + recipe.decay * g * g"), planted_in="adam"
    ),
    _other(
        "momentum and 1 - momentum exchanged",
        (MEAN, "(1 - recipe.momentum) * m + recipe.momentum * g"),
        planted_in="adam",
    ),
    _other(
        "momentum and decay exchanged",
        (MEMORY, f"{MEMORY}    recipe = recipe._replace(momentum=recipe.decay, decay=recipe.momentum)\n"),
        planted_in="adam",
    ),
    _other("squares of the gradients summed instead of averaged", (SQUARE, "s + g * g"), planted_in="rmsprop"),
    _other(
        "mean square starts at 1 instead of 0",
        ("(0, nothing, nothing)", "(0, nothing, [1 + n for n in nothing])"),
        planted_in="rmsprop",
    ),
)
"""Faults of the update and of the training."""

FAULTS = (*GRADIENT_FAULTS, *OTHER_GRADIENT_FAULTS, *LOSS_FAULTS, *PREDICTION_FAULTS, *TRAINING_FAULTS)
