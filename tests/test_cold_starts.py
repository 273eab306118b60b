"""The tables of cold costs: the right number under the right head."""

from tests.planted import planted, with_implementation
from xorbench.contract import REFERENCE
from xorbench.tables import cold_starts
from xorbench.tables.cells import UNKNOWN


def test_cold_costs_have_a_table_of_their_own() -> None:
    frame = cold_starts.beginnings(planted({"slow": [0.5] * 6})).frame.set_index("implementation")
    assert str(frame.loc["slow", "import, ms"]) == "200 (195.1 to 205.0)"
    assert frame.loc["slow", "installed size, MiB"] == "11.0"
    assert frame.loc[REFERENCE, "processes"] == "3"


def test_a_size_that_is_not_known_is_unknown() -> None:
    analysis = with_implementation(planted({}), REFERENCE, installed_bytes=None)
    table = cold_starts.beginnings(analysis)
    assert set(table.frame["installed size, MiB"]) == {UNKNOWN}
    assert "unknown: not reported by the system." in table.notes


def test_break_even_says_when_or_never() -> None:
    table = cold_starts.break_even(planted({"slow": [0.5] * 6, "fast": [-0.5] * 6}))
    frame = table.frame.set_index("implementation")
    assert list(frame[f"break-even with {REFERENCE}"].loc[["slow", "fast"]]) == ["never", "after"]
    assert str(frame.loc["fast", "epochs"])[0].isdigit()
    assert REFERENCE not in frame.index
