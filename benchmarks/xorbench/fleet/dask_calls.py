"""Calls of functions on the workers of a scheduler, whose results come as they are there.

A result is released when it is taken, so that the memory of the client does not grow with their number. What a lost
worker or scheduler was doing is done again; a result is taken once.
"""

import queue
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from xorbench.failure import HarnessError
from xorbench.fleet.dask_cluster import SECONDS_TO_CONNECT

if TYPE_CHECKING:
    from distributed import Client, Future

Key = TypeVar("Key")
Value = TypeVar("Value")

_HAS_ENDED = "the scheduler has ended and was not started again; what is finished is kept"

MOST_REPEATS = 20
"""The number of times that a call is repeated after its worker or its result was lost, until it is given up."""

SECONDS_TO_FETCH = 60.0
"""The time in which a finished result must arrive; otherwise its call is repeated."""


@dataclass(frozen=True)
class Call(Generic[Key, Value]):
    """A call of a function with arguments on a worker of one of some hosts, which must have the resources.

    A result that is None stands for a call that was not finished, and is repeated.
    """

    key: Key
    function: Callable[..., Value | None]
    arguments: Sequence[object]
    hosts: Sequence[str]
    resources: Mapping[str, float]


@dataclass(frozen=True)
class Returned(Generic[Key, Value]):
    """The result of a call."""

    key: Key
    value: Value


@dataclass(frozen=True)
class Raised(Generic[Key]):
    """The exception that a call raised, or because of which it was given up."""

    key: Key
    error: BaseException


@dataclass(frozen=True)
class Told:
    """An event of the topic: what a worker told during a call."""

    message: object


class Calls(Generic[Key, Value]):
    """Calls on the workers of a client's scheduler, and the events of a topic.

    `say` is called with a line where the connection to the scheduler is lost and when it is there again.
    """

    def __init__(self, client: "Client", topic: str, say: Callable[[str], object]) -> None:
        self._client = client
        self._topic = topic
        self._say = say
        self._events: queue.SimpleQueue[tuple[Key, Future] | Told] = queue.SimpleQueue()
        self._calls: dict[Key, Call[Key, Value]] = {}
        self._futures: dict[Key, Future] = {}
        self._repeats: dict[Key, int] = {}
        self._submitted = 0
        self._listen()

    def __len__(self) -> int:
        return len(self._calls)

    @property
    def keys(self) -> list[Key]:
        """The keys of the calls whose results are not taken."""
        return [*self._calls]

    def submit(self, call: Call[Key, Value]) -> None:
        """Hand a call to the scheduler. Raises HarnessError where the scheduler has ended."""
        self._calls[call.key] = call
        self._repeats.setdefault(call.key, 0)
        self._submit(call)

    def drop(self, key: Key) -> None:
        """Release a call whose result is not wanted any more, which ends what its worker does for it."""
        self._calls.pop(key, None)
        self._repeats.pop(key, None)
        if future := self._futures.pop(key, None):
            future.release()

    def next(self, seconds: float) -> Returned[Key, Value] | Raised[Key] | Told | None:
        """Return the next result or event; None if there is none for so many seconds.

        Raises HarnessError where the scheduler has ended and was not started again in time.
        """
        try:
            event = self._events.get(timeout=seconds)
        except queue.Empty:
            return None
        if isinstance(event, Told):
            return event
        key, future = event
        if key not in self._futures or self._futures[key] is not future:
            return None  # it was dropped or repeated
        if future.status == "error":
            error = future.exception()
            if not _is_killed(error) or self._repeats[key] >= MOST_REPEATS:
                self.drop(key)
                return Raised(key, error)
        elif future.status == "finished":
            if (value := _fetched(future)) is not None:
                self.drop(key)
                return Returned(key, value)
            if self._repeats[key] >= MOST_REPEATS:
                self.drop(key)
                return Raised(key, HarnessError(f"its call was repeated {MOST_REPEATS} times and gave no result"))
        self._again(key)
        return None

    def close(self) -> None:
        """Release all calls."""
        for key in self.keys:
            self.drop(key)

    def _again(self, key: Key) -> None:
        """Repeat a call, when the connection to the scheduler is there."""
        self._futures.pop(key).release()
        self._repeats[key] += 1
        if self._client.status != "running":
            self._say("xorbench: the connection to the scheduler is lost; waiting for it")
            until = time.monotonic() + 2 * SECONDS_TO_CONNECT
            while self._client.status != "running":
                if self._client.status == "closed" or time.monotonic() > until:
                    raise HarnessError(_HAS_ENDED)
                time.sleep(0.1)
            self._listen()
            self._say("xorbench: the scheduler is there again; what was not finished is handed out again")
        self._submit(self._calls[key])

    def _submit(self, call: Call[Key, Value]) -> None:
        import cloudpickle  # a requirement of Dask

        if self._client.status == "closed":
            raise HarnessError(_HAS_ENDED)
        self._submitted += 1
        future = self._client.submit(
            _opened(),
            cloudpickle.dumps((call.function, call.arguments)),
            key=f"{self._topic}-{self._submitted}",
            workers=list(call.hosts),
            resources=dict(call.resources) or None,
            pure=False,
        )
        self._futures[call.key] = future
        future.add_done_callback(lambda done: self._events.put((call.key, done)))

    def _listen(self) -> None:
        self._client.subscribe_topic(self._topic, lambda event: self._events.put(Told(event[1])))


def _opened() -> Callable[[bytes], object]:
    """Return a function that makes a pickled call. It is sent by its text.

    So the scheduler, which reads what it hands out, imports nothing of this package and need not have it.
    """

    def opened(call: bytes) -> object:
        import pickle

        function, arguments = pickle.loads(call)
        return function(*arguments)

    return opened


def _is_killed(error: BaseException) -> bool:
    """Return whether an exception says that the workers of a call were lost, and is not what it raised."""
    from distributed import KilledWorker

    return isinstance(error, KilledWorker)


def _fetched(future: "Future") -> "Value | None":
    """Return the result of a finished call; None if it was lost before it was fetched.

    Where its only host has gone with it, Dask waits for that host without end.
    """
    from distributed import CancelledError

    try:
        value: Value | None = future.result(SECONDS_TO_FETCH)
    except (CancelledError, OSError):  # TimeoutError is an OSError
        return None
    return value
