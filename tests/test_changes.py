"""Two records: what changed is said, what did not, and what can't be compared with the reason."""

from typing import Any

import pytest
from planted import planted_record

from benchmarks.estimates.changes import Change, changes, notes

WOBBLE = [0.002, -0.002, 0.0] * 2


def a_record(ratio: float = 0.5, **more: Any) -> dict[str, Any]:
    return planted_record({"other": [ratio + w for w in WOBBLE]}, control=WOBBLE, **more)


def the_change(before: dict[str, Any], after: dict[str, Any]) -> Change:
    (found,) = changes(before, after)
    return found


def test_a_planted_change_is_found_with_its_interval() -> None:
    found = the_change(a_record(0.5), a_record(0.6))
    assert found.verdict == "changed"
    assert found.change is not None
    assert found.change.value == pytest.approx(1.105, abs=0.001)
    assert found.change.low is not None
    assert found.change.low > 1.1
    assert found.slower_by(0.05)
    assert not found.slower_by(0.2)
    faster = the_change(a_record(0.6), a_record(0.5))
    assert faster.verdict == "changed"
    assert not faster.slower_by(0.05)


def test_no_change_is_not_separated() -> None:
    found = the_change(a_record(), a_record())
    assert (found.verdict, found.reason) == ("not separated", None)
    assert not found.slower_by(0.001)


def test_what_is_slower_but_not_beyond_doubt_does_not_count() -> None:
    doubtful = planted_record({"other": [0.3, 0.9] * 3}, control=WOBBLE)
    found = the_change(a_record(0.5), doubtful)
    assert found.change is not None
    assert found.change.value > 1.05
    assert found.verdict == "not separated"
    assert not found.slower_by(0.05)


def spoilt(what: str) -> dict[str, Any]:
    record = a_record()
    match what:
        case "machine":
            record["machine"]["name"] = "another"
        case "absent":
            record["implementations"].pop()
        case "refused":
            record["timings"][1]["violations"] = ["it cheated"]
        case "unfit":
            record = planted_record({"other": [0.5] * 6}, control=[0.1 + w for w in WOBBLE])
        case "workload":
            record["workloads"][0] |= {"rate": 9.0, "parameters_sha256": "1" * 64}
        case "tier":
            record["implementations"][1]["tier"] = "tuned"
        case "launches":
            record = planted_record({"other": [0.5]}, launches=1)
    return record


@pytest.mark.parametrize(
    ("what", "reason"),
    [
        ("machine", "machines of two kinds, some-cpu-1-cores-linux and another"),
        ("absent", "it is not in B"),
        ("refused", "it has no time in B: it cheated (in 1 of 6 launches)"),
        ("unfit", "B is unfit: the baseline against itself came out as 1.1"),
        ("workload", "the workload is another: rate, parameters_sha256"),
        ("tier", "idiomatic, one call per epoch in A, tuned, one call per epoch in B"),
        ("launches", "B has one launch of it"),
    ],
)
def test_what_can_not_be_compared_says_why(what: str, reason: str) -> None:
    found = the_change(a_record(), spoilt(what))
    assert found.verdict == "not comparable"
    assert found.reason is not None
    assert found.reason.startswith(reason)
    assert found.change is None


def test_what_else_changed_is_noted() -> None:
    after = a_record()
    after["implementations"][0]["version"] = "2"
    after["implementations"][1]["source_sha256"] = "1" * 64
    after["environment"]["versions"]["python"] = "3.12.1"
    assert notes(a_record(), after) == [
        "Python changed from 3.11.7 to 3.12.1.",
        "numpy_backprop is under every ratio: where all rows moved alike, it is what moved.",
        "numpy_backprop: its version changed from 1 to 2.",
        "other: its text changed.",
    ]
    assert notes(a_record(), a_record()) == []
