"""The tables of conditions: what was kept, what was broken, what is unknown."""

from dataclasses import replace

from tests.planted import changed, cheated, planted, with_timings
from xorbench.record.timing import End, Timing
from xorbench.tables import cold_starts, conditions

WOBBLE = [0.01, -0.01] * 3


def test_the_conditions_are_shown() -> None:
    analysis = planted({"other": [0.5] * 6}, control=WOBBLE)
    (ledger, quiet, order) = (conditions.ledger(analysis), conditions.quietness(analysis), conditions.order(analysis))
    assert set(ledger.frame["rules"]) == {"kept"}
    assert set(ledger.frame["environment variables"]) == {"none"}
    assert set(quiet.frame["disturbed rounds"]) == {"0.0%"}
    assert "load average was 0.500, the CPU frequency unknown MHz" in quiet.notes[0]
    assert set(order.frame["verdict before the baseline"]) == {"slower", "not separated"}


def test_what_the_system_does_not_tell_is_unknown() -> None:
    def untold(timing: Timing) -> Timing:
        return replace(
            timing,
            waited_nanoseconds=[None] * 22,
            involuntary_switches=[None] * 22,
            ends=[replace(end, end=[None]) for end in timing.ends],
            ledger=replace(timing.ledger, late_nanoseconds=None),
            usage=timing.usage and replace(timing.usage, resident_bytes_gained=None),
        )

    analysis = with_timings(planted({}), untold)
    analysis = changed(
        analysis,
        launches=[replace(launch, steal_seconds=None) for launch in analysis.record.launches],
        cold_starts=[replace(start, peak_bytes=None) for start in analysis.record.cold_starts],
    )
    quiet = conditions.quietness(analysis)
    assert set(quiet.frame["disturbed rounds"]) == {"unknown"}
    assert set(quiet.frame["involuntary context switches per round"]) == {"unknown"}
    assert "lost an unknown time" in quiet.notes[0]
    assert set(cold_starts.beginnings(analysis).frame["peak memory, MiB"]) == {"unknown"}
    frame = conditions.ledger(analysis).frame
    assert set(frame["end-state error"]) == {"undefined"}  # an end that is not finite
    assert set(frame["unsynchronised, µs"]) == set(frame["memory growth, bytes per epoch"]) == {"unknown"}


def test_the_ledger_shows_the_worst_of_all_launches() -> None:
    far = End(round=3, seed=1, start=[0.0, 0.0], end=[2.0, 1.0], expected=[2.0, 1.002])

    def worse(timing: Timing) -> Timing:
        if timing.implementation != "other":
            return timing
        if timing.launch == 1:
            return replace(timing, ends=[*timing.ends, far], compared_rounds=2)
        if timing.launch == 2:
            return replace(timing, ledger=replace(timing.ledger, late_nanoseconds=12_300))
        if timing.launch == 3 and timing.usage:
            return replace(timing, usage=replace(timing.usage, resident_bytes_gained=6 * 3_300 * 7))
        return timing

    analysis = with_timings(planted({"other": [0.5] * 6}), worse)
    line = conditions.ledger(analysis).frame.set_index("implementation").loc["other"]
    assert line["epochs per round"] == "200"  # of the long ones
    assert line["rounds compared"] == "7"
    assert line["end-state error"] == "1.0e-03"  # 0.002 of 2
    assert line["unsynchronised, µs"] == "12.3"
    assert line["memory growth, bytes per epoch"] == "7.00"  # over 3,300 epochs of each of six launches


def test_a_row_of_which_no_round_was_compared_has_no_distance() -> None:
    analysis = with_timings(planted({}), lambda timing: replace(timing, ends=[], compared_rounds=0, usage=None))
    frame = conditions.ledger(analysis).frame
    assert set(frame["end-state error"]) == {"–"}
    assert set(frame["rounds compared"]) == {"0"}
    assert set(frame["memory growth, bytes per epoch"]) == {"unknown"}


def test_a_breach_stands_in_the_ledger() -> None:
    analysis = cheated(planted({"other": [0.5] * 6}), launches=[0])
    assert set(conditions.ledger(analysis).frame["rules"]) == {"kept", "broken"}
