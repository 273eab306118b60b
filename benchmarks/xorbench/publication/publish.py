"""Write the published files, or check that they match the records."""

import itertools
import textwrap
from pathlib import Path

from xorbench.publication.files import rendered
from xorbench.record import store, studies


def publish(folder: Path) -> tuple[list[Path], list[str]]:
    """Write all files that are rendered from the records in a folder, and return their paths.

    The second list says which records and studies were left out, because they are invalid or contradict themselves.

    For the results folder of a checkout, the blocks of its documents are written too. Raises OSError if a file cannot
    be written, and ValueError as `rendered` does.
    """
    found = rendered(folder)
    for path, text in found.texts.items():
        path.parent.mkdir(exist_ok=True)
        store.write_whole(path, text)
    return list(found.texts), found.refused


def verify(folder: Path) -> list[str]:
    """Return a line for each published file that differs from what the records yield, with the first difference.

    Missing files, files that no record or study yields, and records and studies that are left out are reported too.
    Raises OSError, and ValueError as `rendered` does.
    """
    all_of_it = rendered(folder)
    texts = all_of_it.texts
    known = {*texts, *store.paths(folder), *studies.paths(folder)}
    found = [complaint for path, text in texts.items() if (complaint := _difference(path, text))]
    strays = [path for path in sorted(folder.rglob("*")) if path.is_file() and path not in known]
    return all_of_it.refused + found + [f"{path}: not rendered from any record or study; remove it" for path in strays]


def _difference(path: Path, text: str) -> str | None:
    if not path.exists():
        return f"{path}: missing; write it with xorbench publish"
    there = path.read_bytes().decode("utf-8", errors="replace")
    if there == text:
        return None
    lines = itertools.zip_longest(there.split("\n"), text.split("\n"))
    number, found, expected = next((n, *pair) for n, pair in enumerate(lines, start=1) if pair[0] != pair[1])
    return f"{path}:{number}: found {_short(found)}, expected {_short(expected)}"


def _short(line: str | None) -> str:
    return "no such line" if line is None else repr(line if line.endswith("\r") else textwrap.shorten(line, 120))
