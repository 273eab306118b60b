"""The tables of conditions: what was kept, what was broken, what is unknown."""

from planted import planted_record

from benchmarks.tables import beginnings, conditions

WOBBLE = [0.01, -0.01] * 3


def test_the_conditions_are_shown() -> None:
    record = planted_record({"other": [0.5] * 6}, control=WOBBLE)
    (ledger, quiet, order) = (conditions.ledger(record), conditions.quietness(record), conditions.order(record))
    assert set(ledger.frame["rules"]) == {"kept"}
    assert set(ledger.frame["variables"]) == {"none"}
    assert set(quiet.frame["disturbed"]) == {"0.0%"}
    assert "load was 0.500, the clock unknown MHz" in quiet.notes[0]
    assert set(order.frame["verdict, if before"]) == {"slower", "not separated"}


def test_what_the_system_does_not_tell_is_unknown() -> None:
    record = planted_record({})
    for timing in record["timings"]:
        timing["waited_nanoseconds"] = timing["involuntary_switches"] = [None] * 11
        timing["ledger"]["off_trajectory"] = None
    for launch in record["launches"]:
        launch["steal_seconds"] = None
    for start in record["cold_starts"]:
        start["peak_bytes"] = None
    quiet = conditions.quietness(record)
    assert set(quiet.frame["disturbed"]) == {"unknown"} == set(quiet.frame["involuntary switches a round"])
    assert "lost an unknown time" in quiet.notes[0]
    assert set(beginnings.beginnings(record).frame["peak memory, MiB"]) == {"unknown"}
    assert set(conditions.ledger(record).frame["off the trajectory"]) == {"undefined"}


def test_a_breach_stands_in_the_ledger() -> None:
    record = planted_record({"other": [0.5] * 6})
    record["timings"][1]["violations"] = ["it cheated"]
    assert set(conditions.ledger(record).frame["rules"]) == {"kept", "broken"}
