"""A journal on the disk of the finished parts of a long measurement, from which an interrupted one continues."""

import hashlib
import json
import os
import pickle
from typing import Any

from xorbench.places import user_cache


class Journal:
    """A file of entries in the user's cache folder, one file for each `about`, a value that JSON can hold.

    An entry is either complete or absent. Entries are pickled objects, which are read only on this machine.
    """

    def __init__(self, about: object) -> None:
        key = hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()
        self._path = user_cache() / "journals" / f"journal-{key[:32]}.pickle"

    def read(self) -> list[Any]:
        """Return all complete entries, and remove an incomplete one at the end from the file. Raises OSError."""
        found: list[Any] = []
        if not self._path.exists():
            return found
        with self._path.open("r+b") as file:
            end = 0
            while True:
                try:
                    found.append(pickle.load(file))
                except _CUT_OFF:
                    file.truncate(end)
                    return found
                end = file.tell()

    def note(self, entry: object) -> None:
        """Append an entry, which is on the disk when this returns. Raises OSError."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("ab") as file:
            file.write(pickle.dumps(entry))
            file.flush()
            os.fsync(file.fileno())

    def close(self) -> None:
        """Delete the file."""
        self._path.unlink(missing_ok=True)


_CUT_OFF = (EOFError, pickle.UnpicklingError, AttributeError, ImportError, IndexError)
"""The exceptions that reading raises where an entry is incomplete, or written by another version of this package."""
