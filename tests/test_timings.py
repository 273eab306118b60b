"""The clock's tables: the right number under the right head, with the digits that the interval allows."""

from dataclasses import replace

import pytest

from tests.planted import (
    changed,
    cheated,
    planted,
    report_of,
    retimed,
    with_implementation,
    with_settings,
    with_timings,
)
from xorbench.contract import REFERENCE
from xorbench.estimates.analysis import Analysis
from xorbench.record.report import Conduct, Judgement
from xorbench.record.timing import Timing
from xorbench.tables import timings
from xorbench.tables.cells import NOT_APPLICABLE
from xorbench.tables.timings import IDLE, RATIO, START

WOBBLE = [0.01, -0.01] * 3


def test_the_timing_table_has_the_noise_floor_under_it() -> None:
    analysis = planted({"other": [0.705, 0.685] * 3}, control=WOBBLE)  # 0.695 +- 0.005 over the mean of both
    (table,) = timings.timings(analysis)
    frame = table.frame.set_index("implementation")
    assert table.title == "hidden (layer sizes 2-4-1, float64), idiomatic"
    assert list(frame.index) == [REFERENCE, "other", f"{REFERENCE}, second copy"]
    assert frame.loc["other", RATIO] == "2.00"
    assert frame.loc["other", "95 % interval"] == "1.992 to 2.015"
    assert frame.loc["other", "verdict"] == "slower"
    assert frame.loc["other", "execution"] == "eager, one call per epoch"
    assert list(frame["rank"]) == ["1", "2", NOT_APPLICABLE]
    assert frame.loc[REFERENCE, RATIO] == "1"
    assert frame.loc[REFERENCE, "95 % interval"] == NOT_APPLICABLE
    assert frame.loc[f"{REFERENCE}, second copy", "verdict"] == "noise floor"
    assert any(note.startswith("Simultaneous 95 % confidence intervals (Bonferroni, 1 row)") for note in table.notes)


def test_a_verdict_in_a_dtype_that_is_not_timed_stands_under_the_time() -> None:
    right = Judgement("other", "hidden", "float64", "W1", 1, "inside")
    wrong = replace(right, dtype="float32", verdict="outside", decides=False)
    conduct = Conduct("other", "hidden", "float32", None, None, None, None, "failed", "it prints", decides=False)
    rows = [right, wrong, replace(wrong, workload="neuron"), replace(wrong, implementation="absent")]
    report = report_of(rows=rows, conduct=[conduct])
    (table,) = timings.timings(changed(planted({"other": [0.5] * 6}), gradients=report))
    assert table.frame.set_index("implementation").loc["other", "verdict"] == "slower"
    assert [note for note in table.notes if "not timed" in note] == [
        "other: failed in float32, in which hidden is not timed.",
    ]


def test_tiers_never_share_a_table() -> None:
    analysis = with_implementation(planted({"quick": [-1.0] * 6}), "quick", tier="tuned")
    (idiomatic,), (tuned,) = timings.timings(analysis), timings.tuned(analysis)
    assert (idiomatic.title[-9:], tuned.title[-5:]) == ("idiomatic", "tuned")
    assert "quick" not in set(idiomatic.frame["implementation"])
    assert list(tuned.frame["implementation"]) == ["quick"]


def test_what_has_no_time_has_a_word_and_a_reason() -> None:
    analysis = cheated(planted({"other": [0.5] * 6}), launches=[0])
    (table,) = timings.timings(analysis)
    other = table.frame.set_index("implementation").loc["other"]
    assert (other["µs per epoch"], other[RATIO], other["rank"], other["verdict"]) == (
        "refused",
        "refused",
        NOT_APPLICABLE,
        "refused",
    )
    assert table.notes[0] == "other is refused: it cheated (in 1 of 6 launches)."


def test_a_row_whose_gradient_is_outside_its_bound_is_called_failed() -> None:
    wrong = Judgement("other", "hidden", "float64", "W1", 1, "outside", "W1[0, 0] is 1, the truth 2")
    report = report_of(rows=[wrong])
    analysis = with_timings(planted({"other": [0.5] * 6}), lambda t: t if t.implementation == REFERENCE else None)
    (table,) = timings.timings(changed(analysis, gradients=report))
    assert table.frame.set_index("implementation").loc["other", "verdict"] == "failed"
    assert table.notes[0] == "other is failed: W1[0, 0] is 1, the truth 2."


