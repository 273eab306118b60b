"""What this suite is made of, lent to other environments, which hold the framework alone: the same code everywhere.

No numerical library is lent: a framework meets those of its own environment.
"""

import tempfile
from functools import cache
from pathlib import Path

from xorbench import places
from xorbench.environment import required

LENT = (
    "annotated-types",
    "hypothesis",
    "packaging",
    "platformdirs",
    "psutil",
    "pytest",
    "pytest-benchmark",
    "python-flint",
    "threadpoolctl",
)
"""Distributions that the judge's and the clock's processes import, beside NumPy."""


def lent() -> str:
    """Return a folder to put on Python's path: it holds links to this package, to LENT and to what those require."""
    return _folder().name


@cache  # it lasts as long as this process
def _folder() -> "tempfile.TemporaryDirectory[str]":
    folder = tempfile.TemporaryDirectory(prefix="xorbench-")
    for distribution in required(LENT):
        tops = {file.parts[0] for file in distribution.files or ()}
        for name in tops - {"..", "__pycache__"}:
            if not name.endswith(".dist-info"):  # else it would count as installed there
                Path(folder.name, name).symlink_to(distribution.locate_file(name))  # type: ignore[arg-type]
    Path(folder.name, places.PACKAGE.name).symlink_to(places.PACKAGE)
    return folder
