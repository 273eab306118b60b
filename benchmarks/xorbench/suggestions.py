"""What to say of a name that nothing bears."""

import difflib
from collections.abc import Collection


def unknown(name: str, names: Collection[str], kind: str) -> str:
    """One line: that no such `kind` is there, and which are near, or all."""
    near = difflib.get_close_matches(name, names, n=3, cutoff=0.4)
    hint = f"did you mean {' or '.join(near)}?" if near else f"expected one of {', '.join(names)}"
    return f"no {kind} is named {name!r}; {hint}"
