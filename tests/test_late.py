"""Answers after the timed rounds: whoever is right while it is judged and wrong later is refused."""

import json
import re

import numpy as np
import pytest

from tests.conftest import BASELINE, Variant
from xorbench.affinity import allowed_cpus
from xorbench.clock.late import MOST_MULTIPLICATIONS, Question, questions, violations
from xorbench.contract import REFERENCE, load, read
from xorbench.estimates.analysis import Analysis
from xorbench.judging.answers import answers
from xorbench.judging.points import random_points
from xorbench.judging.truths import Truths, truths_here
from xorbench.line import LONGEST_MESSAGE
from xorbench.record.run import Record
from xorbench.suite import Settings, Suite
from xorbench.workloads import WORKLOADS, named
from xorbench.workloads.sizes import BATCHES, LARGEST

NEURON = WORKLOADS["neuron"]
POINTS = random_points(NEURON, "float64", 3, seed=5)
ASKED = Question(POINTS, 5)
TRUTHS = truths_here(POINTS)
RIGHT: list[list[float | None]] = answers(load(BASELINE), POINTS).rows.tolist()


def changed(point: int, entry: int, value: float | None) -> list[list[float | None]]:
    rows = [list(row) for row in RIGHT]
    rows[point][entry] = value
    return rows


def test_right_answers_break_no_rule() -> None:
    assert violations(ASKED, RIGHT, TRUTHS) == []


def test_a_wrong_answer_is_told_with_its_place_and_the_truth() -> None:
    truth = float(TRUTHS.high[2, 1])
    (found,) = violations(ASKED, changed(2, 1, 1.5 * truth), TRUTHS)
    share = 0.5 * abs(truth) / TRUTHS.bound[2, 1]
    assert found == (
        f"its answers changed after the timed rounds: W1[1, 0] is {1.5 * truth!r}, the truth is {truth!r}, "
        f"{share:.2g} times the bound, at {POINTS.labels[2]} drawn with seed 5"
    )
    (found,) = violations(ASKED, changed(0, -1, 77.0), TRUTHS)
    assert ": loss is 77.0, the truth is " in found
    assert ", at the initial parameters drawn" in found
    (found,) = violations(ASKED, changed(1, 0, None), TRUTHS)
    assert ": W1[0, 0] is missing or not finite, " in found
    assert ", infinitely many times the bound, " in found


@pytest.mark.parametrize(("off", "refused"), [(1.0, False), (1.001, True), (-1.0, False), (-1.001, True)])
def test_the_bound_is_the_judges(off: float, refused: bool) -> None:
    unit = Truths(np.zeros_like(TRUTHS.high), np.zeros_like(TRUTHS.high), np.full_like(TRUTHS.high, 0.25))
    zeros: list[list[float | None]] = np.zeros_like(TRUTHS.high).tolist()
    zeros[1][3] = 0.25 * off
    assert bool(violations(ASKED, zeros, unit)) == refused


@pytest.mark.parametrize("rows", [[], RIGHT[:-1], [*RIGHT, RIGHT[0]], [row[:-1] for row in RIGHT]])
def test_missing_answers_are_refused(rows: list[list[float | None]]) -> None:
    (found,) = violations(ASKED, rows, TRUTHS)
    assert found == "its answers after the timed rounds are incomplete, expected 4 rows of 8 numbers"


def test_every_run_draws_other_points_in_the_dtype_of_the_workload() -> None:
    workloads = [WORKLOADS["hidden"], WORKLOADS["hidden-float32"]]
    one, other = questions(workloads), questions(workloads)
    assert one.keys() == other.keys() == {"hidden", "hidden-float32"}
    for name, question in one.items():
        assert len(question.points) == 4
        assert question.points.dtype == WORKLOADS[name].dtype
        assert question.rows[0] == other[name].rows[0]  # the initial parameters
        assert question.rows[1:] != other[name].rows[1:]
        again = random_points(WORKLOADS[name], WORKLOADS[name].dtype, 3, question.seed)
        assert question.rows == again.rows.tolist()


def test_large_networks_are_asked_at_fewer_points_or_not_at_all() -> None:
    assert len(questions([WORKLOADS["parity-6"]])["parity-6"].points) == 2
    assert questions([named("width-1000-batch-64")]) == {}
    entries = [
        len(workload.entries)
        for width in (1000, LARGEST)
        for batch in BATCHES
        if (workload := named(f"width-{width}-batch-{batch}")).multiplications <= MOST_MULTIPLICATIONS
    ]
    widest = json.dumps([[-1.2345678901234567e-100] * max(entries)] * 2)
    assert len(widest) < LONGEST_MESSAGE


TRAININGS = 60
"""The number of trainings after which an implementation changes: the judge asks for fewer, the clock for more."""

LATE = f"len(TRAININGS) > {TRAININGS}"
COUNTED = (
    ("Parameters = list[Array]\n", "Parameters = list[Array]\nTRAININGS: list[int] = []\n"),
    (
        "    state = begin(recipe, parameters)\n    for",
        "    TRAININGS.append(epochs)\n    state = begin(recipe, parameters)\n    for",
    ),
    ("gradient(recipe", "right(recipe"),  # training itself stays right
    (
        "def begin(",
        "def gradient(recipe, parameters, inputs, targets):\n"
        "    return [g * factor() for g in right(recipe, parameters, inputs, targets)]\n\n\n"
        "def factor():\n    return 1\n\n\ndef begin(",
    ),
)

CHANGES = {
    "late_gradient": (("    return 1\n", f"    return 1.5 if {LATE} else 1\n"),),
    "late_loss": (("np.sum(error**2) / 2", f"np.sum(error**2) / (2 + ({LATE}))"),),
    "late_predict": (
        (
            "    return sigmoid(forward(recipe, parameters, inputs)[-1])",
            f"    return sigmoid(forward(recipe, parameters, inputs)[-1]) - 1e-9 * ({LATE})",
        ),
    ),
    "late_raises": (("    return 1\n", f"    if {LATE}: raise OSError('late')\n    return 1\n"),),
}

EXPECTED = {
    "late_gradient": r"its answers changed after the timed rounds: [Wb]\d\[",
    "late_loss": "its answers changed after the timed rounds: loss is ",
    "late_predict": r"its answers changed after the timed rounds: predictions\[",
    "late_raises": "OSError: late",
}


@pytest.fixture(scope="module")
def record(variant: Variant) -> Record:
    """One run over implementations that change after many trainings."""
    implementations = [read(variant(name, *COUNTED, *changes)) for name, changes in CHANGES.items()]
    settings = Settings(launches=1, rounds=32, points=2, cpu=allowed_cpus()[-1], seed=0, cold_starts=0, quick=True)
    suite = Suite([BASELINE, *implementations], [NEURON], settings)
    suite.run()
    return suite.record("xorbench run")


@pytest.mark.parametrize("name", EXPECTED)
def test_answers_that_change_after_many_calls_are_refused(name: str, record: Record) -> None:
    assert record.gradients.refusal(name, "neuron") is None  # it was right while it was judged
    row = next(row for row in Analysis(record).rows if row.implementation == name)
    assert row.verdict == ("failed" if name == "late_raises" else "refused")
    assert re.search(EXPECTED[name], str(row.reason))


def test_answers_that_stay_right_break_no_rule(record: Record) -> None:
    kept = [timing.violations for timing in record.timings if timing.implementation == REFERENCE]
    assert len(kept) == 2  # both copies
    assert not [rule for rules in kept for rule in rules if "answers" in rule]
