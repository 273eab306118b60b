"""The connection between the driver and a process of an implementation: JSON documents of limited length, one per line.

The driver does not trust such a process: a message that is too long, or does not end before the deadline, is refused.
"""

import json
import select
import socket
from collections.abc import Mapping
from time import monotonic

LONGEST_MESSAGE = 2**20
"""The most bytes of one message, including its end of line, where no other number is given."""

READ_AT_ONCE = 2**18
"""The most bytes that are read at once."""


class Closed(Exception):  # noqa: N818  a state of the line, not a mistake
    """Raised when the other end was closed before a complete message was received."""


class Silent(Exception):  # noqa: N818  a state of the line, not a mistake
    """Raised when no complete message was received before the deadline."""


class Line:
    """One end of a pair of connected sockets, which sends and receives JSON documents."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._received = bytearray()
        self._searched = 0
        """The bytes at the start of `_received` that are known to hold no end of line."""

    def fileno(self) -> int:
        """Return the number of the file descriptor, for selectors."""
        return self._socket.fileno()

    def send(self, message: Mapping[str, object], longest: int = LONGEST_MESSAGE) -> None:
        """Send one message of at most `longest` bytes.

        Raises ValueError where it is too long or holds a number that is not finite, OSError where the other end is
        closed.
        """
        data = json.dumps(message, allow_nan=False).encode() + b"\n"
        if len(data) > longest:
            raise ValueError(f"a message has {len(data):,} bytes, expected at most {longest:,}")
        self._socket.sendall(data)

    def receive(self, seconds: float | None = None, longest: int = LONGEST_MESSAGE) -> bytes:
        """Return the text of the next message, which must be complete within `seconds`; None means no limit.

        Raises Silent after that time, Closed where the other end was closed, ValueError where the message has more than
        `longest` bytes, and OSError where the connection fails.
        """
        deadline = None if seconds is None else monotonic() + seconds
        while (message := self.next(longest)) is None:
            left = None if deadline is None else max(0.0, deadline - monotonic())
            if not select.select([self._socket], [], [], left)[0]:
                raise Silent
            self.read()
        return message

    def read(self) -> None:
        """Read bytes that have arrived, READ_AT_ONCE at most; wait for the first one.

        Raises Closed where the other end was closed, and OSError where the connection fails.
        """
        data = self._socket.recv(READ_AT_ONCE)
        if not data:
            raise Closed
        self._received += data

    def next(self, longest: int = LONGEST_MESSAGE) -> bytes | None:
        """Return the text of the next message if all of it has been read, else None; nothing is waited for.

        Raises ValueError where the message has more than `longest` bytes.
        """
        end = self._received.find(b"\n", self._searched)
        self._searched = len(self._received)
        if (end if end >= 0 else self._searched) >= longest:
            raise ValueError(f"a message is longer than {longest:,} bytes")
        if end < 0:
            return None
        message = bytes(self._received[:end])
        del self._received[: end + 1]
        self._searched = 0
        return message

    def close(self) -> None:
        """Close this end of the connection."""
        self._socket.close()
