"""The judge's tables: the right number in the right cell, and a note for all that is not well."""

from dataclasses import replace

import pytest

from tests.planted import report_of
from tests.shown import all_wrong
from xorbench.cli.gradients import TABLES
from xorbench.record.parts import Verdict
from xorbench.record.report import (
    Audit,
    Bias,
    Conduct,
    Judgement,
    Mistake,
    Pair,
    PlantedFault,
    Reading,
    TrainingEnd,
)
from xorbench.tables import judge_report
from xorbench.tables.cells import NONE, NOT_APPLICABLE, UNDEFINED
from xorbench.tables.gradients import gradients
from xorbench.tables.verdict_words import unexplained_pairs


def reading(median: float, largest: float | None) -> Reading:
    return Reading(median, largest, "random point 3", [1, 0], 1.0, 2.0)


def verdict(parameter: str, largest: float | None, verdict: Verdict, reason: str | None = None) -> Judgement:
    readings = reading(0.03, largest), reading(7.5, 1.5e9), reading(1e-17, 2e-16)
    return Judgement("other", "hidden", "float64", parameter, 5, verdict, reason, *readings)


def test_the_gradient_table_shows_the_worst_parameter() -> None:
    rows = [verdict("W1", 0.5, "inside"), verdict("W2", None, "outside", "W2 is nan"), verdict("b2", 0.9, "inside")]
    pair = Pair("a", "b", "hidden", "float64", 5, None, "outside")
    table = gradients(report_of(rows=rows, pairs=[pair]))
    (line,) = table.frame.to_dict("records")
    assert (line["entry"], line["verdict"], line["largest error / bound"]) == ("W2[1, 0]", "failed", UNDEFINED)
    assert "other (hidden float64): W2 is nan." in table.notes
    assert "a and b differ by more than the sum of their bounds, although each passed: hidden, float64." in table.notes
    (last,) = (note for note in table.notes if note.startswith("Seed 4."))
    assert "0 of 1 pairs" in last


def test_a_verdict_in_a_dtype_that_is_not_timed_is_shown_and_said_to_decide_nothing() -> None:
    wrong, right = verdict("W1", 5e7, "outside", "W1 is off"), verdict("W1", 0.5, "inside")
    rows = [
        wrong,
        replace(right, dtype="float32", decides=False),
        replace(wrong, workload="hidden-float32", decides=False),
        replace(wrong, workload="hidden-float32", parameter="b1", decides=False),
        replace(right, workload="hidden-float32", dtype="float32"),
        replace(wrong, workload="deep", dtype="float32", decides=False),
        replace(wrong, workload="kink", dtype="float32", decides=False),
        replace(wrong, implementation="absent", dtype="float32", verdict="missing", decides=False),
    ]
    table = gradients(report_of(rows=rows))
    shown = {(line["workload"], line["dtype"]): line["verdict"] for line in table.frame.to_dict("records")[:4]}
    assert shown == {
        ("hidden", "float64"): "failed",
        ("hidden", "float32"): "passed",
        ("hidden-float32", "float64"): "failed",
        ("hidden-float32", "float32"): "passed",
    }
    assert [note for note in table.notes if "timed." in note] == [
        "other: failed in float64, in which hidden-float32 is not timed.",
        "other: failed in float32, in which deep and kink are not timed.",
    ]
    assert (
        "Verdicts in the dtype in which a workload is timed decide which implementations are timed on it: "
        "float64 for hidden; float32 for hidden-float32." in table.notes[-1]
    )


def test_where_every_verdict_decides_no_dtype_is_named() -> None:
    rows = [verdict("W1", 0.5, "inside"), replace(verdict("W1", 5e7, "outside"), dtype="float32")]
    assert not any("timed" in note for note in gradients(report_of(rows=rows)).notes)


def test_the_mistake_that_is_named_is_a_note_with_the_workloads_and_dtypes_that_show_it() -> None:
    text = "the answers equal those of a known mistake: mean instead of sum"
    rows = [verdict("W1", 3.0, "outside", "W1[1, 0] is 2.0")]
    mistakes = [Mistake("other", "hidden", dtype, text) for dtype in ("float64", "float32")]
    found = report_of(rows=rows, mistakes=mistakes)
    assert f"other (hidden float64, hidden float32): {text}." in gradients(found).notes
    assert found.refusal("other", "hidden") == ("outside", f"W1[1, 0] is 2.0; {text}")


def test_bits_are_yes_no_or_unknown() -> None:
    row = Conduct("other", "hidden", "float64", True, False, None, True, "failed", "it prints")
    table = judge_report.conduct(report_of(conduct=[row]))
    (line,) = table.frame.to_dict("records")
    assert list(line.values())[3:] == ["yes", "no", NONE, "yes", "failed"]
    assert table.notes[0] == "other, hidden float64: it prints."
    table = judge_report.conduct(report_of(conduct=[replace(row, dtype="float32", decides=False)]))
    assert table.notes[1] == "other: failed in float32, in which hidden is not timed."


def test_the_audit_shows_the_digits_in_common() -> None:
    (line,) = judge_report.audits(
        report_of(audits=[Audit("hidden", "float64", 20, 17, 95.2, None, "inside")])
    ).frame.to_dict("records")
    assert line["matching digits of finite differences and backpropagation"] == "95.2"
    assert line["complex-step error / bound"] == NONE


