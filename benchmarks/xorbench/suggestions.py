"""The error message for an unknown name, with suggestions."""

import difflib
from collections.abc import Collection


def unknown(name: str, names: Collection[str], kind: str) -> str:
    """Return the message, in one line, that no `kind` is called `name`, with similar `names`, or with all of them."""
    near = difflib.get_close_matches(name, names, n=3, cutoff=0.4)
    hint = f"did you mean {' or '.join(near)}?" if near else f"expected one of {', '.join(names)}"
    return f"no {kind} is named {name!r}; {hint}"
