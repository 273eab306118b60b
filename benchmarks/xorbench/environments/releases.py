"""Releases of a framework: those that the package index has, and an environment for each of them.

An environment has the release, what the files use beside it, and what these require. All other versions are those of
the environment of the command, as far as the release allows it.
"""

import importlib.metadata
import itertools
import platform
import re
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from xorbench import environment
from xorbench.contract import Implementation
from xorbench.contract.source_text import libraries, parsed, siblings
from xorbench.environments import virtualenvs
from xorbench.environments.selection import Selection, select
from xorbench.requirements import PROJECT, extras

FEWEST, MOST = 2, 24
"""The numbers of releases that are compared: every release has a process for each file, and all of them take turns."""

NEEDED = "numpy"
"""The distribution that every environment needs, because the parameters of a workload are its arrays."""


def asked_for(framework: str, given: Sequence[str], last: int | None = None) -> list[Version]:
    """Return the releases of a framework that are asked for, each once, from old to new.

    Each of `given` is a version, or OLD..NEW for all releases from OLD to NEW; `last` is the number of the newest
    releases that are wanted too. Raises ValueError, with one line, if a text is neither, or if they are fewer than
    FEWEST or more than MOST.
    """
    ranges = [(_version(low), _version(high)) for low, dots, high in (text.partition("..") for text in given) if dots]
    found = {_version(text) for text in given if ".." not in text}
    if ranges or last:
        every = available(framework)
        found |= {version for low, high in ranges for version in every if low <= version <= high}
        found |= {*every[-last:]} if last else set()
    if not FEWEST <= len(found) <= MOST:
        raise ValueError(
            f"{len(found)} release{'s' * (len(found) != 1)} of {framework}, expected {FEWEST} to {MOST}: give versions "
            "such as 2.0.2 2.1.3, OLD..NEW, or --last N"
        )
    return sorted(found)


def available(framework: str) -> list[Version]:
    """Return the final releases of a framework of which pip finds a wheel for this Python, from old to new.

    Raises ValueError, with one line, if pip fails or finds none.
    """
    name = virtualenvs.requirement(framework).name
    said = virtualenvs.run("pip", [*virtualenvs.PIP, "index", "versions", "--only-binary", ":all:", name])
    found = re.search(r"^Available versions: (.+)$", said, re.MULTILINE)
    return sorted(map(Version, found[1].split(", "))) if found else []


def select_in_release(framework: str, version: Version, files: Sequence[Implementation]) -> Selection:
    """Return which of `files`, which use a framework, run in the environment of one of its releases.

    The environment is created in the user's cache folder where it does not exist. Raises ValueError, with one line, if
    it cannot be created, holds something else, or can run none of the files.
    """
    label = re.sub(r"[^A-Za-z0-9._-]", "-", f"{framework}-{version}")
    python = dict(virtualenvs.environments()).get(label) or _created(label, framework, version, files)
    selection = select(files, label, str(python), also_same=True)
    if not selection.implementations:
        raise ValueError(str(selection))
    there = {i.version for i in selection.implementations}
    pythons = {i.interpreter.versions["python"] for i in selection.implementations}
    if not all(_is(text, version) for text in there) or pythons != {platform.python_version()}:
        raise ValueError(
            f"the environment {label} has {framework} {', '.join(there)} on Python {', '.join(pythons)}, expected "
            f"{version} on {platform.python_version()}; remove {virtualenvs.default_folder() / label}"
        )
    return selection


def _version(text: str) -> Version:
    try:
        return Version(text)
    except InvalidVersion as error:
        raise ValueError(f"{text!r} is not a version, expected one as in 2.0.2, or two as in 2.0.2..2.4.6") from error


def _is(text: str, version: Version) -> bool:
    """Return whether `text` is this version; a version without a local part is that of any build of it."""
    try:
        found = Version(text)
    except InvalidVersion:
        return False
    return found == version or found.public == str(version)


def _created(label: str, framework: str, version: Version, files: Iterable[Implementation]) -> Path:
    """Create the environment of a release, and return the path of its interpreter.

    The fewest versions are left free: first none, then those of what the files do not import, then all. Raises
    ValueError, with the reason why the last one failed.
    """
    here = {canonicalize_name(name): f"{name}=={v}" for name, v in environment.versions().items() if name != "python"}
    own = canonicalize_name(framework)
    here.pop(own, None)
    named = [{canonicalize_name(name) for name in some} - {own} for some in (imported(files), used(files))]
    of_framework = f"{framework}[{','.join(sorted(extras(framework)))}]".removesuffix("[]")
    wanted = [f"{of_framework}=={version}", *sorted(set().union(*named))]
    pins = [tuple(here.values()), tuple(pin for name, pin in here.items() if name in named[0]), ()]
    *first, last = dict.fromkeys(pins)
    for some in first:
        with suppress(ValueError):
            return virtualenvs.create(label, wanted, pinned=some, only_wheels=True)
    return virtualenvs.create(label, wanted, pinned=last, only_wheels=True)


def imported(files: Iterable[Implementation]) -> set[str]:
    """Return the distributions that `files` and their siblings import, if they are installed here; and NEEDED."""
    texts = [text for i in files if (text := parsed(i.path))]
    texts += [text for path in itertools.chain.from_iterable(map(siblings, texts)) if (text := parsed(path))]
    return _distributions(library for text in texts for library in libraries(text)) | {NEEDED}


def used(files: Iterable[Implementation]) -> set[str]:
    """Return the distributions that are loaded where `files` are imported here, what their framework uses included.

    They are unknown, and the result is empty, where a file cannot be imported here.
    """
    paths = [str(i.path.absolute()) for i in files]
    try:
        said = virtualenvs.run("import", [sys.executable, "-P", "-m", "xorbench.environments.loaded", *paths])
    except ValueError:
        return set()
    return _distributions(said.split())


def _distributions(packages: Iterable[str]) -> set[str]:
    names = importlib.metadata.packages_distributions()
    return {name for package in packages for name in names.get(package, ())} - {PROJECT}
