"""Where files are read and written: implementations, records, caches, and the folder of child processes.

Nothing is written beside the package, which may be installed in a folder that is shared or read-only.
"""

import tempfile
from functools import cache
from pathlib import Path

import platformdirs

PACKAGE = Path(__file__).resolve().parent

_ROOT = PACKAGE.parent.parent

CHECKOUT = _ROOT if (_ROOT / "pyproject.toml").is_file() and (_ROOT / "implementations").is_dir() else None
"""The checkout that the package is run from; None where it was installed from a wheel."""

IMPLEMENTATIONS = (CHECKOUT or PACKAGE) / "implementations"


def in_checkout() -> bool:
    """Return whether the current folder is the checkout or lies inside it."""
    return CHECKOUT is not None and Path.cwd().is_relative_to(CHECKOUT)


def results() -> Path:
    """Return the default folder of records: that of the checkout if the current folder is inside it, else ./results."""
    return (CHECKOUT if CHECKOUT is not None and in_checkout() else Path.cwd()) / "results"


def user_cache() -> Path:
    """Return the folder for environments, journals and compiled libraries: `xorbench` in the user's cache folder."""
    return platformdirs.user_cache_path("xorbench")


def no_code() -> Path:
    """Return an empty folder for child processes to run in, so that Python finds no module of a user there."""
    return Path(_no_code().name)


@cache  # the folder lasts as long as this process
def _no_code() -> "tempfile.TemporaryDirectory[str]":
    return tempfile.TemporaryDirectory(prefix="xorbench-")
