"""The clock's tables: the right number under the right head, with the digits that the interval allows."""

from planted import planted_record

from benchmarks.contract import REFERENCE
from benchmarks.estimates.changes import changes
from benchmarks.tables import timings
from benchmarks.tables.cells import NONE
from benchmarks.tables.timings import RATIO

WOBBLE = [0.01, -0.01] * 3


def test_the_timing_table_has_the_noise_floor_under_it() -> None:
    record = planted_record({"other": [0.70, 0.69] * 3}, control=WOBBLE)
    (table,) = timings.timings(record)
    frame = table.frame.set_index("implementation")
    assert table.title == "hidden (2-4-1, float64), idiomatic"
    assert list(frame.index) == [REFERENCE, "other", f"{REFERENCE}, second copy"]
    assert frame.loc["other", RATIO] == "2.004"
    assert frame.loc["other", "95 % interval"] == "1.992 to 2.015"
    assert frame.loc["other", "verdict"] == "slower"
    assert frame.loc["other", "execution"] == "eager, one call per epoch"
    assert list(frame["rank"]) == ["1", "2", NONE]
    assert frame.loc[REFERENCE, RATIO] == "1"
    assert frame.loc[REFERENCE, "95 % interval"] == NONE
    assert frame.loc[f"{REFERENCE}, second copy", "verdict"] == "noise floor"
    assert any(note.startswith("The intervals of 1 rows hold together with 95 % confidence") for note in table.notes)


def test_tiers_never_share_a_table() -> None:
    record = planted_record({"quick": [-1.0] * 6})
    record["implementations"][1]["tier"] = "tuned"
    (idiomatic,), (tuned,) = timings.timings(record), timings.tuned(record)
    assert (idiomatic.title[-9:], tuned.title[-5:]) == ("idiomatic", "tuned")
    assert "quick" not in set(idiomatic.frame["implementation"])
    assert list(tuned.frame["implementation"]) == ["quick"]


def test_what_has_no_time_has_a_word_and_a_reason() -> None:
    record = planted_record({"other": [0.5] * 6})
    record["timings"][1]["violations"] = ["it cheated"]
    (table,) = timings.timings(record)
    other = table.frame.set_index("implementation").loc["other"]
    assert (other["µs per epoch"], other[RATIO], other["rank"], other["verdict"]) == (
        "refused",
        "refused",
        NONE,
        "refused",
    )
    assert table.notes[0] == "other is refused: it cheated (in 1 of 6 launches)."


def test_an_unfit_run_says_so_under_every_timing_table() -> None:
    record = planted_record({"other": [0.5] * 6}, control=[0.04, 0.05] * 3)
    assert all(table.warnings[0].startswith("Unfit: ") for table in timings.timings(record))


def test_changes_have_their_reasons_under_them() -> None:
    before, after = planted_record({"one": [0.5] * 6, "two": [0.6] * 6}), planted_record({"one": [0.7] * 6})
    table = timings.changes(changes(before, after), ["noted"])
    assert list(table.frame["verdict"]) == ["changed", "not comparable"]
    assert table.notes[:2] == ["two (hidden): it is not in B.", "noted"]
