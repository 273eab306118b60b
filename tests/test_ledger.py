"""The ledger: real implementations are observed, and every planted breach of the rules is refused by name."""

import os
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import BASELINE, Variant, loaded
from tests.planted import LEDGER, planted
from xorbench.affinity import allowed_cpus
from xorbench.clock import bookkeeper, timed_implementation
from xorbench.clock.bookkeeper import usage
from xorbench.clock.ends import Round, compared
from xorbench.clock.ends import violations as ends_violations
from xorbench.clock.ledger import (
    MOST_GAINED_BYTES,
    MOST_LATE_NANOSECONDS,
    TICK_NANOSECONDS,
    violations,
    with_left,
)
from xorbench.clock.repeating import work
from xorbench.clock.system_counters import Account
from xorbench.clock.timed_implementation import SEEDS, TimedImplementation, Turn
from xorbench.contract import Implementation, read
from xorbench.record.timing import PROFILED_EPOCHS, Ledger, Pool, Usage
from xorbench.studies.injection.cheats import written
from xorbench.studies.injection.cheats_of_results import CHEATS_OF_RESULTS
from xorbench.workloads import WORKLOADS, Array, flat

WORKLOAD = WORKLOADS["hidden"]
EPOCHS = 60

NOTHING = Usage(
    epochs=1, cpu_nanoseconds=5 * 10**9, child_nanoseconds=0, executable_bytes_gained=0, resident_bytes_gained=0
)
"""What the system counts of an honest worker."""


