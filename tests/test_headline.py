"""A record in one sentence: the right numbers, and no more than can be said."""

from dataclasses import replace

from tests.planted import changed, planted, with_implementation, with_settings
from xorbench.contract import REFERENCE
from xorbench.estimates.analysis import Analysis
from xorbench.record.parts import Verdict
from xorbench.record.report import Judgement, Report
from xorbench.tables.headline import headline

WOBBLE = [0.01, -0.01] * 3


def judged(analysis: Analysis, *verdicts: Verdict) -> Analysis:
    rows = [Judgement("elsewhere", "hidden", "float64", "W1", 1, verdict) for verdict in verdicts]
    return changed(analysis, gradients=Report(seed=0, points=1, rows=rows, pairs=[], endings=[], conduct=[]))


def test_it_says_what_an_epoch_costs_whom_and_how_sure_that_is() -> None:
    # Over the mean of both copies 0.695 +- 0.005 and -0.695 +- 0.005.
    analysis = planted({"other": [0.705, 0.685] * 3, "fast": [-0.685, -0.705] * 3}, control=WOBBLE)
    analysis = judged(analysis, "inside", "inside", "missing")  # who is not here has no wrong gradient
    text = headline(analysis)
    assert text.startswith(
        "On one CPU of Some CPU, an epoch (one full-batch step) of hidden (layer sizes 2-4-1, float64) costs "
    )
    assert f" µs in {REFERENCE}, 0.4991 times that in fast (95 % interval 0.4956 to 0.5026) and 2.004 times " in text
    assert text.endswith("); every gradient error is within its rounding bound.")


def test_it_says_how_many_cpus_were_timed_on() -> None:
    analysis = with_settings(planted({"other": [0.5] * 6}), threads=4)
    assert headline(analysis).startswith("On 4 CPUs of Some CPU, ")


def test_of_many_the_extremes_are_named() -> None:
    names = {f"n{number}": [number / 10] * 6 for number in range(1, 6)}
    text = headline(planted(names))
    assert " times that in n1 " in text
    assert " times that in n5 " in text
    assert "n3" not in text
    assert ", the fastest and the slowest of 5 other implementations; " in text


def test_other_tiers_are_not_in_it() -> None:
    analysis = with_implementation(planted({"tuned": [-1.0] * 6}), "tuned", tier="tuned")
    assert "tuned" not in headline(analysis)


def test_what_cannot_be_believed_is_said_first() -> None:
    assert headline(planted({}, unfit="why")).startswith("This run is unfit and its ratios are not reliable: on ")


def test_no_time_and_wrong_gradients_are_said() -> None:
    analysis = planted({}, timings=[])
    where = "hidden (layer sizes 2-4-1, float64) was not timed on Some CPU"
    assert headline(analysis) == f"{where}; no gradient was judged."
    analysis = judged(analysis, "inside", "outside", "failed")
    assert headline(analysis).endswith("; 2 of 3 gradient checks did not pass.")
    analysis = judged(analysis, "inside", "missing", "not offered")
    assert headline(analysis).endswith("; every gradient error is within its rounding bound.")


def test_a_wrong_gradient_in_a_dtype_that_is_not_timed_does_not_count_and_is_not_hidden() -> None:
    analysis = judged(planted({}), "inside", "outside")
    right, wrong = analysis.record.gradients.rows
    elsewhere = replace(wrong, dtype="float32", decides=False)
    both = changed(analysis, gradients=replace(analysis.record.gradients, rows=[right, elsewhere]))
    assert headline(both).endswith("; in the dtypes that are timed, every gradient error is within its rounding bound.")
    more = changed(analysis, gradients=replace(analysis.record.gradients, rows=[right, wrong, elsewhere]))
    assert headline(more).endswith("; 1 of 2 gradient checks did not pass.")
    none = changed(analysis, gradients=replace(analysis.record.gradients, rows=[elsewhere]))
    assert headline(none).endswith("; no gradient was judged.")


def test_of_many_the_fastest_comes_first_with_its_own_ratio() -> None:
    names = {f"n{number}": [number / 10] * 6 for number in (3, 1, 5, 2, 4)}
    text = headline(planted(names))
    # exp(0.1) and exp(0.5)
    assert 0 < text.index("1.1052 times that in n1 ") < text.index("1.6487 times that in n5 ")
