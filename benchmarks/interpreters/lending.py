"""What this suite is made of, lent to other environments, which hold the framework alone: the same code everywhere.

No numerical library is lent: a framework meets those of its own environment.
"""

import tempfile
from functools import cache
from pathlib import Path

from benchmarks.environment import required

LENT = ("hypothesis", "packaging", "psutil", "pytest", "pytest-benchmark", "python-flint", "threadpoolctl")
"""Distributions that the judge's and the clock's processes import, beside NumPy."""


def lent() -> str:
    """A folder, to be put on Python's path, that holds links to these and to what they require, and nothing else."""
    return _folder().name


@cache  # it lasts as long as this process
def _folder() -> "tempfile.TemporaryDirectory[str]":
    folder = tempfile.TemporaryDirectory(prefix="xorbench-")
    for distribution in required(LENT):
        tops = {file.parts[0] for file in distribution.files or ()}
        for name in tops - {"..", "__pycache__"}:
            if not name.endswith(".dist-info"):  # else it would count as installed there
                Path(folder.name, name).symlink_to(distribution.locate_file(name))  # type: ignore[arg-type]
    return folder
