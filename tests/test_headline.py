"""A record in a sentence or two: the right factors, and no more than can be said."""

from dataclasses import replace

import pytest

from tests.planted import (
    HIDDEN,
    changed,
    loud,
    planted,
    report,
    report_of,
    with_implementation,
    with_machine,
    with_settings,
)
from xorbench.contract import REFERENCE
from xorbench.estimates.analysis import Analysis
from xorbench.record.parts import Verdict
from xorbench.record.report import Judgement
from xorbench.tables import frameworks
from xorbench.tables.headline import headline

WOBBLE = [0.01, -0.01] * 3

LEAD = "Training XOR's hidden layer (2-4-1, float64) on one CPU of a Some CPU"


@pytest.fixture(autouse=True)
def required(monkeypatch: pytest.MonkeyPatch) -> None:
    """The project requires two of the planted frameworks by itself."""
    monkeypatch.setattr(frameworks, "brought_by", lambda: {"numpy", "burn", "jet"})


def judged(analysis: Analysis, *verdicts: Verdict) -> Analysis:
    rows = [Judgement("elsewhere", "hidden", "float64", "W1", 1, verdict) for verdict in verdicts]
    return changed(analysis, gradients=report_of(rows=rows))


def of(ratios: dict[str, float], **about: dict[str, str]) -> Analysis:
    """A judged record in which each launch has the same log-ratios; `about` are entries of implementations."""
    analysis = planted({name: [ratio] * 6 for name, ratio in ratios.items()}, control=WOBBLE)
    analysis = with_implementation(analysis, REFERENCE, framework="numpy", gradients_by="hand")
    for name, entry in about.items():
        analysis = with_implementation(analysis, name, **entry)
    return judged(analysis, "inside")


def test_it_says_how_many_times_faster_and_slower() -> None:
    # Over the mean of both copies 0.695 +- 0.005 and -0.695 +- 0.005.
    analysis = planted({"other": [0.705, 0.685] * 3, "fast": [-0.685, -0.705] * 3}, control=WOBBLE)
    analysis = with_implementation(analysis, REFERENCE, framework="numpy")
    analysis = judged(analysis, "inside", "inside", "missing")  # who is not here has no wrong gradient
    assert headline(analysis) == f"{LEAD}: Fast is 2.0x faster than plain NumPy, Other 2.0x slower."


def test_what_is_not_separated_has_no_factor() -> None:
    analysis = judged(planted({"near": [0.05, -0.05] * 3, "far": [1.0] * 6}, control=WOBBLE), "inside")
    analysis = with_implementation(analysis, REFERENCE, framework="numpy")
    assert headline(analysis) == f"{LEAD}: Near is not separated from plain NumPy, Far 2.7x slower."
    swapped = judged(planted({"near": [0.05, -0.05] * 3, "fast": [-1.0] * 6}, control=WOBBLE), "inside")
    swapped = with_implementation(swapped, REFERENCE, framework="numpy")
    assert headline(swapped) == f"{LEAD}: Fast is 2.7x faster than plain NumPy, Near is not separated from it."


def test_of_many_the_frameworks_that_are_required_are_named_and_then_the_extremes() -> None:
    analysis = of(
        {"burn_manual": 0.9, "burn_grad": 1.8, "burn_nn": 2.4, "jet_grad": -0.65, "nimble": -2.8, "tiny": 3.6},
        burn_manual={"framework": "burn", "gradients_by": "hand in Burn"},
        burn_grad={"framework": "burn", "gradients_by": "Burn's autodiff"},
        burn_nn={"framework": "burn", "gradients_by": "Burn's autodiff as taught"},
        jet_grad={"framework": "jet", "gradients_by": "JET's grad"},
        tiny={"framework": "tiny", "gradients_by": "tiny's backward"},
    )
    # exp(0.65), exp(1.8), exp(2.8), exp(3.6)
    assert headline(analysis) == (
        f"{LEAD}: JET is 1.9x faster than plain NumPy, Burn autodiff 6.0x slower. Of 7, Nimble is the fastest "
        "(16x faster) and tiny the slowest (37x slower)."
    )


