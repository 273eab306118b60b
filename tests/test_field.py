"""Tables of what there is."""

from benchmarks.tables import field


def test_environments_say_what_is_in_them_or_why_nothing_runs() -> None:
    table = field.environments({"new": {"python": "3.13.0", "numpy": "2.4", "jax": "1"}, "old": "old is Python 3.9"})
    assert table.frame.to_numpy().tolist() == [["new", "3.13.0", "numpy 2.4, jax 1"], ["old", "–", "broken"]]
    assert table.notes[0] == "old is Python 3.9."
    assert field.environments({}).frame.empty


def test_missing_and_broken_implementations_say_why() -> None:
    about = {"framework": "f", "version": "1", "tier": "tuned", "execution": "eager", "granularity": "whole loop"}
    found = [
        {"name": "here", "missing": None, "broken": None} | about,
        {"name": "absent", "missing": "f is not installed", "broken": None} | about,
        {"name": "bad", "missing": None, "broken": "bad.py: no"} | about,
    ]
    table = field.implementations(found)
    assert list(table.frame["status"]) == ["present", "missing", "failed"]
    assert table.notes == ["absent is missing: f is not installed.", "bad is failed: bad.py: no."]
