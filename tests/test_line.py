"""The line between driver and worker: whole messages of limited length, before one deadline."""

import json
import socket
import threading
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xorbench.line import LONGEST_MESSAGE, Closed, Line, Silent

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda values: st.lists(values) | st.dictionaries(st.text(), values),
    max_leaves=10,
)


Pair = tuple[Line, socket.socket]


@pytest.fixture
def pair() -> Iterator[Pair]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield Line(ours), theirs


@settings(max_examples=30)
@given(st.lists(st.dictionaries(st.text(), JSON), max_size=4))
def test_messages_arrive_whole_and_in_order(messages: list[dict[str, object]]) -> None:
    ours, theirs = socket.socketpair()
    one, other = Line(ours), Line(theirs)
    for message in messages:
        one.send(message)
    assert [json.loads(other.receive(5)) for _ in messages] == messages
    one.close()
    with pytest.raises(Closed):
        other.receive(5)
    other.close()


def test_a_message_may_come_in_pieces(pair: Pair) -> None:
    line, theirs = pair
    for piece in (b'{"a"', b": 1}\n{", b"}\n"):
        theirs.sendall(piece)
    assert [line.receive(5), line.receive(5)] == [b'{"a": 1}', b"{}"]


def test_half_a_message_is_silence_however_long_its_bytes_keep_coming(pair: Pair) -> None:
    line, theirs = pair
    stop = threading.Event()

    def drip() -> None:
        while not stop.wait(0.02):
            theirs.sendall(b"x")

    dripping = threading.Thread(target=drip)
    dripping.start()
    try:
        with pytest.raises(Silent):
            line.receive(0.3)  # one deadline for the whole message, not one for each of its bytes
    finally:
        stop.set()
        dripping.join()


def test_half_a_message_before_the_end_is_no_message(pair: Pair) -> None:
    line, theirs = pair
    theirs.sendall(b'{"a": 1}')
    theirs.close()
    with pytest.raises(Closed):
        line.receive(5)


def test_what_is_longer_than_allowed_is_refused_on_both_sides(pair: Pair) -> None:
    line, theirs = pair
    with pytest.raises(ValueError, match="expected at most 1,048,576"):
        line.send({"a": "x" * LONGEST_MESSAGE})
    sending = threading.Thread(target=theirs.sendall, args=(b"x" * (LONGEST_MESSAGE + 2),))
    sending.start()
    with pytest.raises(ValueError, match="longer than 1,048,576 bytes"):
        line.receive(5)
    sending.join()  # what is left fits into the buffers of the line


@pytest.mark.parametrize("longest", [1, 8, 3_000_000])
def test_the_longest_message_is_what_the_receiver_allows(longest: int) -> None:
    ours, theirs = socket.socketpair()
    line, sent = Line(ours), b"x" * (longest - 1) + b"\n" + b"x" * longest + b"\n"
    sending = threading.Thread(target=theirs.sendall, args=(sent,))
    sending.start()
    assert len(line.receive(60, longest)) == longest - 1
    with pytest.raises(ValueError, match=f"longer than {longest:,} bytes"):
        line.receive(60, longest)
    sending.join()  # what is left fits into the buffers of the line
    line.close()
    theirs.close()


def test_what_has_been_read_is_given_message_by_message_and_nothing_is_waited_for(pair: Pair) -> None:
    line, theirs = pair
    theirs.sendall(b"one\n\ntwo\nthr")
    line.read()
    assert [line.next() for _ in range(5)] == [b"one", b"", b"two", None, None]
    theirs.sendall(b"ee\n")
    line.read()
    assert [line.next() for _ in range(2)] == [b"three", None]


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_a_number_that_json_does_not_know_is_not_sent(number: float, pair: Pair) -> None:
    line, _ = pair
    with pytest.raises(ValueError, match="Out of range float values"):
        line.send({"a": number})