def test_where_none_of_many_is_required_the_extremes_are_all() -> None:
    analysis = of({f"n{number}": number / 10 for number in (3, 1, 5, 2, 4)})
    assert headline(analysis) == f"{LEAD}: of 6, plain NumPy is the fastest and N5 the slowest (1.6x slower)."
    analysis = of({f"n{number}": -number / 10 for number in (3, 1, 5, 2, 4)})
    assert headline(analysis) == (
        f"{LEAD}: of 6, N5 is the fastest (1.6x faster than plain NumPy) and plain NumPy the slowest."
    )


def test_those_that_share_a_rank_are_the_fastest_together() -> None:
    ratios = {f"n{number}": [number / 10] * 6 for number in range(1, 4)}
    tied = {"one": [-1.0, -0.9] * 3, "two": [-0.9, -1.0] * 3}
    analysis = judged(planted(ratios | tied, control=WOBBLE), "inside")
    analysis = with_implementation(analysis, REFERENCE, framework="numpy")
    assert "of 6, One and Two are the fastest (" in headline(analysis).replace("Two and One", "One and Two")


def test_it_says_how_many_cpus_were_timed_on_and_of_what() -> None:
    analysis = with_machine(with_settings(planted({"other": [0.5] * 6}), threads=4), cpu="AMD EPYC")
    assert headline(analysis).startswith("Training XOR's hidden layer (2-4-1, float64) on 4 CPUs of an AMD EPYC: ")


def test_another_workload_is_named() -> None:
    analysis = changed(planted({}), workloads=[replace(HIDDEN, name="hidden")])
    assert headline(analysis).startswith(f"{LEAD} was timed with plain ")
    analysis = planted({}, timings=[], workloads=[replace(HIDDEN, name="mine", layer_sizes=[2, 3, 1])])
    assert headline(analysis).startswith("mine (2-3-1, float64) was not timed on Some CPU.")


def test_other_tiers_are_not_in_it() -> None:
    analysis = with_implementation(planted({"tuned": [-1.0] * 6}), "tuned", tier="tuned")
    assert "tuned" not in headline(analysis).lower()


def test_what_cannot_be_believed_is_said_first() -> None:
    unfit = headline(loud(planted({"other": [0.5] * 6})))
    assert unfit.startswith("This run is unfit and its ratios are not reliable. Training XOR's hidden layer ")


def test_what_a_record_says_of_its_fitness_is_not_believed() -> None:
    assert headline(planted({"other": [0.5] * 6}, unfit="why")).startswith("Training XOR's hidden layer ")


def test_no_time_and_wrong_gradients_are_said() -> None:
    analysis = planted({}, timings=[], gradients=report([]))
    where = "XOR's hidden layer (2-4-1, float64) was not timed on Some CPU."
    assert headline(analysis) == f"{where} No gradient was judged."
    assert headline(judged(analysis, "inside", "outside", "failed")) == f"{where} 2 of 3 gradient checks did not pass."
    assert headline(judged(analysis, "inside", "missing", "not offered")) == where


def test_a_wrong_gradient_in_a_dtype_that_is_not_timed_does_not_count() -> None:
    analysis = judged(planted({}), "inside", "outside")
    right, wrong = analysis.record.gradients.rows
    elsewhere = replace(wrong, dtype="float32", decides=False)
    both = changed(analysis, gradients=replace(analysis.record.gradients, rows=[right, elsewhere]))
    assert "gradient" not in headline(both)
    more = changed(analysis, gradients=replace(analysis.record.gradients, rows=[right, wrong, elsewhere]))
    assert headline(more).endswith(" 1 of 2 gradient checks did not pass.")
    none = changed(analysis, gradients=replace(analysis.record.gradients, rows=[elsewhere]))
    assert headline(none).endswith(" No gradient was judged.")
