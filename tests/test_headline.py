"""The headline is what the record says, in each case that there is."""

from typing import Any

from conftest import planted_record
from shown import shown_record

from benchmarks.page.headline import facts, headline


def spread(mean: float) -> list[float]:
    return [mean + 0.01 * (-1) ** launch for launch in range(6)]


def test_the_widest_contrast_is_named_with_its_digits() -> None:
    record = planted_record({"faster": spread(-0.7), "between": spread(0.5), "slower": spread(1.4)})
    assert headline(record) == (
        "Per epoch of hidden, faster takes 0.4966 times and slower takes 4.055 times as long as numpy_backprop, "
        "and no gradient was judged."
    )


def test_what_cannot_be_told_apart_is_not_called_faster() -> None:
    assert headline(planted_record({"same": spread(0.0)})).startswith(
        "Per epoch of hidden, same can't be told from numpy_backprop, and "
    )


def test_gradients_that_are_refused_are_in_it() -> None:
    record = shown_record("other")
    assert headline(record).endswith("and every gradient is within what rounding explains.")
    record["gradients"]["rows"][1]["verdict"] = "outside"
    assert headline(record).endswith("and the gradients of other are refused.")


def test_without_times_it_says_so() -> None:
    assert headline(planted_record({})) == "Nothing has a time yet, and no gradient was judged."


def test_a_run_whose_control_failed_says_so_before_anything_else() -> None:
    record = planted_record({"other": spread(0.5)}, control=[0.1 + 0.001 * launch for launch in range(6)])
    assert headline(record).startswith(
        "This run is unfit, its times are not to be believed: per epoch of hidden, other takes"
    )


def numbers(record: dict[str, Any]) -> list[str]:
    return [fact.number for fact in facts(record)]


def test_the_facts_are_the_largest_error_the_endings_and_the_noise_floor() -> None:
    record = shown_record("other")
    reading = {"median": 0.1, "largest": 0.25, "where": "there", "index": [0, 0], "value": 1.0, "truth": 1.0}
    record["gradients"]["rows"][0]["of_bound"] = reading
    record["gradients"]["rows"][1]["of_bound"] = reading | {"largest": 0.468}
    record["gradients"]["endings"][1]["verdict"] = "outside"
    assert numbers(record) == ["0.468", "1 of 2", "± 0.12 %"]
    record["gradients"]["rows"][1]["of_bound"] = reading | {"largest": None}
    assert numbers(record)[0] == "–"
    assert numbers(planted_record({}, launches=1)) == ["–", "0 of 0", "unknown"]
