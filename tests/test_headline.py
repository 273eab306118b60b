"""A record in one sentence: the right numbers, and no more than can be said."""

from typing import Any

from tests.planted import planted_record
from xorbench.contract import REFERENCE
from xorbench.tables.headline import headline

WOBBLE = [0.01, -0.01] * 3


def judged(*verdicts: str) -> list[dict[str, Any]]:
    return [
        {"implementation": "elsewhere", "workload": "hidden", "verdict": verdict, "reason": None}
        for verdict in verdicts
    ]


def test_it_says_what_an_epoch_costs_whom_and_how_sure_that_is() -> None:
    # Over the mean of both copies 0.695 +- 0.005 and -0.695 +- 0.005.
    record = planted_record({"other": [0.705, 0.685] * 3, "fast": [-0.685, -0.705] * 3}, control=WOBBLE)
    record["gradients"]["rows"] = judged("inside", "inside", "missing")  # who is not here has no wrong gradient
    text = headline(record)
    assert text.startswith("On one CPU of Some CPU, an epoch of hidden (2-4-1, float64) costs ")
    assert f" µs in {REFERENCE}, 0.4991 times that in fast (95 % interval 0.4956 to 0.5026) and 2.004 times " in text
    assert text.endswith("); every gradient is inside its bound.")


def test_it_says_how_many_cpus_were_timed_on() -> None:
    record = planted_record({"other": [0.5] * 6})
    record["settings"]["threads"] = 4
    assert headline(record).startswith("On 4 CPUs of Some CPU, ")


def test_of_many_the_extremes_are_named() -> None:
    names = {f"n{number}": [number / 10] * 6 for number in range(1, 6)}
    text = headline(planted_record(names))
    assert " times that in n1 " in text
    assert " times that in n5 " in text
    assert "n3" not in text
    assert ", the fastest and the slowest of 5; " in text


def test_other_tiers_are_not_in_it() -> None:
    record = planted_record({"tuned": [-1.0] * 6})
    record["implementations"][1]["tier"] = "tuned"
    assert "tuned" not in headline(record)


def test_what_cannot_be_believed_is_said_first() -> None:
    assert headline(planted_record({}, unfit="why")).startswith("Not to be believed, for the run is unfit: on one CPU")


def test_no_time_and_wrong_gradients_are_said() -> None:
    record = planted_record({}, timings=[])
    assert headline(record) == "hidden (2-4-1, float64) was not timed on Some CPU; no gradient was judged."
    record["gradients"]["rows"] = judged("inside", "outside", "failed")
    assert headline(record).endswith("; 2 of 3 verdicts on gradients are not inside.")
