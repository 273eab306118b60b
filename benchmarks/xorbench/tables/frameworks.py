"""Names of frameworks and implementations in sentences, from what the implementations of a record say of themselves."""

import re
from collections.abc import Container, Iterable, Sequence

from packaging.utils import canonicalize_name

from xorbench.contract import REFERENCE
from xorbench.record.run import ImplementationRecord
from xorbench.requirements import brought_by

OWN = {"numpy": "NumPy"}
"""The name of the library that this package itself computes with, by its distribution."""

_POSSESSIVE = re.compile(r"(\w[\w.-]*)'s (\w+)")
_BY_HAND_IN = re.compile(r"hand in (\w[\w.-]*)")


def frameworks(found: Iterable[ImplementationRecord]) -> dict[str, str]:
    """Return the name of each framework by its distribution.

    It is what a gradient method says, as in "X's grad" or "hand in X", otherwise the distribution's name with a
    capital.
    """
    names: dict[str, str] = {}
    for one in found:
        said = _said(one, _POSSESSIVE) or _said(one, _BY_HAND_IN)
        if said:
            names.setdefault(one.framework, said[1])
    return {
        one.framework: names.get(one.framework) or OWN.get(one.framework) or one.framework.capitalize() for one in found
    }


def named(found: Sequence[ImplementationRecord]) -> dict[str, str]:
    """Return the name of each implementation in a sentence, by its name in the record.

    It is that of its framework if no other of them uses it, otherwise with the gradient method ("X grad", "X by hand").
    A name that is taken already has the implementation's name in brackets instead, as has every implementation in
    another environment.
    """
    of_frameworks = frameworks(found)
    used = [one.framework for one in found]
    names: dict[str, str] = {}
    for one in found:
        name = of_frameworks[one.framework]
        if one.name != REFERENCE and used.count(one.framework) > 1:
            said = _said(one, _POSSESSIVE)
            name = " ".join([name, said[2]] if said else [name, "by hand"] if by_hand(one) else [name])
        if name in names.values() or one.interpreter:
            name = f"{of_frameworks[one.framework]} ({one.name})"
        names[one.name] = name
    return names


def required(found: Iterable[ImplementationRecord], among: Container[str]) -> set[str]:
    """Return the name of one implementation of each framework that the project requires by itself.

    It is the first in this environment with a name in `among`, and one whose gradients are by hand only if no other is.
    """
    frameworks = brought_by()
    chosen: dict[str, str] = {}
    for one in sorted(found, key=by_hand):  # a stable sort: not by hand first
        if one.name in among and not one.interpreter and canonicalize_name(one.framework) in frameworks:
            chosen.setdefault(one.framework, one.name)
    return {*chosen.values()}


def by_hand(one: ImplementationRecord) -> bool:
    """Return whether an implementation computes its gradients by hand, as far as its record says."""
    return (one.gradients_by or "").startswith("hand")


def _said(one: ImplementationRecord, pattern: re.Pattern[str]) -> re.Match[str] | None:
    return pattern.match(one.gradients_by or "")
