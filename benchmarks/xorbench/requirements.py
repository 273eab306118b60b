"""The requirements of this project, from its own metadata: versions are pinned in pyproject.toml alone."""

import importlib.metadata
from functools import cache

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROJECT = "xorbench"


def pin(distribution: str) -> str | None:
    """Return the project's requirement of a distribution, for pip; None if the project does not require it."""
    found = _requirement(distribution)
    extras = f"[{','.join(sorted(found.extras))}]" if found and found.extras else ""
    return f"{found.name}{extras}{found.specifier}" if found else None


def extras(distribution: str) -> set[str]:
    """Return the extras with which the project requires a distribution."""
    found = _requirement(distribution)
    return found.extras if found else set()


def brought_by(*extras: str) -> set[str]:
    """Return the names of the distributions that the project itself requires if it is installed with `extras`."""
    found: set[str] = set()
    wanted, seen = list(extras), {""}
    while True:
        for requirement in _requirements():
            if any(requirement.marker is None or requirement.marker.evaluate({"extra": extra}) for extra in seen):
                found.add(canonicalize_name(requirement.name))
                if requirement.name == PROJECT:
                    wanted += requirement.extras
        if not (new := set(wanted) - seen):
            return found - {PROJECT}
        seen |= new


def _requirement(distribution: str) -> Requirement | None:
    found = (r for r in _requirements() if canonicalize_name(r.name) == canonicalize_name(distribution))
    return next(found, None)


@cache
def _requirements() -> list[Requirement]:
    try:
        return [Requirement(text) for text in importlib.metadata.requires(PROJECT) or ()]
    except importlib.metadata.PackageNotFoundError:
        return []
