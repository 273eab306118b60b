"""Mistakes: each planted one is refused, and the report says in words which it is, or else where the answers are wrong.

The catalogue and the faults that NumPy suffices for are judged in this process. With the slow tests, faults in the text
of all other implementations are judged as a user judges them, each in a process of its own.
"""

import functools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import Variant
from xorbench.contract import REFERENCE, Contract, load, read
from xorbench.contract.c_library import SOURCE
from xorbench.judging.answers import Given, answers
from xorbench.judging.fault_study import module_of
from xorbench.judging.judge import judge
from xorbench.judging.layout import Layout, gradient_layout
from xorbench.judging.mistakes import Answers, Compute, named, of_updates
from xorbench.judging.planted_faults import FAULTS, GRADIENT_FAULTS, OTHER_GRADIENT_FAULTS, TRAINING_FAULTS, Fault
from xorbench.judging.points import Points, shaped_points, shared_points
from xorbench.judging.scope import Scope
from xorbench.judging.truths import Truths, truths_here
from xorbench.judging.update_task import update_layout
from xorbench.judging.updates import starts, update_truths
from xorbench.record.report import OUTSIDE, Report
from xorbench.workloads import WORKLOADS, Array, KnownAnswer, Workload

ANYTHING = (-np.inf, np.inf)

FEW_EPOCHS = 20


@functools.cache
def short(name: str) -> Workload:
    """The workload with a training of a few epochs and without a known answer, so that the bounds alone decide."""
    return replace(WORKLOADS[name], epochs=FEW_EPOCHS, known_answer=KnownAnswer(ANYTHING, ANYTHING, ANYTHING))


@functools.cache
def judged(name: str) -> list[tuple[Points, Layout, Truths, Compute]]:
    """The points of a workload with the truth: its own, of other shapes, and the starts of trainings."""
    workload = short(name)
    batches = [
        shared_points(workload, "float64", 8, seed=0, saturation=False),
        *shaped_points(workload, "float64", seed=0, thorough=False),
    ]
    begun = starts(workload, "float64", seed=0)
    trained = begun, update_layout(workload), update_truths(begun), of_updates
    return [*((points, points.layout, truths_here(points), answers) for points in batches), trained]


def answered(module: Contract, name: str) -> list[Answers]:
    """The well-formed answers of an implementation."""
    found = []
    with np.errstate(all="ignore"):
        for points, layout, truth, compute in judged(name):
            try:
                given = compute(module, points)
            except (ValueError, IndexError):  # what a fault raises where the shapes do not fit
                continue
            if not given.complaints:
                found.append(Answers(points, layout, given.rows, truth, compute))
    return found


SAID_OTHERWISE = ("stale parameters", "shape (1,) for (1, 1)")
"""These are named by other checks: for state between calls, and for shapes."""

CATALOGUE = [fault for fault in FAULTS if fault.is_mistake and fault.name not in SAID_OTHERWISE]


def in_catalogue(fault: Fault) -> pytest.ParameterSet:
    return pytest.param(fault, id=fault.name, marks=[pytest.mark.slow] if fault in TRAINING_FAULTS else [])


@pytest.mark.parametrize("fault", [in_catalogue(fault) for fault in CATALOGUE])
def test_every_mistake_of_the_catalogue_is_refused_and_named(fault: Fault) -> None:
    found = answered(module_of(fault.text()), fault.planted_in)
    assert named(found) == f"the answers equal those of a known mistake: {fault.name}"


@pytest.mark.parametrize("name", ["hidden", "deep"])
def test_right_answers_are_no_mistake(name: str) -> None:
    assert named(answered(module_of(FAULTS[0].text()), name)) is None


def test_names_are_unique_and_there_are_enough() -> None:
    assert len({fault.name for fault in FAULTS}) == len(FAULTS)
    assert len(CATALOGUE) >= 60


GRADIENT_LAYOUT = gradient_layout(WORKLOADS["hidden"])


def like_no_fault(_module: Contract, _points: Points) -> Given:
    raise ValueError


