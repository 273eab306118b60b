"""Implementations that cheat are refused with the right reason, or are known to be beyond what is observed."""

from pathlib import Path

import pytest

from tests.conftest import BASELINE
from xorbench.estimates.analysis import Analysis
from xorbench.studies.injection import cheats
from xorbench.studies.injection.cheat import BEYOND, REFUSED, Cheat
from xorbench.studies.injection.cheats import CHEATS

SECURITY = (Path(__file__).parent.parent / "SECURITY.md").read_text(encoding="utf-8")


def test_there_are_at_least_twenty_that_must_be_refused_each_with_a_reason() -> None:
    refused = [cheat for cheat in CHEATS if cheat.expected == REFUSED]
    assert len(refused) >= 20
    assert all(cheat.says for cheat in refused)
    assert len({cheat.name for cheat in CHEATS}) == len({cheat.does for cheat in CHEATS}) == len(CHEATS)


@pytest.mark.parametrize("cheat", CHEATS, ids=lambda cheat: cheat.name)
def test_each_keeps_to_the_contract(cheat: Cheat, tmp_path: Path) -> None:
    implementation = cheats.written(cheat, tmp_path)
    assert implementation.broken is None
    assert implementation.missing is None
    assert implementation.source_sha256 != BASELINE.source_sha256


def test_a_change_that_changes_nothing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="so x cannot be made of it"):
        cheats.written(Cheat("x", "nothing", (("no such text", ""),)), tmp_path)


@pytest.mark.parametrize("cheat", [cheat for cheat in CHEATS if cheat.expected == BEYOND], ids=lambda cheat: cheat.name)
def test_what_is_beyond_is_listed_in_the_documentation(cheat: Cheat) -> None:
    assert f"- it {cheat.does}" in " ".join(SECURITY.split())


@pytest.fixture(scope="module")
def analyses() -> dict[str, Analysis]:
    """By cheat, the analysis of the run that it was in."""
    found: dict[str, Analysis] = {}
    for group in cheats.groups():
        analysis = Analysis(cheats.run(group, seed=0))
        found |= {cheat.name: analysis for cheat in group}
    return found


BY_TIME = ("not synchronised", "CPU time")
"""Parts of reasons that depend on how the system schedules a process, so that a busy machine may give another one."""

CERTAIN = [c for c in cheats.possible() if c.expected == REFUSED and not any(part in c.says for part in BY_TIME)]


@pytest.mark.slow
@pytest.mark.parametrize("cheat", CERTAIN, ids=lambda cheat: cheat.name)
def test_a_cheat_is_refused_for_the_right_reason(cheat: Cheat, analyses: dict[str, Analysis]) -> None:
    told = cheats.told(cheat, analyses[cheat.name])
    assert told["right"], told
    assert cheat.says in told["reason"]
    assert told["ratio"] is None
