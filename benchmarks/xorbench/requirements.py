"""What the project asks pip for, by its own metadata: versions are pinned in pyproject.toml alone."""

import importlib.metadata
from functools import cache

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROJECT = "xorbench"


def pin(distribution: str) -> str | None:
    """What pip must be told to install it as the project wants it; None where the project does not ask for it."""
    found = (r for r in _requirements() if canonicalize_name(r.name) == canonicalize_name(distribution))
    return next((f"{r.name}{r.specifier}" for r in found), None)


def brought_by(*extras: str) -> set[str]:
    """The distributions that the project asks for itself where it is installed with these extras."""
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


@cache
def _requirements() -> list[Requirement]:
    try:
        return [Requirement(text) for text in importlib.metadata.requires(PROJECT) or ()]
    except importlib.metadata.PackageNotFoundError:
        return []
