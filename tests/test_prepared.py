"""What is timed where a function is measured: each implementation's prepared form gives what the reference gives."""

import functools
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.conftest import BASELINE, EVERYBODY, Variant, loaded
from tests.test_ends import known
from tests.test_ledger import NOTHING
from xorbench.affinity import allowed_cpus
from xorbench.clock import repeating
from xorbench.clock.ends import Round, compared, violations
from xorbench.clock.ledger import violations as ledger_violations
from xorbench.clock.repeating import Latencies, converted, data, work
from xorbench.clock.timed_implementation import TimedImplementation, Turn
from xorbench.contract import REFERENCE, Contract, Implementation, load, prepared, read
from xorbench.measures import Measure
from xorbench.record.timing import Latency
from xorbench.workloads import WORKLOADS, Workload, flat

FUNCTIONS: tuple[Measure, ...] = ("gradient", "loss", "predict")
HIDDEN = WORKLOADS["hidden"]


def done(module: Contract, workload: Workload, measure: Measure, seed: int, number: int = 3) -> list[np.ndarray]:
    """The result of a few calls, as NumPy arrays."""
    arguments = converted(module, workload, measure, workload.drawn(seed), seed)
    return [np.array(module.to_numpy(array)) for array in work(module, workload, measure, arguments)(number)]


@functools.cache
def expected_of(workload: Workload, measure: Measure, seed: int) -> list[np.ndarray]:
    """What the reference gives, as NumPy arrays."""
    return done(loaded(BASELINE), workload, measure, seed)


