"""Versions side by side: the ratio between two environments, whatever either is to the baseline."""

import math
from dataclasses import replace

import pytest

from tests.planted import changed, planted, with_implementation, with_timings
from xorbench.contract import REFERENCE
from xorbench.estimates import intervals
from xorbench.estimates.analysis import Analysis
from xorbench.estimates.versions import versions
from xorbench.tables.versions import versions as table

WOBBLE = [0.01, -0.01, 0.0] * 2


def compared(python: str = "3.11.7", **there: list[float]) -> Analysis:
    """A record of `mine`, 0.7 here, and of the same file under these labels."""
    analysis = planted({"mine": [0.7] * 6, **{f"mine@{label}": values for label, values in there.items()}})
    for label in there:
        about = {"file": "mine", "interpreter": label, "version": f"0.{label}"}
        analysis = with_implementation(analysis, f"mine@{label}", **about)
    others = {label: {"python": python} for label in there}
    return changed(analysis, environment=replace(analysis.record.environment, others=others))


def test_the_ratio_is_that_of_the_two_and_not_over_the_baseline() -> None:
    (version,) = versions(compared(old=[0.9 + w for w in WOBBLE]))
    assert (version.implementation, version.there, version.here) == ("mine@old", "0.old", "1")
    assert version.ratio is not None
    assert version.microseconds is not None
    assert version.ratio.value == pytest.approx(math.exp(0.2), rel=1e-6)
    assert version.ratio.verdict == "slower"
    assert version.microseconds.value == pytest.approx(3e6 / 100 / 1e3 * math.exp(0.9), rel=0.5)


def test_intervals_hold_together() -> None:
    alone = versions(compared(old=WOBBLE))[0].ratio
    together = [version.ratio for version in versions(compared(old=WOBBLE, older=WOBBLE, oldest=WOBBLE))]
    assert alone is not None
    assert alone.half_width == pytest.approx(intervals.interval(WOBBLE).half_width, rel=1e-4)
    assert len(together) == 3
    assert all(one and one.half_width > 1.2 * alone.half_width for one in together)


def test_another_python_is_another_version_too() -> None:
    (version,) = versions(compared(python="3.13.0", old=WOBBLE))
    assert (version.there, version.here) == ("0.old, Python 3.13.0", "1, Python 3.11.7")


def test_who_was_not_timed_has_no_ratio_and_who_has_no_pair_no_line() -> None:
    analysis = with_timings(compared(old=WOBBLE), lambda timing: None if timing.implementation == "mine" else timing)
    (version,) = versions(analysis)
    assert version.ratio is None
    assert list(table(analysis).frame["verdict"]) == ["–"]
    others = [i for i in analysis.record.implementations if i.name != "mine"]
    assert versions(changed(analysis, implementations=others)) == []
    assert versions(planted({"other": WOBBLE})) == []


def test_the_table_says_both_versions_and_the_verdict() -> None:
    found = table(compared(old=[0.7 + w for w in WOBBLE], new=[0.5 + w for w in WOBBLE]))
    line = found.frame.set_index("implementation in an environment")
    assert list(line["verdict"]) == ["not separated", "faster"]
    shown = line.loc["mine@new", ["version there", "version here", "time there / here"]]
    assert list(shown) == ["0.new", "1", "0.819"]
    assert REFERENCE not in line.index
