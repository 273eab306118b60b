"""Faulty messages of workers: each is sent to the driver's end of a line by a process that is no worker."""

import json
import random
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict

import psutil

from xorbench.clock.timed_implementation import Turn
from xorbench.clock.worker import Lost, Worker
from xorbench.line import LONGEST_MESSAGE, Line
from xorbench.record.studies import Data
from xorbench.record.timing import Ledger
from xorbench.streams import Log
from xorbench.studies.injection import mutations
from xorbench.studies.injection.readers import is_a_line

ROUNDS = 2

SECONDS = 0.05
"""The time in which a message must come that never comes whole."""

LONGEST_REASON = 500

LEDGER = Ledger("0" * 64, "float64", "float64", 1, 10, False, False, 1, [], [0], {})

VALID: Sequence[dict[str, object]] = (
    {"says": "preparing"},
    {"says": "ready"},
    {"says": "ended", "end": [1.5, None, 2.0, -0.25]},
    {
        "says": "times",
        "wall": [3_000_000, 1_500_000],
        "cpu": [2_900_000, 1_450_000],
        "waited": [0, 1_000],
        "involuntary_switches": [0, 1],
        "ledger": asdict(LEDGER),
    },
    {"says": "answers", "rows": [[1.0, None], []]},
    {"says": "failed", "reason": "ValueError: no"},
)


class NoWorker(Worker):
    """The driver's handle of a worker, with a line that anyone writes to, and a process that has ended."""

    def __init__(self, connection: socket.socket, process: "subprocess.Popen[bytes]") -> None:
        self._log = Log()
        self._number = 1
        self._line = Line(connection)
        self._process = process

    def close(self) -> None:
        """Close the line and the log; there is no process to end."""
        self._line.close()
        self._log.close()


HEARD: dict[str, Callable[[Worker], object]] = {
    "ready": lambda worker: worker.wait_until_ready(),
    "begin": lambda worker: worker.begin(ROUNDS, [4, 2]),
    "ended": lambda worker: worker.take_turn(Turn(4, 1, 7), SECONDS),
    "times": lambda worker: worker.times(ROUNDS),
    "answers": lambda worker: worker.answers([[1.0, 2.0]]),
}
"""What the driver does when it expects a message."""


def _text(random_: random.Random) -> bytes:
    return json.dumps(random_.choice(VALID)).encode()


def _of_other_types(random_: random.Random) -> bytes:
    base = mutations.Base.of({"message": random_.choice(VALID)})
    changed = base.changed(mutations.drawn(random_))
    return json.dumps(changed.get("message") if isinstance(changed, dict) else changed).encode() + b"\n"


def _not_finite(random_: random.Random) -> bytes:
    number = random_.choice([b"NaN", b"-Infinity", b"1e999", b"-1e999", b"1" * 400])
    return _text(random_).replace(b"1", number) + b"\n"


def _twice(random_: random.Random) -> bytes:
    return (_text(random_) + b"\n") * random_.randint(2, 50)


def _same_key(random_: random.Random) -> bytes:
    return b'{"says": "ended", "end": [], ' + _text(random_)[1:] + b"\n"


def _nested(random_: random.Random) -> bytes:
    depth = random_.choice([100, 1_000, 100_000])
    return random_.choice([b"[" * depth, b'{"says":' * depth, b"[" * depth + b"]" * depth]) + b"\n"


KINDS: dict[str, Callable[[random.Random], bytes]] = {
    "random bytes": lambda random_: random_.randbytes(random_.choice([1, 10, 1_000])) + b"\n",
    "a message that was changed anywhere": lambda random_: mutations.spoilt(random_, _text(random_)) + b"\n",
    "a message with values of other types": _of_other_types,
    "a message that is cut off": lambda random_: (text := _text(random_))[: random_.randrange(len(text))],
    "a message that is too long": lambda random_: b"x" * (LONGEST_MESSAGE + random_.randint(0, 2**20)),
    "a message out of turn": lambda random_: _text(random_) + b"\n",
    "a message with numbers that are not finite": _not_finite,
    "the same message again": _twice,
    "a message with a key twice": _same_key,
    "a message that is nested deeply": _nested,
    "no message": lambda _random: b"",
}
"""Functions that draw the bytes of a faulty message, by what it is."""


def sent(data: bytes, hears: str, closes: bool, process: "subprocess.Popen[bytes]") -> str:
    """Send bytes to a driver that `hears` something, and return its refusal in one line, or "accepted".

    The line is closed behind the bytes if `closes`. Raises AssertionError where the refusal is no line, and whatever
    the driver raises beside Lost.
    """
    ours, theirs = socket.socketpair()
    worker = NoWorker(ours, process)

    def send() -> None:
        with suppress(OSError):  # the driver stops reading where a message is too long
            theirs.sendall(data)
            if closes:
                theirs.shutdown(socket.SHUT_WR)

    sending = threading.Thread(target=send)
    sending.start()
    try:
        HEARD[hears](worker)
    except Lost as lost:
        reason = str(lost)
        assert is_a_line(reason, LONGEST_REASON), f"a reason that is no line: {reason[:200]!r}"
        return reason
    finally:
        worker.close()
        sending.join()
        theirs.close()
    return "accepted"


def study(seed: int, numbers: range) -> Data:
    """Send a faulty message for each of `numbers`, and return how many were refused, by kind, and what went wrong."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    kinds = {kind: {"times": 0, "refused": 0} for kind in KINDS}
    wrong: list[str] = []
    slowest, memory = 0.0, psutil.Process().memory_info().rss
    for number in numbers:
        random_ = random.Random(f"{seed} {number}")
        kind = [*KINDS][number % len(KINDS)]
        data = KINDS[kind](random_)
        hears = random_.choice([*HEARD])
        closes = hears != "ended" or random_.random() < 0.9
        began = time.monotonic()
        kinds[kind]["times"] += 1
        try:
            kinds[kind]["refused"] += sent(data, hears, closes, process) != "accepted"
        except Exception as error:  # noqa: BLE001  that there is another one is what is looked for
            wrong.append(f"{kind}: {type(error).__name__}: {error}"[:300])
        slowest = max(slowest, time.monotonic() - began)
    gained = psutil.Process().memory_info().rss - memory
    return {"kinds": kinds, "wrong": wrong, "slowest_seconds": slowest, "gained_mib": round(gained / 2**20, 1)}
