"""The tables of conditions: what was kept, what was broken, what is unknown."""

from tests.planted import planted_record
from xorbench.tables import beginnings, conditions

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
        timing["waited_nanoseconds"] = timing["involuntary_switches"] = [None] * 22
        timing["ends"][0]["end"] = [None]
        timing["ledger"]["late_nanoseconds"] = None
        timing["usage"]["resident_bytes_gained"] = None
    for launch in record["launches"]:
        launch["steal_seconds"] = None
    for start in record["cold_starts"]:
        start["peak_bytes"] = None
    quiet = conditions.quietness(record)
    assert set(quiet.frame["disturbed"]) == {"unknown"} == set(quiet.frame["involuntary switches a round"])
    assert "lost an unknown time" in quiet.notes[0]
    assert set(beginnings.beginnings(record).frame["peak memory, MiB"]) == {"unknown"}
    frame = conditions.ledger(record).frame
    assert set(frame["off, share of the way"]) == {"undefined"}  # an end that is not finite
    assert set(frame["late, µs"]) == set(frame["memory gained, bytes per epoch"]) == {"unknown"}


def test_the_ledger_shows_the_worst_of_all_launches() -> None:
    record = planted_record({"other": [0.5] * 6})
    others = [timing for timing in record["timings"] if timing["implementation"] == "other"]
    far = {"round": 3, "seed": 1, "start": [0.0, 0.0], "end": [2.0, 1.0], "expected": [2.0, 1.002]}
    others[1] |= {"ends": [*others[1]["ends"], far], "compared_rounds": 2}
    others[2]["ledger"]["late_nanoseconds"] = 12_300
    others[3]["usage"] |= {"resident_bytes_gained": 6 * 2_200 * 7}
    line = conditions.ledger(record).frame.set_index("implementation").loc["other"]
    assert line["epochs a round"] == "200"  # of the long ones
    assert line["rounds compared"] == "7"
    assert line["off, share of the way"] == "1.0e-03"  # 0.002 of 2
    assert line["late, µs"] == "12.3"
    assert line["memory gained, bytes per epoch"] == "7.00"  # over 2,200 epochs of each of six launches


def test_a_row_of_which_no_round_was_compared_has_no_distance() -> None:
    record = planted_record({})
    for timing in record["timings"]:
        timing |= {"ends": [], "compared_rounds": 0, "usage": None}
    frame = conditions.ledger(record).frame
    assert set(frame["off, share of the way"]) == {"–"}
    assert set(frame["rounds compared"]) == {"0"}
    assert set(frame["memory gained, bytes per epoch"]) == {"unknown"}


def test_a_breach_stands_in_the_ledger() -> None:
    record = planted_record({"other": [0.5] * 6})
    record["timings"][1]["violations"] = ["it cheated"]
    assert set(conditions.ledger(record).frame["rules"]) == {"kept", "broken"}
