"""Lend this package and the libraries that it requires to other environments, which contain the framework alone.

All environments run the same harness. No numerical library is lent: a framework uses those of its own environment.
"""

from functools import cache
from pathlib import Path

from xorbench import places
from xorbench.environment import required
from xorbench.temporary import Temporary

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
"""The distributions that processes of the judge and of the clock import, besides NumPy."""


def lent() -> str:
    """Return a folder for Python's path, with links to this package, to LENT and to what those require."""
    return str(places.lasting(_folder))


@cache
def _folder() -> Temporary:
    folder = Temporary()
    for distribution in required(LENT):
        tops = {file.parts[0] for file in distribution.files or ()}
        for name in tops - {"..", "__pycache__"}:
            if not name.endswith(".dist-info"):  # with its metadata it would count as installed there
                Path(folder.name, name).symlink_to(distribution.locate_file(name))  # type: ignore[arg-type]
    Path(folder.name, places.PACKAGE.name).symlink_to(places.PACKAGE)
    return folder