def test_an_unfit_run_says_so_under_every_timing_table() -> None:
    analysis = planted({"other": [0.5] * 6}, control=[0.04, 0.05] * 3)
    assert all(table.warnings[0].startswith("Unfit: ") for table in timings.timings(analysis))


def starting(share: float) -> Analysis:
    """A record in which the start of a training is this share of a long round of `other`, which takes 20 µs an epoch.

    Its rounds have 200 epochs, so that they take 4 ms.
    """

    def change(timing: Timing, number: int, _nanoseconds: float) -> float:
        epochs = timing.epochs[number]
        if timing.implementation != "other":
            return 20e3 * epochs
        wobble = 1.01 if timing.launch % 2 == 0 else 0.99
        return 4e6 * share * wobble + 20e3 * (1 - share) * epochs

    return retimed(planted({"other": [0.0] * 6}, drifting=0), change)


def test_the_start_of_a_training_is_a_column_with_its_interval() -> None:
    (table,) = timings.timings(starting(0.1))
    cells = table.frame.set_index("implementation")[START]
    # 400 µs, of launches that are 4 µs off: 2.5706 * 4 / sqrt(5) on both sides
    assert cells["other"] == "400 (395.4 to 404.6)"
    assert cells[f"{REFERENCE}, second copy"] == NOT_APPLICABLE


@pytest.mark.parametrize(("share", "remarked"), [(0.051, True), (0.049, False)])
def test_a_row_whose_start_is_more_than_5_percent_of_its_long_rounds_is_remarked_with_its_time_without_it(
    share: float, remarked: bool
) -> None:
    (table,) = timings.timings(starting(share))
    found = [note for note in table.notes if "the start of a training" in note]
    sentence = "other: the start of a training takes 5% of a round; without it an epoch takes 19.0 µs."
    assert found == ([sentence] if remarked else [])


def test_a_time_without_the_start_is_what_is_left_of_it() -> None:
    (table,) = timings.timings(starting(0.25))
    assert "other: the start of a training takes 25% of a round; without it an epoch takes 15.0 µs." in table.notes


def idle(share: float) -> Analysis:
    """A record in which `other` was idle for so long beside its CPU time."""

    def change(timing: Timing) -> Timing:
        if timing.implementation != "other":
            return timing
        return replace(timing, round_nanoseconds=[round(taken * (1 + share)) for taken in timing.round_nanoseconds])

    return with_timings(planted({"other": [0.5] * 6}, control=WOBBLE), change)


@pytest.mark.parametrize(("share", "shown"), [(0.021, True), (0.019, False)])
def test_a_row_that_was_idle_for_more_than_2_percent_has_the_table_show_it(share: float, shown: bool) -> None:
    (table,) = timings.timings(idle(share))
    assert (IDLE in table.frame.columns) is shown
    if shown:
        cells = table.frame.set_index("implementation")[IDLE]
        assert list(cells) == ["0%", "2%", NOT_APPLICABLE]


def test_what_was_idle_is_told_and_waiting_for_a_cpu_is_not_idle() -> None:
    def waiting(timing: Timing) -> Timing:
        pairs = zip(timing.round_nanoseconds, timing.cpu_nanoseconds, strict=True)
        return replace(timing, waited_nanoseconds=[wall - (cpu or 0) for wall, cpu in pairs])

    analysis = idle(0.5)
    assert timings.timings(analysis)[0].frame.set_index("implementation").loc["other", IDLE] == "50%"
    assert IDLE not in timings.timings(with_timings(analysis, waiting))[0].frame.columns


def test_the_table_says_by_which_clock_it_was_timed() -> None:
    analysis = planted({"other": [0.5] * 6}, control=WOBBLE)
    sentence = "Times are CPU time, or wall time minus waiting for a CPU, whichever is longer."
    assert sentence in timings.timings(analysis)[0].notes
    assert "Times are wall time." in timings.timings(with_settings(analysis, threads=2))[0].notes
