"""The judge's tables: the right number in the right cell, and a note for all that is not well."""

from dataclasses import asdict
from typing import Any

import pytest

from benchmarks import judgements
from benchmarks.cells import NONE
from benchmarks.gradients.verdicts import Accuracy, Audit, Conduct, PlantedFault, Reading, Report, Trajectory, Verdict


def reading(median: float, largest: float | None) -> Reading:
    return Reading(median, largest, "random point 3", [1, 0], 1.0, 2.0)


def verdict(parameter: str, largest: float | None, verdict: str, reason: str | None = None) -> Verdict:
    readings = reading(0.03, largest), reading(7.5, 1.5e9), reading(1e-17, 2e-16)
    return Verdict("other", "hidden", "float64", parameter, 5, verdict, reason, *readings)


def report(**parts: Any) -> dict[str, Any]:
    empty: dict[str, Any] = {"seed": 4, "points": 5, "rows": [], "pairs": [], "endings": [], "conduct": []}
    return asdict(Report(**empty | parts))


def test_the_gradient_table_shows_the_worst_parameter() -> None:
    rows = [verdict("W1", 0.5, "inside"), verdict("W2", None, "outside", "W2 is nan"), verdict("b2", 0.9, "inside")]
    pair = {"first": "a", "second": "b", "workload": "hidden", "dtype": "float64", "verdict": "outside"}
    table = judgements.gradients(report(rows=rows) | {"pairs": [pair]})
    (line,) = table.frame.to_dict("records")
    assert (line["in"], line["verdict"], line["largest error / bound"]) == ("W2[1, 0]", "outside", NONE)
    assert "other (hidden float64): W2 is nan." in table.notes
    assert "a and b differ by more than rounding: hidden, float64." in table.notes
    assert table.notes[-1].startswith("Seed 4.")
    assert "0 of 1 pairs" in table.notes[-1]


def test_three_readings_stand_side_by_side() -> None:
    (table,) = judgements.errors(report(rows=[verdict("W1", 0.5, "inside")]))
    (line,) = table.frame.to_dict("records")
    assert table.title == "True errors in float64"
    assert [line[f"{unit}: median"] for unit in ("of the bound", "ulps", "absolute")] == ["0.0300", "7.50", "1.0e-17"]
    assert [line[f"{unit}: largest"] for unit in ("of the bound", "ulps", "absolute")] == [
        "0.500",
        "1.50e+09",
        "2.0e-16",
    ]
    assert line["at"] == "random point 3"


def test_bits_are_yes_no_or_unknown() -> None:
    row = Conduct("other", "hidden", "float64", True, False, None, True, "failed", "it prints")
    table = judgements.conduct(report(conduct=[row]))
    (line,) = table.frame.to_dict("records")
    assert list(line.values())[3:] == ["yes", "no", NONE, "yes", "failed"]
    assert table.notes[0] == "other, hidden float64: it prints."


def test_the_map_says_until_where_half_of_the_digits_are_kept() -> None:
    digits = {-40.0: 15.0, 0.0: 16.0, 10.0: 12.0, 20.0: 8.0, 30.0: 4.0, 40.0: 9.0}
    rows = [Accuracy("other", "hidden", "float64", "logit", z, d, 0.0) for z, d in digits.items()]
    rows += [Accuracy("other", "hidden", "float64", "scale", s, d, 0.0) for s, d in ((0.01, 15.5), (25.0, 9.1))]
    (line,) = judgements.accuracy(report(accuracy=rows)).frame.to_dict("records")
    assert line["half of them kept until"] == "20"
    assert (line["logit 30"], line["logit -20"]) == ("4.0", NONE)
    assert (line["smallest scale"], line["largest scale"]) == ("15.5", "9.1")


def test_trajectories_say_when_or_never() -> None:
    row = Trajectory(
        "other", "hidden", 10, 1, 20_000, None, None, None, [1, 5, 10], [0, 1e-17, 2e-15], [0, 3e-16], [0.6, 0.5, 0.5]
    )
    (line,) = judgements.trajectories(report(trajectories=[row])).frame.to_dict("records")
    assert [line[head] for head in ("other bits", "> 1 ulp", "> 1e-12", "other decisions")] == [
        "1",
        "20,000",
        "never",
        "never",
    ]
    assert line["apart at epoch 10"] == "2.0e-15"
    assert line["from the truth at epoch 5"] == "3.0e-16"


def test_the_audit_shows_the_digits_in_common() -> None:
    (line,) = judgements.audits(
        report(audits=[Audit("hidden", "float64", 20, 17, 95.2, None, "inside")])
    ).frame.to_dict("records")
    assert line["digits that differences and derivation share"] == "95.2"
    assert line["complex step from the truth / bound"] == NONE


@pytest.mark.parametrize(("count", "text"), [(0, "none"), (101, "all"), (37, "37")])
def test_faults_say_how_often_each_is_noticed(count: int, text: str) -> None:
    row = PlantedFault("sign", "hidden", "float32", 101, None, 2.5e9, 101, count, 0, 0)
    (table,) = judgements.faults(report(faults=[row]))
    (line,) = table.frame.to_dict("records")
    assert (line["this judge"], line["1e-4, clipped at 1"], line["numpy.allclose"]) == ("all", text, "none")
    assert line["differs by, ulps"] == "no number"


def test_only_what_has_something_to_say_is_a_table() -> None:
    assert judgements.tables(report()) == []
