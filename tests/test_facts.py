"""The three numbers above the page."""

from typing import Any

from tests.planted import planted_record
from tests.shown import shown_record
from xorbench.page.facts import facts


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
