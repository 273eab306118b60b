"""Rules on which code was measured: the commit of the suite, and the versions and releases of frameworks."""

import itertools
import re
from collections.abc import Iterable, Iterator

from packaging.version import InvalidVersion, Version

from xorbench.record.checking import quoted
from xorbench.record.run import Record


def commit(record: Record) -> Iterator[str]:
    """The commit is a SHA-1, with a mark where files were changed."""
    if record.commit is not None and not re.fullmatch(r"[0-9a-f]{40}(\+changes)?", record.commit):
        yield f"$.commit: {quoted(record.commit)}, expected 40 hexadecimal digits, followed by +changes or nothing"


def versions(record: Record) -> Iterator[str]:
    """The version of an implementation is that of its framework in its environment."""
    for number, i in enumerate(record.implementations):
        if i.interpreter and i.interpreter not in record.environment.others:
            yield f"$.implementations[{number}].interpreter: {i.interpreter!r} is no environment of the record"
            continue
        known = record.environment.others[i.interpreter] if i.interpreter else record.environment.versions
        expected = known.get(i.framework)
        if not (i.missing or i.broken) and expected is not None and i.version != expected:
            yield f"$.implementations[{number}].version: {quoted(i.version)}, expected {expected} of the environment"


def releases(record: Record) -> Iterator[str]:
    """A history is of one framework, with one version of Python, and the versions of each file rise."""
    if not record.is_history:
        return
    there = [i for i in record.implementations if i.interpreter]
    if len({i.framework for i in there}) != 1 or len({i.interpreter for i in there}) < 2:
        yield "$.implementations: expected those of one framework in two or more environments"
    pythons = {record.environment.others[i.interpreter]["python"] for i in there if i.interpreter}
    if len(pythons) > 1:
        yield f"$.environment.others: {quoted(sorted(pythons))}, expected one version of Python"
    for file in dict.fromkeys(i.file for i in there):
        versions = [i.version for i in there if i.file == file]
        if file is None or not _rising(versions):
            yield f"$.implementations: the versions of {quoted(file)} are {quoted(versions)}, expected rising ones"


def _rising(versions: Iterable[str]) -> bool:
    try:
        numbers = [Version(version) for version in versions]
    except InvalidVersion:
        return False
    return all(one < other for one, other in itertools.pairwise(numbers))


RULES = (commit, versions, releases)
