"""A Python that implementations run in: this one, or under a label that of another virtual environment."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field

from xorbench import environment
from xorbench.contract.lending import lent


@dataclass(frozen=True)
class Interpreter:
    """Where a file is run; `label` is empty where that is here.

    Of another one `versions` are Python's and those of all libraries beside it, and `frameworks` holds the version and
    the installed bytes of each framework that it was asked for.
    """

    label: str = ""
    executable: str = sys.executable
    versions: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)
    frameworks: Mapping[str, tuple[str, int | None]] = field(default_factory=dict, compare=False, repr=False)

    def version_of(self, framework: str) -> str:
        """The version of a distribution or program that is used there, or "unknown"."""
        return self.frameworks[framework][0] if self.label else environment.version_of(framework)

    def installed_bytes(self, framework: str) -> int | None:
        """The size of a distribution there, with all that it requires. None: it is not installed."""
        return self.frameworks[framework][1] if self.label else environment.installed_bytes(framework)

    def variables(self, threads: int = 1) -> dict[str, str]:
        """All variables that a process of it gets to see, if it runs nothing of this suite."""
        given = environment.of_a_worker(threads)
        if self.label:  # these lead to the libraries of ours
            given.pop("PYTHONPATH", None)
            given.pop("VIRTUAL_ENV", None)
        return given

    def variables_with_harness(self, threads: int = 1) -> dict[str, str]:
        """The same, if it does: the judge and the clock are the same code everywhere, for ours are lent to others."""
        return self.variables(threads) | ({"PYTHONPATH": lent()} if self.label else {})


HERE = Interpreter()
