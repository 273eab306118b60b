"""Training XOR in many frameworks: gradients are judged, then training steps are timed.

`load`, `judge`, `run`, `compare` and `recommend` are the Python interface; `python -m xorbench` is the command.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xorbench.api import compare, judge, recommend, run
    from xorbench.exports.frames import load

__all__ = ["compare", "judge", "load", "recommend", "run"]


def __getattr__(name: str) -> object:
    """Return a public function, imported on first use, so that importing the package alone imports no library."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module("xorbench.exports.frames" if name == "load" else "xorbench.api"), name)
