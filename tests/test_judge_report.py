"""The judge's tables: the right number in the right cell, and a note for all that is not well."""

from dataclasses import replace
from typing import Any

import pytest

from xorbench.record.parts import Verdict
from xorbench.record.report import Audit, Conduct, Judgement, Mistake, Pair, PlantedFault, Reading, Report
from xorbench.tables import judge_report
from xorbench.tables.cells import NONE, UNDEFINED


def reading(median: float, largest: float | None) -> Reading:
    return Reading(median, largest, "random point 3", [1, 0], 1.0, 2.0)


def verdict(parameter: str, largest: float | None, verdict: Verdict, reason: str | None = None) -> Judgement:
    readings = reading(0.03, largest), reading(7.5, 1.5e9), reading(1e-17, 2e-16)
    return Judgement("other", "hidden", "float64", parameter, 5, verdict, reason, *readings)


def report(**parts: Any) -> Report:
    empty: dict[str, Any] = {"seed": 4, "points": 5, "rows": [], "pairs": [], "endings": [], "conduct": []}
    return Report(**empty | parts)


def test_the_gradient_table_shows_the_worst_parameter() -> None:
    rows = [verdict("W1", 0.5, "inside"), verdict("W2", None, "outside", "W2 is nan"), verdict("b2", 0.9, "inside")]
    pair = Pair("a", "b", "hidden", "float64", 5, None, "outside")
    table = judge_report.gradients(report(rows=rows, pairs=[pair]))
    (line,) = table.frame.to_dict("records")
    assert (line["entry"], line["verdict"], line["largest error / bound"]) == ("W2[1, 0]", "outside", "outside")
    assert "other (hidden float64): W2 is nan." in table.notes
    assert "a and b differ by more than the sum of their bounds: hidden, float64." in table.notes
    assert table.notes[-1].startswith("Seed 4.")
    assert "0 of 1 pairs" in table.notes[-1]


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
    table = judge_report.gradients(report(rows=rows))
    shown = {(line["workload"], line["dtype"]): line["verdict"] for line in table.frame.to_dict("records")[:4]}
    assert shown == {
        ("hidden", "float64"): "outside",
        ("hidden", "float32"): "inside",
        ("hidden-float32", "float64"): "outside",
        ("hidden-float32", "float32"): "inside",
    }
    assert [note for note in table.notes if "timed." in note] == [
        "other: outside in float64, in which hidden-float32 is not timed.",
        "other: outside in float32, in which deep and kink are not timed.",
    ]
    assert (
        "Verdicts in the dtype in which a workload is timed decide who is timed on it: "
        "float64 for hidden; float32 for hidden-float32." in table.notes[-1]
    )


def test_where_every_verdict_decides_no_dtype_is_named() -> None:
    rows = [verdict("W1", 0.5, "inside"), replace(verdict("W1", 5e7, "outside"), dtype="float32")]
    assert not any("timed" in note for note in judge_report.gradients(report(rows=rows)).notes)


def test_the_mistake_that_is_named_is_a_note_with_the_workloads_and_dtypes_that_show_it() -> None:
    text = "the answers equal those of a known mistake: mean instead of sum"
    rows = [verdict("W1", 3.0, "outside", "W1[1, 0] is 2.0")]
    mistakes = [Mistake("other", "hidden", dtype, text) for dtype in ("float64", "float32")]
    found = report(rows=rows, mistakes=mistakes)
    assert f"other (hidden float64, hidden float32): {text}." in judge_report.gradients(found).notes
    assert found.refusal("other", "hidden") == ("outside", f"W1[1, 0] is 2.0; {text}")


def test_bits_are_yes_no_or_unknown() -> None:
    row = Conduct("other", "hidden", "float64", True, False, None, True, "failed", "it prints")
    table = judge_report.conduct(report(conduct=[row]))
    (line,) = table.frame.to_dict("records")
    assert list(line.values())[3:] == ["yes", "no", NONE, "yes", "failed"]
    assert table.notes[0] == "other, hidden float64: it prints."
    table = judge_report.conduct(report(conduct=[replace(row, dtype="float32", decides=False)]))
    assert table.notes[1] == "other: failed in float32, in which hidden is not timed."


def test_the_audit_shows_the_digits_in_common() -> None:
    (line,) = judge_report.audits(
        report(audits=[Audit("hidden", "float64", 20, 17, 95.2, None, "inside")])
    ).frame.to_dict("records")
    assert line["matching digits of finite differences and backpropagation"] == "95.2"
    assert line["complex-step error / bound"] == NONE


@pytest.mark.parametrize(("count", "text"), [(0, "none"), (101, "all"), (37, "37")])
def test_faults_say_how_often_each_is_noticed(count: int, text: str) -> None:
    row = PlantedFault("sign", "hidden", "float32", 101, None, 2.5e9, 101, count, 0, 0)
    (table,) = judge_report.faults(report(faults=[row]))
    (line,) = table.frame.to_dict("records")
    assert (line["this judge"], line["1e-4, clipped at 1"], line["numpy.allclose"]) == ("all", text, "none")
    assert line["difference, ulps"] == UNDEFINED


def test_only_what_has_something_to_say_is_a_table() -> None:
    assert judge_report.tables(report()) == []