def some_answers(change: Array | float, samples: int = 4, wrong: slice = slice(None)) -> Answers:
    """Gradients of a made-up truth, with some entries times `change`; no mistake of the catalogue has them."""
    workload = WORKLOADS["hidden"]
    data = replace(workload, inputs=np.ones((samples, 2)), targets=np.ones((samples, 1)))
    points = replace(shared_points(data, "float64", 3, seed=0, saturation=False, varied=False), problems=[data] * 4)
    truth = np.random.RandomState(0).uniform(1, 2, (4, 17))
    values = truth.copy()
    values[:, wrong] *= change
    return Answers(points, GRADIENT_LAYOUT, values, Truths(truth, 0 * truth, np.full_like(truth, 1e-12)), like_no_fault)


@pytest.mark.parametrize(
    ("factor", "shown"), [(0.3, "0.3"), (-3.0, "-3"), (1 + 1e-5, "1 + 1e-05"), (1 - 2e-7, "1 - 2e-07")]
)
def test_a_multiple_of_the_truth_is_named(factor: float, shown: str) -> None:
    assert named([some_answers(factor)]) == f"every entry of W1, b1, W2, b2 is {shown} times the truth"


def test_a_multiple_of_one_quantity_is_named() -> None:
    assert named([some_answers(0.7, wrong=slice(8, 12))]) == "every entry of b1 is 0.7 times the truth"


def test_otherwise_it_is_said_which_quantities_and_entries_are_wrong() -> None:
    change = np.random.RandomState(1).uniform(2, 3, (4, 17))
    assert named([some_answers(change)]) == "wrong are " + ", ".join(
        f"{name} (100% of entries)" if name != "b2" else "b2[0, 0]" for name in ("W1", "b1", "W2", "b2")
    )
    assert named([some_answers(change[:, 3:5], wrong=slice(3, 5))]) == (
        "wrong are W1[0, 3], W1[1, 0]; right are b1, W2, b2"
    )


def test_it_is_said_if_only_some_numbers_of_samples_are_wrong() -> None:
    change = np.random.RandomState(1).uniform(2, 3, (4, 2))
    found = named([some_answers(1.0), some_answers(change, samples=7, wrong=slice(8, 10))])
    assert found == "wrong are b1[0, 0], b1[0, 1]; right are W1, W2, b2; only with these numbers of samples: 7"


def test_a_learning_rate_that_is_not_in_the_catalogue_is_named_by_the_way_of_the_first_epoch() -> None:
    text = FAULTS[0].text().replace("p - recipe.rate * m", "p - 3 * recipe.rate * m")
    found = named(answered(module_of(text), "hidden"))
    assert found == "every parameter moves 3 times as far as it should in the first epoch"


def test_two_mistakes_at_once_are_both_named() -> None:
    fault, *_ = (fault for fault in FAULTS if fault.name == "loss not halved")
    text = fault.text().replace("    return gradients\n", "    return [g / len(inputs) for g in gradients]\n")
    assert named(answered(module_of(text), "hidden")) == (
        "the gradient and training as with a known mistake: mean instead of sum; "
        "the loss as with a known mistake: loss not halved"
    )


@dataclass(frozen=True)
class Planted:
    """A fault in the text of an implementation, or of its C source, on a workload, and what the report must say."""

    of: str
    workload: str
    says: str | None
    changes: tuple[tuple[str, str], ...]


def planted(of: str, workload: str, says: str | None, *changes: tuple[str, str]) -> Planted:
    return Planted(of, workload, says, changes)


BCE = 'binary_cross_entropy_with_logits(logits, targets, reduction="sum")'
SGD = "torch.optim.SGD(own, recipe.rate, recipe.momentum)"
ADAM = "torch.optim.Adam(own, recipe.rate, (recipe.momentum, recipe.decay), recipe.epsilon)"
TRAIN_STEP = "        state = step(recipe, state, inputs, targets)\n"
ONE_EACH = (
    "        for n in range(len(inputs)):\n"
    "            state = step(recipe, state, inputs[n : n + 1], targets[n : n + 1])\n"
)

