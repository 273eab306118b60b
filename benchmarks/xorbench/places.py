"""Where files are read and written: implementations, records, caches, and the folder of child processes.

Nothing is written beside the package, which may be installed in a folder that is shared or read-only.
"""

import os
import stat
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from xorbench.failure import HarnessError
from xorbench.temporary import Temporary

if TYPE_CHECKING:
    from functools import _lru_cache_wrapper

PACKAGE = Path(__file__).resolve().parent

_ROOT = PACKAGE.parent.parent

CHECKOUT = _ROOT if (_ROOT / "pyproject.toml").is_file() and (_ROOT / "implementations").is_dir() else None
"""The checkout that the package is run from; None where it was installed from a wheel."""

IMPLEMENTATIONS = (CHECKOUT or PACKAGE) / "implementations"


def current() -> Path | None:
    """Return the current folder; None if it was removed."""
    try:
        return Path.cwd()
    except FileNotFoundError:
        return None


def in_checkout() -> bool:
    """Return whether the current folder is the checkout or lies inside it."""
    here = current()
    return CHECKOUT is not None and here is not None and here.is_relative_to(CHECKOUT)


def results() -> Path:
    """Return the default folder of records: that of the checkout if the current folder is inside it, else ./results."""
    return (CHECKOUT if CHECKOUT is not None and in_checkout() else current() or Path()) / "results"


def user_cache() -> Path:
    """Return the folder for environments, journals and compiled libraries: `xorbench` in the user's cache folder.

    It is made, and no other user can write to it, because what is in it is run. Where it can't be made, nothing is said
    yet. Raises HarnessError where it belongs to another user.
    """
    found = platformdirs.user_cache_path("xorbench")
    if not found.is_absolute():  # else it would be in the current folder
        found = home() / ".cache" / found.name
    with suppress(OSError):
        found.mkdir(mode=0o700, parents=True, exist_ok=True)
    with suppress(OSError):
        about = found.stat()
        if hasattr(os, "geteuid") and about.st_uid != os.geteuid():
            raise HarnessError(
                f"{found} belongs to another user, who could change what is run from it; "
                "set XDG_CACHE_HOME to a folder of your own"
            )
        if about.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            found.chmod(stat.S_IMODE(about.st_mode) & ~(stat.S_IWGRP | stat.S_IWOTH))
    return found


def home() -> Path:
    """Return the user's home folder, or a temporary one if nothing can be written there, as for caches of libraries."""
    try:
        found = Path.home()
    except RuntimeError:  # neither a variable nor the database of users says where it is
        return lasting(_home)
    return found if found.is_dir() and os.access(found, os.W_OK) else lasting(_home)


def no_code() -> Path:
    """Return an empty folder for child processes to run in, so that Python finds no module of a user there."""
    return lasting(_no_code)


def lasting(made: "_lru_cache_wrapper[Temporary]") -> Path:
    """Return the folder that the cached function `made` returns, or a new one if someone has removed it."""
    if not Path(made().name).is_dir():
        made().cleanup()
        made.cache_clear()
    return Path(made().name)


@cache
def _home() -> Temporary:
    return Temporary()


@cache
def _no_code() -> Temporary:
    return Temporary()
