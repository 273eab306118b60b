"""The connection between the driver and a worker: JSON documents of at most 1 MiB, one per line, with a deadline."""

import json
import select
import socket
from collections.abc import Mapping
from time import monotonic

LONGEST_MESSAGE = 2**20
"""The most bytes of one message, including its end of line."""


class Closed(Exception):  # noqa: N818  a state of the line, not a mistake
    """Raised when the other end was closed before a complete message was received."""


class Silent(Exception):  # noqa: N818  a state of the line, not a mistake
    """Raised when no complete message was received before the deadline."""


class Line:
    """One end of a pair of connected sockets, which sends and receives JSON documents."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._received = b""

    def send(self, message: Mapping[str, object]) -> None:
        """Send one message.

        Raises ValueError where it is too long or holds a number that is not finite, OSError where the other end is
        closed.
        """
        data = json.dumps(message, allow_nan=False).encode() + b"\n"
        if len(data) > LONGEST_MESSAGE:
            raise ValueError(f"a message has {len(data):,} bytes, expected at most {LONGEST_MESSAGE:,}")
        self._socket.sendall(data)

    def receive(self, seconds: float | None = None) -> bytes:
        """Return the text of the next message, which must be complete within `seconds`; None means no limit.

        Raises Silent after that time, Closed where the other end was closed, ValueError where the message is too long,
        and OSError where the connection fails.
        """
        deadline = None if seconds is None else monotonic() + seconds
        while b"\n" not in self._received:
            if len(self._received) >= LONGEST_MESSAGE:
                raise ValueError(f"a message is longer than {LONGEST_MESSAGE:,} bytes")
            left = None if deadline is None else max(0.0, deadline - monotonic())
            if not select.select([self._socket], [], [], left)[0]:
                raise Silent
            data = self._socket.recv(2**16)
            if not data:
                raise Closed
            self._received += data
        message, _, self._received = self._received.partition(b"\n")
        return message

    def close(self) -> None:
        """Close this end of the connection."""
        self._socket.close()