OTHERS = [
    planted(
        "numpy_inplace",
        "hidden",
        "learning rate doubled",
        ("[partial(np.multiply, g, rate, moves), move[1]]", "[partial(np.multiply, g, rate + rate, moves), move[1]]"),
    ),
    planted(
        "numpy_inplace",
        "neuron",  # its parameters end near 0 at any rate, so that the end of the training does not tell
        "learning rate doubled",
        ("[partial(np.multiply, g, rate, moves), move[1]]", "[partial(np.multiply, g, rate + rate, moves), move[1]]"),
    ),
    planted(
        "numpy_inplace",
        "adam",
        "no bias correction of the mean square",
        ("*corrected(squares, square_power, recipe.decay, scale)", "partial(np.copyto, scale, squares)"),
    ),
    planted(
        "numpy_inplace",
        "adam",
        "epsilon inside the root",
        (
            "[partial(np.sqrt, scale, scale), partial(np.add, scale, epsilon, scale)]",
            "[partial(np.add, scale, epsilon, scale), partial(np.sqrt, scale, scale)]",
        ),
    ),
    planted(
        "numpy_inplace",
        "rmsprop",
        "squares of the gradients summed instead of averaged",
        ("constant(1 - recipe.decay, p), scale)", "constant(1, p), scale)"),
        ("partial(np.multiply, squares, decay, squares)", "partial(np.multiply, squares, constant(1, p), squares)"),
    ),
    planted(
        "numpy_inplace",
        "hidden",
        "predictions rounded to 0 and 1",
        (
            "return 1 / (1 + np.exp(-z))",
            "return np.round(1 / (1 + np.exp(-z)))",
        ),
    ),
    planted(
        "numpy_inplace", "hidden", "loss is the mean instead of the sum", ("np.sum(error**2)", "np.mean(error**2)")
    ),
    planted("numpy_inplace", "hidden", "one epoch too few", ("for _ in range(epochs):", "for _ in range(epochs - 1):")),
    planted(
        "numpy_inplace",
        "momentum",
        "momentum ignored: plain gradient descent",
        ("partial(np.multiply, means, momentum, means)", "partial(np.multiply, means, constant(0, p), means)"),
    ),
    planted(
        "numpy_inplace",
        "hidden",
        "derivative factor missing, last layer",
        ("        calls.append(partial(np.multiply, delta, slope_of[-1][:-1], delta))\n", "        pass\n"),
    ),
    planted(
        "numpy_inplace",
        "hidden",
        "derivative factor missing, hidden layer",
        ("            calls.append(partial(np.multiply, below, slope_of[number][:-1], below))\n", ""),
    ),
    planted("autograd_grad", "hidden", "of another loss: not halved", ("anp.sum(error**2) / 2", "anp.sum(error**2)")),
    planted(
        "autograd_grad",
        "kink",
        "ReLU's kink taken as 1/2",
        ("return anp.where(logits > 0, logits, 0)", "return anp.maximum(logits, 0)"),
    ),
    planted(
        "autograd_grad",
        "hidden",
        "sigmoid's slope as exp(-z) / (1 + exp(-z))**2, which overflows",
        ("return expit(logits)", "return 1 / (1 + anp.exp(-logits))"),
    ),
    planted("autograd_grad", "adam", "no bias correction of the mean", ("m / (1 - recipe.momentum**epochs)", "m")),
    planted(
        "torch_autograd",
        "momentum",
        "gradients accumulated: never set to zero",
        ("p.grad = g", "p.grad = g if p.grad is None else p.grad + g"),
    ),
    planted(
        "torch_autograd",
        "adam",
        "weight decay of 0.01, apart from the gradient (AdamW)",
        ("torch.optim.Adam(", "torch.optim.AdamW("),
    ),
    planted(
        "torch_autograd",
        "adam",
        "weight decay of 0.01, added to the gradient",
        (ADAM, ADAM.replace("epsilon", "epsilon, weight_decay=0.01")),
    ),
    planted(
        "torch_autograd",
        "adam",
        "epsilon 10 times too large: 1e-7 for 1e-8",
        (ADAM, ADAM.replace("recipe.epsilon", "1e-7")),
    ),
    planted(
        "torch_autograd",
        "adam",
        "momentum and decay exchanged",
        (ADAM, ADAM.replace("(recipe.momentum, recipe.decay)", "(recipe.decay, recipe.momentum)")),
    ),
    planted(
        "torch_autograd",
        "momentum",
        "momentum dampened after the first epoch",
        (SGD, SGD.replace(")", ", dampening=recipe.momentum)")),
    ),
    planted("torch_autograd", "momentum", "Nesterov's momentum", (SGD, SGD.replace(")", ", nesterov=True)"))),
    planted(
        "torch_autograd",
        "adam",
        "the optimiser's memory is not kept between epochs",
        ("    memory.step()\n", "    memory.state.clear()\n    memory.step()\n"),
    ),
    planted("torch_autograd", "hidden", "learning rate doubled", ("p - recipe.rate * g", "p - 2 * recipe.rate * g")),
    planted(
        "torch_autograd",
        "hidden",
        "mean over samples and outputs instead of sum; the loss as with a known mistake: loss is the mean",
        ("torch.sum(error**2)", "torch.mean(error**2)"),
    ),
    planted(
        "torch_autograd",
        "hidden",
        "outputs and targets broadcast against each other",
        ("error = targets - sigmoid(logits)", "error = targets.ravel() - sigmoid(logits)"),
    ),
    planted(
        "torch_autograd",
        "deep",
        "cross-entropy of probabilities whose logarithms are at least -100",
        (BCE, 'binary_cross_entropy(sigmoid(logits), targets, reduction="sum")'),
    ),
    planted(
        "torch_autograd",
        "deep",
        "cross-entropy of probabilities clipped to [1e-7, 1 - 1e-7]",
        (BCE, 'binary_cross_entropy(torch.clamp(sigmoid(logits), 1e-7, 1 - 1e-7), targets, reduction="sum")'),
    ),
    planted(
        "torch_autograd",
        "deep",
        "mean over samples and outputs instead of sum",
        (BCE, BCE.replace('"sum"', '"mean"')),
    ),
    planted(
        "torch_autograd",
        "kink",
        "ReLU's kink taken as 1/2",
        ("torch.relu(logits)", "torch.maximum(logits, torch.zeros_like(logits))"),
    ),
    planted(
        "torch_autograd",
        "hidden",
        "sigmoid as exp(z) / (1 + exp(z)), which overflows",
        ("return torch.sigmoid(logits)", "return torch.exp(logits) / (1 + torch.exp(logits))"),
    ),
    planted(
        "torch_manual",
        "hidden",
        "transposed weights read in the order of memory",
        ("parameters[2 * layer].T", "parameters[2 * layer].reshape(parameters[2 * layer].shape[::-1])"),
    ),
    planted(
        "torch_manual", "hidden", "known mistake: sign", ("delta = outputs - targets", "delta = targets - outputs")
    ),
    planted(
        "torch_manual",
        "hidden",
        "hidden delta in float16",
        (
            "delta = blame * slope(recipe, layers[layer])",
            "delta = (blame * slope(recipe, layers[layer])).half().to(blame.dtype)",
        ),
    ),
    planted(
        "torch_manual",
        "hidden",
        "inputs squared in the gradient of W1",
        ("layers[layer - 1].T @ delta", "(layers[0] ** 2 if layer == 1 else layers[layer - 1]).T @ delta"),
    ),
    planted("torch_manual", "relu", "derivative factor missing, hidden layer", ("activations > 0", "activations >= 0")),
    planted(
        "torch_manual",
        "hidden",
        "has the shape",
        ("torch.sum(delta, dim=0, keepdim=True)", "torch.sum(delta, dim=0)"),
    ),
    planted(
        "torch_nn",
        "hidden",
        "mean over samples and outputs, and not halved",
        ('reduction="sum") / 2', 'reduction="mean")'),
    ),
    planted("torch_nn", "hidden", "gradients accumulated: never set to zero", ("    own.zero_grad()\n", "")),
    planted("torch_nn", "hidden", "predictions are logits", ("torch.sigmoid(network(", "(network(")),
    planted("torch_nn", "hidden", None, ("nn.Sigmoid()", "nn.Hardsigmoid()")),
    planted(
        "torch_optim",
        "hidden",
        "gradients accumulated: never set to zero",
        ("p.grad = g", "p.grad = g if p.grad is None else p.grad + g"),
    ),
    planted(
        "torch_optim",
        "momentum",
        "momentum ignored: plain gradient descent",
        (SGD, SGD.replace(", recipe.momentum", "")),
    ),
    planted("torch_optim", "hidden", "one update for each sample instead of one for all", (TRAIN_STEP, ONE_EACH)),
    planted("c_strict", "hidden", "learning rate doubled", ("-= rate * gradients[k];", "-= 2 * rate * gradients[k];")),
    planted(
        "c_strict",
        "hidden",
        "only with these numbers of samples: 1, 7, 33",
        ("delta[k] = sigmoid(logits[k]);", "delta[k] = sigmoid(logits[k] * (k < last / 4 * 4 ? 1 : 1.01));"),
    ),
    planted(
        "c_strict",
        "adam",
        "no bias correction of the mean square",
        ("square_share = 1 - pow(DECAY, epoch)", "square_share = 1"),
    ),
    planted(
        "jax_grad", "hidden", "is float32, expected float64", ('jax.config.update("jax_enable_x64", True)', "pass")
    ),
    planted(
        "jax_grad",
        "hidden",
        "sigmoid's slope through one `where` around two branches, which overflow",
        (
            "return jax.nn.sigmoid(logits)",
            "return jnp.where(logits >= 0, 1 / (1 + jnp.exp(-logits)), jnp.exp(logits) / (1 + jnp.exp(logits)))",
        ),
    ),
    planted(
        "jax_grad",
        "deep",
        "loss through log(1 + exp(z)), which overflows",
        (
            "on - logits * targets + jnp.log1p(jnp.exp(logits - 2 * on))",
            "jnp.log1p(jnp.exp(logits)) - logits * targets + 0 * on",
        ),
    ),
    planted(
        "jax_grad",
        "adam",
        "epsilon inside the root",
        ("recipe.decay, recipe.epsilon)\n\n\ndef begin", "recipe.decay, 0.0, recipe.epsilon)\n\n\ndef begin"),
    ),
    planted("jax_grad", "rmsprop", "epsilon inside the root", ("eps_in_sqrt=False", "eps_in_sqrt=True")),
    planted(
        "jax_grad",
        "momentum",
        "Nesterov's momentum",
        ("optax.sgd(recipe.rate, recipe.momentum)", "optax.sgd(recipe.rate, recipe.momentum, nesterov=True)"),
    ),
]
"""Faults in the text of other implementations: of those that NumPy suffices for first."""

