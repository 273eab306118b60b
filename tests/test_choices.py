"""What is chosen where nothing was asked for, and where something was; mistakes are tested as a user makes them."""

from tests.conftest import Variant
from xorbench.cli import choices, selected
from xorbench.contract import REFERENCE, discover
from xorbench.workloads import TUTORIAL, WORKLOADS


def test_the_tuned_are_there_when_they_are_wanted() -> None:
    plain = selected.implementations(None, None, tuned=False)
    assert REFERENCE in {i.name for i in plain}
    assert {i.tier for i in plain} == {"idiomatic"}
    assert selected.implementations(None, None) == discover()


def test_one_that_is_named_or_given_is_there_whatever_its_tier(variant: Variant) -> None:
    given = variant("quick", ('TIER = "idiomatic"', 'TIER = "tuned"'))
    assert "quick" in {i.name for i in selected.implementations(None, [given], tuned=False)}
    named = selected.implementations(["numpy_inplace"], None, tuned=False)
    assert [i.name for i in named] == ["numpy_inplace"]


def test_a_broken_file_is_not_overlooked(variant: Variant) -> None:
    broken = variant("broken", ('TIER = "idiomatic"', "TIER = 3"))
    (found,) = (i for i in selected.implementations(None, [broken], tuned=False) if i.name == "broken")
    assert found.broken


def test_workloads_are_those_named_or_all_or_the_default() -> None:
    assert [w.name for w in choices.workloads(None, TUTORIAL)] == [*TUTORIAL]
    assert [w.name for w in choices.workloads(["all"], TUTORIAL)] == [*WORKLOADS]
    assert {w.name for w in choices.workloads(["width-4-batch-8", "all", "deep"])} == {*WORKLOADS, "width-4-batch-8"}
    assert [w.name for w in choices.workloads(["deep", "adam", "deep"], TUTORIAL)] == ["deep", "adam"]
