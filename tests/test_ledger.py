"""The ledger: real subjects are observed, and every planted breach of the rules is refused by name."""

from dataclasses import replace
from time import perf_counter

import numpy as np
import pytest
from conftest import Variant

from benchmarks.clock.ledger import PROFILED_EPOCHS, Ledger, violations
from benchmarks.clock.subject import Subject
from benchmarks.contract import REFERENCE, Implementation, discover, read
from benchmarks.environment import allowed_cpus
from benchmarks.workloads import WORKLOADS, Array, flat

WORKLOAD = WORKLOADS["hidden"]
EPOCHS = 60


def ledger_of(implementation: Implementation, monkeypatch: pytest.MonkeyPatch, rounds: int = 3) -> Ledger:
    """As a worker keeps it, but for garbage collection, which pytest-benchmark turns off."""
    subject = Subject(implementation, WORKLOAD)
    for _ in range(rounds):
        subject.before(EPOCHS)
        with monkeypatch.context() as patch:
            patch.setattr("gc.isenabled", lambda: False)
            subject.train(EPOCHS)
        subject.after()
    return subject.bookkeeper.close([1.0] * rounds)


@pytest.fixture(scope="module")
def expected() -> Array:
    subject = Subject(discover()[0], WORKLOAD)
    subject.train(EPOCHS)
    return flat(list(subject._result))


def breaches(ledger: Ledger, execution: str, expected: Array) -> list[str]:
    cpu = allowed_cpus()[-1]
    quiet = replace(ledger, cpus=[cpu], pools=[])  # this process has all CPUs, and other libraries
    return violations(quiet, WORKLOAD, execution, [cpu], expected)


def test_every_implementation_keeps_the_rules(
    present: Implementation, monkeypatch: pytest.MonkeyPatch, expected: Array
) -> None:
    ledger = ledger_of(present, monkeypatch)
    assert breaches(ledger, present.execution, expected) == []
    assert ledger.parameters_sha256 == WORKLOAD.parameters_sha256
    assert (ledger.gradient_dtype, ledger.result_dtype) == ("float64", "float64")
    assert (ledger.entered_later == 0) == (present.execution == "compiled")


def test_where_nobody_knows_the_end_nobody_is_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = ledger_of(discover()[0], monkeypatch)
    cpu = allowed_cpus()[-1]
    (breach,) = violations(replace(ledger, cpus=[cpu], pools=[]), WORKLOAD, "eager", [cpu], None)
    assert breach.startswith("nobody knows where its rounds must end")


TRAIN = (
    "    state = begin(recipe, parameters)\n    for _ in range(epochs):\n"
    "        state = step(recipe, state, inputs, targets)\n    return state[0]\n"
)

