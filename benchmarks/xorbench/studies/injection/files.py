"""Faulty files: changed anywhere, cut off, of random bytes, nested deeply, or no files at all."""

import os
import random
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from xorbench.consistency.rules import read
from xorbench.record import studies
from xorbench.record.studies import Data
from xorbench.studies.injection import mutations
from xorbench.studies.injection.readers import checked, refusal
from xorbench.studies.injection.watching import SECONDS_AT_MOST, Hung, ended_after, named


def study(text: bytes, seed: int, numbers: range) -> Data:
    """Read a faulty file for each of `numbers` as a record and as a study, and return how many were refused, by kind.

    They are made from the text of a record. The data also have what went wrong.
    """
    kinds = {kind: {"times": 0, "refused": 0} for kind in ODD_FILES}
    wrong: list[str] = []
    slowest = 0.0
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        path = Path(folder) / "odd.json"
        for number in numbers:
            kind = [*ODD_FILES][number % len(ODD_FILES)]
            ODD_FILES[kind](path, text, random.Random(f"{seed} {number}"))
            began = time.monotonic()
            refused = False
            try:
                with ended_after(SECONDS_AT_MOST):
                    refused = _refused(lambda: read(path)) or _refused(lambda: checked(path))
                    _refused(lambda: studies.read(path))
            except (Exception, Hung) as error:  # noqa: BLE001  every one is noted
                wrong.append(f"{kind}: {named(error)}")
            slowest = max(slowest, time.monotonic() - began)
            kinds[kind]["times"] += 1
            kinds[kind]["refused"] += refused
            _remove(path)
    return {"kinds": kinds, "wrong": wrong, "slowest_seconds": slowest}


def _refused(call: Callable[[], object]) -> bool:
    """Return whether a call refuses a file: by a ValueError, by complaints, or by an OSError, which commands print."""
    complaints: list[object] = []

    def note() -> None:
        if isinstance(found := call(), Sequence):
            complaints.extend(found)

    try:
        return refusal(note) is not None or bool(complaints)
    except OSError:
        return True


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        path.rmdir()
    else:
        path.unlink(missing_ok=True)


def _repeated(path: Path, text: bytes, random_: random.Random) -> None:
    keys = [b'"created"', b'"partial"', b'"machine"', b'"timings"']
    key = random_.choice(keys)
    path.write_bytes(text.replace(key, key + b":null," + key, 1))


ODD_FILES: dict[str, Callable[[Path, bytes, random.Random], object]] = {
    "a file of random bytes": lambda path, _text, random_: path.write_bytes(
        random_.randbytes(random_.choice([1, 999]))
    ),
    "a file that is cut off": lambda path, text, random_: path.write_bytes(text[: random_.randrange(len(text))]),
    "a file that was changed anywhere": lambda path, text, random_: path.write_bytes(mutations.spoilt(random_, text)),
    "a file with a key twice": _repeated,
    "a file that is nested deeply": lambda path, _text, random_: path.write_bytes(
        random_.choice([b"[", b'{"a":']) * random_.choice([900, 100_000])
    ),
    "a file with numbers that are not finite": lambda path, text, random_: path.write_bytes(
        text.replace(b"0.0", random_.choice([b"NaN", b"Infinity", b"1e999"]))
    ),
    "an empty file": lambda path, _text, _random: path.write_bytes(b""),
    "a folder": lambda path, _text, _random: path.mkdir(),
    "a named pipe": lambda path, _text, _random: os.mkfifo(path),
    "a link to itself": lambda path, _text, _random: path.symlink_to(path),
    "a link to a device without an end": lambda path, _text, _random: path.symlink_to("/dev/zero"),
    "no file": lambda _path, _text, _random: None,
}
"""Functions that make a faulty file from the text of a record, by what it is."""
