"""Synthetic records of histories, in which the cost of each release is given."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from tests.planted import changed, planted, with_implementation
from xorbench.estimates.analysis import Analysis

PYTHON = "3.11.7"

FRAMEWORK = "tinyframework"


def label_of(version: str, framework: str = FRAMEWORK) -> str:
    return f"{framework}-{version}"


def planted_history(
    costs: Mapping[str, Sequence[float]],
    files: Sequence[str] = ("mine",),
    framework: str = FRAMEWORK,
    **changes: Any,
) -> Analysis:
    """Return the analysis of a history: `costs` are by version the log-ratios to the baseline, one for each launch.

    Each of `files` has the same costs.
    """
    names = {(version, file): f"{file}@{label_of(version, framework)}" for version in costs for file in files}
    (launches,) = {len(logarithms) for logarithms in costs.values()}
    about: dict[str, Any] = {"kind": "history", "command": f"xorbench history {framework} {' '.join(costs)}"}
    found = planted(
        {name: list(costs[version]) for (version, _), name in names.items()},
        launches=launches,
        **about | {"cold_starts": []} | changes,
    )
    for (version, file), name in names.items():
        there = {"file": file, "interpreter": label_of(version, framework)}
        found = with_implementation(found, name, framework=framework, version=version, **there)
    others = {label_of(version, framework): {"python": PYTHON, framework: version, "numpy": "2"} for version in costs}
    return changed(found, environment=replace(found.record.environment, others=others))
