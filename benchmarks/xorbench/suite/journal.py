"""What a long measurement has finished, noted as it goes: whoever is killed goes on from there."""

import hashlib
import json
import os
import pickle
from typing import Any

from xorbench.places import user_cache


class Journal:
    """A file of entries, each whole or not there; one file for each `about`, in that folder.

    Entries are Python objects of this suite, for this machine's own reading.
    """

    def __init__(self, about: Any) -> None:
        key = hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()
        self._path = user_cache() / "journals" / f"journal-{key[:32]}.pickle"

    def read(self) -> list[Any]:
        """All entries; what was cut off at the end is forgotten, also in the file. Raises OSError."""
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

    def note(self, entry: Any) -> None:
        """One entry more, on the disk when this comes back. Raises OSError."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("ab") as file:
            file.write(pickle.dumps(entry))
            file.flush()
            os.fsync(file.fileno())

    def close(self) -> None:
        """Forget it: what it was kept for is done."""
        self._path.unlink(missing_ok=True)


_CUT_OFF = (EOFError, pickle.UnpicklingError, AttributeError, ImportError, IndexError)
"""What reading raises where an entry is not whole, or is of another version of this suite."""
