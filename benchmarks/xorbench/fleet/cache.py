"""Folders in the user's cache for unfinished calls over several hosts: measured parts, and results of clients."""

import shutil
from contextlib import suppress
from pathlib import Path

from xorbench import places
from xorbench.suite import journal


def folder(name: str) -> Path:
    """Return the folder of this name, where calls keep files and folders of their own. It need not be there."""
    return places.user_cache() / "fleet" / name


def remove_old(name: str) -> None:
    """Remove what is in the folder of this name and was not changed for as long as journals are kept."""
    for path in folder(name).glob("*"):
        with suppress(OSError):
            if not journal.is_old(path):
                continue
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink()
