"""A Python interpreter that runs implementations: the current one, or that of another environment, with a label."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field

from xorbench import environment
from xorbench.contract.lending import lent


@dataclass(frozen=True)
class Interpreter:
    """A Python interpreter that runs implementations; `label` is empty for the current one.

    For another interpreter, `versions` are those of Python and of all its libraries, and `frameworks` holds the version
    and the installed bytes of each framework that was queried.
    """

    label: str = ""
    executable: str = sys.executable
    versions: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)
    frameworks: Mapping[str, tuple[str, int | None]] = field(default_factory=dict, compare=False, repr=False)

    def version_of(self, framework: str) -> str:
        """Return the version of a distribution or program in this interpreter's environment, or "unknown"."""
        return self.frameworks[framework][0] if self.label else environment.version_of(framework)

    def installed_bytes(self, framework: str) -> int | None:
        """Return the bytes of a distribution and of all that it requires; None if it is not installed."""
        return self.frameworks[framework][1] if self.label else environment.installed_bytes(framework)

    def variables(self, threads: int = 1) -> dict[str, str]:
        """Return the environment variables for a process of this interpreter that does not import this package."""
        given = environment.worker_variables(threads)
        if self.label:  # these point to the libraries of the current environment
            given.pop("PYTHONPATH", None)
            given.pop("VIRTUAL_ENV", None)
        return given

    def variables_with_harness(self, threads: int = 1) -> dict[str, str]:
        """Return the environment variables for a process of this interpreter that imports this package.

        Other environments are lent this package on PYTHONPATH, so that judge and clock are the same code everywhere.
        """
        return self.variables(threads) | ({"PYTHONPATH": lent()} if self.label else {})


HERE = Interpreter()