def observed(
    implementation: Implementation, monkeypatch: pytest.MonkeyPatch, rounds: int = 3
) -> tuple[Ledger, list[Round]]:
    """As a worker keeps it, but for garbage collection, which pytest-benchmark turns off."""
    timed = TimedImplementation(implementation, WORKLOAD)
    found = []
    for number in range(rounds):
        turn = Turn(EPOCHS // (1 + number % 2), EPOCHS // 4, number)
        timed.before(turn)
        with monkeypatch.context() as patch:
            patch.setattr("gc.isenabled", lambda: False)
            timed.train(turn.epochs)
        found.append(Round(number, turn.epochs, turn.seed, timed.after()))
    return timed.bookkeeper.close(), found


def ledger_of(implementation: Implementation, monkeypatch: pytest.MonkeyPatch) -> Ledger:
    return observed(implementation, monkeypatch)[0]


def breaches(ledger: Ledger, execution: str, used: Usage = NOTHING, timed: int = 10**9) -> list[str]:
    cpu = allowed_cpus()[-1]
    quiet = replace(ledger, cpus=[cpu], pools=[])  # this process has all CPUs, and other libraries
    return violations(quiet, used, timed, WORKLOAD, execution, [cpu])


def all_breaches(implementation: Implementation, execution: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Those of the ends of rounds too."""
    ledger, rounds = observed(implementation, monkeypatch)
    return [*of_ends(rounds), *breaches(ledger, execution)]


def of_ends(rounds: list[Round]) -> list[str]:
    ends = [compared(one, WORKLOAD, reference(one.epochs, one.seed)) for one in rounds]
    return ends_violations(ends, rounds, [one.epochs for one in rounds], WORKLOAD)


def reference(epochs: int, seed: int) -> "Future[Array]":
    module = loaded(BASELINE)
    converted = module.convert(WORKLOAD.drawn(seed), WORKLOAD.inputs, WORKLOAD.targets, WORKLOAD.dtype)
    found: Future[Array] = Future()
    found.set_result(flat(module.train(WORKLOAD.recipe, *converted, epochs)))
    return found


@pytest.mark.slow
def test_every_implementation_keeps_the_rules(present: Implementation, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger, rounds = observed(present, monkeypatch)
    late = replace(ledger, late_nanoseconds=0)  # on a machine that is busy with other tests
    assert breaches(late, present.execution) == []
    assert of_ends(rounds) == []
    assert ledger.parameters_sha256 == WORKLOAD.parameters_sha256
    assert (ledger.gradient_dtype, ledger.result_dtype) == ("float64", "float64")
    assert (ledger.entered_later == 0) == (present.execution == "compiled")


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
    "fewer_epochs": ((TRAIN, TRAIN.replace("range(epochs)", "range(epochs - 1)")), "wrong end state: after "),
    "more_epochs": ((TRAIN, TRAIN.replace("range(epochs)", "range(epochs + 1)")), "wrong end state: after "),
    "fewer_later": (
        (TRAIN, "    CALLS.append(0)\n" + TRAIN.replace("range(epochs)", "range(epochs - (len(CALLS) == 9))")),
        "wrong end state: after ",
    ),
    "not_a_number": (
        (TRAIN, TRAIN.replace("return state[0]", "return [p * np.nan for p in state[0]]")),
        "differ from the reference's by inf",
    ),
    "remembers_arrays": (
        (
            TRAIN,
            "    if epochs not in KNOWN:\n        KNOWN[epochs] = begin(recipe, parameters)\n"
            "        for _ in range(epochs):\n"
            "            KNOWN[epochs] = step(recipe, KNOWN[epochs], inputs, targets)\n    return KNOWN[epochs][0]\n",
        ),
        "a round returned arrays of an earlier round",
    ),
    "remembers_numbers": (
        (
            TRAIN,
            "    if epochs not in KNOWN:\n        state = begin(recipe, parameters)\n"
            "        for _ in range(epochs):\n            state = step(recipe, state, inputs, targets)\n"
            "        KNOWN[epochs] = state[0]\n    return [p.copy() for p in KNOWN[epochs]]\n",
        ),
        "it returned the result of an earlier round: ",
    ),
    "stops_early": (
        (TRAIN, TRAIN.replace("range(epochs)", "range(epochs - epochs // 10)")),
        "wrong end state: after ",
    ),
    "has_a_table": (
        (
            TRAIN,
            TRAIN.replace("return state[0]", "return state[0] if epochs < 16 else [p * 0 + epochs for p in state[0]]"),
        ),
        "it returned the result of an earlier round: ",
    ),
    "not_eager": (
        (TRAIN, TRAIN.replace("step(recipe", "FAST(recipe")),
        "it is declared eager, but 20 epochs called its Python functions 0 times",
    ),
    "collects": (
        (
            TRAIN,
            TRAIN.replace("    return state[0]", "    __import__('gc').isenabled = lambda: True\n    return state[0]"),
        ),
        "garbage collection was enabled during timed rounds",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_breach_is_refused(fault: str, variant: Variant, monkeypatch: pytest.MonkeyPatch) -> None:
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
        loaded(BASELINE)
        other = "__import__('implementation_numpy_backprop').step"
        change = (change[0], change[1].replace("FAST", other))
    implementation = read(variant(fault, change, *extra))
    assert implementation.broken is None
    found = all_breaches(implementation, "eager", monkeypatch)
    assert any(says in breach for breach in found), found


def test_what_calls_itself_compiled_and_runs_python_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = replace(ledger_of(BASELINE, monkeypatch), late_nanoseconds=0)
    (found,) = breaches(ledger, "compiled")
    assert found.startswith(
        f"it is declared compiled, but {PROFILED_EPOCHS} epochs called its Python functions {ledger.entered_later}"
    )
    assert ledger.entered_later >= PROFILED_EPOCHS


def test_the_python_of_a_sibling_counts(variant: Variant, monkeypatch: pytest.MonkeyPatch) -> None:
    borrows = read(
        variant(
            "borrows_step",
            ("import numpy as np\n", "import numpy as np\nfrom numpy_backprop import step\n"),
            ("def step(", "def unused("),
            ('EXECUTION = "eager"', 'EXECUTION = "compiled"'),
        )
    )
    assert borrows.broken is None
    ledger = replace(ledger_of(borrows, monkeypatch), late_nanoseconds=0)
    assert ledger.entered_later >= PROFILED_EPOCHS
    assert [breach.partition(",")[0] for breach in breaches(ledger, "compiled")] == ["it is declared compiled"]
    assert breaches(ledger, "eager") == []


LAZY = (
    (
        TRAIN,
        "    def work() -> list:\n        state = begin(recipe, parameters)\n        for _ in range(epochs):\n"
        "            state = step(recipe, state, inputs, targets)\n        return state[0]\n"
        "    later = Later(work)\n    return [Item(later, number) for number in range(len(parameters))]\n",
    ),
    (
        "Parameters = list[Array]\n",
        "Parameters = list[Array]\n\n\nclass Later:\n    def __init__(self, work) -> None:\n"
        "        self.work, self.done = work, None\n\n    def get(self, number: int):\n"
        "        if self.done is None:\n            self.done = self.work()\n        return self.done[number]\n\n\n"
        "class Item:\n    def __init__(self, later, number) -> None:\n"
        "        self.later, self.number = later, number\n",
    ),
    ("    return array\n", "    return array.later.get(array.number) if isinstance(array, Item) else array\n"),
)
"""It computes when its result is read."""


def test_what_computes_when_it_is_read_is_refused(variant: Variant, monkeypatch: pytest.MonkeyPatch) -> None:
    lazy = read(variant("lazy", *LAZY))
    assert lazy.broken is None
    timed = TimedImplementation(lazy, WORKLOAD)
    timed.before(Turn(2_000, 500, 1))
    timed.train(2_000)
    timed.after()
    # Reading its result trains 2,000 epochs, reading that of the warm-up 500: no machine does 1,500 in 0.1 ms.
    late = timed.bookkeeper.close().late_nanoseconds
    ledger = replace(ledger_of(BASELINE, monkeypatch), late_nanoseconds=late)
    (found,) = breaches(ledger, "eager")
    assert found.startswith("its result was not synchronised: it was finished ")


def test_what_a_thread_computes_until_its_result_is_read_is_late(tmp_path: Path) -> None:
    """The result is finished when it is read, as where the thread gets the CPU while system counters are read."""
    (cheat,) = [one for one in CHEATS_OF_RESULTS if one.name == "computes_in_a_thread"]
    timed = TimedImplementation(written(cheat, tmp_path), WORKLOAD)
    timed.before(Turn(60_000, 500, 1))
    timed.train(60_000)
    later: Any = timed._result[0]
    later.get()
    timed.after()
    # 60,000 epochs take more than the 150 ms for which its `train` waits, also where this thread waits for a CPU.
    late = timed.bookkeeper.close().late_nanoseconds
    assert late is not None
    assert late > MOST_LATE_NANOSECONDS


@pytest.mark.parametrize(("late", "refused"), [(MOST_LATE_NANOSECONDS, False), (MOST_LATE_NANOSECONDS + 1, True)])
def test_the_limit_of_being_late_is_an_absolute_time(late: int, refused: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = replace(ledger_of(BASELINE, monkeypatch), late_nanoseconds=late)
    for timed in (10**6, 10**9):  # however long the rounds are
        found = breaches(ledger, "eager", replace(NOTHING, cpu_nanoseconds=2 * timed), timed)
        assert any("its result was not synchronised" in breach for breach in found) == refused


def test_threads_and_cpus_are_held_against_it(monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = replace(
        ledger_of(BASELINE, monkeypatch),
        late_nanoseconds=0,
        pools=[Pool("openblas", "1", 2)],
        cpus=[0, 1, 2],
    )
    found = violations(ledger, NOTHING, 10**9, WORKLOAD, "eager", [2])
    assert found == [
        "its openblas thread pool has 2 threads, expected 1",
        "its CPU affinity is [0, 1, 2], expected [2]",
    ]
    assert violations(ledger, NOTHING, 10**9, WORKLOAD, "eager", [0, 1, 2]) == []
    assert violations(ledger, NOTHING, 10**9, WORKLOAD, "eager", [0, 1]) == [
        "its CPU affinity is [0, 1, 2], expected [0, 1]"
    ]


SECOND = 10**9

USED = {
    "more_than_the_system_counted": (
        replace(NOTHING, cpu_nanoseconds=SECOND),
        SECOND + 40_000_001,
        "expected at most the 1.00 s",
    ),
    "as_much_as_the_system_counted": (replace(NOTHING, cpu_nanoseconds=SECOND), SECOND + 40_000_000, None),
    "much_less_than_the_system_counted": (
        replace(NOTHING, cpu_nanoseconds=4 * SECOND + 20_000_001),
        SECOND // 25,
        "it reported 0.040 s of CPU time in its rounds, less than a 100th of the 4.02 s",
    ),
    "a_hundredth_of_what_the_system_counted": (
        replace(NOTHING, cpu_nanoseconds=4 * SECOND + 20_000_000),
        SECOND // 25,
        None,
    ),
    "a_child": (replace(NOTHING, child_nanoseconds=40_000_001), 4 * SECOND, "its child processes used 0.04 s"),
    "hardly_a_child": (replace(NOTHING, child_nanoseconds=40_000_000), 4 * SECOND, None),
    "two_ticks_of_a_child": (replace(NOTHING, child_nanoseconds=TICK_NANOSECONDS), SECOND, None),
    "code": (replace(NOTHING, executable_bytes_gained=4096), SECOND, "its executable memory grew by 4 KiB"),
    "less_code": (replace(NOTHING, executable_bytes_gained=-4096), SECOND, None),
    "memory": (replace(NOTHING, resident_bytes_gained=MOST_GAINED_BYTES + 1), SECOND, "its resident memory grew"),
    "some_memory": (replace(NOTHING, resident_bytes_gained=MOST_GAINED_BYTES), SECOND, None),
    "what_is_not_told": (Usage(1, None, None, None, None), SECOND, None),
}


@pytest.mark.parametrize("case", USED)
def test_what_the_system_counted_is_held_against_it(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    used, timed, says = USED[case]
    ledger = replace(ledger_of(BASELINE, monkeypatch), late_nanoseconds=0)
    found = breaches(ledger, "eager", used, timed)
    assert (found == []) if says is None else (len(found) == 1 and says in found[0]), found


def test_usage_is_the_difference_of_accounts() -> None:
    first, warm, last = Account(10, 1, 100, 1000), Account(15, 2, 300, 2000), Account(40, 5, 301, 2500)
    assert usage(7, first, warm, last) == Usage(7, 30, 4, 1, 500)
    assert usage(7, first, None, last) == Usage(7, None, None, None, None)


HONEST = replace(
    LEDGER, parameters_sha256=WORKLOAD.timed_parameters_sha256, entered_later=PROFILED_EPOCHS, late_nanoseconds=0
)
"""What is observed of an eager implementation that keeps the rules."""


@pytest.mark.parametrize(
    ("execution", "entered", "refused"),
    [("eager", 19, True), ("eager", 20, False), ("compiled", 1, True), ("compiled", 0, False)],
)
def test_eager_enters_its_python_in_each_of_20_epochs_and_compiled_never(
    execution: str, entered: int, refused: bool
) -> None:
    assert bool(breaches(replace(HONEST, entered_later=entered), execution)) is refused


@pytest.mark.parametrize(("late", "refused"), [(None, False), (100_000, False), (100_001, True)])
def test_reading_a_result_may_take_a_tenth_of_a_millisecond_more(late: int | None, refused: bool) -> None:
    assert bool(breaches(replace(HONEST, late_nanoseconds=late), "eager")) is refused


def test_late_is_what_reading_a_result_takes_beyond_a_ready_one_in_three_quarters_of_the_rounds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Of five rounds 500, 3,800, 8,000, 9,000 and 699,000 the second. Reading a start counts nothing.
    monkeypatch.setattr(timed_implementation, "other_threads_nanoseconds", lambda: 600)
    monkeypatch.setattr(bookkeeper, "other_threads_nanoseconds", lambda: 600)
    timed = TimedImplementation(BASELINE, WORKLOAD)
    for number, (result, ready) in enumerate(
        [(5_000, 1_200), (9_000, 1_000), (2_000, 1_500), (700_000, 1_000), (10_000, 1_000)]
    ):
        timed.before(Turn(8, 2, number))
        timed.train(8)
        readings = iter([0, 1_000_000, 2_000_000, 2_000_000 + result, 3_000_000, 3_000_000 + ready])
        with monkeypatch.context() as patch:
            patch.setattr(bookkeeper, "perf_counter_ns", lambda readings=readings: next(readings))
            timed.after()
    assert timed.bookkeeper.close().late_nanoseconds == 3_800


def test_the_warm_up_of_a_round_has_so_many_epochs_from_another_start_than_the_round(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    timed, trained = TimedImplementation(BASELINE, WORKLOAD), []

    def noted(module: Any, workload: Any, measure: Any, arguments: Any, *more: Any) -> Any:
        train = work(module, workload, measure, arguments, *more)

        def training(epochs: int) -> Any:
            trained.append((flat(arguments[0]).tolist(), epochs))
            return train(epochs)

        return training

    monkeypatch.setattr(timed_implementation, "work", noted)
    for turn in (Turn(8, 2, 5), Turn(4, 2, SEEDS - 1)):
        trained.clear()
        timed.before(turn)
        timed.train(turn.epochs)
        own, other = (flat(WORKLOAD.drawn(seed)).tolist() for seed in (turn.seed, (turn.seed + 1) % SEEDS))
        assert trained == [(other, turn.warm_up), (own, turn.epochs)]


def test_late_is_the_cpu_time_of_other_threads_until_a_result_is_read_where_that_is_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(timed_implementation, "other_threads_nanoseconds", lambda: 1_000)
    monkeypatch.setattr(bookkeeper, "other_threads_nanoseconds", lambda: 10_001_000)
    timed = TimedImplementation(BASELINE, WORKLOAD)
    timed.before(Turn(8, 2, 1))
    timed.train(8)
    readings = iter([0, 10, 20, 30, 40, 50])
    with monkeypatch.context() as patch:
        patch.setattr(bookkeeper, "perf_counter_ns", lambda: next(readings))
        timed.after()
    assert timed.bookkeeper.close().late_nanoseconds == 10_000_000


def test_the_value_of_a_variable_that_a_file_sets_is_not_kept_unless_it_is_a_number_of_threads(
    variant: Variant, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("SECRET_TOKEN", "OMP_NUM_THREADS"):
        monkeypatch.setenv(name, "before")
    monkeypatch.setattr(bookkeeper, "_GIVEN", dict(os.environ))
    begin = "def begin(recipe: Recipe, parameters: Parameters) -> State:\n"
    path = variant(
        "sets_variables",
        (begin, f'{begin}    import os\n    os.environ.update(SECRET_TOKEN="hunter2", OMP_NUM_THREADS="3")\n'),
    )
    kept = ledger_of(read(path), monkeypatch).variables
    assert (kept["SECRET_TOKEN"], kept["OMP_NUM_THREADS"]) == ("", "3")
    assert "hunter2" not in str(kept)


def test_a_process_that_was_left_running_refuses_the_row_in_its_launch_and_no_other() -> None:
    record = planted({"one": [0.1] * 3, "two": [0.2] * 3}, launches=3).record
    launches = [replace(launch, left={"one": "sh, sleep"} if launch.number == 1 else {}) for launch in record.launches]
    found = with_left(record.timings, launches)
    broken = [(timing.implementation, timing.launch, timing.violations) for timing in found if timing.violations]
    assert broken == [("one", 1, ["it left a process running after its launch: sh, sleep"])]
    assert with_left(found, record.launches) == found
