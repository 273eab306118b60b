"""How long an epoch takes, for a plan: of everybody who answers."""

from tests.conftest import Variant
from xorbench.clock.pace import LONG_ENOUGH, paces
from xorbench.contract import REFERENCE, discover, read
from xorbench.workloads import named


def test_everybody_who_answers_has_a_pace_and_the_others_have_none(variant: Variant) -> None:
    broken = read(variant("breaks", ("    for _ in range(epochs):", "    for _ in range(epochs // 0):")))
    small, large = named("width-2-batch-4"), named("width-64-batch-256")
    steps: list[None] = []
    found = paces([discover()[0], broken], [small, large], 1, lambda: steps.append(None))
    assert found.keys() == {(REFERENCE, small.name), (REFERENCE, large.name)}
    assert 1e-7 < found[REFERENCE, small.name] < found[REFERENCE, large.name] < 1
    assert found[REFERENCE, small.name] < LONG_ENOUGH  # so that more than one epoch was timed
    assert len(steps) == 4
