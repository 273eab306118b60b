"""Tables of what there is."""

from dataclasses import replace

from tests.planted import implementation
from xorbench.tables import listing


def test_environments_say_what_is_in_them_or_why_nothing_runs() -> None:
    table = listing.environments({"new": {"python": "3.13.0", "numpy": "2.4", "jax": "1"}, "old": "old is Python 3.9"})
    assert table.frame.to_numpy().tolist() == [["new", "3.13.0", "numpy 2.4, jax 1"], ["old", "–", "broken"]]
    assert table.notes[0] == "old is Python 3.9."
    assert listing.environments({}).frame.empty


def test_missing_and_broken_implementations_say_why() -> None:
    found = [
        implementation("here", installed_bytes=None),
        implementation("absent", installed_bytes=None, missing="f is not installed"),
        implementation("bad", installed_bytes=None, broken="bad.py: no"),
    ]
    table = listing.implementations(found)
    assert list(table.frame["status"]) == ["present", "missing", "failed"]
    assert table.notes == ["absent is missing: f is not installed.", "bad is failed: bad.py: no."]


def test_how_gradients_are_found_and_how_much_there_is_to_write_are_columns_where_they_are_known() -> None:
    old = implementation("old", installed_bytes=None)
    columns = {*listing.implementations([old]).frame.columns}
    assert not {"gradient method", "lines of code", "installed size, MiB"} & columns
    new = replace(old, name="new", gradients_by="hand", lines_of_code=39, installed_bytes=3 * 2**20)
    table = listing.implementations([old, new])
    shown = table.frame[["gradient method", "lines of code", "installed size, MiB"]]
    assert shown.to_numpy().tolist() == [["–", "–", "–"], ["hand", "39", "3.00"]]
    assert any("statements in predict, loss and gradient" in note for note in table.notes)
