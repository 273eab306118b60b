"""The error message for an unknown name, with suggestions."""

import difflib
from collections.abc import Collection

MOST = 3
"""The most names that are suggested."""


def unknown(name: str, names: Collection[str], kind: str) -> str:
    """Return the message, in one line, that no `kind` is called `name`, with names that may be meant.

    These are names that contain `name`, such as `hidden-float32` for `float32`, else similar ones, else all of `names`.
    """
    containing = [one for one in names if name.lower() in one.lower()] if len(name) > 1 else []
    near = containing or difflib.get_close_matches(name, names)
    hint = f"did you mean {' or '.join(near[:MOST])}?" if near else f"expected one of {', '.join(names)}"
    return f"no {kind} is named {name!r}; {hint}"
