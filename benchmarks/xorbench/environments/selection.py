"""Selection of the implementations that also run in another environment, and why the others do not."""

import platform
from collections.abc import Sequence
from dataclasses import dataclass, replace

from xorbench.contract import Implementation
from xorbench.environments.probe import survey


@dataclass(frozen=True)
class Selection:
    """The implementations that run in one environment, and the names of those left out, by reason."""

    label: str
    implementations: list[Implementation]
    left_out: dict[str, list[str]]

    def __str__(self) -> str:
        """Return what runs and what is left out, in one line."""
        running = (
            ", ".join(f"{i.path.stem} ({i.framework} {i.version})" for i in self.implementations) or "no implementation"
        )
        left = ", ".join(f"{', '.join(names)} ({reason})" for reason, names in self.left_out.items())
        return f"{self.label} runs {running}{f'; left out: {left}' if left else ''}"


def select(chosen: Sequence[Implementation], label: str, executable: str, also_same: bool = False) -> Selection:
    """Return which of the `chosen` files run in another environment: those whose framework or Python differs there.

    With `also_same`, files with the same versions there are included. A file whose framework is installed there, but
    not everything else that it imports, is included as missing. Raises Unusable if nothing can run in that interpreter.
    """
    readable = [i for i in chosen if not i.broken]
    there, missing = survey(label, executable, [i.path for i in readable])
    same_python = there.versions["python"] == platform.python_version()
    selection = Selection(label, [], {})
    for here in readable:
        lost = missing[here.path.absolute()]
        version = there.version_of(here.framework)
        if lost and version == "unknown":
            selection.left_out.setdefault(f"{here.framework} is not installed there", []).append(here.name)
        elif version == here.version and same_python and not also_same:
            selection.left_out.setdefault(f"{here.framework} has the same version there", []).append(here.name)
        else:
            name, why = f"{here.name}@{label}", f"in {label} {lost}" if lost else None
            selection.implementations.append(replace(here, name=name, interpreter=there, missing=why))
    return selection
