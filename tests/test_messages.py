"""What a worker says is checked in full: planted nonsense of every kind is refused, in one line."""

import json
from dataclasses import asdict
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xorbench.cli.options import MOST_ROUNDS
from xorbench.clock.messages import Answers, Ended, Failed, Preparing, Ready, Times, checked, of_rounds
from xorbench.line import LONGEST_MESSAGE
from xorbench.record.timing import Ledger

LEDGER = Ledger("0" * 64, "float64", "float64", 1, 10, False, False, 1, [], [0], {})

TIMES: dict[str, Any] = {
    "says": "times",
    "wall": [10, 20],
    "cpu": [9, 19],
    "waited": [0, 1],
    "involuntary_switches": [0, 0],
    "ledger": asdict(LEDGER),
}


def said(message: Any) -> Any:
    return checked(json.dumps(message).encode())


def test_every_message_is_what_it_says() -> None:
    assert isinstance(said({"says": "preparing"}), Preparing)
    assert isinstance(said({"says": "ready"}), Ready)
    assert said({"says": "ended", "end": [1.5, None, 2]}) == Ended(says="ended", end=[1.5, None, 2.0])
    assert said({"says": "answers", "rows": [[1, None], []]}) == Answers(says="answers", rows=[[1.0, None], []])
    assert said({"says": "failed", "reason": "no"}) == Failed(says="failed", reason="no")
    times = said(TIMES)
    assert isinstance(times, Times)
    assert times.ledger == LEDGER
    of_rounds(times, 2)


def test_the_times_of_the_most_rounds_fit_into_one_message() -> None:
    longest, switches = 10**15, 10**9  # the largest values that are accepted
    of_each = {"wall": longest, "cpu": longest, "waited": longest, "involuntary_switches": switches}
    message = TIMES | {name: [value] * MOST_ROUNDS for name, value in of_each.items()}
    assert isinstance(said(message), Times)
    assert len(json.dumps(message)) < LONGEST_MESSAGE - 2**16  # the rest is for a ledger


NONSENSE = {
    "no JSON": b"\x00\x01\x02\x03",
    "no object": b"[]",
    "another word": b'{"says": "hello"}',
    "nothing said": b"{}",
    "one more key": b'{"says": "ready", "more": 1}',
    "an end of text": b'{"says": "ended", "end": ["1"]}',
    "answers that are no rows": b'{"says": "answers", "rows": [1.0]}',
    "NaN": b'{"says": "ended", "end": [NaN]}',
    "infinity": b'{"says": "ended", "end": [1e999]}',
    "no end": b'{"says": "ended"}',
    "a pickle": b"\x80\x04\x95",
    "a lone surrogate": b'{"says": "failed", "reason": "\\ud800"}',
}


@pytest.mark.parametrize("name", NONSENSE)
def test_nonsense_is_refused_in_one_line(name: str) -> None:
    with pytest.raises(ValueError, match=r".+") as caught:
        checked(NONSENSE[name])
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("wall", [0, 20]),
        ("wall", [-1, 20]),
        ("wall", [1.5, 20]),
        ("wall", [None, 20]),
        ("wall", "10"),
        ("cpu", [-1, 19]),
        ("cpu", [10**16, 19]),
        ("cpu", [True, 19]),
        ("waited", [-1, 0]),
        ("involuntary_switches", [0.5, 0]),
        ("ledger", {}),
        ("ledger", {**asdict(LEDGER), "late_nanoseconds": 1.5}),
        ("ledger", {**asdict(LEDGER), "same_arrays": "no"}),
        ("ledger", None),
    ],
)
def test_times_that_are_none_are_refused(key: str, value: Any) -> None:
    with pytest.raises(ValueError, match=key):
        said({**TIMES, key: value})


@given(st.sampled_from(["wall", "cpu", "waited", "involuntary_switches"]), st.integers(0, 5).filter(lambda n: n != 2))
def test_every_series_has_a_number_for_each_round(key: str, length: int) -> None:
    times = said({**TIMES, key: [1] * length})
    with pytest.raises(ValueError, match=f"{length} values of {key}, expected 2"):
        of_rounds(times, 2)


@pytest.mark.parametrize("key", ["cpu", "waited", "involuntary_switches"])
def test_a_system_tells_of_all_rounds_or_of_none(key: str) -> None:
    of_rounds(said({**TIMES, key: [None, None]}), 2)
    with pytest.raises(ValueError, match=f"{key} is null for some rounds, expected all or none"):
        of_rounds(said({**TIMES, key: [None, 1]}), 2)