@pytest.mark.parametrize("measure", FUNCTIONS)
@pytest.mark.parametrize("name", ["hidden", pytest.param("deep", marks=pytest.mark.slow)])
def test_every_prepared_function_gives_what_the_reference_gives(module: Contract, name: str, measure: Measure) -> None:
    workload = WORKLOADS[name]
    for seed in (1, 6):
        found, expected = done(module, workload, measure, seed), expected_of(workload, measure, seed)
        assert [array.shape for array in found] == [array.shape for array in expected]
        assert {array.dtype for array in found} == {np.dtype("float64")}
        for one, other in zip(found, expected, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("measure", FUNCTIONS)
def test_what_is_prepared_may_be_called_by_turns(module: Contract, measure: Measure) -> None:
    """The warm-up of a round is prepared before the round, and from other parameters."""
    first, second = (converted(module, HIDDEN, measure, HIDDEN.drawn(seed), seed) for seed in (1, 6))
    one, other = (work(module, HIDDEN, measure, arguments) for arguments in (first, second))
    expected = [[module.to_numpy(array).copy() for array in each(1)] for each in (one, other)]
    again = [[module.to_numpy(array).copy() for array in each(2)] for each in (one, other)]
    for before, after in zip(expected, again, strict=True):
        for a, b in zip(before, after, strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("measure", FUNCTIONS)
def test_without_a_function_of_its_own_the_contracts_are_called(measure: Measure) -> None:
    module = loaded(BASELINE)
    arguments = converted(module, HIDDEN, measure, HIDDEN.drawn(1))
    call: Any = prepared(module, measure, HIDDEN.recipe, *arguments)
    assert call.func is getattr(module, measure)
    given = (HIDDEN.recipe, *arguments[: 2 if measure == "predict" else 3])
    assert all(one is other for one, other in zip(call.args, given, strict=True))


def usable(name: str) -> Contract:
    (found,) = (i for i in EVERYBODY if i.name == name)
    if found.missing:
        pytest.skip(f"{name} is not tested: {found.missing}")
    return loaded(found)


@pytest.mark.parametrize("measure", FUNCTIONS)
@pytest.mark.parametrize("name", ["jax_grad", "jax_scan", "tensorflow_tape"])
def test_what_is_compiled_is_traced_once(name: str, measure: Measure, monkeypatch: pytest.MonkeyPatch) -> None:
    module: Any = usable(name)
    done(module, HIDDEN, measure, 1)
    traced = []

    def counting(*arguments: Any) -> Any:
        traced.append(arguments)
        return activate(*arguments)

    activate = module.activate
    monkeypatch.setattr(module, "activate", counting)
    done(module, HIDDEN, measure, 2)
    assert traced == []
    done(module, replace(HIDDEN, recipe=HIDDEN.recipe._replace(rate=0.123)), measure, 1)
    assert traced  # of another recipe


@pytest.mark.parametrize("measure", FUNCTIONS)
def test_a_module_is_built_once(measure: Measure, monkeypatch: pytest.MonkeyPatch) -> None:
    module: Any = usable("torch_nn")
    built = []

    def counting(*arguments: Any) -> Any:
        built.append(arguments)
        return network_of(*arguments)

    network_of = module.network
    monkeypatch.setattr(module, "network", counting)
    repeated = work(module, HIDDEN, measure, converted(module, HIDDEN, measure, HIDDEN.drawn(1)))
    assert len(built) == 1
    repeated(5)
    assert len(built) == 1


def test_a_loss_keeps_the_graph_of_a_training_step_and_a_prediction_does_not() -> None:
    module = usable("torch_autograd")
    loss, prediction = (
        work(module, HIDDEN, measure, converted(module, HIDDEN, measure, HIDDEN.drawn(1)))(1)[0]
        for measure in ("loss", "predict")
    )
    assert loss.requires_grad
    assert prediction.is_inference()


def test_a_prediction_is_of_one_sample_that_the_seed_chooses() -> None:
    seen = []
    for seed in range(8):
        inputs, targets = data(HIDDEN, "predict", seed)
        assert (inputs.shape, targets.shape) == ((1, 2), (1, 1))
        seen.append(inputs[0].tolist())
    assert seen == HIDDEN.inputs.tolist() * 2
    assert data(HIDDEN, "loss", 3)[0] is HIDDEN.inputs


def test_what_must_be_read_is_read_once_after_many_calls(variant: Variant) -> None:
    begin = "def begin(recipe: Recipe, parameters: Parameters) -> State:\n"
    text = (
        "READ = []\n\n\ndef prepared(measure, recipe, parameters, inputs, targets):\n"
        "    def read():\n        READ.append(measure)\n"
        "        return gradient(recipe, parameters, inputs, targets)\n\n"
        "    return lambda: read\n\n\n"
    )
    module: Any = load(read(variant("reads", (begin, text + begin))))
    found = done(module, HIDDEN, "gradient", 1, number=7)
    assert module.READ == ["gradient"]
    for one, other in zip(found, expected_of(HIDDEN, "gradient", 1), strict=True):
        np.testing.assert_array_equal(one, other)


def clock(*nanoseconds: int) -> Callable[[], int]:
    """A clock that shows these times, one after the other."""
    times = iter(nanoseconds)
    return lambda: next(times)


def test_calls_that_met_a_context_switch_have_no_latency(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repeating, "TOGETHER", 2)
    monkeypatch.setattr(
        repeating, "perf_counter_ns", clock(0, 100, 200, 400, 1_000, 9_000, 9_000, 9_500, 10_000, 10_300)
    )
    monkeypatch.setattr(repeating, "switches", clock(5, 5, 5, 6, 6, 6))
    latencies = Latencies()
    waited: list[str] = []
    assert latencies.repeated(iter("abcde").__next__, waited.append, 5) == ["e"]
    assert waited == [*"abcde"]  # each result is waited for
    assert latencies.summary() == Latency(calls=3, median_nanoseconds=200, percentile_99_nanoseconds=298)


def test_without_calls_there_is_no_latency(monkeypatch: pytest.MonkeyPatch) -> None:
    latencies = Latencies()
    assert latencies.summary() is None
    monkeypatch.setattr(repeating, "switches", clock(1, 2))
    latencies.repeated(lambda: 0, lambda _result: None, 10)
    assert latencies.summary() is None


def observed(
    implementation: Implementation, measure: Measure, workload: Workload = HIDDEN, rounds: int = 4
) -> tuple[TimedImplementation, list[Round]]:
    """As a worker keeps it."""
    timed, found = TimedImplementation(implementation, workload, measure), []
    timed.compile([20, 10, 5])
    for number in range(rounds):
        turn = Turn(20 // (1 + number % 2), 5, 100 + number)
        timed.before(turn)
        timed.train(turn.epochs)
        found.append(Round(number, turn.epochs, turn.seed, timed.after()))
    return timed, found


def wrong_ends(rounds: list[Round], measure: Measure, workload: Workload = HIDDEN) -> list[str]:
    """What the comparison with the reference finds."""
    ends = [compared(one, workload, known(flat(expected_of(workload, measure, one.seed))), measure) for one in rounds]
    assert all(set(end.start) == {0.0} for end in ends)
    return violations(ends, rounds, [one.epochs for one in rounds], workload, measure)


@pytest.mark.parametrize("measure", FUNCTIONS)
def test_every_implementation_keeps_the_rules_where_a_function_is_measured(
    present: Implementation, measure: Measure, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gc.isenabled", lambda: False)  # pytest-benchmark turns it off
    timed, rounds = observed(present, measure)
    assert wrong_ends(rounds, measure) == []
    ledger = timed.bookkeeper.close()
    assert ledger.result_dtype == ledger.gradient_dtype == "float64"
    here = [*allowed_cpus()]
    broken = ledger_violations(ledger, NOTHING, 10**9, HIDDEN, "", here)
    assert [rule for rule in broken if "synchronised" not in rule and "thread pool" not in rule] == []
    latency = timed.latency()
    assert (latency is None) or (measure == "predict" and latency.calls <= 60)


@pytest.mark.parametrize("measure", FUNCTIONS)
def test_a_result_in_single_precision_is_the_references(measure: Measure) -> None:
    single = WORKLOADS["hidden-float32"]
    timed, rounds = observed(BASELINE, measure, single)
    assert wrong_ends(rounds, measure, single) == []
    assert timed.bookkeeper.close().result_dtype == "float32"


BEGIN = "def begin(recipe: Recipe, parameters: Parameters) -> State:\n"
HEAD = "def prepared(measure, recipe, parameters, inputs, targets):\n"

WRONG = {
    "doubles": "    return lambda: [2 * g for g in gradient(recipe, parameters, inputs, targets)]\n",
    "remembers": (
        "    result = KNOWN.setdefault(measure, gradient(recipe, parameters, inputs, targets))\n"
        "    return lambda: [g.copy() for g in result]\n"
    ),
    "loses_a_digit": "    return lambda: [g + 1e-5 for g in gradient(recipe, parameters, inputs, targets)]\n",
    "not_a_number": "    return lambda: [g * np.nan for g in gradient(recipe, parameters, inputs, targets)]\n",
    "less": "    return lambda: gradient(recipe, parameters, inputs, targets)[:2]\n",
}


@pytest.mark.parametrize("fault", WRONG)
def test_a_prepared_function_that_is_wrong_is_refused(fault: str, variant: Variant) -> None:
    path = variant(f"prepared_{fault}", (BEGIN, f"KNOWN = {{}}\n\n\n{HEAD}{WRONG[fault]}\n\n{BEGIN}"))
    implementation = read(path)
    assert implementation.broken is None
    _, rounds = observed(implementation, "gradient")
    found = wrong_ends(rounds, "gradient")
    assert found
    assert all(breach.startswith("wrong gradient: after ") for breach in found)
    assert all("of the largest entry, expected at most 1e-11" in breach for breach in found)


def test_a_reference_without_a_result_is_said() -> None:
    end = compared(Round(3, 20, 1, [0.5]), HIDDEN, known(None), "loss")
    (breach,) = violations([end], [], [20, 10, 20, 10], HIDDEN, "loss")
    assert breach == "no reference loss for round 3: the reference gave no result"


def test_equal_losses_from_different_starts_are_no_breach() -> None:
    rounds = [Round(number, 20, number, [0.25]) for number in range(3)]
    ends = [compared(one, HIDDEN, known(np.array([0.25])), "loss") for one in rounds]
    assert violations(ends, rounds, [20, 20, 20], HIDDEN, "loss") == []


def test_the_reference_itself_has_no_prepared_function() -> None:
    assert not hasattr(loaded(BASELINE), "prepared")
    assert BASELINE.name == REFERENCE