REFERENCES = [
    fault for fault in (*GRADIENT_FAULTS, *OTHER_GRADIENT_FAULTS) if fault in CATALOGUE and fault.planted_in == "hidden"
][:30]
"""Faults in the text of the reference that are judged as a user judges them, besides those in test_judge.py."""

SCOPE = Scope(dtypes=("float64",), checkpoints=(1, 10))

FAST = ("numpy_inplace", "autograd_grad")
"""Implementations that are imported in a moment."""


OWN_SOURCE = (
    "from xorbench.contract.c_library import Network, flat, network\n",
    "from xorbench.contract import c_library\nfrom xorbench.contract.c_library import Network, flat, network\n\n"
    "c_library.SOURCE = c_library.Path(__file__).with_name('_network.c')\n",
)


def variant_in_c(variant: Variant, name: str, change: tuple[str, str], of: str) -> Path:
    """An implementation in C whose own C source is changed."""
    path = variant(name, OWN_SOURCE, of=of)
    text = SOURCE.read_text(encoding="utf-8")
    assert change[0] in text
    path.with_name(SOURCE.name).write_text(text.replace(*change), encoding="utf-8")
    return path


def report_on(variant: Variant, faults: Sequence[Planted]) -> Report:
    """One judgement of all faults of one workload."""
    write = {"c_strict": functools.partial(variant_in_c, variant)}
    files = [write.get(f.of, variant)(f"fault_{n}", *f.changes, of=f.of) for n, f in enumerate(faults)]
    given = [read(file) for file in files]
    if missing := [i.missing for i in given if i.missing]:
        pytest.skip(missing[0])
    (workload,) = {fault.workload for fault in faults}
    return judge(given, [short(workload)], points=8, seed=0, thorough=False, scope=SCOPE)