FAULTS = {
    "other_parameters": (
        ("return [np.array(p, dtype) for p in parameters]", "return [np.array(p, dtype) * 1.5 for p in parameters]"),
        "other parameters than the workload's",
    ),
    "single_gradients": (
        ("    return gradients\n", "    return [g.astype('float32') for g in gradients]\n"),
        "its gradients are float32, expected float64",
    ),
    "single_results": (
        (TRAIN, TRAIN.replace("return state[0]", "return [p.astype('float32') for p in state[0]]")),
        "its results are float32, expected float64",
    ),
    "fewer_epochs": ((TRAIN, TRAIN.replace("range(epochs)", "range(epochs - 1)")), "did not do the epochs"),
    "more_epochs": ((TRAIN, TRAIN.replace("range(epochs)", "range(epochs + 1)")), "did not do the epochs"),
    "fewer_later": (
        (TRAIN, "    CALLS.append(0)\n" + TRAIN.replace("range(epochs)", "range(epochs - (len(CALLS) == 9))")),
        "did not do the epochs",
    ),
    "not_a_number": (
        (TRAIN, TRAIN.replace("return state[0]", "return [p * np.nan for p in state[0]]")),
        "are nan from",
    ),
    "remembers": (
        (
            TRAIN,
            "    if epochs not in KNOWN:\n        KNOWN[epochs] = begin(recipe, parameters)\n"
            "        for _ in range(epochs):\n"
            "            KNOWN[epochs] = step(recipe, KNOWN[epochs], inputs, targets)\n    return KNOWN[epochs][0]\n",
        ),
        "gave arrays of an earlier one",
    ),
    "not_eager": (
        (TRAIN, TRAIN.replace("step(recipe", "FAST(recipe")),
        "it calls itself eager, but in 20 epochs its Python was entered 0 times",
    ),
    "collects": (
        (
            TRAIN,
            TRAIN.replace("    return state[0]", "    __import__('gc').isenabled = lambda: True\n    return state[0]"),
        ),
        "garbage may be collected inside its rounds",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_breach_is_refused(
    fault: str, variant: Variant, monkeypatch: pytest.MonkeyPatch, expected: Array
) -> None:
    change, says = FAULTS[fault]
    extra: tuple[tuple[str, str], ...] = ()
    if "CALLS" in change[1] or "KNOWN" in change[1]:
        extra = (
            (
                "Parameters = list[Array]\n",
                "Parameters = list[Array]\nCALLS: list[int] = []\nKNOWN: dict[int, list] = {}\n",
            ),
        )
    if "FAST" in change[1]:  # the same text from another file: none of this one's functions is entered
        other = "__import__('implementation_numpy_backprop').step"
        change = (change[0], change[1].replace("FAST", other))
    implementation = read(variant(fault, change, *extra))
    assert implementation.broken is None
    found = breaches(ledger_of(implementation, monkeypatch), "eager", expected)
    assert any(says in breach for breach in found), found


def test_what_calls_itself_compiled_and_runs_python_is_refused(
    monkeypatch: pytest.MonkeyPatch, expected: Array
) -> None:
    ledger = ledger_of(discover()[0], monkeypatch)
    (found,) = breaches(ledger, "compiled", expected)
    assert found.startswith(
        f"it calls itself compiled, but in {PROFILED_EPOCHS} epochs its Python was entered {ledger.entered_later}"
    )
    assert ledger.entered_later >= PROFILED_EPOCHS


def test_what_does_not_wait_is_refused(variant: Variant, monkeypatch: pytest.MonkeyPatch, expected: Array) -> None:
    lazy = read(
        variant(
            "lazy",
            (
                TRAIN,
                "    done = []\n    def work() -> None:\n        state = begin(recipe, parameters)\n"
                "        for _ in range(epochs):\n"
                "            state = step(recipe, state, inputs, targets)\n        done.extend(state[0])\n"
                "    thread = __import__('threading').Thread(target=work)\n    thread.start()\n"
                "    return [Later(thread, done, number) for number in range(len(parameters))]\n",
            ),
            (
                "Parameters = list[Array]\n",
                "Parameters = list[Array]\n\n\nclass Later:\n    def __init__(self, thread, done, number) -> None:\n"
                "        self.thread, self.done, self.number = thread, done, number\n",
            ),
            (
                "    return array\n",
                "    if isinstance(array, Later):\n        array.thread.join()\n"
                "        return array.done[array.number]\n    return array\n",
            ),
        )
    )
    assert lazy.broken is None
    subject = Subject(lazy, WORKLOAD)
    subject.before(2_000)
    started = perf_counter()
    subject.train(2_000)  # comes back before the thread is through
    seconds = perf_counter() - started
    subject.after()
    late = subject.bookkeeper.close([seconds]).late
    assert late > 0.05
    honest = ledger_of(discover()[0], monkeypatch)
    assert any("it did not wait" in b for b in breaches(replace(honest, late=late), "eager", expected))
    assert any("it did not wait" in b for b in breaches(replace(honest, late=float("nan")), "eager", expected))


def test_threads_and_cpus_are_held_against_it(monkeypatch: pytest.MonkeyPatch, expected: Array) -> None:
    ledger = replace(
        ledger_of(discover()[0], monkeypatch),
        pools=[{"library": "openblas", "version": "1", "threads": 2}],
        cpus=[0, 1, 2],
    )
    found = violations(ledger, WORKLOAD, "eager", [2], expected)
    assert found == [
        "the openblas that it loaded has 2 threads, expected 1",
        "it may use the CPUs [0, 1, 2], expected 2 alone",
    ]
    assert violations(ledger, WORKLOAD, "eager", [0, 1, 2], expected) == []
    assert violations(ledger, WORKLOAD, "eager", [0, 1], expected) == [
        "it may use the CPUs [0, 1, 2], expected 0, 1 alone"
    ]


def test_parameters_of_another_shape_are_off_the_trajectory(monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = ledger_of(discover()[0], monkeypatch)
    assert discover()[0].name == REFERENCE
    assert any("did not do the epochs" in b for b in breaches(ledger, "eager", np.zeros(3)))
