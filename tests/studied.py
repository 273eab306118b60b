"""Studies that are made to measure, small and of a machine that is nobody's, and the newest ones in this repository."""

from typing import Any

from tests.planted import MACHINE
from xorbench import places
from xorbench.publication import shown_studies
from xorbench.record.studies import Study


def planted_study(**changes: Any) -> Study:
    """A study of coverage with one cell; its table has `together` as 95.0%."""
    shares = {"single": 0.94, "together": 0.95, "false_ranks": 0.04}
    data = {
        "runs": 1_000,
        "seed": 0,
        "rows": 11,
        "confidence": 0.95,
        "launches": [8],
        "laws": [{"name": "normal", "correlated": False}],
        "warm_up_bias": 0.01,
        "cells": [{"law": "normal", "launches": 8, **shares, "normal_baseline": shares}],
    }
    about: dict[str, Any] = {
        "study": "coverage",
        "created": "2026-01-02T03:04:05Z",
        "command": "python -m xorbench.studies.coverage --runs 1000",
        "commit": None,
        "machine": MACHINE,
        "versions": {"python": "3.11.7", "numpy": "2.4.6"},
        "data": data,
    }
    return Study(**about | changes)


def newest_study(name: str) -> Study:
    """The newest study of a name in this repository."""
    found = shown_studies.newest(shown_studies.every(places.results())[0], name)
    assert found is not None
    return found.study