def expect_all_refused_and_named(report: Report, faults: Sequence[Planted]) -> None:
    unnoticed, unnamed = [], []
    for number, fault in enumerate(faults):
        name = f"fault_{number}"
        refused = report.refusal(name, fault.workload)
        if refused is None:
            unnoticed.append(fault)
        texts = [m.text for m in report.mistakes if m.implementation == name]
        texts += [str(row.reason) for row in report.rows if row.implementation == name and row.verdict == OUTSIDE]
        if fault.says and not any(fault.says in text for text in texts):
            unnamed.append((fault.of, fault.workload, fault.says, texts))
    assert unnoticed == []
    assert unnamed == []


@pytest.mark.parametrize(
    "fault", [fault for fault in OTHERS if fault.of in FAST], ids=lambda fault: f"{fault.of}: {fault.says}"
)
def test_faults_in_other_implementations_are_named_in_this_process(variant: Variant, fault: Planted) -> None:
    found = answered(load(read(variant("faulty", *fault.changes, of=fault.of))), fault.workload)
    assert fault.says is not None
    assert fault.says in str(named(found))


def in_groups() -> list[pytest.ParameterSet]:
    """The faults of other implementations by workload."""
    groups: dict[tuple[str, str], list[Planted]] = {}
    for fault in OTHERS:
        group = "numpy" if fault.of in FAST else fault.of.partition("_")[0]
        groups.setdefault((group, fault.workload), []).append(fault)
    return [pytest.param(faults, id=f"{group}-{workload}") for (group, workload), faults in groups.items()]


