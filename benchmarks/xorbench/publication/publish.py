"""Write what is published, or hold it against the records again."""

import itertools
import textwrap
from pathlib import Path

from xorbench.charts import vega
from xorbench.cores import all_cores
from xorbench.record import store
from xorbench.studies import kept


def publish(folder: Path) -> list[Path]:
    """Write everything that the records in a folder say; for the project's own folder its documents too.

    Returns the files that are now there. Raises OSError where one can't be written, ValueError as `rendered` does.
    """
    texts = _rendered(folder)
    for path, text in texts.items():
        path.parent.mkdir(exist_ok=True)
        store.write_whole(path, text)
    return list(texts)


def verify(folder: Path) -> list[str]:
    """Render again, and say of each file that is there and not the same where it differs first, in one line.

    A file that no record and no study stands behind is named too. Raises OSError, ValueError as `rendered` does.
    """
    texts = _rendered(folder)
    known = {*texts, *store.paths(folder), *kept.paths(folder)}
    found = [complaint for path, text in texts.items() if (complaint := _difference(path, text))]
    strays = [path for path in sorted(folder.rglob("*")) if path.is_file() and path not in known]
    return found + [f"{path}: no record stands behind it" for path in strays]


def _rendered(folder: Path) -> dict[Path, str]:
    """Vega needs seconds for its own bundle, on another core: what draws and writes is imported meanwhile."""
    with all_cores() as cores:
        bundle = cores.submit(vega.bundle)
        from xorbench.publication.files import rendered

        return rendered(folder, cores, bundle)


def _difference(path: Path, text: str) -> str | None:
    if not path.exists():
        return f"{path}: missing"
    there = path.read_bytes().decode("utf-8", errors="replace")
    if there == text:
        return None
    lines = itertools.zip_longest(there.split("\n"), text.split("\n"))
    number, found, expected = next((n, *pair) for n, pair in enumerate(lines, start=1) if pair[0] != pair[1])
    return f"{path}:{number}: found {_short(found)}, expected {_short(expected)}"


def _short(line: str | None) -> str:
    return "no such line" if line is None else repr(line if line.endswith("\r") else textwrap.shorten(line, 120))
