"""Calls on workers, with a client in place of Dask's: what is lost is done again, and every result is taken once."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.scheduled import skip_without_dask
from xorbench.failure import HarnessError
from xorbench.fleet import dask_calls
from xorbench.fleet.dask_calls import Call, Calls, Raised, Returned, Told

skip_without_dask()

from distributed import CancelledError, KilledWorker  # noqa: E402  it need not be installed


class Future:
    """A future whose state the test sets."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.status = "pending"
        self.value: object = None
        self.error: BaseException | None = None
        self.is_released = False
        self._done: Callable[[Future], object] = lambda _future: None

    def add_done_callback(self, done: "Callable[[Future], object]") -> None:
        self._done = done

    def become(self, status: str, value: object = None, error: BaseException | None = None) -> None:
        self.status, self.value, self.error = status, value, error
        self._done(self)

    def result(self, seconds: float) -> object:
        assert 0 < seconds < 600  # Dask waits without end for a result that was lost with its host
        if self.error:
            raise self.error
        return self.value

    def exception(self) -> BaseException | None:
        return self.error

    def release(self) -> None:
        self.is_released = True


class Client:
    """A client that notes what is submitted."""

    def __init__(self) -> None:
        self.status = "running"
        self.futures: list[Future] = []
        self.options: list[dict[str, Any]] = []
        self.tell: Callable[[object], None] = lambda _event: None
        self.subscriptions = 0

    def submit(self, _function: object, *_given: object, key: str, **options: object) -> Future:
        self.futures.append(Future(key))
        self.options.append(options)
        return self.futures[-1]

    def subscribe_topic(self, _topic: str, handler: Callable[[object], None]) -> None:
        self.tell = handler
        self.subscriptions += 1


@pytest.fixture
def client() -> Client:
    return Client()


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def calls(client: Client, said: list[str]) -> Calls[str, int]:
    found: Calls[str, int] = Calls(client, "topic", said.append)
    found.submit(Call("a", int, (), ["10.0.0.1"], {"slot": 1}))
    return found


def test_a_result_is_taken_once_and_released(client: Client, calls: Calls[str, int]) -> None:
    assert client.options == [{"workers": ["10.0.0.1"], "resources": {"slot": 1}, "pure": False}]
    assert calls.next(0.01) is None
    client.futures[0].become("finished", 7)
    assert calls.next(1) == Returned("a", 7)
    assert client.futures[0].is_released
    assert (len(calls), calls.next(0.01)) == (0, None)


@pytest.mark.parametrize(
    "lost",
    [
        ("finished", None, None),
        ("finished", None, CancelledError("lost")),
        ("finished", None, OSError("closed")),
        ("finished", None, TimeoutError("timed out after 60 s")),
        ("cancelled", None, None),
        ("lost", None, None),
        ("error", None, KilledWorker("a", None, 3)),
    ],
    ids=str,
)
def test_what_is_lost_is_called_again_under_another_key(
    client: Client, calls: Calls[str, int], lost: tuple[str, object, BaseException | None]
) -> None:
    first = client.futures[0]
    first.become(*lost)
    assert calls.next(1) is None
    assert first.is_released
    second = client.futures[1]
    assert second.key != first.key
    first.become("finished", 6)  # a result that comes too late
    second.become("finished", 7)
    assert [calls.next(0.01) for _ in range(3)] == [None, Returned("a", 7), None]
    assert len(client.futures) == 2


def test_what_a_call_raises_is_not_repeated(client: Client, calls: Calls[str, int]) -> None:
    error = ValueError("no")
    client.futures[0].become("error", error=error)
    assert calls.next(1) == Raised("a", error)
    assert (len(client.futures), len(calls)) == (1, 0)


def test_a_call_whose_workers_always_die_is_given_up(client: Client, calls: Calls[str, int]) -> None:
    killed = KilledWorker("a", None, 3)
    for repeat in range(dask_calls.MOST_REPEATS):
        client.futures[repeat].become("error", error=killed)
        assert calls.next(1) is None
    client.futures[-1].become("error", error=killed)
    assert calls.next(1) == Raised("a", killed)


def test_a_call_whose_result_never_arrives_is_given_up(client: Client, calls: Calls[str, int]) -> None:
    for repeat in range(dask_calls.MOST_REPEATS):
        client.futures[repeat].become("finished", error=TimeoutError("timed out after 60 s"))
        assert calls.next(1) is None
    client.futures[-1].become("finished", error=TimeoutError("timed out after 60 s"))
    found = calls.next(1)
    assert isinstance(found, Raised)
    assert str(found.error) == f"its call was repeated {dask_calls.MOST_REPEATS} times and gave no result"
    assert len(calls) == 0


def test_after_a_lost_connection_all_is_called_again_and_the_topic_is_heard_again(
    client: Client, calls: Calls[str, int], said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    calls.submit(Call("b", int, (), ["10.0.0.1"], {}))
    client.status = "connecting"
    for future in client.futures[:2]:
        future.become("cancelled")

    def sleep(_seconds: float) -> None:
        client.status = "running"

    monkeypatch.setattr(time, "sleep", sleep)
    assert [calls.next(1), calls.next(1)] == [None, None]
    assert (len(client.futures), client.subscriptions) == (4, 2)
    assert [line.partition(": ")[2].partition(";")[0] for line in said] == [
        "the connection to the scheduler is lost",
        "the scheduler is there again",
    ]
    for future, value in zip(client.futures[2:], (1, 2), strict=True):
        future.become("finished", value)
    assert [calls.next(1), calls.next(1)] == [Returned("a", 1), Returned("b", 2)]


def test_a_scheduler_that_does_not_come_back_is_told_in_one_line(client: Client, calls: Calls[str, int]) -> None:
    client.status = "closed"
    client.futures[0].become("cancelled")
    with pytest.raises(
        HarnessError, match=r"^the scheduler has ended and was not started again; what is finished is kept$"
    ):
        calls.next(1)


def test_what_is_dropped_is_released_and_its_result_is_not_taken(client: Client, calls: Calls[str, int]) -> None:
    calls.drop("a")
    client.futures[0].become("finished", 7)
    assert client.futures[0].is_released
    assert (calls.next(0.01), calls.keys) == (None, [])


def test_events_of_the_topic_are_told(client: Client, calls: Calls[str, int]) -> None:
    client.tell((1.0, ["host", 1, "line"]))
    assert calls.next(1) == Told(["host", 1, "line"])