@pytest.mark.parametrize(("count", "text"), [(0, "none"), (101, "all"), (37, "37")])
def test_faults_say_how_often_each_is_noticed(count: int, text: str) -> None:
    row = PlantedFault("sign", "hidden", "float32", 101, None, 2.5e9, 101, count, 0, 0)
    (table,) = judge_report.faults(report_of(faults=[row]))
    (line,) = table.frame.to_dict("records")
    assert (line["this judge"], line["1e-4, clipped at 1"], line["numpy.allclose"]) == ("all", text, "none")
    assert line["difference, ulps"] == UNDEFINED


def test_only_what_has_something_to_say_is_a_table() -> None:
    assert judge_report.tables(report_of()) == []


def test_what_follows_from_a_wrong_file_is_counted_and_not_listed() -> None:
    rows = [verdict("W1", 3e9, "outside", "W1 is wrong"), replace(verdict("W1", 0.5, "inside"), implementation="right")]
    pairs = [Pair("other", name, "hidden", "float64", 5, 1e9, "outside") for name in ("a", "b", "right")]
    pairs += [Pair("a", "b", "hidden", "float64", 5, 1e9, "outside")]
    reason = "all of W1 are larger than the truth"
    bias = Bias("other", "hidden", "float64", "W1", 300, 1e9, 1.0, "outside", reason)
    biases = [bias, replace(bias, parameter="b1"), replace(bias, implementation="right")]
    found = report_of(rows=rows, pairs=pairs, biases=biases)
    notes = gradients(found).notes
    assert [note for note in notes if "differ by more" in note] == [
        "a and b differ by more than the sum of their bounds, although each passed: hidden, float64."
    ]
    assert [note for note in notes if reason in note] == [f"right (hidden float64): {reason}."]
    assert notes[-1].endswith(
        "Not listed, because they follow from these failures: systematic factors (2) and pairs of implementations that "
        "differ (3)."
    )
    assert unexplained_pairs(found) == pairs[3:]


def test_an_end_of_training_that_follows_from_a_wrong_gradient_is_counted() -> None:
    end = TrainingEnd("other", "hidden", 10, [None], None, None, "outside", "after 10 epochs: it is off")
    rows = [verdict("W1", 3e9, "outside", "W1 is wrong")]
    table = judge_report.endings(report_of(rows=rows, endings=[end, replace(end, implementation="right")]))
    assert [note for note in table.notes if "epochs" in note] == ["right, hidden: after 10 epochs: it is off."]
    assert "Reasons not listed, because they follow from failures of gradients: 1." in table.notes
    assert list(table.frame["verdict"]) == ["failed", "failed"]
    assert (table.frame["predictions"][0], table.frame["loss"][0]) == (UNDEFINED, UNDEFINED)


def test_where_all_is_wrong_no_number_looks_right() -> None:
    found = {table.title: table.frame.to_dict("records") for table in judge_report.tables(all_wrong())}
    assert set(found) == {
        "Gradients",
        "Trained parameters and known answers",
        "Reproducibility",
        "Gradient errors in float64",
        "Accuracy of gradients",
        "Divergence of trainings",
        "Audit of the oracle",
        "Planted faults in float64",
    }
    assert {(line["largest error / bound"], line["verdict"]) for line in found["Gradients"]} == {(UNDEFINED, "failed")}
    assert [line["half the digits kept up to logit"] for line in found["Accuracy of gradients"]] == [NONE, NONE]
    assert {found["Gradient errors in float64"][1][f"error, ulps, {which}"] for which in ("median", "largest")} == {
        UNDEFINED
    }
    assert found["Gradient errors in float64"][1]["entry"] == "loss"
    first, second = found["Divergence of trainings"]
    assert (first["difference at epoch 10"], first["difference at epoch 20"]) == ("9.0e+00", NOT_APPLICABLE)
    assert (second["difference at epoch 10"], second["difference at epoch 20"]) == (NOT_APPLICABLE, "9.0e+00")
    assert found["Planted faults in float64"][0]["largest error / bound"] == UNDEFINED
    assert found["Audit of the oracle"][0]["verdict"] == "failed"
    assert "nan" not in {cell for lines in found.values() for line in lines for cell in line.values()}


def test_tables_are_found_by_name() -> None:
    assert [table.title for table in judge_report.tables(all_wrong(), ["audits", "gradients"])] == [
        "Audit of the oracle",
        "Gradients",
    ]
    assert ", ".join(judge_report.TABLES) == TABLES


def test_every_reason_is_printed_once_also_where_another_one_stands_for_the_gradients() -> None:
    raised = "train raised ValueError: boom"
    wrong = verdict("W1", 1e9, "outside", "its gradient is wrong")
    failed = replace(verdict("after 1 epoch", None, "failed", raised), of_bound=None)
    report = report_of(
        rows=[wrong, failed],
        conduct=[Conduct("other", "hidden", "float64", None, None, None, None, "failed", raised)],
    )
    (of_gradients,), (of_conduct, *_) = (
        [note for note in table.notes if note.startswith("other")]
        for table in (gradients(report), judge_report.conduct(report))
    )
    assert of_gradients == "other (hidden float64): its gradient is wrong."
    assert of_conduct == f"other, hidden float64: {raised}."
    alone = replace(report, rows=report.rows[1:])
    assert not [note for note in judge_report.conduct(alone).notes if note.startswith("other")]
