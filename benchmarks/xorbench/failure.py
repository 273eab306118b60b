"""The exception for which no verdict on an implementation is possible."""


class HarnessError(RuntimeError):
    """Raised where the harness or the reference failed; the message says what, in one line.

    The command exits with 3.
    """