@pytest.mark.slow
@pytest.mark.parametrize("faults", in_groups())
def test_faults_in_other_implementations_are_refused_and_named(variant: Variant, faults: Sequence[Planted]) -> None:
    expect_all_refused_and_named(report_on(variant, faults), faults)


@pytest.mark.slow
def test_faults_in_the_reference_are_refused_and_named(variant: Variant) -> None:
    faults = [planted(REFERENCE, "hidden", f": {fault.name}", *fault.changes) for fault in REFERENCES]
    lanes, *_ = (fault.changes[0] for fault in FAULTS if fault.name.endswith("a loop over 8 numbers"))
    faults.append(planted(REFERENCE, "hidden", None, (lanes[0], lanes[1].replace("// 8 * 8", "// 16 * 16"))))
    expect_all_refused_and_named(report_on(variant, faults), faults)


def test_enough_faults_are_planted_and_named() -> None:
    others_named = [fault for fault in OTHERS if fault.says]
    assert len(OTHERS) >= 30
    assert len(others_named) >= 20
    assert len(CATALOGUE) + len(OTHERS) >= 60
    assert len(CATALOGUE) + len(others_named) >= 40
    assert len({fault.of for fault in OTHERS}) >= 5


def test_a_bias_of_ten_roundings_is_refused_and_named(variant: Variant) -> None:
    new = "    return [g * g.dtype.type(1 + 5 * 2.0**-52) for g in gradients]\n"
    given = [read(variant("biased", ("    return gradients\n", new)))]
    scope = replace(SCOPE, varied=False)
    report = judge(given, [short("hidden")], points=250, seed=0, thorough=False, scope=scope)
    refused = report.refusal("biased", "hidden")
    assert refused is not None
    assert any(bias.verdict == OUTSIDE and 8 < bias.factor_units < 12 for bias in report.biases)
